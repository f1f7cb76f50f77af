import Audit
import Domain
import Inventory
import Rules

/// What the log has and the inventory lacks, since an older one was put back or somebody changed it: it is reported as the log has
/// it, and that it differs is said first.
extension ReportValues {
    mutating func addLost(_ sources: ReportSources, _ history: LogHistory, now: Timestamp) throws(LetheError) {
        try addLostHolds(sources, history.orders, now: now)
        let known = Set(try sources.inventory.plans().map(\.id))
        let plans = history.plans.values.filter { !known.contains($0.id) }.sorted { $0.id < $1.id }
        for plan in plans { try add(lost: plan, sources, history) }
        let stored = Set(try sources.inventory.requests().map(\.id))
        for request in history.orders.opened.values.sorted(by: { $0.opening.request < $1.opening.request })
        where !stored.contains(request.opening.request) {
            try add(lost: request, plans, history, now: now)
        }
    }

    private mutating func addLostHolds(
        _ sources: ReportSources, _ orders: Fold, now: Timestamp
    ) throws(LetheError) {
        var stored: [HoldID: LegalHold] = [:]
        for hold in try sources.inventory.holds() { stored[hold.id] = hold }
        for hold in orders.holds.values.sorted(by: { $0.id < $1.id })
        where hold.isActive(at: now) && !hold.stands(as: stored[hold.id]) {
            holds.removeAll { $0.id == hold.id }
            holds.append(Hold(hold, now: now))
            let what = stored[hold.id] == nil ? "lacks it" : "has it otherwise"
            differs.append("legal hold \(hold.id) is in force, and inventory.db \(what)")
        }
    }

    /// A plan of which something came to its end in the period: what is known of its items is in the records of their ends.
    private mutating func add(
        lost plan: LogHistory.LostPlan, _ sources: ReportSources, _ history: LogHistory
    ) throws(LetheError) {
        let endings = history.endings.of(plan.id)
        let ended = endings.values.filter { period.contains($0.at) }
        guard !ended.isEmpty else { return }
        let request = history.endings.request(of: plan.id)
        var bytes: Int64 = 0
        for ending in ended {
            let attachment = try sources.inventory.attachment(ending.attachment)
            let size = attachment?.size
            bytes = bytes.addingReportingOverflow(size ?? 0).partialValue
            items.append(
                Item(
                    attachment: ending.attachment, at: ending.at, plan: plan.id, run: ending.run, request: request,
                    rule: ending.rule ?? "unknown", line: attachment?.sightings.lazy.compactMap(\.line).first,
                    tier: attachment.map(sources.tiers.tier) ?? sources.tiers.defaultTier, bytes: size,
                    outcome: ending.outcome, grade: ending.grade, attempts: ending.attempts,
                    lastAnswer: ending.answer?.words, trace: ending.decision?.trace))
        }
        var outcomes = OutcomeCounts(endings.values.map(\.outcome))
        outcomes.add(.notAttempted, count: max(0, plan.items - outcomes.total))
        plans.append(
            Plan(
                id: plan.id, kind: plan.kind, state: plan.state, digest: plan.digest, created: plan.created,
                request: request, items: outcomes.total, bytes: bytes, approvals: history.approvals[plan.id] ?? [],
                outcomes: outcomes))
        differs.append(
            "plan \(plan.id) was carried out, \(counted(endings.count, "item")) of it have ended, and inventory.db lacks it"
        )
    }

    private mutating func add(
        lost request: Fold.Request, _ plans: [LogHistory.LostPlan], _ history: LogHistory, now: Timestamp
    ) throws(LetheError) {
        let opening = request.opening
        let times = [opening.received, request.answered, request.firstAnswered].compactMap { $0 }
        guard opening.received < period.to, !request.state.isClosed || times.contains(where: period.contains) else {
            return
        }
        let own = plans.filter { history.endings.request(of: $0.id) == opening.request }
        let listed = Set(own.flatMap { history.endings.of($0.id).keys })
        let words = try history.endings.words(
            on: listed, of: Set(own.map(\.id)), since: own.map(\.created).min() ?? now
        ) { _ in false }
        // What was looked through is not in the log.
        let known = ErasureRequest(
            id: opening.request, state: request.state, received: opening.received, due: request.due,
            jurisdiction: opening.jurisdiction, scope: opening.scope, subjects: opening.subjects,
            openedBy: opening.by, coverage: .partial, answered: request.answered)
        requests.append(
            Request(
                known, firstAnswered: request.firstAnswered, items: listed.count,
                outcomes: OutcomeCounts(listed.map { words[$0]?.counted ?? .notAttempted }), now: now))
        if !request.state.isDecided {
            differs.append("request \(opening.request) is \(request.state.rawValue.spaced), and inventory.db lacks it")
        }
    }
}
