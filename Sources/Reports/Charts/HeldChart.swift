import Domain

/// Live attachments per line, one lying bar a line, split by tier.
enum HeldChart {
    private static let left = 128.0
    private static let right = 640.0
    /// Lines drawn on their own; a chart of hundreds tells nothing.
    private static let shownLines = 20

    static func chart(_ rows: [ReportValues.Held]) -> Chart {
        var byLine: [String: [Tier: (attachments: Int, bytes: Int64)]] = [:]
        for row in rows {
            let sum = byLine[row.line?.number ?? "no known line", default: [:]][row.tier] ?? (0, 0)
            byLine[row.line?.number ?? "no known line", default: [:]][row.tier] =
                (sum.attachments + row.attachments, sum.bytes + row.bytes)
        }
        func sum(_ tiers: [Tier: (attachments: Int, bytes: Int64)]) -> Int {
            tiers.values.map(\.attachments).reduce(0, +)
        }
        let ranked = byLine.sorted { (sum($1.value), $0.key) < (sum($0.value), $1.key) }
        let shown = ranked.prefix(shownLines)
        let parts = shown.map { line, tiers in
            "\(line) \(counted(sum(tiers), "attachment")) (\(formatBytes(tiers.values.map(\.bytes).reduce(0, +))))"
        }
        let rest = ranked.count - shown.count
        var svg = SVG(
            id: "chart-held", title: "Attachments per line",
            description: parts.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more lines." : "."),
            height: 34 + shown.count * 30)
        svg.legend([("s-1", "persistent"), ("s-2", "ephemeral")], x: left, y: 14)
        let most = Double(max(1, shown.map { sum($0.value) }.max() ?? 1))
        for (index, line) in shown.enumerated() {
            draw(line.key, line.value, y: 32 + Double(index) * 30, most: most, in: &svg)
        }
        return svg.chart()
    }

    private static func draw(
        _ line: String, _ tiers: [Tier: (attachments: Int, bytes: Int64)], y: Double, most: Double, in svg: inout SVG
    ) {
        svg.text(line, left - 12, y + 15, .end)
        var x = left
        for (tier, style) in [(Tier.persistent, "s-1"), (.ephemeral, "s-2")] {
            guard let part = tiers[tier], part.attachments > 0 else { continue }
            let width = max(1.5, Double(part.attachments) / most * (right - left))
            let tip =
                "\(line), \(tier.rawValue): \(counted(part.attachments, "attachment")), \(formatBytes(part.bytes))"
            svg.rectangle(x, y, width, 20, style, tip: tip)
            x += width
        }
        let attachments = tiers.values.map(\.attachments).reduce(0, +)
        let bytes = tiers.values.map(\.bytes).reduce(0, +)
        svg.text("\(grouped(Int64(attachments)))", x + 10, y + 15, .start, "label strong")
        svg.text(formatBytes(bytes), x + 18 + Double(grouped(Int64(attachments)).count) * 7, y + 15)
    }
}
