import Audit
import Domain
import Inventory
import Rules

/// What the log has and the inventory lacks, since an older one was put back or somebody changed it: it is reported as the log has
/// it, and that it differs is said first. Each of these gives what to say.
extension ReportValues {
    mutating func addLost(
        _ sources: ReportSources, _ history: LogHistory, _ work: PeriodWork, _ orders: PeriodWork.Orders, now: Timestamp
    ) throws(LetheError) -> [ReportSources.Difference] {
        var found = try addLostHolds(sources, history.orders, now: now)
        for plan in history.plans.values.sorted(by: { $0.id < $1.id }) where !orders.stored.contains(plan.id) {
            if let difference = add(lost: plan, history, work) { found.append(difference) }
        }
        let stored = Set(orders.requests.map(\.id))
        for request in history.orders.opened.values.sorted(by: { $0.opening.request < $1.opening.request })
        where !stored.contains(request.opening.request) {
            if let difference = add(lost: request, work, now: now) { found.append(difference) }
        }
        return found
    }

    private mutating func addLostHolds(
        _ sources: ReportSources, _ orders: Fold, now: Timestamp
    ) throws(LetheError) -> [ReportSources.Difference] {
        var found: [ReportSources.Difference] = []
        for (hold, stored) in orders.holds.values.lacking(in: try sources.inventory.holds(), at: now) {
            holds.removeAll { $0.id == hold.id }
            holds.append(Hold(hold, now: now))
            let what = stored == nil ? "lacks it" : "has it otherwise"
            found.append(.init(hold.id, "legal hold \(hold.id) is in force, and inventory.db \(what)"))
        }
        return found
    }

    /// A plan of which something came to its end in the period: what is known of its items is in the records of their ends.
    private mutating func add(
        lost plan: LogHistory.LostPlan, _ history: LogHistory, _ work: PeriodWork
    ) -> ReportSources.Difference? {
        guard let own = work.plans[plan.id], own.endedInPeriod > 0 else { return nil }
        var outcomes = own.outcomes
        outcomes.add(.notAttempted, count: max(0, plan.items - outcomes.total))
        plans.append(
            Plan(
                id: plan.id, kind: plan.kind, state: plan.state, digest: plan.digest, created: plan.created,
                request: history.requestOfPlan[plan.id], items: outcomes.total, bytes: own.bytes,
                approvals: history.approvals[plan.id] ?? [], outcomes: outcomes))
        if let word = history.lost[plan.id.description] {
            lost.append("plan " + word)
            return nil
        }
        let ended = "\(counted(own.outcomes.total, "item")) of it \(own.outcomes.total == 1 ? "has" : "have") ended"
        return .init(plan.id, "plan \(plan.id) was carried out, \(ended), and inventory.db lacks it")
    }

    private mutating func add(
        lost request: Fold.Request, _ work: PeriodWork, now: Timestamp
    ) -> ReportSources.Difference? {
        let opening = request.opening
        let times = [opening.received, request.answered, request.firstAnswered].compactMap { $0 }
        guard opening.received < period.to, !request.state.isClosed || times.contains(where: period.contains) else {
            return nil
        }
        // What was looked through is not in the log.
        let known = ErasureRequest(
            id: opening.request, state: request.state, received: opening.received, due: request.due,
            jurisdiction: opening.jurisdiction, scope: opening.scope, subjects: opening.subjects,
            openedBy: opening.by, coverage: .partial, answered: request.answered)
        let outcomes = work.requests[opening.request]?.outcomes ?? OutcomeCounts()
        requests.append(
            Request(
                known, firstAnswered: request.firstAnswered, items: outcomes.total, outcomes: outcomes, now: now))
        guard !request.state.isDecided else { return nil }
        return .init(
            opening.request, "request \(opening.request) is \(request.state.rawValue.spaced), and inventory.db lacks it"
        )
    }
}
