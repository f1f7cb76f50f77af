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
        func months(_ count: Int64) -> CivilDate {
            let end = start.adding(months: count)
            return isUK ? end.adding(days: Self.daysPaused(course.clarifications, from: start, to: end, now: now)) : end
        }
        let first =
            switch jurisdiction {
            case .gdpr, .uk: months(1)
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
            case .gdpr, .uk: isExtended ? months(3) : first
            case .ccpa: isExtended ? start.adding(days: 90) : first
            }
        answerBy = last.lastInstant
        confirmBy = jurisdiction == .ccpa ? start.adding(businessDays: 10).lastInstant : nil
        isPaused = isUK && course.clarifications.contains { $0.answered == nil && $0.asked <= now }
    }

    /// Days on which something was awaited from the person: each once, none before the request came in, none of a question
    /// that was asked after the answer was due, none that is still to come.
    private static func daysPaused(
        _ clarifications: [(asked: Timestamp, answered: Timestamp?)], from start: CivilDate, to end: CivilDate,
        now: Timestamp
    ) -> Int64 {
        let pauses = clarifications.map { pause in
            (
                begin: max(pause.asked.civilDate.daysSince1970, start.daysSince1970),
                end: min(pause.answered ?? now, now).civilDate.daysSince1970
            )
        }.sorted { $0.begin < $1.begin }
        var days: Int64 = 0
        var counted = start.daysSince1970
        for pause in pauses where pause.begin <= end.daysSince1970 + days {
            let begin = max(pause.begin, counted)
            guard pause.end > begin else { continue }
            days += pause.end - begin
            counted = pause.end
        }
        return days
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
