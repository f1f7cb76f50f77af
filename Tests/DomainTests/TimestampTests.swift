import Domain
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("2026-11-18T18:40:00.000Z", "2026-11-18T18:40:00.000000Z"),
        ("2026-11-18T18:40:00.123456789Z", "2026-11-18T18:40:00.123456Z"),
        ("2026-11-18T18:40:00-05:00", "2026-11-18T23:40:00.000000Z"),
        ("2026-11-18T18:40:00.5+05:30", "2026-11-18T13:10:00.500000Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000000Z"),
        ("2000-02-29T00:00:60Z", "2000-02-29T00:01:00.000000Z"),
    ])
    func readsRFC3339(text: String, expected: String) {
        #expect(Timestamp(text)?.description == expected)
    }

    @Test(arguments: [
        "", "2026", "2026-13-01", "2026-02-29", "2026-02-28T24:00:00Z", "2026-02-28T10:00Z", "2026-02-28T10:00:00",
        "2026-02-28T10:00:00.Z", "2026-02-28T10:00:00Zx", "2026-02-28T10:00:00+0500", "+026-02-28T10:00:00Z",
    ])
    func refusesEverythingElse(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(arguments: [
        ("2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00.000000Z"),
        ("2024-01-31T10:00:00Z", 1, "2024-02-29T10:00:00.000000Z"),
        ("2024-02-29T10:00:00Z", 12, "2025-02-28T10:00:00.000000Z"),
        ("2026-11-30T10:00:00Z", 3, "2027-02-28T10:00:00.000000Z"),
        ("2026-03-31T10:00:00Z", -1, "2026-02-28T10:00:00.000000Z"),
    ])
    func addsCalendarMonthsClampedToTheLastDay(start: String, months: Int64, expected: String) {
        #expect(Timestamp(start)?.adding(months: months).description == expected)
    }

    @Test func everyDayOfEightHundredYearsSurvivesTheRoundTrip() {
        for day in Int64(-146_097)...146_097 {
            #expect(CivilDate(daysSince1970: day).daysSince1970 == day)
        }
    }
}
