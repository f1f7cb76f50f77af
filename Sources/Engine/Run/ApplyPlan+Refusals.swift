import Audit
import Domain
import Inventory
import Rules

/// What a plan must be before it is applied.
extension ApplyPlan {
    func refuseUnready(_ record: PlanRecord, reason: String?) throws(LetheError) {
        let id = record.plan.id
        try Self.refuseUnrecorded(record, context.inventory)
        switch record.state {
        case .approved: try refuseOldApproval(record)
        case .applying: return
        case .halted:
            let cause = record.cause.flatMap(HaltCause.init)
            guard cause?.requiresReview == true, reason == nil else { return }
            throw LetheError(
                "plan-halted", .refused, "plan \(id) was halted: \(cause?.message ?? "for a reason unknown here")",
                hint: cause == .tooManyAbsent
                    ? "find out who deleted them, then: "
                        + "lethe plan apply \(id) --reason TEXT --accept absent=N --as NAME"
                    : "find out why, then: lethe plan apply \(id) --reason TEXT")
        case .proposed:
            throw LetheError(
                "not-approved", .refused, "plan \(id) is not approved",
                hint: "lethe plan show \(id), then: lethe plan approve \(id) --as NAME")
        case .done, .expired, .cancelled:
            throw LetheError(
                "plan-closed", .refused, "plan \(id) is \(record.state.rawValue)",
                hint: record.state == .done ? "lethe plan show \(id)" : try Self.planAnew(record, context.inventory))
        }
    }

    /// A process died after it stored the plan and before the log had it, or somebody made it up.
    static func refuseUnrecorded(_ record: PlanRecord, _ inventory: InventoryStore) throws(LetheError) {
        guard !record.isRecorded, !record.state.isClosed else { return }
        throw LetheError(
            "plan-unrecorded", .refused, "the digest of plan \(record.plan.id) is not in the audit log",
            hint: try planAnew(record, inventory))
    }

    private func refuseOldApproval(_ record: PlanRecord) throws(LetheError) {
        guard !record.approvals.isEmpty, record.approvals.allSatisfy({ $0.digest == record.digest }) else {
            throw LetheError("not-approved", .refused, "plan \(record.plan.id) has no approval of this digest")
        }
        try refuseOld(record, record.approvals)
    }

    /// Every plan, begun or not, comes by here: rows of the inventory are no proof of themselves. One that was begun had its
    /// approvals then.
    func refuseUnlikeLog(_ record: PlanRecord, _ request: ErasureRequest?) throws(LetheError) {
        let isNew = record.state == .approved
        let isSmall =
            record.plan.kind == .drill
            || record.plan.kind == .retention && record.plan.items.count <= settings.approval.above
        let agreed = try RecordedTruth(context.log).refuseUnlikeLog(
            record, people: isNew && !isSmall ? settings.approval.people : 1, request: request)
        guard isNew else { return }
        try endIfAhead(record, agreed)
        try refuseOld(record, agreed)
    }

    /// What a clock that was ahead dated would be believed once that time has come: it ends for good when it is first seen, by a
    /// clock that passed the preflight, and by what the log has of the way back.
    private func endIfAhead(_ record: PlanRecord, _ approvals: [Approval]) throws(LetheError) {
        guard record.plan.partner == context.partner else { return }
        var isAhead = ([record.plan.created] + approvals.map(\.at)).contains { context.isFromLater($0) }
        if !isAhead { isAhead = try RecordedTruth(context.log).isAhead(record.plan) }
        guard isAhead else { return }
        let why = "made or approved by a clock that was ahead"
        try expire(record.plan.id, why)
        throw LetheError(
            "approval-expired", .refused,
            "plan \(record.plan.id) was \(why): how old that is nobody can tell",
            hint: try Self.planAnew(record, context.inventory))
    }

    /// Whether one of them is of a clock that was ahead, or the first too old for the plan to be begun.
    static func isOld(_ approvals: [Approval], now: Timestamp, isFromLater: (Timestamp) -> Bool) -> Bool {
        approvals.contains { isFromLater($0.at) || $0.isTooOld(at: now) }
    }

    private func refuseOld(_ record: PlanRecord, _ approvals: [Approval]) throws(LetheError) {
        let now = context.time.now()
        guard !approvals.isEmpty, !approvals.contains(where: { $0.isTooOld(at: now) }) else {
            throw LetheError(
                "approval-expired", .refused, "the approval of plan \(record.plan.id) is more than 72 hours old",
                hint: try Self.planAnew(record, context.inventory))
        }
    }

    /// How whoever holds a plan that is of no use any more gets the next one.
    static func planAnew(_ record: PlanRecord, _ inventory: InventoryStore) throws(LetheError) -> String {
        planAnew(record, try record.plan.request.flatMap(inventory.request))
    }

    /// A request that was refused or withdrawn is planned no more.
    static func planAnew(_ record: PlanRecord, _ request: ErasureRequest?) -> String {
        guard let id = record.plan.request else { return "plan anew: lethe run --apply, or lethe run --save" }
        return request?.state.isDecided == true
            ? "its request has ended: lethe requests show \(id)" : "plan it anew: lethe erase --resume \(id)"
    }

    /// What changed since the plan was made; `nil` = nothing that matters. Holds never make a plan stale, they drop items.
    func staleness(of record: PlanRecord) throws(LetheError) -> String? {
        if let ended = try endedRequest(of: record) { return "its request is \(ended.rawValue)" }
        if record.plan.partner != context.partner { return "it was made for another partner" }
        return Self.staleness(
            of: record, policyDigest: decider.policies.digest, now: context.time.now(), isFromLater: context.isFromLater
        )
    }

    /// The same as the plan itself tells it. `policyDigest`: of the policies in force; `nil` = they cannot be read.
    static func staleness(
        of record: PlanRecord, policyDigest: String?, now: Timestamp, isFromLater: (Timestamp) -> Bool
    ) -> String? {
        if record.plan.kind != .drill, record.plan.policyDigest != policyDigest ?? record.plan.policyDigest {
            return "the policies have changed"
        }
        if record.cause == HaltCause.policiesChanged.rawValue {
            return "the policies or tiers changed while it was applied"
        }
        if isFromLater(record.plan.created) { return "it was made by a clock that was ahead" }
        if record.state == .approved, record.approvals.contains(where: { isFromLater($0.at) }) {
            return "it was approved by a clock that was ahead"
        }
        if record.plan.expires <= now { return "it expired on \(record.plan.expires.brief)" }
        return nil
    }

    /// How the request of the plan has ended without it: a restore may leave such a plan behind.
    func endedRequest(of record: PlanRecord) throws(LetheError) -> ErasureRequest.State? {
        guard let state = try record.plan.request.flatMap(context.inventory.request)?.state, state.isClosed else {
            return nil
        }
        return state
    }

    /// Throws where an item of the plan has ended in its row and not in the log, or otherwise there. Gives the items that another plan
    /// removed, as the log has it. Of what was removed from the log, or is lost, nobody can tell.
    func refuseOtherEnds(_ record: PlanRecord, _ progress: PlanProgress) throws(LetheError) -> Set<AttachmentID> {
        let plan = record.plan
        guard plan.kind != .drill else { return [] }
        let truth = RecordedTruth(context.log)
        let items = Set(plan.items.map(\.attachment))
        let endings = try truth.endings(of: items)
        let ended = endings.of(plan.id)
        let others = items.filter { ended[$0]?.outcome != progress.closed[$0] }.count
        var isCut = try truth.oldestKept() != nil
        if !isCut { isCut = try truth.fold().hasLoss }
        guard others == 0 || isCut else {
            throw Difference(subject: .items(plan.id, others), kind: .changed).error
        }
        return items.filter { progress.closed[$0] == nil && endings.isGone($0) }
    }

    /// Throws where a plan that a person is to look at has some of the same attachments open.
    func refuseUnderReview(_ record: PlanRecord) throws(LetheError) {
        let items = Set(record.plan.items.lazy.filter { $0.withheld == nil }.map(\.attachment))
        for other in try context.inventory.plans(in: [.halted]) where other.id != record.plan.id {
            guard other.cause.flatMap(HaltCause.init)?.requiresReview == true else { continue }
            let shared = try context.inventory.results(of: other.id).count {
                $0.outcome == nil && $0.withheld == nil && items.contains($0.attachment)
            }
            guard shared > 0 else { continue }
            throw LetheError(
                "plan-halted", .refused,
                "\(counted(shared, "attachment")) of plan \(record.plan.id) \(shared == 1 ? "is" : "are") open in plan \(other.id), "
                    + "which was halted for review",
                hint: "find out why, then: lethe plan apply \(other.id) --reason TEXT, "
                    + "or end that one: lethe plan cancel \(other.id) --reason TEXT")
        }
    }

    /// `besides`: what is deleted before it and not on record yet.
    func refuseOverLimit(
        _ record: PlanRecord, _ progress: PlanProgress, besides: DeletedVolume = DeletedVolume()
    ) throws(LetheError) {
        guard !record.limitsLifted, record.plan.kind != .drill else { return }
        let open = record.plan.items.filter { $0.withheld == nil && progress.closed[$0.attachment] == nil }
        // A plan of this run, which nobody approved yet, is planned anew by the next.
        let way =
            record.plan.kind == .retention && record.state == .proposed
            ? nil : "\(record.plan.id) --allow-deletes \(record.plan.items.count { $0.withheld == nil })"
        try refuseOverLimit(record.plan, open, besides: besides, way: way)
    }

    /// `way`: of `lethe plan apply` for a plan that is kept; `nil` = the next run plans it anew.
    func refuseOverLimit(
        _ plan: Plan, _ open: [PlanItem], besides: DeletedVolume, expired: Int = 0, way: String?
    ) throws(LetheError) {
        let recent = try context.inventory.deletedVolume(since: context.time.now().adding(seconds: -86_400))
        let check = LimitCheck(
            limits: settings.limits.map(plan.limits.smaller) ?? plan.limits,
            live: try context.inventory.liveCount() - besides.deletes - expired,
            recentDeletes: recent.deletes + besides.deletes,
            recentBytes: recent.bytes + besides.bytes, isErasure: plan.kind == .erasure)
        guard let breach = check.breach(by: open) else { return }
        let allowing =
            way.map { "lethe plan apply \($0), or end it: lethe plan cancel \(plan.id)" }
            ?? "lethe run --apply --allow-deletes \(open.count)"
        throw LetheError(
            "over-limit", .refused, breach,
            hint: isRehearsal && way == nil
                ? "allow it: \(allowing)" : "lethe plan show \(plan.id), then allow it: \(allowing)")
    }

    /// The numbers on which the plan's items are, else the inventory's; `nil` for a drill and where there is nothing to
    /// delete.
    static func lines(of plan: Plan, _ inventory: InventoryStore) throws(LetheError) -> Set<PhoneLine>? {
        if plan.kind == .drill { return nil }
        let own = Set(plan.items.compactMap(\.line))
        return own.isEmpty ? try inventory.lines() : own
    }
}

extension Approval {
    /// For a plan that is not begun: 72 hours.
    func isTooOld(at now: Timestamp) -> Bool { now >= at.adding(seconds: ApplyPlan.approvalLife) }
}
