package import Domain
import Synchronization

/// A length of time as policies write it: `36h`, `30d` (24 h days), `2w`, `6mo`, `7y` (calendar months and years in UTC,
/// clamped to the month's last day).
package struct Period: Hashable, Sendable, CustomStringConvertible {
    package enum Unit: String, CaseIterable, Sendable {
        case hours = "h"
        case days = "d"
        case weeks = "w"
        case months = "mo"
        case years = "y"
    }

    package let count: Int64
    package let unit: Unit

    /// `nil` for a count below one or a period over 1,000 years.
    package init?(count: Int64, unit: Unit) {
        guard count >= 1, count <= Self.largestCount(of: unit) else { return nil }
        self.count = count
        self.unit = unit
    }

    package var description: String { "\(count)\(unit.rawValue)" }

    /// The first instant after the period: `start` + 30d is 30 · 24 h later, + 1mo the same day of the next month.
    package func end(from start: Timestamp) -> Timestamp {
        if let microseconds = fixedMicroseconds { return start.adding(microseconds: microseconds) }
        // Beyond any calendar (the year 150,000 and later) a month is as good as for ever.
        guard abs(start.microseconds / 4) < Int64.max / 8 else { return Timestamp(microseconds: .max) }
        return start.adding(months: calendarMonths)
    }

    /// `nil` for months and years, whose length depends on where they start.
    package var fixedMicroseconds: Int64? {
        switch unit {
        case .hours: count * 3_600_000_000
        case .days: count * 86_400_000_000
        case .weeks: count * 604_800_000_000
        case .months, .years: nil
        }
    }

    /// No start makes it shorter than this: 28 days a month. Cheap, to rule a period out before the calendar is asked.
    var leastMicroseconds: Int64 { fixedMicroseconds ?? calendarMonths * 28 * 86_400_000_000 }

    /// No start makes it longer than this: 31 days a month.
    var mostMicroseconds: Int64 { fixedMicroseconds ?? calendarMonths * 31 * 86_400_000_000 }

    /// Wherever they start, this period is never the shorter one.
    package func isNeverShorter(than other: Period) -> Bool {
        switch (fixedMicroseconds, other.fixedMicroseconds) {
        case (let mine?, let theirs?): mine >= theirs
        case (nil, nil): calendarMonths >= other.calendarMonths
        case (let mine?, nil): mine >= other.calendarSpan.longest
        case (nil, let theirs?): calendarSpan.shortest >= theirs
        }
    }

    /// Wherever they start, this period is the longer one.
    package func isAlwaysLonger(than other: Period) -> Bool { !other.canReach(self) }

    private func canReach(_ other: Period) -> Bool {
        switch (fixedMicroseconds, other.fixedMicroseconds) {
        case (let mine?, let theirs?): mine >= theirs
        case (nil, nil): calendarMonths >= other.calendarMonths
        case (let mine?, nil): mine >= other.calendarSpan.shortest
        case (nil, let theirs?): calendarSpan.longest >= theirs
        }
    }

    private var calendarMonths: Int64 { unit == .years ? count * 12 : count }

    /// 1,000 years of it.
    static func largestCount(of unit: Unit) -> Int64 {
        switch unit {
        case .hours: 8_766_000
        case .days: 365_250
        case .weeks: 52_178
        case .months: 12_000
        case .years: 1000
        }
    }

    private struct Span {
        let shortest: Int64
        let longest: Int64
    }

    /// Worked out once for each number of months: comparing policies with one another asks for the same few again.
    private static let spans = Mutex<[Int64: Span]>([:])

    /// The shortest and the longest these months get, in microseconds.
    private var calendarSpan: Span {
        let months = calendarMonths
        return Self.spans.withLock { known in
            if let span = known[months] { return span }
            let span = Self.span(ofMonths: months)
            known[months] = span
            return span
        }
    }

    /// Every month of the 400-year cycle is tried as a start, on its first day and on its last, where the end may be
    /// clamped.
    private static func span(ofMonths months: Int64) -> Span {
        var shortest = Int64.max
        var longest = Int64.min
        var first = CivilDate(daysSince1970: 0)
        for _ in 0..<4800 {
            let next = first.adding(months: 1)
            let last = CivilDate(daysSince1970: next.daysSince1970 - 1)
            longest = max(longest, first.adding(months: months).daysSince1970 - first.daysSince1970)
            shortest = min(shortest, last.adding(months: months).daysSince1970 - last.daysSince1970)
            first = next
        }
        return Span(shortest: shortest * 86_400_000_000, longest: longest * 86_400_000_000)
    }
}

extension Period {
    /// Why a text is not a period.
    package enum Problem: Error, Equatable, Sendable {
        case malformed
        case unknownUnit(String)
        case notPositive
        case tooLong
    }

    /// An integer and a unit, nothing between or around: `30d`.
    package static func parse(_ text: String) -> Result<Period, Problem> {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative { rest = rest.dropFirst() }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        let unitText = rest.dropFirst(digits.count)
        guard !digits.isEmpty else { return .failure(.malformed) }
        guard let unit = Unit(rawValue: String(unitText)) else {
            let word = String(unitText.trimmingSpaces())
            let isOther =
                !word.isEmpty && word.count <= 20 && word.allSatisfy(\.isLetter) && Unit(rawValue: word) == nil
            return .failure(isOther ? .unknownUnit(word) : .malformed)
        }
        if isNegative || digits.allSatisfy({ $0 == "0" }) { return .failure(.notPositive) }
        guard digits.first != "0" else { return .failure(.malformed) }
        guard let count = Int64(digits), let period = Period(count: count, unit: unit) else {
            return .failure(.tooLong)
        }
        return .success(period)
    }
}
