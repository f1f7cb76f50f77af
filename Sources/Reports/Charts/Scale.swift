import Domain

/// A linear axis from 0 to a round number at or above `maximum`, with four or five steps.
struct Scale {
    let top: Double
    let step: Double

    init(maximum: Double, wholeSteps: Bool = true) {
        let rough = max(maximum, wholeSteps ? 1 : 0.001) / 4
        var magnitude = 1.0
        while magnitude * 10 <= rough { magnitude *= 10 }
        while magnitude > rough { magnitude /= 10 }
        let nice = [1.0, 2, 5, 10].first { $0 * magnitude >= rough } ?? 10
        let step = wholeSteps ? max(1, nice * magnitude) : nice * magnitude
        self.step = step
        top = (max(maximum, step) / step).rounded(.up) * step
    }

    var ticks: [Double] { stride(from: 0, through: top + step / 2, by: step).map { $0 } }
}

/// Days put together so that at most 93 bars are drawn.
struct DayBins {
    let first: Int64
    /// Days in one bin.
    let width: Int
    let count: Int

    init(firstDay: Int64, days: Int) {
        first = firstDay
        let days = max(1, days)
        let fit = [1, 7, 28, 91, 364].first { (days + $0 - 1) / $0 <= 93 }
        width = fit ?? (days + 92) / 93
        count = (days + width - 1) / width
    }

    /// `nil` outside.
    func bin(of day: Int64) -> Int? {
        let bin = floorDivide(day - first, Int64(width)).quotient
        return bin >= 0 && bin < Int64(count) ? Int(bin) : nil
    }

    func label(_ bin: Int) -> String {
        Timestamp(seconds: (first + Int64(bin * width)) * 86_400).date
    }

    /// `day`, `week of` …, for a text alternative.
    var unit: String { width == 1 ? "day" : width == 7 ? "week" : "\(width) days" }
}

extension Timestamp {
    /// Whole days since 1970, UTC.
    var day: Int64 { floorDivide(seconds, 86_400).quotient }

    /// Of `2026-01-02`; `nil` for anything else.
    static func day(_ text: String) -> Int64? { Timestamp(text)?.day }
}
