import Audit
package import Domain
import Inventory

/// Ends a plan before all of its items are done: what is open then ends as `not_attempted`, and the totals are recorded.
package struct ClosePlan: Sendable {
    private let context: RunContext

    package init(_ context: RunContext) {
        self.context = context
    }

    /// Under the run lease, or for a plan that was never begun: `states`, in which it must still be.
    package func cancel(
        _ id: PlanID, by: String, how: AuditRecord.Approval = .cli, reason: String? = nil,
        from states: Set<Plan.State>? = nil
    ) throws(LetheError) {
        try close(
            id, to: .cancelled, .init(act: .planCancel, ref: id.description, by: by, reason: reason, how: how), states)
    }

    /// A plan whose policies changed or whose time is over.
    package func expire(_ id: PlanID, reason: String) throws(LetheError) {
        try close(
            id, to: .expired,
            .init(act: .planExpire, ref: id.description, by: RunContext.itself, reason: reason, how: .schedule))
    }

    private func close(
        _ id: PlanID, to state: Plan.State, _ act: AuditRecord.OperatorAct, _ states: Set<Plan.State>? = nil
    ) throws(LetheError) {
        let journal = try RunJournal(context.log)
        let record = try context.inventory.plan(id, evenIfChanged: true)
        let progress = try context.inventory.progress(of: id)
        let unsettled = try context.inventory.unsettled(in: record).union(progress.open.keys)
        guard unsettled.isEmpty else {
            throw LetheError(
                "open-intents", .refused,
                "\(counted(unsettled.count, "item")) of plan \(id) had a DELETE whose answer is not known yet",
                hint: "the vendor was asked and gave no answer that counts; try again later")
        }
        var records = [AuditRecord.operatorAct(act)]
        // Of items that are not those of the plan nothing is said: how its own ended is in the log.
        let run = try record.isWhole ? context.log.fold().plans[id]?.lastRun : nil
        if let run {
            var counts = OutcomeCounts(progress.closed.values)
            for item in record.plan.items where progress.closed[item.attachment] == nil {
                records.append(
                    .itemClosed(
                        .init(
                            run: run, attachment: item.attachment, outcome: .notAttempted, reason: state.rawValue)))
                counts.add(.notAttempted)
            }
            records.append(.runEnd(.init(run: run, RunCounts(counts))))
        }
        let person = act.how == .schedule ? nil : act.by
        try context.inventory.move(id, to: state, cause: act.reason, by: person, from: states) {
            () throws(LetheError) in
            // Another plan may be in work meanwhile where this one never was.
            if run == nil { _ = try context.log.append(records) } else { try journal.append(records) }
        }
        try CatchUp(inventory: context.inventory, log: context.log).run()
    }
}
