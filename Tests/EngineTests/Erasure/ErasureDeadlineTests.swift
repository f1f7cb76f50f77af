import Domain
import Testing

@testable import Engine

@Suite struct ErasureDeadlineTests {
    @Test(
        arguments: [
            (.gdpr, "2026-03-03T00:00:00Z", nil, "2026-04-03"), (.gdpr, "2026-03-03T23:59:59Z", nil, "2026-04-03"),
            (.gdpr, "2026-01-31", nil, "2026-02-28"), (.gdpr, "2028-01-31", nil, "2028-02-29"),
            (.gdpr, "2026-08-31", nil, "2026-09-30"), (.gdpr, "2026-12-15", nil, "2027-01-15"),
            (.gdpr, "2026-01-31", "2026-02-28T20:00:00Z", "2026-04-30"),
            (.gdpr, "2026-03-03", "2026-03-20", "2026-06-03"),
            (.uk, "2026-03-03", nil, "2026-04-03"), (.uk, "2026-11-30", "2026-12-01", "2027-02-28"),
            (.ccpa, "2026-03-03", nil, "2026-04-17"), (.ccpa, "2026-03-03", "2026-04-17", "2026-06-01"),
            (.ccpa, "2027-12-31", nil, "2028-02-14"),
        ] as [(ErasureRequest.Jurisdiction, String, String?, String)])
    func theAnswerIsDue(row: (ErasureRequest.Jurisdiction, received: String, told: String?, due: String)) throws {
        let received = try #require(Timestamp(row.received))
        let deadline = try ErasureDeadline(
            row.0, received: received, course: .init(extendedOn: row.told.flatMap { Timestamp($0) }), now: received)
        #expect(deadline.answerBy.date == row.due)
        #expect(deadline.answerBy.description.hasSuffix("T23:59:59.999999Z"))
    }

    @Test(arguments: [
        ("2026-03-02", "2026-03-16"), ("2026-03-06", "2026-03-20"), ("2026-03-07", "2026-03-20"),
        ("2026-03-08", "2026-03-20"), ("2026-03-09", "2026-03-23"),
    ])
    func aCaliforniaRequestIsConfirmedWithinTenBusinessDays(received: String, confirm: String) throws {
        let day = try #require(Timestamp(received))
        #expect(try ErasureDeadline(.ccpa, received: day, now: day).confirmBy?.date == confirm)
        #expect(try ErasureDeadline(.gdpr, received: day, now: day).confirmBy == nil)
    }

    @Test(arguments: [("2026-04-03T23:59:59Z", true), ("2026-04-04T00:00:00Z", false)])
    func anExtensionMustBeToldWithinTheFirstMonth(told: String, isAccepted: Bool) throws {
        let received = try #require(Timestamp("2026-03-03"))
        let course = ErasureDeadline.Course(extendedOn: Timestamp(told))
        let deadline = try? ErasureDeadline(.gdpr, received: received, course: course, now: received)
        #expect((deadline != nil) == isAccepted)
    }

    @Test func theClockStandsInTheUnitedKingdomWhileThePersonIsAsked() throws {
        let received = try #require(Timestamp("2026-03-03"))
        let asked = try #require(Timestamp("2026-03-10"))
        let answered = try #require(Timestamp("2026-03-24"))
        let course = ErasureDeadline.Course(clarifications: [(asked, answered)])
        let waiting = ErasureDeadline.Course(clarifications: [(asked, nil)])
        #expect(
            try ErasureDeadline(.uk, received: received, course: course, now: answered).answerBy.date == "2026-04-17")
        #expect(try ErasureDeadline(.uk, received: received, course: waiting, now: answered).isPaused)
        #expect(
            try ErasureDeadline(.uk, received: received, course: waiting, now: answered).answerBy.date == "2026-04-17")
        #expect(
            try ErasureDeadline(.gdpr, received: received, course: course, now: answered).answerBy.date == "2026-04-03")
        #expect(
            try ErasureDeadline(.ccpa, received: received, course: course, now: answered).answerBy.date == "2026-04-17")
    }

    /// A fortnight's wait for an answer moves the first month, within which the person is told, and all three alike.
    @Test(arguments: [("2026-04-10", "2026-06-17"), ("2026-04-17", "2026-06-17"), ("2026-04-18", nil)])
    func aPauseAndAnExtensionAddUpInTheUnitedKingdom(told: String, due: String?) throws {
        let received = try #require(Timestamp("2026-03-03"))
        let asked = try #require(Timestamp("2026-03-10"))
        let answered = try #require(Timestamp("2026-03-24"))
        let course = ErasureDeadline.Course(extendedOn: Timestamp(told), clarifications: [(asked, answered)])
        let deadline = try? ErasureDeadline(.uk, received: received, course: course, now: answered)
        #expect(deadline?.answerBy.date == due)
        #expect(deadline?.isPaused != true)
    }

    /// Received on 3 March, looked at on 20 April: questions with their answers, and the day that follows.
    @Test(
        arguments: [
            // Two that overlap, and one within another: each day counts once.
            ([("2026-03-10", "2026-03-20"), ("2026-03-15", "2026-03-24")], "2026-04-17"),
            ([("2026-03-10", "2026-03-24"), ("2026-03-12", "2026-03-14")], "2026-04-17"),
            // Before the request came in.
            ([("2026-02-20", "2026-03-05")], "2026-04-05"), ([("2026-02-01", "2026-02-10")], "2026-04-03"),
            // After the answer was due; on the day itself; within the days of a pause before it.
            ([("2026-04-04", "2026-04-10")], "2026-04-03"), ([("2026-04-03", "2026-04-05")], "2026-04-05"),
            ([("2026-03-10", "2026-03-24"), ("2026-04-16", "2026-04-18")], "2026-04-19"),
            // An answer that is still to come, or came before its question.
            ([("2026-03-25", "2026-06-01")], "2026-04-29"), ([("2026-03-25", "2026-03-20")], "2026-04-03"),
        ] as [([(String, String)], String)])
    func aDayOfAPauseCountsOnceAndWithinTheTimeForTheAnswer(pauses: [(String, String)], due: String) throws {
        let received = try #require(Timestamp("2026-03-03"))
        let clarifications = try pauses.map { (try #require(Timestamp($0.0)), Timestamp($0.1)) }
        let deadline = try ErasureDeadline(
            .uk, received: received, course: .init(clarifications: clarifications),
            now: try #require(Timestamp("2026-04-20")))
        #expect(deadline.answerBy.date == due)
    }

    @Test(arguments: [("2026-04-02T23:00:00Z", 1), ("2026-04-03T01:00:00Z", 0), ("2026-04-04T00:00:00Z", -1)])
    func daysLeftCountsToTheDayItself(now: String, left: Int) throws {
        let received = try #require(Timestamp("2026-03-03"))
        let deadline = try ErasureDeadline(.gdpr, received: received, now: received)
        let request = ErasureRequest(
            id: RequestID(value: 1), state: .planned, received: received, due: deadline.answerBy, jurisdiction: .gdpr,
            scope: .sentBySubject, subjects: [], openedBy: "clerk", coverage: .complete)
        #expect(request.daysLeft(at: try #require(Timestamp(now))) == left)
    }
}
