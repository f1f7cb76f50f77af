import Audit
import Domain
import Inventory

/// A request that is planned anew keeps the approvals of an earlier plan, if people approved at least what the new one
/// deletes: the earlier one named each item, gone or withheld, and said the same of what others received.
struct CarryApprovals {
    let context: RunContext
    let rules: ApprovalRule

    /// `nil` = it does not hold for this plan, which waits for an approval of its own. `orPart`: one approval of the two that
    /// are needed is kept as well.
    func run(to id: PlanID, orPart: Bool = false) throws(LetheError) -> PlanRecord? {
        let record = try context.inventory.plan(id)
        guard let kept = try kept(for: record.plan, includes: record.includes, orPart: orPart) else { return nil }
        for approval in kept.approvals {
            _ = try context.log.append([
                .planApproved(.init(plan: id, digest: record.digest, by: approval.name, how: .schedule))
            ])
        }
        try CatchUp(inventory: context.inventory, log: context.log).run()
        for approval in kept.approvals where !kept.wasBegun {
            try context.inventory.date(approval.at, approvalOf: id, by: approval.name)
        }
        if kept.isEnough { try context.inventory.move(id, to: .approved) }
        return try context.inventory.plan(id)
    }

    struct Kept {
        let approvals: [Approval]
        let isEnough: Bool
        /// Of a plan that was begun.
        let wasBegun: Bool
    }

    /// What of earlier plans holds for this one; `includes`: what of shared attachments it has.
    func kept(
        for plan: Plan, includes: SharedInclusion?, orPart: Bool = false
    ) throws(LetheError) -> Kept? {
        guard let request = plan.request else { return nil }
        let openedBy = try context.inventory.request(request)?.openedBy
        let deletes = Set(plan.items.lazy.filter { $0.withheld == nil }.map(\.attachment))
        for summary in try context.inventory.plans() where summary.request == request && summary.id != plan.id {
            let earlier = try context.inventory.plan(summary.id, evenIfChanged: true)
            guard earlier.isWhole, Self.includesNoMore(includes, than: earlier) else { continue }
            guard deletes.isSubset(of: Self.approved(by: earlier)) else { continue }
            // What was never begun is not made younger by being planned anew.
            let now = context.time.now()
            let wasBegun = try !context.inventory.runs(of: summary.id).isEmpty
            let recorded = try RecordedTruth(context.log).approvals(of: earlier)
            let kept = recorded.filter {
                !context.isFromLater($0.at) && (wasBegun || !$0.isTooOld(at: now))
            }
            let isEnough = rules.people(of: kept, openedBy: openedBy).count >= rules.people
            guard isEnough || (orPart && !kept.isEmpty) else { continue }
            return Kept(approvals: kept, isEnough: isEnough, wasBegun: wasBegun)
        }
        return nil
    }

    /// The same of what is shared; and of what has left the scope nothing that was not decided then.
    private static func includesNoMore(_ included: SharedInclusion?, than earlier: PlanRecord) -> Bool {
        included == earlier.includes || included == earlier.includes?.subtracting(.outOfScope)
    }

    /// What is withheld since others received it was shown, and not approved.
    private static func approved(by record: PlanRecord) -> Set<AttachmentID> {
        guard record.approvals.allSatisfy({ $0.digest == record.digest }) else { return [] }
        return Set(
            record.plan.items.lazy.filter { item in
                item.withheld.map {
                    $0.outcome != .withheldShared || $0.ground == ErasureCandidate.recipientUnknownGround
                }
                    ?? true
            }.map(\.attachment))
    }
}
