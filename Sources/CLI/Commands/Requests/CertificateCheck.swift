import Audit
import Domain
import Engine
import Foundation
import Reports

/// Makes a certificate again from the records and plans that it carries, and compares.
struct CertificateCheck {
    /// What no record of the log says, and is taken as it is stated.
    static let stated = [
        "controller", "issued", "tool", "request.channel", "request.identity_check", "items.media_type",
        "coverage.extent", "coverage.gone_before", "coverage.recipient_unknown", "coverage.unaddressable",
        "coverage.unreadable",
        "coverage.unseen", "line, tier and bytes of items that no plan of the request lists",
        "that the deadline was moved no further, and that nobody else approved", "that nothing came on record since",
        "that the records do not contradict one another: lethe audit verify judges that, over the whole log",
    ]

    let records: Int
    let items: Int
    private(set) var intact = 0
    /// Evidence that something is not so.
    private(set) var broken: [String] = []
    private(set) var unchecked: [String] = []
    /// By segment and place.
    private var entries: [String: [Int64: LogEntry]] = [:]
    /// The checkpoints of each segment that its records are proved at.
    private var checkpoints: [String: Set<[UInt8]>] = [:]

    var status: ExitStatus {
        if !broken.isEmpty { return .failed }
        return unchecked.isEmpty && intact > 0 ? .done : .notVerified
    }

    /// `keys`: pinned side by side, as for `audit verify`.
    init(_ bytes: Data, _ keys: [VerifierKey]) throws(LetheError) {
        let older = try? ReportJSON.decoder.decode(OlderCertificate.self, from: bytes)
        if let older, older.proof.plans == nil {
            (records, items) = (older.proof.records.count, older.items.count)
            unchecked.append(
                "it carries no plans, as those of before: what it says cannot be held against its records")
            return
        }
        guard let given = try? ReportJSON.decoder.decode(CertificateValues.self, from: bytes),
            let texts = given.proof.plans
        else {
            throw Self.malformed("not an erasure certificate in JSON")
        }
        (records, items) = (given.proof.records.count, given.items.count)
        for record in given.proof.records { try check(record, keys) }
        if given.proof.records.isEmpty { unchecked.append("it cites no records") }
        // Without some of its records the others would seem to say that it is another.
        guard broken.isEmpty, unchecked.isEmpty else { return }
        check(given.proof, keys)
        check(stated: given)
        guard broken.isEmpty else { return }
        var plans: [Plan] = []
        for text in texts {
            guard let plan = Plan(canonicalBytes: Array(text.utf8)) else {
                broken.append("proof.plans: not the canonical bytes of a plan")
                return
            }
            plans.append(plan)
        }
        try compare(given, plans.sorted { $0.created < $1.created }, bytes)
    }

    static func malformed(_ problem: String) -> LetheError {
        LetheError(
            "malformed-certificate", .failed, problem,
            hint: "make one with: lethe requests certificate ID --format json -o FILE")
    }

    /// What no record says, and some records speak against.
    private mutating func check(stated given: CertificateValues) {
        let newest = entries.values.flatMap(\.values).map(\.time).max()
        // Two clocks may have dated them.
        if let newest, given.issued < newest.adding(seconds: -86_400) {
            broken.append("issued is \(given.issued), and it cites a record of \(newest)")
        }
        let coverage = given.coverage
        if min(coverage.unaddressable, coverage.recipientUnknown) < 0 {
            broken.append("coverage has a count below nothing")
        }
    }

    private mutating func check(_ record: CertificateValues.Record, _ keys: [VerifierKey]) throws(LetheError) {
        guard let inclusion = record.inclusion else {
            return unchecked.append("record \(record.seq) has no proof")
        }
        guard let proof = try? InclusionProof(Array(inclusion.utf8)) else {
            return broken.append("the proof of record \(record.seq) is malformed")
        }
        switch try proof.check(keys) {
        case .broken(let reason): broken.append("record \(record.seq): \(reason)")
        case .otherLog(let reason): unchecked.append("record \(record.seq): \(reason)")
        case .good(let entry):
            let segment = proof.checkpoint.origin
            guard entry.seq == record.seq, entry.line == Array(record.line.utf8) else {
                return broken.append("record \(record.seq) is not the one that its proof is of")
            }
            guard entries[segment, default: [:]].updateValue(entry, forKey: entry.seq) == nil else {
                return broken.append("record \(record.seq) is cited twice")
            }
            checkpoints[segment, default: []].insert(proof.checkpoint.note)
            intact += 1
        }
    }

    /// The segment that was being written when it was issued, and how far that had come.
    private mutating func check(_ proof: CertificateValues.Proof, _ keys: [VerifierKey]) {
        guard let stated = try? VerifierKey(proof.vkey), stated.name == proof.origin else {
            return broken.append("proof.vkey is not the key of proof.origin")
        }
        guard let text = proof.checkpoint else {
            return unchecked.append(
                "proof.checkpoint is not there: nothing proves how far the log had come when this was issued")
        }
        guard let checkpoint = try? Checkpoint(note: Array(text.utf8)), checkpoint.isSigned(by: stated),
            checkpoint.origin == proof.origin
        else { return broken.append("proof.checkpoint is not a checkpoint of this log, signed with this key") }
        guard keys.contains(where: { $0.publicKey == stated.publicKey }) else {
            if checkpoints[proof.origin] != nil { return broken.append("proof.vkey is not the key of the records") }
            return unchecked.append("proof.checkpoint is signed by \(stated.text), a key that is not given")
        }
        if checkpoints[proof.origin, default: [checkpoint.note]] != [checkpoint.note] {
            unchecked.append("proof.checkpoint is not the one at which its records are proved")
        }
    }

    private mutating func compare(_ given: CertificateValues, _ plans: [Plan], _ bytes: Data) throws(LetheError) {
        guard let latest = plans.last else { return broken.append("proof.plans: there is none") }
        let inOrder = entries.values.map { $0.values.sorted { $0.seq < $1.seq } }
            .sorted { ($0.first?.time ?? latest.created) < ($1.first?.time ?? latest.created) }
        let proved = try ProvedRequest(
            ProvedRequest.Stated(given), plans: plans, entries: inOrder.flatMap { $0 })
        broken += proved.contradictions
        unchecked += proved.unproved + proved.gaps
        let again: Certificate
        do {
            again = try CertificateValues(
                issued: given.issued, tool: given.tool, controller: given.controller, partner: latest.partner,
                coverage: given.coverage, proof: given.proof, proved, plans
            ).checked()
        } catch {
            return broken.append(error.message)
        }
        guard let text = try? CertificateJSON.render(again),
            let made = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
            let found = try? JSONSerialization.jsonObject(with: bytes)
        else { return broken.append("it is not one JSON object") }
        let differing = Self.differences(found, made, at: "")
        broken += differing.prefix(20).map { "\($0): the records say otherwise" }
        if differing.count > 20 { broken.append("and \(differing.count - 20) more") }
    }

    /// The places at which two JSON values differ; elements of `items` by their attachment.
    private static func differences(_ one: Any, _ other: Any, at place: String) -> [String] {
        let path = { (key: String) in place.isEmpty ? key : "\(place).\(key)" }
        if let one = one as? [String: Any], let other = other as? [String: Any] {
            return Set(one.keys).union(other.keys).sorted().flatMap { key in
                guard let first = one[key], let second = other[key] else { return [path(key)] }
                return differences(first, second, at: path(key))
            }
        }
        if let one = one as? [Any], let other = other as? [Any] {
            guard let ones = byAttachment(one), let others = byAttachment(other) else {
                guard one.count == other.count else { return [place] }
                return zip(one, other).enumerated().flatMap { differences($1.0, $1.1, at: "\(place)[\($0)]") }
            }
            return differences(ones, others, at: place)
        }
        return (one as? NSObject) == (other as? NSObject) ? [] : [place]
    }

    private static func byAttachment(_ elements: [Any]) -> [String: Any]? {
        var found: [String: Any] = [:]
        for element in elements {
            guard let id = (element as? [String: Any])?["attachment"] as? String, found[id] == nil else { return nil }
            found[id] = element
        }
        return found
    }
}

/// What certificates of before have too.
private struct OlderCertificate: Decodable {
    struct Item: Decodable {
        let attachment: AttachmentID
    }

    struct Record: Decodable {
        let seq: Int64
    }

    struct Proof: Decodable {
        let plans: [String]?
        let records: [Record]
    }

    let items: [Item]
    let proof: Proof
}
