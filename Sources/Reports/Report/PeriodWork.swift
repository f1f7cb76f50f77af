import Audit
import Domain
import Inventory
import Rules

/// What became of every attachment that the logs tell of. Read part by part, all records of an attachment together: in memory is
/// one part, and what is added up.
struct PeriodWork {
    /// What the ends of one plan's items come to.
    struct PlanWork {
        /// Over its whole life.
        var outcomes = OutcomeCounts()
        var endedInPeriod = 0
        /// Of what the store does not list: bytes, as far as sizes are known.
        var bytes: Int64 = 0
        /// Ends of what the store does not list in this plan.
        var unlisted = 0
        /// Ends of which the store has another outcome, or none.
        var otherwise = 0
    }

    /// What a request has come to: the last word on each attachment that its plans list, and on what was found again.
    struct RequestWork {
        var outcomes = OutcomeCounts()
        /// Of what the store lists in its plans, what has come to any end.
        var listed = 0
    }

    let items: Worksheet
    private(set) var totals: ItemTotals
    private(set) var open: [ReportValues.OpenIntent] = []
    private(set) var plans: [PlanID: PlanWork] = [:]
    private(set) var requests: [RequestID: RequestWork] = [:]
    /// `deleted_after_retry`, by the run that had it.
    private(set) var afterRetry: [RunID: Int] = [:]
    private let sources: ReportSources
    private let period: ReportValues.Period
    private let orders: Orders

    /// The plans of each request, and since when it has had one.
    struct Orders {
        var stored: Set<PlanID> = []
        /// Of the request that a plan answers, which the store lacks.
        var lost: [PlanID: RequestID] = [:]
        var plans: [RequestID: Set<PlanID>] = [:]
        var start: [RequestID: Timestamp] = [:]
        var requests: [ErasureRequest] = []
    }

    init(
        _ sources: ReportSources, _ period: ReportValues.Period, _ orders: Orders, foundAgain: Set<AttachmentID>
    ) throws(LetheError) {
        self.sources = sources
        self.period = period
        self.orders = orders
        items = try Worksheet()
        totals = ItemTotals(period: period, foundAgain: foundAgain)
    }

    /// `heads`: what is known of runs.
    mutating func read(_ parts: RecordParts, _ heads: Endings) throws(LetheError) {
        var work = self
        try parts.forEachPart { read throws(LetheError) in
            var endings = heads
            var retried: [AttachmentID: Set<PlanID>] = [:]
            try read { entry in
                endings.add(entry)
                guard let id = entry.record.attachment, let ending = endings.all(of: id).last, ending.at == entry.time
                else { return }
                if ending.outcome == .deletedAfterRetry {
                    work.afterRetry[ending.run, default: 0] += 1
                    retried[id, default: []].insert(ending.plan)
                } else if retried[id]?.remove(ending.plan) != nil {
                    work.afterRetry[ending.run, default: 0] -= 1
                }
            }
            try work.add(endings)
        }
        self = work
    }

    private mutating func add(_ endings: Endings) throws(LetheError) {
        open += endings.open.map(ReportValues.OpenIntent.init)
        var listings: [AttachmentID: [PlanListing]] = [:]
        let attachments = endings.attachments
        try sources.inventory.forEachListing(of: attachments) { listings[$0] = $1 }
        var ended: [ReportValues.Item] = []
        for id in attachments {
            let listed = listings[id] ?? []
            let own = try add(endings.all(of: id), listed)
            totals.add(own)
            ended += own
            try add(id, listed, endings)
        }
        try items.add(ended)
    }

    /// Gives those of the period.
    private mutating func add(
        _ endings: [Endings.Ending], _ listings: [PlanListing]
    ) throws(LetheError) -> [ReportValues.Item] {
        var items: [ReportValues.Item] = []
        for ending in endings {
            let listing = listings.first { $0.plan == ending.plan }
            var work = plans[ending.plan] ?? PlanWork()
            work.outcomes.add(ending.outcome)
            if let listing, listing.outcome != ending.outcome, listing.closedAt.map({ $0 < period.to }) ?? true {
                work.otherwise += 1
            }
            let isInPeriod = period.contains(ending.at)
            var item: ReportValues.Item?
            if let listing {
                item = isInPeriod ? ReportValues.Item(listing, ending) : nil
            } else {
                let attachment = try sources.inventory.attachment(ending.attachment)
                work.unlisted += 1
                if isInPeriod {
                    work.bytes = work.bytes.addingReportingOverflow(attachment?.size ?? 0).partialValue
                    item = ReportValues.Item(ending, of: attachment, sources, request: orders.lost[ending.plan])
                }
            }
            work.endedInPeriod += isInPeriod ? 1 : 0
            plans[ending.plan] = work
            if let item { items.append(item) }
        }
        return items
    }

    /// A request may have several plans, as what was withheld comes free: the last word on each attachment counts, as its
    /// certificate has it.
    private mutating func add(_ id: AttachmentID, _ listings: [PlanListing], _ endings: Endings) throws(LetheError) {
        let stored = Set(listings.compactMap(\.request))
        let ends = endings.all(of: id)
        let concerned = stored.union(ends.compactMap { orders.lost[$0.plan] })
        for request in concerned {
            let word = endings.word(on: id, of: orders.plans[request] ?? [])
            requests[request, default: RequestWork()].outcomes.add(word?.counted ?? .notAttempted)
            if stored.contains(request) { requests[request]?.listed += 1 }
        }
        guard ends.contains(where: { $0.grade == .x }) else { return }
        // What had gone before the first of its plans and was found again, as far as it concerns the request.
        for request in orders.requests where !concerned.contains(request.id) {
            guard let word = endings.word(on: id, of: orders.plans[request.id] ?? []), word.grade == .x,
                let start = orders.start[request.id], word.at < start,
                try sources.inventory.erasureCandidate(id, subjects: request.subjects, scope: request.scope) != nil
            else { continue }
            requests[request.id, default: RequestWork()].outcomes.add(word.counted)
        }
    }
}

extension ReportValues.Item {
    fileprivate init(_ listing: PlanListing, _ ending: Endings.Ending) {
        self.init(
            attachment: ending.attachment, at: ending.at, plan: ending.plan, run: ending.run, request: listing.request,
            rule: listing.item.rule, line: listing.item.line, tier: listing.item.tier, bytes: listing.item.size,
            outcome: ending.outcome, grade: ending.grade, attempts: ending.attempts, lastAnswer: ending.answer?.words,
            trace: ending.decision?.trace)
    }

    /// Of a plan that the store lacks, or that does not list it there.
    fileprivate init(
        _ ending: Endings.Ending, of attachment: Attachment?, _ sources: ReportSources, request: RequestID?
    ) {
        self.init(
            attachment: ending.attachment, at: ending.at, plan: ending.plan, run: ending.run, request: request,
            rule: ending.rule ?? "unknown", line: attachment?.sightings.lazy.compactMap(\.line).first,
            tier: attachment.map(sources.tiers.tier) ?? sources.tiers.defaultTier, bytes: attachment?.size,
            outcome: ending.outcome, grade: ending.grade, attempts: ending.attempts, lastAnswer: ending.answer?.words,
            trace: ending.decision?.trace)
    }
}

extension ReportValues.OpenIntent {
    fileprivate init(_ trial: Endings.Trial) {
        self.init(
            op: trial.intent.operation, attachment: trial.intent.attachment, run: trial.intent.run,
            rule: trial.intent.rule, at: trial.since, tries: trial.tries, lastAnswer: trial.answer?.words)
    }
}
