/// An instant: whole microseconds since 1970-01-01T00:00:00Z, no leap seconds. The only notion of time in Lethe.
package struct Timestamp: Hashable, Comparable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package init(seconds: Int64) {
        self.microseconds = seconds * 1_000_000
    }

    package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// Saturates instead of overflowing: far beyond any calendar that matters here.
    package func adding(microseconds delta: Int64) -> Timestamp {
        let (sum, overflow) = microseconds.addingReportingOverflow(delta)
        return Timestamp(microseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }

    package func adding(seconds: Int64) -> Timestamp {
        let (delta, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return adding(microseconds: overflow ? (seconds < 0 ? .min : .max) : delta)
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 { floorDivide(microseconds, 1_000_000).quotient }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, always 27 characters for the years 0000–9999: `2026-01-02T03:04:05.000006Z`.
    package var description: String {
        String(decoding: rfc3339, as: UTF8.self)
    }

    package var rfc3339: [UInt8] {
        let (days, inDay) = floorDivide(microseconds, 86_400_000_000)
        let date = CivilDate(daysSince1970: days)
        var text: [UInt8] = []
        text.reserveCapacity(27)
        func append(_ value: Int64, _ width: Int) {
            var divisor = (1..<width).reduce(Int64(1)) { power, _ in power * 10 }
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
        }
        append(min(max(date.year, 0), 9999), 4)
        text.append(UInt8(ascii: "-"))
        append(date.month, 2)
        text.append(UInt8(ascii: "-"))
        append(date.day, 2)
        text.append(UInt8(ascii: "T"))
        append(inDay / 3_600_000_000, 2)
        text.append(UInt8(ascii: ":"))
        append(inDay / 60_000_000 % 60, 2)
        text.append(UInt8(ascii: ":"))
        append(inDay / 1_000_000 % 60, 2)
        text.append(UInt8(ascii: "."))
        append(inDay % 1_000_000, 6)
        text.append(UInt8(ascii: "Z"))
        return text
    }

    /// For people: `2026-01-02 03:04 UTC`.
    package var brief: String {
        let text = description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }

    /// `2026-01-02`.
    package var date: String { String(description.prefix(10)) }
}

extension Timestamp {
    /// Before it, nothing that the vendor holds was made: such a time is a zero for no time (Go's is in the year 1, Unix's in
    /// 1970, Apple's in 2001).
    package static let earliestPlausible = Timestamp(seconds: 1_167_609_600)

    /// Itself; `nil` before 2007-01-01, which is no time at all.
    package var plausible: Timestamp? { self < .earliestPlausible ? nil : self }
}

extension Timestamp {
    /// Reads RFC 3339: any number of fractional digits (those past the sixth are dropped), `Z` or an offset; a bare date
    /// is its midnight UTC. A leap second counts as the second after it. `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        let midnight = date.daysSince1970 * 86_400
        if reader.isAtEnd {
            self.init(seconds: midnight)
            return
        }
        guard reader.skip("T") || reader.skip("t") || reader.skip(" "), let hour = reader.number(2), hour < 24,
            reader.skip(":"), let minute = reader.number(2), minute < 60,
            reader.skip(":"), let second = reader.number(2), second <= 60,
            let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let seconds = midnight + hour * 3600 + minute * 60 + second - offset
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }
}

/// Reads the fixed-width pieces of an RFC 3339 text.
private struct DigitReader {
    private var rest: Substring.UTF8View.SubSequence

    init(_ text: some StringProtocol) {
        rest = Substring(text).utf8[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func digit() -> Int64? {
        guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        rest = rest.dropFirst()
        return Int64(byte - UInt8(ascii: "0"))
    }

    mutating func number(_ width: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Microseconds; 0 when there is no fraction; `nil` for a dot without digits.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        var value: Int64 = 0
        var count = 0
        while let digit = digit() {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64
        if skip("+") {
            sign = 1
        } else if skip("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = number(2), hours < 24, skip(":"), let minutes = number(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

/// Division that rounds toward negative infinity, with a remainder that is never negative.
package func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}
