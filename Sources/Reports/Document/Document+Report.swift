import Domain

extension Document {
    /// The reviewer's report, in reading order.
    init(_ report: Report) {
        let values = report.values
        title = "Attachment retention report"
        subtitle = "Partner account \(values.account.partner), \(values.period.title)"
        verdict = report.verdict
        controls = report.controls
        keyFigures = Self.keyFigures(report)
        sections = [
            .held(report), .deleted(report), .exceptions(report), .requests(report), .holds(report),
            .policies(report), .forecast(report), .runs(report), .log(report), .coverage(report), .items(report),
            .glossary(report),
        ]
        colophon = [
            "Made by \(values.tool) on \(values.generated.brief) from the inventory and the verified audit log.",
            "Ids of plans, runs, requests and holds are shown by their first 12 digits; the JSON and CSV forms have them whole.",
            "Times are UTC. Sizes are in powers of 1,000. No end-user's handle, file name or URL is stored or shown.",
        ]
    }

    private static func keyFigures(_ report: Report) -> [KeyFigure] {
        let values = report.values
        let outcomes = report.deletions.total.outcomes
        let exceptions = outcomes.count(of: .failed) + outcomes.count(of: .open) + values.openIntents.count
        let settled = outcomes.count(of: .afterRetry)
        let open = values.requests.filter(\.standing.isOpen)
        let overdue = open.count { $0.standing == .overdue }
        let next = open.filter { $0.standing != .overdue }.compactMap(\.daysLeft).min()
        let requestNote =
            overdue > 0
            ? "\(overdue) overdue" : next.map { "next due in \(counted($0, "day"))" } ?? "none waiting"
        return [
            KeyFigure(
                label: "Held now", value: grouped(Int64(values.holdings.total.attachments)),
                note: formatBytes(values.holdings.total.bytes)),
            KeyFigure(
                label: "Deleted", value: grouped(Int64(outcomes[Outcome.deleted])),
                note: formatBytes(report.deletions.total.bytesDeleted)
                    + (settled == 0 ? "" : "; \(grouped(Int64(settled))) more after retry")),
            KeyFigure(
                label: "Withheld", value: grouped(Int64(outcomes.count(of: .withheld))), note: "kept with a reason"),
            KeyFigure(
                label: "Failed or open", value: grouped(Int64(exceptions)),
                note: exceptions == 0 ? "nothing" : "listed below"),
            KeyFigure(label: "Open requests", value: grouped(Int64(open.count)), note: requestNote),
            KeyFigure(
                label: "Log records", value: grouped(Int64(values.logs.map(\.records).reduce(0, +))),
                note: Self.logNote(values.logs)),
        ]
    }

    private static func logNote(_ logs: [ReportValues.Log]) -> String {
        if logs.isEmpty { return "not verified" }
        if logs.contains(where: { $0.result == .broken }) { return "does not verify" }
        return logs.allSatisfy { $0.result == .verified } ? "verified" : "not fully verified"
    }
}

extension ReportValues.Period {
    /// `1 January to 31 January 2026` as dates where the bounds are midnights, else as instants.
    var title: String {
        let day: Int64 = 86_400_000_000
        guard floorDivide(from.microseconds, day).remainder == 0, floorDivide(to.microseconds, day).remainder == 0
        else { return "\(from.brief) to \(to.brief)" }
        return "\(from.date) to \(to.adding(microseconds: -1).date)"
    }

    /// Whole days, at least one.
    var days: Int {
        let day: Int64 = 86_400_000_000
        let first = floorDivide(from.microseconds, day).quotient
        let last = floorDivide(max(from.microseconds, to.microseconds - 1), day).quotient
        return Int(last - first) + 1
    }
}

extension Timestamp {
    /// In a table, where the colophon says that times are UTC: `2026-01-02 03:04`.
    var minute: String { String(brief.dropLast(4)) }
}

extension Outcome {
    /// For people: `already absent`.
    var words: String { rawValue.spaced }

    var mark: Mark {
        switch group {
        case .deleted: .good
        case .absent, .withheld: .plain
        case .failed: .bad
        case .open: .unsure
        }
    }
}

extension String {
    /// `already_absent` as `already absent`.
    var spaced: String { String(map { $0 == "_" ? " " : $0 }) }
}
