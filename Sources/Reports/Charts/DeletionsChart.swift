import Domain

/// What came to an end, day by day, an attachment once.
enum DeletionsChart {
    static func chart(_ report: Report) -> Chart {
        let period = report.values.period
        let bins = DayBins(firstDay: period.from.day, days: period.days)
        var byShare: [Share: [Int]] = [:]
        for tally in report.deletions.byDay {
            guard let day = Timestamp.day(tally.key), let bin = bins.bin(of: day) else { continue }
            for share in Share.allCases {
                byShare[share, default: Array(repeating: 0, count: bins.count)][bin] += tally.outcomes.count(of: share)
            }
        }
        let series = Share.allCases.compactMap { share -> StackedBars.Series? in
            guard let values = byShare[share], values.contains(where: { $0 > 0 }) else { return nil }
            return StackedBars.Series(name: share.rawValue, style: share.style, values: values)
        }
        return StackedBars(
            id: "chart-deletions", title: "Attachments per \(bins.unit)", alternative: alternative(report, series),
            bins: bins, series: series
        ).chart()
    }

    private static func alternative(_ report: Report, _ series: [StackedBars.Series]) -> String {
        let parts = series.map { "\(grouped(Int64($0.values.reduce(0, +)))) \($0.name)" }
        let busiest = report.deletions.byDay.max { ($0.outcomes.total, $1.key) < ($1.outcomes.total, $0.key) }
        var text = "From \(report.values.period.title): \(parts.joined(separator: ", "))"
        if let busiest {
            text += "; the busiest day was \(busiest.key) with \(counted(busiest.outcomes.total, "attachment"))"
        }
        return text + "."
    }
}

/// What will be due, day by day, by policy.
enum ForecastChart {
    /// Policies drawn on their own; what remains is drawn as one.
    private static let ownColours = 5

    static func chart(_ forecast: ReportValues.Forecast, now: Timestamp) -> Chart {
        let bins = DayBins(firstDay: now.day, days: forecast.days)
        var totals: [String: Int] = [:]
        for entry in forecast.entries { totals[entry.policy, default: 0] += entry.attachments }
        let ranked = totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        let shown = Array(ranked.prefix(ranked.count > ownColours + 1 ? ownColours : ranked.count))
        var values = Array(repeating: Array(repeating: 0, count: bins.count), count: shown.count + 1)
        for entry in forecast.entries {
            guard let day = Timestamp.day(entry.day), let bin = bins.bin(of: max(day, bins.first)) else { continue }
            values[shown.firstIndex(of: entry.policy) ?? shown.count][bin] += entry.attachments
        }
        var series = shown.indices.map {
            StackedBars.Series(name: shown[$0], style: "s-\($0 + 1)", values: values[$0])
        }
        if shown.count < ranked.count {
            series.append(StackedBars.Series(name: "other policies", style: "s-6", values: values[shown.count]))
        }
        let sum = totals.values.reduce(0, +)
        let parts = series.map { "\($0.name) \(grouped(Int64($0.values.reduce(0, +))))" }
        return StackedBars(
            id: "chart-forecast", title: "Due per \(bins.unit)",
            alternative: "In the next \(forecast.days) days \(counted(sum, "attachment")) will be due: "
                + "\(parts.joined(separator: ", ")).",
            bins: bins, series: series
        ).chart()
    }
}
