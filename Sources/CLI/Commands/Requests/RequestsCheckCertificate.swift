import ArgumentParser
import Audit
import Domain
import Foundation
import LinqClient

struct RequestsCheckCertificate: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-certificate",
        abstract: "Checks a certificate in JSON with the public key alone.",
        discussion: """
            Each cited record must be in the signed log, and bear out what the certificate says of the plan, of who \
            approved and of each item. Exit 0 it does, 1 it does not, 3 it could not be checked whole.

            Example: lethe requests check-certificate statement.json --vkey "$VKEY"
            """)

    @Argument(help: ArgumentHelp("The certificate.", valueName: "file")) var file: String
    @Option(help: ArgumentHelp("The log's public key, which came to you out of band.", valueName: "vkey"))
    var vkey: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let bytes = try ReadInput.bytes(file)
        guard let vkey else {
            throw LetheError(
                "no-vkey", .notVerified, "without --vkey nothing can be verified",
                hint: "pass the key that came with the log out of band: --vkey V")
        }
        let key = try VerifierKey(vkey)
        do {
            try refuseAmbiguousJSON([UInt8](bytes))
        } catch {
            throw LetheError(
                "malformed-certificate", .failed, error.message,
                hint: "make one with: lethe requests certificate ID --format json -o FILE")
        }
        guard let certificate = try? JSONDecoder().decode(CitedCertificate.self, from: bytes) else {
            throw LetheError(
                "malformed-certificate", .failed, "not an erasure certificate in JSON",
                hint: "make one with: lethe requests certificate ID --format json -o FILE")
        }
        let check = try CertificateCheck(certificate, key)
        let status = check.status
        let (word, result) =
            switch status {
            case .done: ("INTACT", "intact")
            case .failed: ("BROKEN", "broken")
            default: ("NOT CHECKED", "not_verified")
            }
        let summary =
            "\(word): \(check.intact) of \(certificate.proof.records.count) cited records are in the log, \(certificate.items.count) items"
        return Reply(
            ([summary] + check.broken + check.unchecked).joined(separator: "\n"),
            json: [
                "result": .string(result), "records": JSONValue(certificate.proof.records.count),
                "intact": JSONValue(check.intact), "items": JSONValue(certificate.items.count),
                "broken": .array(check.broken.map { .string($0) }),
                "unchecked": .array(check.unchecked.map { .string($0) }),
            ], status: status)
    }
}

/// What of an erasure certificate rests on the log.
private struct CitedCertificate: Decodable {
    struct Plan: Decodable {
        let id: String
        let digest: String
    }

    struct Approval: Decodable {
        let by: String
        let how: String
        /// Certificates of before named none.
        let plan: String?
    }

    struct Item: Decodable {
        let attachment: String
        let outcome: Outcome
    }

    struct Proof: Decodable {
        let records: [Record]
    }

    struct Record: Decodable {
        let seq: Int64
        let line: String
        let inclusion: String?
    }

    let plan: Plan
    let approvals: [Approval]
    let items: [Item]
    let proof: Proof
}

/// Holds a certificate against the records that it cites.
private struct CertificateCheck {
    private(set) var intact = 0
    /// Evidence that something is not so.
    private(set) var broken: [String] = []
    private(set) var unchecked: [String] = []
    /// By attachment, every outcome that a proved record gives it.
    private var outcomes: [AttachmentID: Set<Outcome>] = [:]
    private var digests: [PlanID: String] = [:]
    /// By plan, who approved it and how.
    private var approvals: [PlanID: Set<[String]>] = [:]

    var status: ExitStatus {
        if !broken.isEmpty { return .failed }
        return unchecked.isEmpty && intact > 0 ? .done : .notVerified
    }

    init(_ certificate: CitedCertificate, _ key: VerifierKey) throws {
        for record in certificate.proof.records { try check(record, key) }
        if certificate.proof.records.isEmpty { unchecked.append("it cites no records") }
        let plan = try PlanID(certificate.plan.id)
        hold(certificate.plan.digest, against: digests[plan].map { [$0] } ?? [], of: "the digest of plan \(plan)")
        for approval in certificate.approvals {
            guard let plan = try approval.plan.map({ try PlanID($0) }) else { continue }
            hold([approval.by, approval.how], against: approvals[plan] ?? [], of: "an approval of plan \(plan)")
        }
        for item in certificate.items where item.outcome != .notAttempted {
            let id = try AttachmentID(item.attachment)
            hold(item.outcome, against: outcomes[id] ?? [], of: "\(item.outcome.rawValue) of attachment \(id)")
        }
    }

    private mutating func check(_ record: CitedCertificate.Record, _ key: VerifierKey) throws {
        guard let inclusion = record.inclusion else {
            return unchecked.append("record \(record.seq) has no proof")
        }
        guard let proof = try? InclusionProof(Array(inclusion.utf8)) else {
            return broken.append("the proof of record \(record.seq) is malformed")
        }
        switch try proof.check(key) {
        case .broken(let reason): broken.append("record \(record.seq): \(reason)")
        case .otherLog(let reason): unchecked.append("record \(record.seq): \(reason)")
        case .intact(let entry):
            guard entry.seq == record.seq, entry.line == Array(record.line.utf8) else {
                return broken.append("record \(record.seq) is not the one that its proof is of")
            }
            intact += 1
            if case .planCreated(let plan, _, let digest, _, _) = entry.record { digests[plan] = digest }
            if case .planApproved(let plan, _, let by, let how) = entry.record {
                approvals[plan, default: []].insert([by, how.rawValue])
            }
            // What was called gone and found again has failed.
            if case .deleteVerified(_, let attachment, _, .x) = entry.record {
                outcomes[attachment, default: []].insert(.failedUnexpected)
            }
            if let attachment = entry.record.attachment, let outcome = entry.record.finalOutcome {
                outcomes[attachment, default: []].insert(outcome)
            }
        }
    }

    private mutating func hold<Value: Hashable>(_ stated: Value, against proved: Set<Value>, of what: String) {
        if proved.isEmpty {
            unchecked.append("\(what): no proved record speaks of it")
        } else if !proved.contains(stated) {
            broken.append("\(what): the proved records say otherwise")
        }
    }
}
