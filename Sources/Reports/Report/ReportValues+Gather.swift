import Audit
package import Domain
import Inventory
import Rules

extension ReportDraft {
    /// Reads the values of `period` at `now`: outcomes, runs and approvals from verified lines of the log, plans, requests
    /// and holds from the store, what is held by a pass over the inventory.
    package static func gather(
        _ sources: ReportSources, period: ReportValues.Period, now: Timestamp
    ) throws(LetheError) -> ReportDraft {
        var (history, parts) = try sources.history(of: period)
        let stored = try sources.inventory.plans()
        let orders = try PeriodWork.Orders(sources, stored, history, now: now)
        var work = try PeriodWork(sources, period, orders, foundAgain: history.foundAgain)
        try work.read(parts, history.heads)
        history.note(afterRetry: work.afterRetry)
        let holds = try sources.inventory.holds()
        let (census, holdings) = try sources.census(holds: holds.filter { $0.isActive(at: now) }, now: now)
        var values = ReportValues(
            period: period, generated: now, tool: sources.tool, account: try sources.account(now: now))
        values.holdings = holdings
        var found = try values.addPlans(sources, stored, history, work)
        try values.addRequests(sources, orders, history, work, now: now)
        values.holds = holds.filter { values.concerns($0, now: now) }.map { ReportValues.Hold($0, now: now) }
        found += try values.addLost(sources, history, work, orders, now: now)
        // What was counted here says more than that a row is another.
        let told = Set(found.map(\.id))
        values.differs = (found + sources.differences.filter { !told.contains($0.id) }).map(\.text)
        values.openIntents = work.open
        values.policies = sources.reportedPolicies
        values.forecast = ReportValues.Forecast(
            days: sources.forecastDays,
            entries: (census.forecast?.rows ?? []).map {
                ReportValues.ForecastEntry(
                    day: $0.day, policy: $0.policy, attachments: $0.attachments, bytes: $0.bytes)
            })
        values.logs = sources.logs.map { ReportValues.Log($0.verification, origin: $0.reader.origin) }
        let coverage = try sources.inventory.coverage()
        values.coverage = ReportValues.Coverage(
            unaddressable: coverage.unaddressable, unreadableParts: coverage.unreadableParts,
            namedAgain: coverage.namedAgain, recipientUnknown: coverage.recipientUnknown,
            doubtfulTimes: census.doubtfulTimes, lastCompleteSync: sources.lastCompleteSync,
            newestEvent: coverage.newestEvent)
        values.evidence = ReportValues.Evidence(
            egress: history.egress, samples: history.samples, foundAgain: history.foundAgain.sorted(),
            archived: history.archived,
            archiveFailed: history.archiveFailed)
        return ReportDraft(values, items: work.items, totals: work.totals)
    }
}

extension PeriodWork.Orders {
    fileprivate init(
        _ sources: ReportSources, _ plans: [PlanSummary], _ history: LogHistory, now: Timestamp
    ) throws(LetheError) {
        stored = Set(plans.map(\.id))
        requests = try sources.inventory.requests()
        for request in requests { start[request.id] = now }
        for plan in plans {
            guard let request = plan.request else { continue }
            self.plans[request, default: []].insert(plan.id)
            start[request] = min(start[request] ?? plan.created, plan.created)
        }
        // Plans of a request that the store lacks count as the log has them.
        for (plan, request) in history.requestOfPlan where !stored.contains(plan) {
            lost[plan] = request
            self.plans[request, default: []].insert(plan)
        }
    }
}

extension ReportValues {
    /// In force, or ended within the period.
    fileprivate func concerns(_ hold: LegalHold, now: Timestamp) -> Bool {
        hold.isActive(at: now) || [hold.releasedAt, hold.until].contains { $0.map(period.contains) ?? false }
    }

    /// Plans that were made, worked on or open in the period, and its runs.
    fileprivate mutating func addPlans(
        _ sources: ReportSources, _ stored: [PlanSummary], _ history: LogHistory, _ work: PeriodWork
    ) throws(LetheError) -> [ReportSources.Difference] {
        var found: [ReportSources.Difference] = []
        runs = history.runs.values.filter { run in
            run.start < period.to && (period.from <= run.start || run.end.map(period.contains) ?? true)
        }
        let sizes = try sources.inventory.planSizes(until: period.to)
        for summary in stored where summary.created < period.to {
            let own = work.plans[summary.id] ?? PeriodWork.PlanWork()
            guard period.from <= summary.created || own.endedInPeriod > 0 || !summary.state.isClosed else { continue }
            let size = sizes[summary.id] ?? PlanSize()
            let items = size.items + own.unlisted
            var outcomes = own.outcomes
            outcomes.add(.notAttempted, count: max(0, items - outcomes.total))
            plans.append(
                Plan(
                    id: summary.id, kind: summary.kind, state: summary.state, digest: summary.digest,
                    created: summary.created, request: summary.request, items: items, bytes: size.bytes + own.bytes,
                    approvals: history.approvals[summary.id] ?? [], outcomes: outcomes))
            found += differences(summary, size, own, history)
            if let word = history.lost[summary.id.description] { lost.append("plan " + word) }
        }
        return found
    }

    /// What the store says of the items of a plan, and the log says otherwise.
    private func differences(
        _ plan: PlanSummary, _ size: PlanSize, _ work: PeriodWork.PlanWork, _ history: LogHistory
    ) -> [ReportSources.Difference] {
        if history.lost[plan.id.description] != nil { return [] }
        func items(_ count: Int) -> String { counted(count, "item") }
        var findings: [(Int, String)] = [
            (work.unlisted, "\(items(work.unlisted)) of it have ended that inventory.db does not list"),
            (work.otherwise, "\(items(work.otherwise)) of it have another outcome in inventory.db"),
        ]
        let ended = work.outcomes.total - work.unlisted
        // What was removed or is lost is not here to be compared.
        if !history.isCut {
            findings.append(
                (size.ended - ended, "\(items(size.ended - ended)) of it have ended in inventory.db alone"))
        }
        var found = findings.filter { $0.0 > 0 }.map { "plan \(plan.id): \($0.1)" }
        if let recorded = history.plans[plan.id], recorded.digest != plan.digest {
            found.append("plan \(plan.id) was recorded with another digest")
        }
        return found.map { .init(plan.id, $0) }
    }

    fileprivate mutating func addRequests(
        _ sources: ReportSources, _ orders: PeriodWork.Orders, _ history: LogHistory, _ work: PeriodWork, now: Timestamp
    ) throws(LetheError) {
        let listed = try sources.inventory.listedByRequests()
        for request in orders.requests where request.received < period.to {
            let firstAnswered = try sources.inventory.firstAnswer(
                of: request, recorded: history.orders.opened[request.id]?.firstAnswered)
            let times = [request.received, request.answered, firstAnswered].compactMap { $0 }
            guard !request.state.isClosed || times.contains(where: period.contains) else { continue }
            let own = work.requests[request.id] ?? PeriodWork.RequestWork()
            var outcomes = own.outcomes
            outcomes.add(.notAttempted, count: max(0, (listed[request.id] ?? 0) - own.listed))
            requests.append(
                Request(
                    request, firstAnswered: firstAnswered, items: outcomes.total, outcomes: outcomes, now: now))
        }
    }
}
