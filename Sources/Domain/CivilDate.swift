/// A day of the proleptic Gregorian calendar in UTC; the arithmetic is the usual one over 400-year eras.
package struct CivilDate: Hashable, Sendable {
    package let year: Int64
    /// 1–12.
    package let month: Int64
    /// 1–31.
    package let day: Int64

    /// `nil` where there is no such day.
    package init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), (1...Self.daysIn(month: month, year: year)).contains(day) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    package init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = floorDivide(shifted, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSince1970: Int64 {
        let (era, yearOfEra) = floorDivide(month <= 2 ? year - 1 : year, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The same day that many months later, clamped to the last day of the month: 31 January + 1 = 28 or 29 February.
    package func adding(months: Int64) -> CivilDate {
        let (years, monthIndex) = floorDivide(month - 1 + months, 12)
        let target = (year: year + years, month: monthIndex + 1)
        let clamped = min(day, Self.daysIn(month: target.month, year: target.year))
        return CivilDate(unchecked: target.year, target.month, clamped)
    }

    /// 1 Monday … 7 Sunday, as ISO 8601 counts.
    package var weekday: Int64 { floorDivide(daysSince1970 + 3, 7).remainder + 1 }

    private init(unchecked year: Int64, _ month: Int64, _ day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    private static func daysIn(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Timestamp {
    package var civilDate: CivilDate { CivilDate(daysSince1970: floorDivide(microseconds, 86_400_000_000).quotient) }

    /// From this day to that of `other`, in UTC: 0 on the same, negative before.
    package func days(until other: Timestamp) -> Int {
        Int(other.civilDate.daysSince1970 - civilDate.daysSince1970)
    }

    /// Whole ones; 0 where `other` is later.
    package func seconds(since other: Timestamp) -> UInt64 {
        self > other ? UInt64((microseconds - other.microseconds) / 1_000_000) : 0
    }

    /// Calendar months in UTC, clamped to the month's last day; the time of day stays.
    package func adding(months: Int64) -> Timestamp {
        let inDay = floorDivide(microseconds, 86_400_000_000).remainder
        let day = civilDate.adding(months: months).daysSince1970
        return Timestamp(microseconds: day * 86_400_000_000).adding(microseconds: inDay)
    }
}
