package import Domain
import Inventory

/// The report as one table for a spreadsheet: one row per fact, `section` says of which kind; filter by it.
package enum ReportCSV {
    package static let header = [
        "section", "time", "id", "plan", "run", "line", "tier", "rule", "status", "grade", "count", "bytes", "due",
        "by",
        "detail",
    ]

    package static func write(_ report: Report, to sink: TextSink) throws(LetheError) {
        try write(summary(report) + inventory(report) + work(report), to: sink)
        try writeItems(report, to: sink)
        try write(open(report) + people(report) + log(report), to: sink, header: nil)
    }

    /// The items alone, under the same header.
    package static func writeItemList(_ report: Report, to sink: TextSink) throws(LetheError) {
        try write([], to: sink)
        try writeItems(report, to: sink)
    }

    private static func write(
        _ rows: [Row], to sink: TextSink, header: [String]? = header
    ) throws(LetheError) {
        var csv = CSV(header: header)
        for row in rows { csv.append(row.cells) }
        try sink(csv.rendered)
    }

    private static func writeItems(_ report: Report, to sink: TextSink) throws(LetheError) {
        var csv = CSV(header: nil)
        try report.items.forEachItem { item in
            csv.append(row(item).cells)
            try csv.flush(to: sink)
        }
        try sink(csv.rendered)
    }

    private static func row(_ item: ReportValues.Item) -> Row {
        Row(
            section: "item", time: item.at, id: item.attachment.description, plan: item.plan, run: item.run,
            line: item.line, tier: item.tier, rule: item.rule, status: item.outcome.rawValue, grade: item.grade,
            count: item.attempts, bytes: item.bytes,
            detail: [item.lastAnswer, item.trace].compactMap { $0 }.joined(separator: " "))
    }

    /// One line; what a section does not have stays empty.
    private struct Row {
        var section: String
        var time: Timestamp?
        var id = ""
        var plan: PlanID?
        var run: RunID?
        var line: PhoneLine?
        var tier: Tier?
        var rule = ""
        var status = ""
        var grade: EvidenceGrade?
        var count: Int?
        var bytes: Int64?
        var due: Timestamp?
        var by = ""
        var detail = ""

        var cells: [String] {
            [
                section, time?.description ?? "", id, plan?.description ?? "", run?.description ?? "",
                line?.number ?? "", tier?.rawValue ?? "", rule, status, grade?.rawValue ?? "",
                count.map { String($0) } ?? "", bytes.map { String($0) } ?? "", due?.description ?? "", by, detail,
            ]
        }
    }

    private static func summary(_ report: Report) -> [Row] {
        let values = report.values
        var rows = [
            Row(
                section: "report", time: values.generated, id: values.account.partner,
                status: report.verdict.standing.rawValue, detail: report.verdict.headline),
            Row(section: "period", time: values.period.from, due: values.period.to, detail: "from, and up to"),
        ]
        rows += report.controls.map {
            Row(
                section: "control", id: $0.id, status: $0.status.rawValue, count: $0.number,
                detail: ([$0.finding] + $0.evidence).joined(separator: " | "))
        }
        rows += Outcome.allCases.map {
            Row(section: "outcome", status: $0.rawValue, count: report.deletions.total.outcomes[$0])
        }
        for tally in report.deletions.byRule {
            let figures = [(Outcome.deleted, tally.bytesDeleted), (.deletedAfterRetry, tally.bytesAfterRetry)]
            rows += figures.map {
                Row(
                    section: "rule", rule: tally.key, status: $0.rawValue, count: tally.outcomes[$0], bytes: $1)
            }
        }
        return rows
    }

    private static func inventory(_ report: Report) -> [Row] {
        let values = report.values
        let held = values.holdings.held.map {
            Row(section: "held", line: $0.line, tier: $0.tier, count: $0.attachments, bytes: $0.bytes)
        }
        let drift = values.holdings.drift.map {
            Row(section: "tier_drift", id: $0.attachment.description, line: $0.line, detail: $0.finding)
        }
        let policies = values.policies.inForce.map {
            Row(
                section: "policy", id: $0.id, status: $0.locked ? "locked" : "in_force",
                detail: [
                    $0.title, $0.retain.map { "retain \($0)" }, $0.deleteAfter.map { "delete after \($0)" },
                    $0.legalGround,
                    $0.why,
                ].compactMap { $0 }.joined(separator: " | "))
        }
        let forecast = values.forecast.entries.map {
            Row(
                section: "forecast", time: Timestamp($0.day), rule: "policy:\($0.policy)", count: $0.attachments,
                bytes: $0.bytes)
        }
        return held + drift + policies + forecast
    }

    private static func work(_ report: Report) -> [Row] {
        let values = report.values
        let plans = values.plans.map { plan in
            Row(
                section: "plan", time: plan.created, id: plan.id.description, rule: plan.kind.rawValue,
                status: plan.state.rawValue, count: plan.items, bytes: plan.bytes,
                by: plan.approvals.map(\.by).joined(separator: " "), detail: plan.digest)
        }
        let runs = values.runs.map {
            Row(
                section: "run", time: $0.start, id: $0.id.description, plan: $0.plan,
                status: $0.haltCause == nil ? ($0.end == nil ? "not_ended" : "ended") : "halted",
                count: $0.counts?.items,
                due: $0.end, detail: $0.haltCause ?? "")
        }
        return plans + runs
    }

    private static func open(_ report: Report) -> [Row] {
        report.values.openIntents.map {
            Row(
                section: "open_intent", time: $0.at, id: $0.attachment.description, run: $0.run, rule: $0.rule,
                status: "open", count: $0.tries,
                detail: [$0.op.description, $0.lastAnswer].compactMap { $0 }.joined(separator: " "))
        }
    }

    private static func people(_ report: Report) -> [Row] {
        let requests = report.values.requests.map {
            Row(
                section: "request", time: $0.received, id: $0.id.description, rule: $0.jurisdiction.rawValue,
                status: $0.standing.rawValue, count: $0.items, due: $0.due,
                detail: "\($0.state.rawValue), coverage \($0.coverage.rawValue), \($0.standingWords)")
        }
        let holds = report.values.holds.map {
            Row(
                section: "hold", time: $0.placedAt, id: $0.id.description, status: $0.active ? "in_force" : "ended",
                due: $0.releasedAt ?? $0.until, by: $0.by, detail: "\($0.scope): \($0.reason)")
        }
        return requests + holds
    }

    private static func log(_ report: Report) -> [Row] {
        let logs = report.values.logs.flatMap { log in
            [
                Row(
                    section: "log", time: log.last, id: log.origin, status: log.result.rawValue, count: log.records,
                    detail: log.summary)
            ]
                + log.checks.map {
                    Row(
                        section: "log_check", id: log.origin, rule: $0.name, status: $0.status.rawValue,
                        detail: $0.detail)
                }
                + log.failures.map {
                    Row(
                        section: "log_failure", id: log.origin, rule: $0.code, count: $0.seq.map { Int($0) },
                        detail: $0.message)
                }
        }
        let coverage = report.values.coverage
        let counts = [
            ("unaddressable", coverage.unaddressable), ("unreadable_parts", coverage.unreadableParts),
            ("named_again", coverage.namedAgain), ("recipient_unknown", coverage.recipientUnknown),
            ("doubtful_times", coverage.doubtfulTimes),
        ]
        let times = [("last_complete_sync", coverage.lastCompleteSync), ("newest_event", coverage.newestEvent)]
        return logs + counts.map { Row(section: "coverage", id: $0.0, count: $0.1) }
            + times.map { Row(section: "coverage", time: $0.1, id: $0.0, status: $0.1 == nil ? "not_known" : "") }
    }
}
