import Domain

/// The report in three sentences: what was promised, what was done, what is open.
package struct Verdict: Codable, Sendable, Equatable {
    package enum Standing: String, CaseIterable, Codable, Sendable {
        case kept
        /// Nothing is broken, something is open or cannot be shown.
        case open
        /// A promise was broken, or the record of it does not hold.
        case broken
    }

    package let standing: Standing
    package let headline: String
    package let promised: String
    package let done: String
    package let open: String

    init(_ values: ReportValues, deletions: Deletions, controls: [Control]) {
        let matters = Self.openMatters(values, deletions: deletions)
        let unknown = controls.count { $0.status == .notKnown }
        let logsHold = !values.logs.isEmpty && values.logs.allSatisfy { $0.result == .verified }
        if controls.contains(where: { $0.status == .fail }) {
            standing = .broken
            headline = "Some promises were not kept, or cannot be relied upon."
        } else if !matters.isEmpty || unknown > 0 || !logsHold {
            standing = .open
            headline =
                matters.isEmpty
                ? "Nothing is broken, and not everything can be shown."
                : "Nothing is broken, and some things are open."
        } else {
            standing = .kept
            headline = "The promises of the period were kept."
        }
        promised = Self.promises(values)
        done = Self.deeds(values, deletions)
        let unproven = unknown == 0 ? [] : [count(unknown, "control") + " cannot be shown either way"]
        let all = matters + unproven
        open = all.isEmpty ? "Nothing is open." : all.joined(separator: "; ").capitalizedFirst + "."
    }

    private static func promises(_ values: ReportValues) -> String {
        let policies = values.policies.inForce
        let removals = policies.count { $0.deleteAfter != nil }
        let retains = policies.count { $0.retain != nil }
        guard !policies.isEmpty else { return "No policy is in force." }
        var text =
            "\(count(policies.count, "policy is", "policies are")) in force: \(removals) to remove, \(retains) to keep"
        let requests = values.requests.count
        if requests > 0 {
            text += "; \(count(requests, "erasure request")) \(requests == 1 ? "was" : "were") open or answered"
        }
        let holds = values.holds.count(where: \.active)
        if holds > 0 { text += "; \(count(holds, "legal hold")) \(holds == 1 ? "stands" : "stand")" }
        return text + "."
    }

    private static func deeds(_ values: ReportValues, _ deletions: Deletions) -> String {
        let outcomes = deletions.total.outcomes
        let deleted = outcomes[Outcome.Group.deleted]
        guard outcomes.total > 0 else { return "Nothing was due and nothing was deleted." }
        var parts = ["\(count(deleted, "attachment")) (\(formatBytes(deletions.total.bytesDeleted))) deleted"]
        let absent = outcomes[.absent]
        let withheld = outcomes[.withheld]
        if absent > 0 { parts.append("\(grouped(Int64(absent))) found gone already") }
        if withheld > 0 { parts.append("\(grouped(Int64(withheld))) withheld with a reason") }
        let answered = values.requests.count { $0.answered != nil }
        if answered > 0 { parts.append("\(count(answered, "erasure request")) answered") }
        return parts.joined(separator: ", ") + "."
    }

    private static func openMatters(_ values: ReportValues, deletions: Deletions) -> [String] {
        let outcomes = deletions.total.outcomes
        let failed = outcomes[.failed]
        let undone = outcomes[.open]
        let overdue = values.requests.count { $0.standing == .overdue }
        let pending = values.requests.count { $0.standing.isOpen } - overdue
        let halted = values.runs.count { $0.haltCause != nil }
        let due = values.holdings.overdue?.attachments ?? 0
        let broken = values.logs.count { $0.result == .broken }
        let unverified = values.logs.isEmpty ? 1 : values.logs.count { $0.result == .notVerified }
        let all: [(Int, String)] = [
            (broken, count(broken, "log does", "logs do") + " not verify"),
            (
                unverified,
                values.logs.isEmpty ? "no log was verified" : count(unverified, "log") + " not fully verified"
            ),
            (overdue, count(overdue, "request") + " overdue"),
            (failed, count(failed, "item") + " failed"),
            (undone, count(undone, "item") + " not attempted"),
            (values.openIntents.count, count(values.openIntents.count, "operation") + " without an outcome"),
            (due, count(due, "attachment") + " due and not deleted yet"),
            (halted, count(halted, "run") + " halted"),
            (pending, count(pending, "request") + " open, not yet due"),
        ]
        return all.filter { $0.0 > 0 }.map(\.1)
    }
}
