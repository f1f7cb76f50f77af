import Foundation

/// The one table: a row is printed as soon as it is measured.
final class Table {
    /// What the ratio must be, or for memory the figure itself.
    enum Target {
        case atLeast(Double)
        case atMost(Double)
        /// Of the figure itself, where there is no reference.
        case seconds(Double)

        func isMet(by value: Double) -> Bool {
            switch self {
            case .atLeast(let bound): value >= bound
            case .atMost(let bound), .seconds(let bound): value <= bound
            }
        }
    }

    enum Unit {
        case perSecond, seconds, megabytes

        func text(_ value: Double) -> String {
            switch self {
            case .perSecond: grouped(value) + "/s"
            case .seconds: fixed(value, value < 10 ? 3 : 1) + " s"
            case .megabytes: fixed(value, 0) + " MB"
            }
        }
    }

    private var missed = 0

    func begin() {
        say(line("what", "lethe: median (least – greatest)", "reference: the same", "ratio", "target"))
        say(String(repeating: "-", count: 56 + 34 * 2 + 7 + 9 + 8))
    }

    func end() {
        say(missed == 0 ? "every target is met" : "\(missed) missed: see docs/benchmarks.md")
    }

    /// `ratio` is Lethe's median by the reference's.
    func add(
        _ what: String, _ unit: Unit, _ lethe: Samples, _ reference: (name: String, samples: Samples)? = nil,
        _ target: Target? = nil
    ) {
        let ratio = reference.map { lethe.median / $0.samples.median }
        let judged = ratio ?? lethe.median
        let isMet = target?.isMet(by: judged) ?? true
        missed += isMet ? 0 : 1
        say(
            line(
                what, figure(unit, lethe), reference.map { "\($0.name) \(figure(unit, $0.samples))" } ?? "",
                ratio.map { fixed($0, $0 < 10 ? 2 : 0) } ?? "",
                text(target, isMemory: ratio == nil) + (isMet ? "" : " MISSED")))
    }

    /// A row that could not be measured, and why.
    func skip(_ what: String, _ reason: String) {
        say(line(what, "not measured: " + reason, "", "", ""))
    }

    private func figure(_ unit: Unit, _ samples: Samples) -> String {
        let median = unit.text(samples.median)
        guard samples.values.count > 1 else { return median }
        let (least, greatest) = (unit.text(samples.least), unit.text(samples.greatest))
        func bare(_ text: String) -> Substring { text.prefix { $0.isNumber || $0 == "." || $0 == "," } }
        return "\(median) (\(bare(least)) – \(bare(greatest)))"
    }

    private func text(_ target: Target?, isMemory: Bool) -> String {
        switch target {
        case .atLeast(let bound): "≥ " + short(bound)
        case .atMost(let bound): "≤ " + short(bound) + (isMemory ? " MB" : "")
        case .seconds(let bound): "≤ \(short(bound)) s"
        case nil: ""
        }
    }

    private func short(_ value: Double) -> String { value == value.rounded() ? fixed(value, 0) : fixed(value, 1) }

    private func line(_ what: String, _ lethe: String, _ reference: String, _ ratio: String, _ target: String) -> String
    {
        let cells = [padded(what, 56), padded(lethe, 34), padded(reference, 34), padded(ratio, 7), target]
        return cells.joined(separator: "  ")
    }
}

/// Standard output without a buffer, so that each row is seen when it is measured.
func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

private func fixed(_ value: Double, _ places: Int) -> String {
    guard value.isFinite else { return "?" }
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let whole = Int((value * scale).rounded())
    guard places > 0 else { return String(whole) }
    let fraction = String(whole % Int(scale))
    return "\(whole / Int(scale))." + String(repeating: "0", count: places - fraction.count) + fraction
}

/// `1,234,567`.
func grouped(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    var digits = Array(String(Int(value.rounded())))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return String(digits)
}

func grouped(_ value: Int) -> String { grouped(Double(value)) }
