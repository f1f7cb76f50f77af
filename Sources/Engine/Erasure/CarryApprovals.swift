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
        guard let request = record.plan.request else { return nil }
        let openedBy = try context.inventory.request(request)?.openedBy
        let deletes = Set(record.plan.items.lazy.filter { $0.withheld == nil }.map(\.attachment))
        for summary in try context.inventory.plans() where summary.request == request && summary.id != id {
            let earlier = try context.inventory.plan(summary.id, evenIfChanged: true)
            guard earlier.isWhole, Self.includesNoMore(record, than: earlier) else { continue }
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
            for approval in kept {
                _ = try context.log.append([
                    .planApproved(.init(plan: id, digest: record.digest, by: approval.name, how: .schedule))
                ])
            }
            try CatchUp(inventory: context.inventory, log: context.log).run()
            for approval in kept where !wasBegun {
                try context.inventory.date(approval.at, approvalOf: id, by: approval.name)
            }
            if isEnough { try context.inventory.move(id, to: .approved, by: kept.first?.name) }
            return try context.inventory.plan(id)
        }
        return nil
    }

    /// The same of what is shared; and of what has left the scope nothing that was not decided then.
    private static func includesNoMore(_ record: PlanRecord, than earlier: PlanRecord) -> Bool {
        record.includes == earlier.includes || record.includes == earlier.includes?.subtracting(.outOfScope)
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
