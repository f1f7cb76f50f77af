import Foundation
import TestSupport

/// Holds what came after an edit against what the same commands do in untouched copies.
struct TamperJudge: Sendable {
    static let made = Task { try await TamperJudge(RichWorkspace.made.value) }

    struct Finding: Sendable, CustomStringConvertible {
        enum Kind: String, Sendable {
            /// A DELETE of what the untouched workspace keeps.
            case deleted
            /// A record of what nobody did.
            case signed
            /// A row that the log does not bear out, given as the truth.
            case believed
            /// A report, certificate, bundle or doctor that contradicts what `audit verify` finds.
            case contradicted
            /// Ended by a signal, or not at all.
            case crashed
            /// A handle or a key in an output.
            case leaked
        }

        let kind: Kind
        let text: String
        var description: String { "\(kind): \(text)" }
    }

    let story: RichWorkspace
    private let reference: Aftermath
    private let deleted: Set<String>
    private let macs: Set<String>
    private let acts: Set<String>
    /// What differs between two untouched copies: times, ids made anew.
    private var volatile: Set<String> = []

    private init(_ story: RichWorkspace) async throws {
        self.story = story
        async let one = Aftermath(of: nil, in: story, story.vendor())
        async let two = Aftermath(of: nil, in: story, story.vendor())
        let (first, second) = try await (one, two)
        reference = first
        deleted = Set(first.deletes.map(\.id))
        let macs = Set(first.records.map { $0["mac"] ?? "" }).intersection(second.records.map { $0["mac"] ?? "" })
        self.macs = macs
        acts = Set([first, second].flatMap { Self.acts($0, since: macs).map(\.text) })
        for (name, answer) in first.reads {
            volatile.formUnion(Self.difference(answer, second.reads[name]).map { name + $0 })
        }
    }

    /// Whether the untouched copies did what they should.
    var isSound: Bool {
        !deleted.isEmpty && deleted.isDisjoint(with: story.gone)
            && ["run --apply": 2, "plan apply, open": 4, "plan apply, revoked": 4, "erase --resume, withdrawn": 4]
                .allSatisfy { reference.acts[$0.key]?.status == $0.value }
            && reference.reads.values.allSatisfy { $0.values?[".differs#"] ?? "0" == "0" }
            && ["verify", "doctor", "bundle", "verify.py", "verify.sh", "check-certificate", "report afterwards"]
                .allSatisfy { reference.proofs[$0]?.status == 0 }
    }

    /// How each command ended in an untouched copy, for a failure's text.
    var statuses: [String] {
        reference.all.map { "\($0.key): \($0.value.status) \($0.value.text.prefix(100))" }.sorted()
    }

    func findings(_ after: Aftermath) -> [Finding] {
        var found: [Finding] = []
        let wrong = after.deletes.map(\.id).filter { !deleted.contains($0) && !story.gone.contains($0) }
        if !wrong.isEmpty { found.append(Finding(kind: .deleted, text: "\(wrong)")) }
        for act in Self.acts(after, since: macs) where !acts.contains(act.text) && !isOwn(act.record, after) {
            found.append(Finding(kind: .signed, text: act.text))
        }
        for (name, answer) in after.reads.sorted(by: { $0.key < $1.key })
        where answer.status == 0 && name != "audit show" {
            let changed = Self.difference(answer, reference.reads[name]).filter {
                // A report says of each log what verifying it has just found, and its period ends now.
                !volatile.contains(name + $0) && !$0.hasPrefix(".logs[]") && !$0.hasPrefix(".period.")
                    && !Self.isOfInventoryAlone($0)
            }
            // The page says itself that something differs from the log, or is lost.
            if changed.isEmpty || changed.contains(where: { $0.hasPrefix(".lost") || $0.hasPrefix(".differs") }) {
                continue
            }
            found.append(Finding(kind: .believed, text: "\(name): \(changed.sorted().prefix(6))"))
        }
        let shown = after.reads["audit show"]
        if shown?.status == 0, shown?.text.contains(EditGenerator.forgedMac) == true {
            found.append(Finding(kind: .believed, text: "audit show: a forged record"))
        }
        found += contradictions(after)
        for (name, answer) in after.all where answer.isKilled { found.append(Finding(kind: .crashed, text: name)) }
        return found + after.leaks.map { Finding(kind: .leaked, text: $0) }
    }

    /// Of a request what the log has not got (docs/execution.md), and the step that follows from it.
    private static func isOfInventoryAlone(_ path: String) -> Bool {
        let fields: Set<Substring> = [
            "channel", "identity_method", "coverage", "includes_shared", "includes_unknown_recipients", "next",
        ]
        return path.hasPrefix(".request") && path.split(separator: ".").last.map(fields.contains) == true
    }

    private func contradictions(_ after: Aftermath) -> [Finding] {
        guard let verified = after.proofs["verify"]?.status else { return [] }
        var found: [String] = []
        for name in ["doctor", "verify.py", "verify.sh", "report afterwards"] {
            guard let status = after.proofs[name]?.status else { continue }
            // A bundle says itself which notes of anchor folders are none and not in it.
            if name.hasPrefix("verify."), after.proofs["bundle"]?.values?[".left_out#"] ?? "0" != "0" { continue }
            if verified != 0, status == 0 { found.append("\(name) is content, verify is not") }
            if verified == 0, status != 0, name.hasPrefix("verify.") { found.append("\(name) fails, verify does not") }
        }
        if after.proofs["certificate of the approved"]?.status == 0, after.proofs["check-certificate"]?.status != 0 {
            found.append("a certificate was made that cannot be made again")
        }
        let known = after.records.filter { $0["type"] == "delete.outcome" && $0["class"] == "deleted" }.compactMap {
            $0["op"]
        }
        if let report = after.proofs["report afterwards"], report.status == 0, let values = report.values,
            !known.isEmpty
        {
            let days = values.filter { $0.key.hasPrefix(".deletions.by_day[") && $0.key.hasSuffix(".outcomes.deleted") }
            let total = days.compactMap { Int($0.value) }.reduce(0, +)
            if total != Set(known).count {
                found.append("the report counts \(total) deletions, the log \(Set(known).count)")
            }
        }
        return found.map { Finding(kind: .contradicted, text: $0) }
    }

    /// What the commands that follow an edit may do in the name of those who typed them: refused, a plan is made anew.
    private func isOwn(_ record: [String: String], _ after: Aftermath) -> Bool {
        let request = story.id("request.approved")
        let plans = Set(
            after.records.filter { $0["type"] == "plan.created" && !macs.contains($0["mac"] ?? "") }.compactMap {
                $0["plan"]
            })
        switch record["type"] {
        case "run.start", "run.end", "run.halt", "log.open", "clock.step", "delete.verified", "plan.created":
            return true
        case "delete.intent": return deleted.contains(record["att"] ?? "")
        case "delete.outcome":
            let isAnswered = after.deletes.contains { $0.id == record["att"] && $0.status == 204 }
            return deleted.contains(record["att"] ?? "") && (record["class"] != "deleted" || isAnswered)
        case "plan.approved": return plans.contains(record["plan"] ?? "")
        case "operator.act": return record["ref"] == story.id("plan.approved") && record["by"] == "alex"
        case "request.updated": return record["req"] == request && record["by"] == "alex"
        default: return false
        }
    }

    /// Records that came after the edit, less what is of each run its own. What was only planted in the file is none.
    private static func acts(_ after: Aftermath, since macs: Set<String>) -> [(record: [String: String], text: String)]
    {
        let own: Set = ["seq", "t", "ep", "prev", "mac", "run", "op", "trace", "n", "v"]
        let recent = after.records.filter { !macs.contains($0["mac"] ?? "") && $0["mac"] != EditGenerator.forgedMac }
        let made = Set(recent.filter { $0["type"] == "plan.created" }.compactMap { $0["plan"] })
        return recent.map { record in
            var kept = record.filter { !own.contains($0.key) }
            if made.contains(record["plan"] ?? "") { (kept["plan"], kept["digest"]) = ("new", nil) }
            return (record, kept.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
        }
    }

    /// The paths, places in lists left out, at which two answers differ.
    private static func difference(_ one: Aftermath.Answer, _ other: Aftermath.Answer?) -> Set<String> {
        guard let left = one.values, let right = other?.values else { return [] }
        let changed = Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }
        return Set(changed.map { $0.replacing(/\[\d+\]/, with: "[]") })
    }
}
