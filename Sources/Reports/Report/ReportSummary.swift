import Domain

/// The report on one page: a sentence, and what was promised, what was done, what is open.
package struct ReportSummary: Codable, Sendable, Equatable {
    package enum Standing: String, CaseIterable, Codable, Sendable {
        case kept
        /// Nothing is broken, something is open or cannot be shown.
        case open
        /// A promise was broken, or the record of it does not hold.
        case broken
    }

    package let standing: Standing
    package let headline: String
    package let promised: [String]
    package let done: [String]
    /// Empty = nothing is open.
    package let open: [String]

    init(_ values: ReportValues, deletions: Deletions, controls: [Control]) {
        let matters = Self.openMatters(values, deletions: deletions)
        let unknown = controls.count { $0.status == .notKnown }
        let logsHold = !values.logs.isEmpty && values.logs.allSatisfy { $0.result == .verified }
        let isTampered = values.logs.contains { $0.result == .broken }
        if !values.differs.isEmpty {
            standing = .broken
            headline =
                isTampered
                ? "TAMPERED: the audit log does not verify, and inventory.db DIFFERS from it."
                : "DIFFERS: inventory.db is not as the audit log has it. Where they differ, the log's word follows."
        } else if isTampered {
            standing = .broken
            headline = "TAMPERED: the audit log does not verify. Nothing that follows can be relied upon."
        } else if controls.contains(where: { $0.status == .fail }) {
            standing = .broken
            headline = "Some promises were not kept, or cannot be relied upon."
        } else if !matters.isEmpty || unknown > 0 || !logsHold {
            standing = .open
            headline =
                matters.isEmpty
                ? "No failures found. Not everything could be verified."
                : "No failures found; some points are open."
        } else {
            standing = .kept
            headline = "The promises of the period were kept."
        }
        promised = Self.promises(values)
        done = Self.deeds(values, deletions)
        open =
            values.differs + matters + values.lost
            + (unknown == 0 ? [] : [counted(unknown, "control") + " not known"])
    }

    private static func promises(_ values: ReportValues) -> [String] {
        let policies = values.policies.inForce
        let requests = values.requests.count
        let holds = values.holds.count(where: \.active)
        let facts: [(Int, String)] = [
            (policies.count, counted(policies.count, "policy", "policies") + " in force"),
            (policies.count { $0.deleteAfter != nil }, "\(policies.count { $0.deleteAfter != nil }) to remove in time"),
            (policies.count { $0.retain != nil }, "\(policies.count { $0.retain != nil }) to keep for a time"),
            (requests, counted(requests, "erasure request") + " open or answered"),
            (holds, counted(holds, "legal hold") + " in force"),
        ]
        return policies.isEmpty ? ["no policy in force"] + facts.told : facts.told
    }

    private static func deeds(_ values: ReportValues, _ deletions: Deletions) -> [String] {
        let outcomes = deletions.total.outcomes
        let (deleted, settled) = (outcomes[Outcome.deleted], outcomes[.deletedAfterRetry])
        let (absent, withheld) = (outcomes.count(of: .absent), outcomes.count(of: .withheld))
        let leftAlone = outcomes.count(of: .leftAlone)
        let answered = values.requests.count { $0.answered != nil }
        let facts: [(Int, String)] = [
            (deleted, "\(counted(deleted, "attachment")) deleted, \(formatBytes(deletions.total.bytesDeleted))"),
            (
                settled,
                "\(grouped(Int64(settled))) \(Outcome.deletedAfterRetry.meaning), "
                    + formatBytes(deletions.total.bytesAfterRetry)
            ),
            (absent, "\(grouped(Int64(absent))) found gone already"),
            (withheld, "\(grouped(Int64(withheld))) withheld with a reason"),
            (leftAlone, "\(grouped(Int64(leftAlone))) left alone: no longer to go when its turn came, or gone"),
            (answered, counted(answered, "erasure request") + " answered"),
        ]
        return facts.told.isEmpty ? ["nothing was due, nothing was deleted"] : facts.told
    }

    private static func openMatters(_ values: ReportValues, deletions: Deletions) -> [String] {
        let outcomes = deletions.total.outcomes
        let failed = outcomes[.failed]
        let undone = outcomes[.open]
        let overdue = values.requests.count { $0.standing == .overdue }
        let pending = values.requests.count { $0.standing.isOpen } - overdue
        let closed = Set(values.plans.filter(\.state.isClosed).map(\.id))
        let halted = values.runs.count { $0.haltCause != nil && !closed.contains($0.plan) }
        let due = values.holdings.overdue?.attachments ?? 0
        let broken = values.logs.count { $0.result == .broken }
        let unverified = values.logs.isEmpty ? 1 : values.logs.count { $0.result == .notVerified }
        let all: [(Int, String)] = [
            (broken, counted(broken, "log does", "logs do") + " not verify"),
            (
                unverified,
                values.logs.isEmpty ? "no log was verified" : counted(unverified, "log") + " not fully verified"
            ),
            (overdue, counted(overdue, "request") + " overdue"),
            (failed, counted(failed, "item") + " failed"),
            (undone, counted(undone, "item") + " not attempted"),
            (values.openIntents.count, counted(values.openIntents.count, "operation") + " without an outcome"),
            (due, counted(due, "attachment") + " due and not deleted yet"),
            (halted, counted(halted, "run") + " halted, with a plan that is not finished"),
            (pending, counted(pending, "request") + " open, not yet due"),
        ]
        return all.told
    }
}

extension [(Int, String)] {
    /// The texts whose number is not zero.
    fileprivate var told: [String] { filter { $0.0 > 0 }.map(\.1) }
}
