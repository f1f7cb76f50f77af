import Domain
import Engine
import TestSupport
import Testing

/// The table of answers of `docs/execution.md`, row by row.
@Suite struct AnswerTableTests {
    @Test(arguments: [
        (VendorAnswer.http(204), Outcome.deleted), (.http(400), .invalidID), (.http(403), .refusedByVendor),
        (.http(404, code: 2003), .alreadyAbsent), (.http(302), .failedUnexpected), (.http(200), .failedUnexpected),
        (.http(409), .failedUnexpected), (.http(422), .failedUnexpected),
    ])
    func aFinalAnswerEndsTheItemAtOnce(answer: VendorAnswer, outcome: Outcome) {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, _ in answer }
        harness.run()
        #expect(harness.outcome() == outcome)
        #expect(harness.deletes.count == 1)
        #expect(harness.machine.isFinished && harness.machine.halted == nil)
    }

    @Test(arguments: [
        VendorAnswer.http(408), .http(500), .http(502), .http(503), .http(504), .http(429), .http(404, code: 2007),
        .init(.failure(.timeout)), .init(.failure(.reset)), .init(.failure(.cut)), .init(.failure(.oversized)),
        .init(.failure(.connectionRefused)), .init(.failure(.nameResolution)), .init(.failure(.tls)),
    ])
    func aPassingTroubleIsTriedAgainWithANewIntent(answer: VendorAnswer) {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, attempt in attempt < 3 ? answer : .http(204) }
        harness.run()
        #expect(harness.outcome() == .deleted)
        let attempts = harness.journal.compactMap { entry in
            if case .intent(_, let attempt, _, _) = entry { attempt } else { nil }
        }
        #expect(attempts == [1, 2, 3])
    }

    @Test(arguments: [
        (VendorAnswer.http(500), true, Outcome.deletedAfterRetry), (.http(500), false, .deletedAfterRetry),
        (.init(.failure(.cut)), false, .deletedAfterRetry), (.http(429), true, .alreadyAbsent),
        (.http(429), false, .notFoundUnproven), (.init(.failure(.connectionRefused)), false, .notFoundUnproven),
    ])
    func absenceIsOurDoingOnlyIfAnEarlierAttemptMayHaveActed(first: VendorAnswer, wasSeen: Bool, outcome: Outcome) {
        var harness = MachineHarness(items: 1)
        harness.verdict = { _ in .delete(rule: "policy:p", seenBefore: wasSeen, ephemeralEnds: nil) }
        harness.answer = { _, attempt in attempt == 1 ? first : .http(404, code: 2003) }
        harness.run()
        #expect(harness.outcome() == outcome)
    }

    @Test(arguments: [(-1, Outcome.expiredByVendor), (60, .notFoundUnproven)] as [(Int64, Outcome)])
    func anEphemeralAbsenceIsTheVendorsOnceItsDayIsOver(seconds: Int64, outcome: Outcome) {
        var harness = MachineHarness(items: 1)
        let ends = harness.clock.adding(seconds: seconds)
        harness.verdict = { _ in .delete(rule: "policy:p", seenBefore: false, ephemeralEnds: ends) }
        harness.answer = { _, _ in .http(404) }
        harness.run()
        #expect(harness.outcome() == outcome)
    }

    @Test func whatExpiredBeforeOurFirstDeleteIsNotOurDoing() {
        var harness = MachineHarness(items: 1)
        let ends = harness.clock.adding(seconds: -1)
        harness.verdict = { _ in .delete(rule: "policy:p", seenBefore: true, ephemeralEnds: ends) }
        harness.answer = { _, attempt in attempt == 1 ? .http(500) : .http(404) }
        harness.run()
        #expect(harness.outcome() == .expiredByVendor)
    }

    @Test(arguments: [(200, Outcome.failedExhausted), (404, .deletedAfterRetry), (503, .failedExhausted)])
    func tenAttemptsThatMayHaveActedAreSettledByGET(status: Int, outcome: Outcome) {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, _ in .http(500) }
        harness.lookUp = { _, reason in reason == .probe ? .http(200) : .http(status) }
        harness.run()
        #expect(harness.deletes.count == 10)
        #expect(harness.outcome() == outcome)
    }

    @Test func throttlingUsesNoAttemptButEndsAfterAnHour() {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, _ in .init(.http(status: 429, code: nil), retryAfter: .seconds(60)) }
        harness.run()
        #expect(harness.outcome() == .failedExhausted)
        #expect((58...61).contains(harness.deletes.count))
    }

    @Test func retryAfterIsKept() {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, attempt in
            attempt == 1 ? .init(.http(status: 429, code: nil), retryAfter: .seconds(30)) : .http(204)
        }
        harness.run()
        #expect(harness.deletes[1].at >= harness.deletes[0].at.adding(seconds: 30))
    }

    @Test func anAttemptOfACrashedRunThatFoundTheObjectCountsAsOurs() {
        var progress = PlanProgress()
        progress.intent(MachineHarness.id(1), operation: OperationID(value: 9), attempt: 1)
        progress.outcome(MachineHarness.id(1), answer: .unknown, final: nil)
        var harness = MachineHarness(items: 1, progress: progress)
        harness.answer = { _, _ in .http(404) }
        harness.run()
        #expect(harness.outcome() == .deletedAfterRetry)
        #expect(harness.journal.first.map { "\($0)" }?.contains("attempt: 2") == true)
    }

    @Test func whatCouldNotBeSettledStaysOpenAndIsCounted() {
        var progress = PlanProgress()
        progress.intent(MachineHarness.id(1), operation: OperationID(value: 9), attempt: 1)
        var harness = MachineHarness(items: 3, progress: progress)
        harness.run()
        #expect(harness.deletes.count == 2)
        #expect(harness.machine.countsWithOpen[.notAttempted as Outcome] == 1)
        #expect(harness.machine.countsWithOpen.total == 3)
    }
}
