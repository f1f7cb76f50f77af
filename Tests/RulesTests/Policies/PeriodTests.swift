import Domain
import Foundation
import Rules
import TestSupport
import Testing

@Suite struct PeriodTests {
    @Test func calendarPeriodsEndWherePythonsDateutilEndsThem() throws {
        let table = try String(contentsOf: Paths.package.appending(path: "Tests/Fixtures/periods.tsv"), encoding: .utf8)
        let rows = table.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(rows.count >= 200)
        for row in rows {
            let cells = row.split(separator: "\t").map(String.init)
            let start = try #require(Timestamp(cells[0]))
            let period = try Period.parse(cells[1]).get()
            #expect(period.end(from: start) == Timestamp(cells[2]), "\(row)")
        }
    }

    @Test(arguments: [
        ("1h", "1h"), ("30d", "30d"), ("2w", "2w"), ("6mo", "6mo"), ("7y", "7y"), ("1000y", "1000y"),
        ("12000mo", "12000mo"),
    ]) func readsWhatItWrites(_ text: String, _ written: String) throws {
        #expect(try Period.parse(text).get().description == written)
    }

    @Test(
        arguments: [
            ("", .malformed), ("d", .malformed), ("30", .malformed), ("30 d", .malformed), (" 30d", .malformed),
            ("030d", .malformed), ("1.5d", .malformed), ("+3d", .malformed), ("٣d", .malformed), ("3d4h", .malformed),
            ("0d", .notPositive), ("000y", .notPositive), ("-1d", .notPositive), ("-0d", .notPositive),
            ("1m", .unknownUnit("m")), ("1D", .unknownUnit("D")), ("1fortnight", .unknownUnit("fortnight")),
            ("1001y", .tooLong), ("12001mo", .tooLong), ("365251d", .tooLong), ("99999999999999999999h", .tooLong),
        ] as [(String, Period.Problem)]) func refuses(_ text: String, _ problem: Period.Problem)
    {
        #expect(Period.parse(text) == .failure(problem))
    }

    @Test(arguments: [
        ("1mo", "28d", false, true), ("1mo", "27d", true, true), ("31d", "1mo", false, true),
        ("32d", "1mo", true, true),
        ("3mo", "92d", false, false), ("3mo", "88d", true, true), ("1y", "365d", false, true),
        ("366d", "1y", false, true), ("365d", "1y", false, false), ("30d", "1mo", false, false),
        ("31d", "1mo", false, true), ("28d", "1mo", false, false),
        ("367d", "1y", true, true), ("1y", "12mo", false, true), ("13mo", "1y", true, true), ("2w", "14d", false, true),
        ("4y", "1461d", false, false), ("25h", "1d", true, true),
    ]) func comparesPeriodsOverEveryStart(_ left: String, _ right: String, _ longer: Bool, _ neverShorter: Bool) throws
    {
        let (left, right) = (try Period.parse(left).get(), try Period.parse(right).get())
        #expect(left.isAlwaysLonger(than: right) == longer)
        #expect(left.isNeverShorter(than: right) == neverShorter)
    }

    @Test func theComparisonHoldsAtEveryDayOfFourHundredYears() throws {
        for (months, days) in [(1, 28), (2, 59), (6, 181), (12, 365), (18, 546)] as [(Int64, Int64)] {
            let calendar = try #require(Period(count: months, unit: .months))
            let shortest = try #require(Period(count: days, unit: .days))
            let oneMore = try #require(Period(count: days + 1, unit: .days))
            #expect(calendar.isNeverShorter(than: shortest) && !calendar.isNeverShorter(than: oneMore))
            for day in stride(from: Int64(0), to: 146_097, by: 1) {
                let start = Timestamp(seconds: day * 86_400)
                guard calendar.end(from: start) >= shortest.end(from: start) else {
                    Issue.record("\(calendar) from \(start)")
                    return
                }
            }
        }
    }

    @Test func noInstantIsTooFarForAPeriod() throws {
        for text in ["1000y", "12000mo", "8766000h"] {
            let period = try Period.parse(text).get()
            for start in [Timestamp(microseconds: .max), Timestamp(microseconds: .max - 1)] {
                #expect(period.end(from: start) == Timestamp(microseconds: .max))
            }
            _ = period.end(from: Timestamp(microseconds: .min))
        }
    }
}

@Suite struct ByteCountTests {
    @Test(
        arguments: [
            ("0B", 0), ("1B", 1), ("1kB", 1000), ("1KB", 1000), ("100MB", 100_000_000), ("50GB", 50_000_000_000),
            ("9TB", 9_000_000_000_000),
        ] as [(String, Int64)]) func reads(_ text: String, _ bytes: Int64)
    {
        #expect(ByteCount.parse(text) == .success(bytes))
    }

    @Test(
        arguments: [
            ("", .malformed), ("1", .malformed), ("1 MB", .malformed), ("01MB", .malformed), ("-1MB", .malformed),
            ("1.5MB", .malformed), ("1MiB", .unknownUnit("MiB")), ("1mb", .unknownUnit("mb")),
            ("1Mb", .unknownUnit("Mb")),
            ("10000000TB", .tooLarge), ("99999999999999999999B", .tooLarge),
        ] as [(String, ByteCount.Problem)]) func refuses(_ text: String, _ problem: ByteCount.Problem)
    {
        #expect(ByteCount.parse(text) == .failure(problem))
    }
}
