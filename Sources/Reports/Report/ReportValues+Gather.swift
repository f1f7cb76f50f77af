import Audit
package import Domain
import Inventory
import Rules

extension ReportValues {
    /// Reads the values of `period` at `now`: outcomes, runs and approvals from verified lines of the log, plans, requests
    /// and holds from the store, what is held by a pass over the inventory.
    package static func gather(
        _ sources: ReportSources, period: Period, now: Timestamp
    ) throws(LetheError) -> ReportValues {
        let history = try sources.history(until: period.to)
        let holds = try sources.inventory.holds()
        let (census, holdings) = try sources.census(holds: holds.filter { $0.isActive(at: now) }, now: now)
        var values = ReportValues(
            period: period, generated: now, tool: sources.tool, account: try sources.account(now: now))
        values.holdings = holdings
        try values.addWork(sources, history)
        try values.addRequests(sources, history, now: now)
        values.holds = holds.filter { values.concerns($0, now: now) }.map { Hold($0, now: now) }
        try values.addLost(sources, history, now: now)
        values.openIntents = history.open
        values.policies = sources.reportedPolicies
        values.forecast = Forecast(
            days: sources.forecastDays,
            entries: (census.forecast?.rows ?? []).map {
                ForecastEntry(day: $0.day, policy: $0.policy, attachments: $0.attachments, bytes: $0.bytes)
            })
        values.logs = sources.logs.map { Log($0.verification, origin: $0.reader.origin) }
        values.coverage = sources.coverage
        values.coverage.recipientUnknown = census.recipientUnknown
        values.coverage.doubtfulTimes = census.doubtfulTimes
        values.evidence = Evidence(
            egress: history.egress, samples: history.samples.filter { period.contains($0.at) },
            foundAgain: Set(history.foundAgain.filter { period.contains($0.at) }.map(\.attachment)).sorted(),
            archived: history.archived, archiveFailed: history.archiveFailed)
        return values
    }

    /// In force, or ended within the period.
    private func concerns(_ hold: LegalHold, now: Timestamp) -> Bool {
        hold.isActive(at: now) || [hold.releasedAt, hold.until].contains { $0.map(period.contains) ?? false }
    }

    /// Plans that were made, worked on or open in the period, their items that ended in it, and its runs.
    private mutating func addWork(_ sources: ReportSources, _ history: LogHistory) throws(LetheError) {
        runs = history.runs.values.filter { run in
            run.start < period.to && (period.from <= run.start || run.end.map(period.contains) ?? true)
        }
        for summary in try sources.inventory.plans() where summary.created < period.to {
            let endings = history.endings.of(summary.id)
            let ended = endings.filter { period.contains($0.value.at) }
            guard period.from <= summary.created || !ended.isEmpty || !summary.state.isClosed else { continue }
            let record = try sources.inventory.plan(summary.id, evenIfChanged: true)
            plans.append(Plan(record, endings, approvals: history.approvals[summary.id] ?? []))
            for item in record.plan.items {
                if let ending = ended[item.attachment] { items.append(Item(item, ending, of: record.plan)) }
            }
        }
    }

    /// A request may have several plans, as what was withheld comes free: the last word on each attachment counts, as its
    /// certificate has it.
    private mutating func addRequests(
        _ sources: ReportSources, _ history: LogHistory, now: Timestamp
    ) throws(LetheError) {
        let plans = Dictionary(grouping: try sources.inventory.plans(), by: \.request)
        for request in try sources.inventory.requests() where request.received < period.to {
            let firstAnswered = try sources.inventory.firstAnswer(
                of: request, recorded: history.orders.opened[request.id]?.firstAnswered)
            let times = [request.received, request.answered, firstAnswered].compactMap { $0 }
            guard !request.state.isClosed || times.contains(where: period.contains) else { continue }
            let ofRequest = plans[request.id] ?? []
            var listed: Set<AttachmentID> = []
            for plan in ofRequest {
                listed.formUnion(
                    try sources.inventory.plan(plan.id, evenIfChanged: true).plan.items.map(\.attachment))
            }
            // Plans of it that the store lacks count as the log has them.
            var ids = Set(ofRequest.map(\.id))
            for id in history.plans.keys where !ids.contains(id) && history.endings.request(of: id) == request.id {
                ids.insert(id)
                listed.formUnion(history.endings.of(id).keys)
            }
            let words = try history.endings.words(
                on: listed, of: ids, since: ofRequest.map(\.created).min() ?? now
            ) { (id) throws(LetheError) in
                try sources.inventory.erasureCandidate(id, subjects: request.subjects, scope: request.scope) != nil
            }
            let outcomes = OutcomeCounts(listed.union(words.keys).map { words[$0]?.counted ?? .notAttempted })
            requests.append(
                Request(
                    request, firstAnswered: firstAnswered, items: outcomes.total, outcomes: outcomes, now: now))
        }
    }
}

extension ReportValues.Plan {
    fileprivate init(
        _ record: PlanRecord, _ endings: [AttachmentID: Endings.Ending], approvals: [ReportValues.Approval]
    ) {
        let plan = record.plan
        self.init(
            id: plan.id, kind: plan.kind, state: record.state, digest: record.digest, created: plan.created,
            request: plan.request, items: plan.items.count, bytes: plan.bytes, approvals: approvals,
            outcomes: OutcomeCounts(plan.items.map { endings[$0.attachment]?.outcome ?? .notAttempted }))
    }
}

extension ReportValues.Item {
    fileprivate init(_ item: PlanItem, _ ending: Endings.Ending, of plan: Plan) {
        self.init(
            attachment: item.attachment, at: ending.at, plan: plan.id, run: ending.run, request: plan.request,
            rule: item.rule, line: item.line, tier: item.tier, bytes: item.size, outcome: ending.outcome,
            grade: ending.grade, attempts: ending.attempts, lastAnswer: ending.answer?.words,
            trace: ending.decision?.trace)
    }
}
