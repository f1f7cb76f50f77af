import Audit
import Domain
import Inventory
import Rules

/// Requests with which the scheduled run may go on by itself: those that are to be planned anew, and answered ones of which
/// something may be deleted now, since a retention has ended, a hold was released, or it is known by now who received it.
struct ResumeRequests {
    let context: RunContext
    let decider: Decider
    let planner: PlanErasure
    /// The vendor is not asked who received what, and these plans would have expired by then.
    var rehearsal: Set<PlanID>?

    func due() async throws(LetheError) -> [RequestID] {
        let now = context.time.now()
        let holds = try context.inventory.activeHolds(at: now)
        var due: [RequestID] = []
        for request in try context.inventory.requests() {
            switch request.state {
            case _ where request.plan.map { rehearsal?.contains($0) == true } == true: due.append(request.id)
            // Without a plan its first search was interrupted: that takes the handles, which only a person has.
            case .received where request.plan != nil: due.append(request.id)
            case .completedWithExceptions where try await mayGoOn(request, holds, now):
                // Rows alone plan nothing anew.
                try GoneOnRecord(context: context).check(request)
                due.append(request.id)
            default: continue
            }
        }
        return due
    }

    private func mayGoOn(
        _ request: ErasureRequest, _ holds: [LegalHold], _ now: Timestamp
    ) async throws(LetheError) -> Bool {
        guard let plan = request.plan else { return false }
        let withheld = try context.inventory.results(of: plan).filter { $0.outcome?.group == .withheld }
        if rehearsal == nil,
            withheld.contains(where: { $0.withheld?.ground == ErasureCandidate.recipientUnknownGround })
        {
            try await planner.askWhoReceived(request)
        }
        for item in withheld where item.outcome != .changedSincePlan {
            let attachment = try context.inventory.attachment(item.attachment)
            // Another plan took it: the request is not waiting for it any more.
            if attachment?.state == .gone { return true }
            guard let attachment,
                decider.ruling(on: attachment, holds: holds, request: request.id, now: now).verdict == .delete,
                let candidate = try context.inventory.erasureCandidate(
                    item.attachment, subjects: request.subjects, scope: request.scope),
                candidate.withheld(unlessIncludedBy: request) == nil
            else { continue }
            return true
        }
        return false
    }
}
