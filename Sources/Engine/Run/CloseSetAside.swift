import Audit
package import Domain
import Inventory
package import Rules

/// `lethe plan close ID`: a person ends what is set aside in a plan. It ends as `not_found_unproven`, never as gone, and is
/// due again like anything else that is not proved to be gone. Deletes nothing.
package struct CloseSetAside: Sendable {
    private let context: RunContext
    private let decider: Decider
    private let name: String
    private let reason: String

    /// `name` decides it, for `reason`: both stay in the log.
    package init(_ context: RunContext, rules: Decider, by name: String, reason: String) throws(LetheError) {
        self.context = context
        decider = rules
        self.name = try OperatorText.actor(name)
        self.reason = try OperatorText.reason(reason)
    }

    /// Gives what it closed. Throws `nothing-set-aside` where there is nothing of that kind.
    package func run(_ id: PlanID) throws(LetheError) -> Set<AttachmentID> {
        let lease = try RunLease(context.workspace)
        defer { lease.release() }
        try CatchUp(inventory: context.inventory, log: context.log).run()
        let journal = try RunJournal(context.log)
        let record = try context.inventory.plan(id)
        let request = try record.plan.request.flatMap(context.inventory.request)
        try RecordedTruth(context.log).refuseUnrecorded(record, request)
        let closed = try context.inventory.setAside(in: id)
        guard !closed.isEmpty, let run = try context.inventory.runs(of: id).last?.id else {
            throw LetheError(
                "nothing-set-aside", .refused,
                "nothing is set aside in plan \(id): that takes a week of nothing but 404s that are not the vendor's own",
                hint: record.state.isClosed
                    ? "lethe plan show \(id)" : "to go on: lethe run --apply; to end it: lethe plan cancel \(id)")
        }
        var records = [AuditRecord.operatorAct(.init(act: .planClose, ref: id.description, by: name, reason: reason))]
        records += closed.sorted().map {
            .itemClosed(.init(run: run, attachment: $0, outcome: .notFoundUnproven, reason: "set_aside"))
        }
        var progress = try context.inventory.progress(of: id)
        for attachment in closed { progress.close(attachment, .notFoundUnproven) }
        let isDone = record.plan.items.allSatisfy { progress.closed[$0.attachment] != nil }
        if isDone { records.append(.runEnd(.init(run: run, RunCounts(OutcomeCounts(progress.closed.values))))) }
        try journal.append(records)
        try CatchUp(inventory: context.inventory, log: context.log).run()
        if isDone {
            let settings = ApplyPlan.Settings(operatorName: name)
            _ = try ApplyPlan(context, rules: decider, settings: settings).finish(record.plan)
        }
        return closed
    }
}
