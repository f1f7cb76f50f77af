import Audit
package import Domain
import Inventory
package import Rules

/// `lethe erase --apply --as NAME`: approves the request's plan by that person and carries it out.
package struct ApplyErasure: Sendable {
    private let context: RunContext
    private let decider: Decider
    private let approval: ApprovalRule
    private let settings: ApplyPlan.Settings
    private let name: String

    /// `name` approves it.
    package init(
        _ context: RunContext, rules: Decider, approval: ApprovalRule, settings: ApplyPlan.Settings, by name: String
    ) {
        self.context = context
        decider = rules
        self.approval = approval
        self.settings = settings
        self.name = name
    }

    /// Throws `refused` while another person's approval is missing; the first one stays on record.
    package func run(_ id: PlanID, allowDeletes: Int? = nil) async throws(LetheError) -> RunResult {
        if let allowDeletes {
            try AllowDeletes(inventory: context.inventory, log: context.log).run(id, atMost: allowDeletes, by: name)
        }
        var record = try context.inventory.plan(id)
        if approval.people > 1, record.state == .proposed,
            let kept = try CarryApprovals(context: context, rules: approval).run(to: id, orPart: true)
        {
            record = kept
        }
        if record.state == .proposed {
            record = try ApprovePlan(
                inventory: context.inventory, log: context.log, time: context.time, rules: approval
            ).run(id, by: name)
        }
        guard record.state != .proposed else {
            throw LetheError(
                "approval-needed", .refused, "plan \(id) needs the approval of one more person",
                hint: "lethe plan approve \(id) --as NAME, then: lethe plan apply \(id)")
        }
        return try await ApplyPlan(context, rules: decider, settings: settings).run(id)
    }
}
