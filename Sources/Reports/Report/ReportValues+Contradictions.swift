import Domain

extension ReportDraft {
    /// Every total that another source of the same number contradicts, in words; empty = all add up.
    var contradictions: [String] {
        heldFindings + itemFindings + values.plans.flatMap(findings(in:)) + values.runs.flatMap(findings(in:))
            + values.requests.flatMap(findings(in:)) + logFindings
    }

    private var heldFindings: [String] {
        let holdings = values.holdings
        let attachments = holdings.held.map(\.attachments).reduce(0, +)
        let bytes = holdings.held.map(\.bytes).reduce(0, +)
        var findings: [String] = []
        if attachments != holdings.total.attachments {
            findings.append(
                "held: the lines have \(attachments) attachments, the inventory \(holdings.total.attachments)")
        }
        if bytes != holdings.total.bytes {
            findings.append("held: the lines have \(bytes) bytes, the inventory \(holdings.total.bytes)")
        }
        return findings
    }

    private var itemFindings: [String] {
        var findings: [String] = []
        if totals.outside > 0 { findings.append("items: \(totals.outside) lie outside the period") }
        if totals.twice > 0 { findings.append("items: \(totals.twice) are counted twice in one plan") }
        return findings
    }

    /// A plan's outcomes are its items; the items listed are its outcomes, all of them where it lived within the period.
    private func findings(in plan: ReportValues.Plan) -> [String] {
        guard plan.outcomes.total == plan.items else {
            return ["plan \(plan.id): \(plan.outcomes.total) outcomes for \(plan.items) items"]
        }
        let listed = totals.byPlan[plan.id] ?? OutcomeCounts()
        let isWhole = plan.state.isClosed && values.period.from <= plan.created && listed.total > 0
        return Outcome.allCases.compactMap { outcome in
            // An item that nobody began is closed without a record.
            let agrees =
                isWhole && outcome != .notAttempted
                ? listed[outcome] == plan.outcomes[outcome] : listed[outcome] <= plan.outcomes[outcome]
            guard !agrees else { return nil }
            return "plan \(plan.id): \(listed[outcome]) items listed as \(outcome.rawValue), its total says "
                + "\(plan.outcomes[outcome])"
        }
    }

    private func findings(in run: ReportValues.Run) -> [String] {
        guard let counts = run.counts else { return [] }
        let sum = counts.deleted + counts.absent + counts.withheld + counts.failed + counts.open
        return sum == counts.items ? [] : ["run \(run.id): its counts add up to \(sum), not to \(counts.items) items"]
    }

    private func findings(in request: ReportValues.Request) -> [String] {
        guard request.outcomes.total != request.items else { return [] }
        return ["request \(request.id): \(request.outcomes.total) outcomes for \(request.items) items"]
    }

    /// The logs are the authority: nothing more is claimed than they hold, and nothing open is left out.
    private var logFindings: [String] {
        let (logs, openIntents) = (values.logs, values.openIntents)
        guard !logs.isEmpty else { return [] }
        var findings: [String] = []
        let confirmed = totals.confirmed
        let logged = logs.map(\.deleted).reduce(0, +)
        if confirmed > logged { findings.append("log: \(confirmed) deletions listed, the log holds \(logged)") }
        let open = logs.map(\.open).reduce(0, +)
        // What one segment leaves open another may settle.
        if logs.count == 1 ? open != openIntents.count : open < openIntents.count {
            findings.append("log: \(openIntents.count) open intents listed, the log holds \(open)")
        }
        return findings
    }
}
