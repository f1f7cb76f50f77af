import Domain
import TestSupport
import Testing

@testable import Engine

@Suite struct HaltTests {
    @Test func aWrongKeyStopsAtTheFirst401WithTheItemsOpen() {
        var harness = MachineHarness(items: 50, settings: .init(maxInFlight: 1, requestsPerSecond: 1000))
        harness.answer = { _, _ in .http(401) }
        harness.run()
        #expect(harness.machine.halted == .unauthorized)
        #expect(harness.machine.halted?.status == .failed)
        #expect(harness.deletes.count == 1)
        #expect(harness.machine.countsWithOpen[.notAttempted as Outcome] == 50)
        #expect(harness.journal.last == .runHalt(.init(run: MachineHarness.run, cause: "unauthorized")))
    }

    @Test(arguments: [(2, nil), (3, .forbidden), (4, .forbidden)] as [(Int, HaltCause?)])
    func threeTimesForbiddenIsAsAWrongKey(times: Int, cause: HaltCause?) {
        var harness = MachineHarness(items: 10, settings: .init(maxInFlight: 1, requestsPerSecond: 1000))
        harness.answer = { id, _ in id.value <= times ? .http(403) : .http(204) }
        harness.run()
        #expect(harness.machine.halted == cause)
        #expect(harness.machine.countsWithOpen[.refusedByVendor as Outcome] == 2)
    }

    @Test func withoutAWrittenIntentNothingIsSent() {
        var harness = MachineHarness(items: 10)
        harness.commit = { _ in .commitFailed }
        harness.run()
        #expect(harness.deletes.isEmpty)
        #expect(harness.machine.isFinished)
        #expect(harness.machine.halted == .auditWriteFailed)
    }

    @Test(arguments: [HaltCause.killFile, .holdsUnreadable, .leaseLost, .inventoryReplaced])
    func theLastLookBeforeADeleteCanStopTheRun(cause: HaltCause) {
        var harness = MachineHarness(items: 10)
        harness.check = { _ in .halt(cause) }
        harness.run()
        #expect(harness.deletes.isEmpty)
        #expect(harness.machine.halted == cause)
    }

    /// A hold that was placed, a fact that became known: either changes the version.
    @Test(arguments: [FactsVersion(holds: 2, facts: 0), FactsVersion(holds: 1, facts: 1)])
    func whatChangesAfterTheIntentDropsTheItemAndClosesTheIntent(version: FactsVersion) {
        var harness = MachineHarness(items: 1)
        var decisions = 0
        harness.check = { _ in .current(version) }
        harness.verdict = { _ in
            decisions += 1
            return decisions == 1
                ? .delete(rule: "policy:p", seenBefore: true, ephemeralEnds: nil)
                : .keep(.withheldHold, reason: "hold 7")
        }
        harness.run()
        #expect(harness.deletes.isEmpty)
        #expect(harness.journal.count { $0.type == .deleteIntent } == 1)
        #expect(
            harness.journal.contains(
                .itemClosed(
                    .init(
                        run: MachineHarness.run, attachment: MachineHarness.id(1), outcome: .withheldHold,
                        reason: "hold 7"))))
    }

    @Test(arguments: [(300, nil), (301, .throttled)] as [(Int64, HaltCause?)])
    func aLongRetryAfterHaltsAndSaysUntilWhen(seconds: Int64, cause: HaltCause?) {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, attempt in
            attempt == 1 ? .init(.http(status: 429, code: nil), retryAfter: .seconds(seconds)) : .http(204)
        }
        harness.run()
        #expect(harness.machine.halted == cause)
        #expect((harness.machine.resumeAfter != nil) == (cause != nil))
    }

    /// What is told is what the vendor asked for, never what Lethe made of it.
    @Test(
        arguments: [(1_000_000_000, true), (1_000_000_001, false), (.max, false)] as [(Int64, Bool)])
    func aWaitBeyondCountingIsToldWithoutATime(seconds: Int64, hasTime: Bool) throws {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, _ in .init(.http(status: 429, code: nil), retryAfter: .seconds(seconds)) }
        harness.run()
        #expect(harness.machine.halted == .throttled)
        #expect((harness.machine.resumeAfter != nil) == hasTime)
        let result = RunResult(
            plan: PlanID(value: 1), run: RunID(value: 1), counts: harness.machine.countsWithOpen, sent: [],
            halted: harness.machine.halted, resumeAfter: harness.machine.resumeAfter)
        let told = try #require(result.askedToWait)
        #expect(told.contains("more than 31 years") == !hasTime)
        #expect(told.contains("the next run asks again"))
    }

    @Test(arguments: [(19, 2, nil), (20, 1, nil), (20, 2, .tooManyFailures)] as [(Int, Int, HaltCause?)])
    func moreThanFivePercentFailedAfterTwentyHalts(items: Int, failures: Int, cause: HaltCause?) {
        var harness = MachineHarness(items: items)
        harness.answer = { id, _ in id.value <= failures ? .http(409) : .http(204) }
        harness.run()
        #expect(harness.machine.halted == cause)
    }

    @Test(
        arguments: [(true, 1, nil), (true, 2, .tooManyAbsent), (false, 1, .tooManyUnproven)]
            as [(Bool, Int, HaltCause?)])
    func tooMuchThatIsNotThereHalts(wasSeen: Bool, absent: Int, cause: HaltCause?) {
        var harness = MachineHarness(items: 20)
        harness.verdict = { _ in .delete(rule: "policy:p", seenBefore: wasSeen, ephemeralEnds: nil) }
        harness.answer = { id, _ in id.value <= absent ? .http(404, code: 2003) : .http(204) }
        harness.run()
        #expect(harness.machine.halted == cause)
    }

    /// The last item was never seen: at a hundred that is one per cent, at ninety-nine more.
    @Test(arguments: [(101, nil), (100, nil), (99, .tooManyUnproven)] as [(Int, HaltCause?)])
    func moreThanOnePercentUnprovenHalts(items: Int, cause: HaltCause?) {
        var harness = MachineHarness(items: items, settings: .init(maxInFlight: 1, requestsPerSecond: 1000))
        harness.verdict = { id in .delete(rule: "policy:p", seenBefore: id.value < items, ephemeralEnds: nil) }
        harness.answer = { id, _ in id.value == items ? .http(404, code: 2003) : .http(204) }
        harness.run()
        #expect(harness.machine.halted == cause)
    }

    /// The table of halts: which a person looks at first, and which say that the key is refused.
    @Test func everyHaltResumesByItselfOrAfterReview() {
        let reviewed: Set<HaltCause> = [.clockStep, .tooManyFailures, .tooManyAbsent, .tooManyUnproven, .stillThere]
        for cause in HaltCause.allCases {
            #expect(cause.requiresReview == reviewed.contains(cause), "\(cause)")
            #expect(cause.status == (cause == .unauthorized || cause == .forbidden ? .failed : .incomplete), "\(cause)")
            #expect(cause.hint.contains("--reason") == cause.requiresReview, "\(cause)")
        }
    }

    @Test(arguments: [(4_999_000, nil), (5_002_000, .clockStep)] as [(Int64, HaltCause?)])
    func theClockMayGoBackByFiveSecondsAndNoMore(microseconds: Int64, cause: HaltCause?) {
        var machine = DeletionMachine(run: MachineHarness.run, plan: MachineHarness.plan(1), settings: .init())
        var random = SeededGenerator(seed: 1)
        let start = Timestamp(seconds: 1000)
        _ = machine.handle(.began, now: start, using: &random)
        _ = machine.handle(.tick, now: start.adding(microseconds: -microseconds), using: &random)
        #expect(machine.halted == cause)
    }

    @Test func aSignalSendsNothingNewAndWaitsForWhatIsUnderWay() {
        var machine = DeletionMachine(
            run: MachineHarness.run, plan: MachineHarness.plan(3), settings: .init(requestsPerSecond: 1000))
        var random = SeededGenerator(seed: 1)
        var clock = Timestamp(seconds: 1000)
        func next(_ event: MachineEvent) -> [MachineCommand] {
            clock = clock.adding(seconds: 1)
            return machine.handle(event, now: clock, using: &random)
        }
        let ids = (1...3).map(MachineHarness.id)
        #expect(next(.began) == [.decide(ids)])
        _ = next(
            .decided(
                ids.map {
                    Redecision(
                        attachment: $0, verdict: .delete(rule: "r", seenBefore: true, ephemeralEnds: nil),
                        version: FactsVersion(holds: 1, facts: 0))
                }))
        #expect(next(.committed) == ids.map { .check($0) })
        #expect(next(.checked(ids[0], .current(FactsVersion(holds: 1, facts: 0)))) == [.delete(ids[0])])
        #expect(next(.stop(.signal)).isEmpty)
        #expect(next(.checked(ids[1], .current(FactsVersion(holds: 1, facts: 0)))).isEmpty)
        #expect(next(.checked(ids[2], .current(FactsVersion(holds: 1, facts: 0)))).isEmpty)
        let last = next(.answered(ids[0], .http(204)))
        guard case .commit(let entries)? = last.first else {
            Issue.record("the answer was not recorded")
            return
        }
        // What was announced and had not left is answered, too.
        let unsent = entries.compactMap { entry -> AttachmentID? in
            guard case .deleteOutcome(let answer) = entry, answer.final == nil, answer.answer == .notSent else {
                return nil
            }
            return answer.attachment
        }
        #expect(
            entries.count == 4 && unsent == [ids[1], ids[2]].sorted()
                && entries.last == .runHalt(.init(run: MachineHarness.run, cause: "signal")))
        #expect(next(.committed) == [.finish])
    }
}
