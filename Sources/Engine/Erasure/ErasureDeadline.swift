package import Domain

/// By when a request must be confirmed and answered: pure, from the day it came in and what happened since.
///
/// - GDPR, article 12(3), and the UK GDPR: one calendar month, the first day not counted and clamped at the end of a month;
///   two months more if the person is told within the first. In the UK the clock stands while clarification is awaited.
/// - CCPA, 11 CCR 7021: confirm within 10 business days (Monday to Friday), answer within 45 days, 45 more with notice;
///   verifying who asks stops nothing.
///
/// Holidays are not known here; where the law moves a deadline past them, this one is early, never late.
package struct ErasureDeadline: Sendable, Equatable {
    /// What the person was told, and what they were asked.
    package struct Course: Sendable, Equatable {
        /// The day on which the person was told that it takes longer, and why.
        package var extendedOn: Timestamp?
        /// Questions to the person, and their answers; `nil` = still awaited.
        package var clarifications: [(asked: Timestamp, answered: Timestamp?)] = []

        package static func == (left: Self, right: Self) -> Bool {
            left.extendedOn == right.extendedOn
                && left.clarifications.elementsEqual(right.clarifications, by: { $0 == $1 })
        }
    }

    /// The last instant of the day by which receipt is to be confirmed; CCPA only.
    package let confirmBy: Timestamp?
    /// The last instant of the day by which the request is to be answered.
    package let answerBy: Timestamp
    /// The clock stands: the person is asked something and has not answered.
    package let isPaused: Bool

    /// Throws `refused` for an extension that the person was told of too late.
    package init(
        _ jurisdiction: ErasureRequest.Jurisdiction, received: Timestamp, course: Course = Course(), now: Timestamp
    ) throws(LetheError) {
        let start = received.civilDate
        let isUK = jurisdiction == .uk
        let paused = isUK ? Self.daysPaused(course.clarifications, now: now) : 0
        let first =
            switch jurisdiction {
            case .gdpr, .uk: start.adding(months: 1).adding(days: paused)
            case .ccpa: start.adding(days: 45)
            }
        if let told = course.extendedOn, told > first.lastInstant {
            throw LetheError(
                "extension-too-late", .refused,
                "the person must be told of an extension by \(first.lastInstant.date), within the first period")
        }
        let isExtended = course.extendedOn != nil
        let last =
            switch jurisdiction {
            case .gdpr, .uk: isExtended ? start.adding(months: 3).adding(days: paused) : first
            case .ccpa: isExtended ? start.adding(days: 90) : first
            }
        answerBy = last.lastInstant
        confirmBy = jurisdiction == .ccpa ? start.adding(businessDays: 10).lastInstant : nil
        isPaused = isUK && course.clarifications.contains { $0.answered == nil && $0.asked <= now }
    }

    private static func daysPaused(
        _ clarifications: [(asked: Timestamp, answered: Timestamp?)], now: Timestamp
    ) -> Int64 {
        clarifications.reduce(0) { sum, pause in
            let end = (pause.answered ?? now).civilDate.daysSince1970
            return sum + max(0, end - pause.asked.civilDate.daysSince1970)
        }
    }
}

extension CivilDate {
    func adding(days: Int64) -> CivilDate { CivilDate(daysSince1970: daysSince1970 + days) }

    /// Monday to Friday; the day itself does not count.
    func adding(businessDays count: Int) -> CivilDate {
        var day = self
        var left = count
        while left > 0 {
            day = day.adding(days: 1)
            if day.weekday <= 5 { left -= 1 }
        }
        return day
    }

    var lastInstant: Timestamp {
        Timestamp(microseconds: (daysSince1970 + 1) * 86_400_000_000 - 1)
    }
}
