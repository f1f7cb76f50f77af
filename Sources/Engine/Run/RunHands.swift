import Audit
import Domain
import Inventory
import Rules

/// Does what the steps of a run come to, or only notes what it would be: `RunRetention` asks it for both, so that they cannot be two things.
struct RunHands {
    let context: RunContext
    let apply: ApplyPlan
    /// What was made sure of before anything is sent; `nil` = nothing is written or sent.
    let conditions: ApplyPlan.Conditions?
    /// The numbers of the account, as far as is known.
    let account: Set<PhoneLine>
    /// What a rehearsal has deleted so far.
    private(set) var deleted: Set<AttachmentID> = []
    private var besides = DeletedVolume()
    /// Plans that a rehearsal has closed: what is open in them is due again.
    private(set) var closed: Set<PlanID> = []

    init(_ context: RunContext, _ apply: ApplyPlan, _ conditions: ApplyPlan.Conditions?, account: Set<PhoneLine>) {
        self.context = context
        self.apply = apply
        self.conditions = conditions
        self.account = account
    }

    var isRehearsal: Bool { conditions == nil }

    mutating func cancel(_ id: PlanID, reason: String) throws(LetheError) {
        if isRehearsal {
            closed.insert(id)
        } else {
            try ClosePlan(context).cancel(id, by: apply.settings.operatorName, how: .schedule, reason: reason)
        }
    }

    mutating func expire(_ id: PlanID, reason: String) throws(LetheError) {
        if isRehearsal { closed.insert(id) } else { try ClosePlan(context).expire(id, reason: reason) }
    }

    /// A plan that is recorded.
    mutating func carryOut(_ record: PlanRecord) async throws(LetheError) -> RunRetention.Step {
        if let conditions {
            let result = try await apply.apply(record, conditions)
            return RunRetention.Step(
                plan: record.plan.id, request: record.plan.request, items: result.sent, result: result)
        }
        let items = try apply.rehearse(record, account: account, besides: besides)
        return note(
            items.filter { !deleted.contains($0.attachment) }, of: record.plan, id: record.plan.id,
            countsForLimits: !record.limitsLifted)
    }

    /// A plan that is not recorded, decided just now. `isAllowed`: its limits are lifted. `expired`: what an apply would not count as held.
    mutating func show(
        _ plan: Plan, isAllowed: Bool, expired: Int = 0
    ) throws(LetheError) -> RunRetention.Step {
        let items = plan.items.filter { $0.withheld == nil && !deleted.contains($0.attachment) }
        if !isAllowed { try apply.refuseOverLimit(plan, items, besides: besides, expired: expired, way: nil) }
        return note(items, of: plan, id: nil, countsForLimits: !isAllowed)
    }

    private mutating func note(_ items: [PlanItem], of plan: Plan, id: PlanID?, countsForLimits: Bool)
        -> RunRetention.Step
    {
        deleted.formUnion(items.map(\.attachment))
        if countsForLimits, plan.kind != .drill {
            besides.deletes += items.count
            besides.bytes += items.reduce(0) { $0 + ($1.size ?? LimitCheck.unknownSize) }
        }
        return RunRetention.Step(plan: id, request: plan.request, items: items.map(\.attachment), result: nil)
    }
}
