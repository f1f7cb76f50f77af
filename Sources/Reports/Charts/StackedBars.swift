import Domain

/// Upright stacked bars over days: a value for each bin and series.
struct StackedBars {
    struct Series {
        var name: String
        /// The CSS class that colours it.
        var style: String
        var values: [Int]
    }

    var id: String
    var title: String
    var alternative: String
    var bins: DayBins
    var series: [Series]

    private static let left = 46.0
    private static let right = 752.0
    private static let top = 34.0
    private static let bottom = 212.0

    func chart() -> Chart {
        var svg = SVG(id: id, title: title, description: alternative, height: 240)
        let sums = (0..<bins.count).map { bin in series.map { $0.values[bin] }.reduce(0, +) }
        let scale = Scale(maximum: Double(sums.max() ?? 0))
        svg.legend(series.map { ($0.style, $0.name) }, x: Self.left, y: 14)
        grid(&svg, scale)
        let slot = (Self.right - Self.left) / Double(bins.count)
        let width = min(28, max(1.5, slot * 0.72))
        for bin in 0..<bins.count where sums[bin] > 0 {
            let x = Self.left + slot * (Double(bin) + 0.5) - width / 2
            var y = Self.bottom
            for part in series where part.values[bin] > 0 {
                let height = Double(part.values[bin]) / scale.top * (Self.bottom - Self.top)
                y -= height
                let tip = "\(bins.label(bin)): \(grouped(Int64(part.values[bin]))) \(part.name)"
                svg.rectangle(x, y, width, max(height, 0.8), part.style, tip: tip)
            }
        }
        labels(&svg, slot)
        return svg.chart()
    }

    private func grid(_ svg: inout SVG, _ scale: Scale) {
        for tick in scale.ticks {
            let y = Self.bottom - tick / scale.top * (Self.bottom - Self.top)
            svg.line(Self.left, y, Self.right, y, tick == 0 ? "axis" : "grid")
            svg.text(grouped(Int64(tick.rounded())), Self.left - 8, y + 4, .end)
        }
    }

    /// At most seven dates under the axis.
    private func labels(_ svg: inout SVG, _ slot: Double) {
        let every = max(1, (bins.count + 6) / 7)
        for bin in stride(from: 0, to: bins.count, by: every) {
            let x = Self.left + slot * (Double(bin) + 0.5)
            guard x < Self.right - 24 else { continue }
            svg.line(x, Self.bottom, x, Self.bottom + 4, "axis")
            svg.text(String(bins.label(bin).dropFirst(bins.width > 28 ? 0 : 5)), x, Self.bottom + 19, .middle)
        }
    }
}
