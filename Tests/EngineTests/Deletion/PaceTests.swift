import Domain
import TestSupport
import Testing

@testable import Engine

@Suite struct PaceTests {
    @Test func noSecondSeesMoreThanTheRateAndOneMore() {
        var harness = MachineHarness(items: 60, settings: .init(requestsPerSecond: 10, usesCanary: false))
        harness.run()
        for (id, at) in harness.deletes {
            let within = harness.deletes.count { $0.at >= at && $0.at < at.adding(seconds: 1) }
            #expect(within <= 11, "\(id)")
        }
    }

    @Test func fiveStraightFailuresPauseTheRunAndAProbeEndsThePause() {
        var harness = MachineHarness(items: 10, settings: .init(maxInFlight: 1, requestsPerSecond: 1000))
        var sent = 0
        harness.answer = { _, _ in
            sent += 1
            return sent <= 5 ? .http(503) : .http(204)
        }
        harness.run()
        #expect(harness.lookUps == [.probe])
        #expect(harness.deletes[5].at >= harness.deletes[4].at.adding(seconds: 2))
        #expect(harness.machine.countsWithOpen[.deleted as Outcome] == 10)
    }

    @Test func thePauseDoublesWhileTheProbesFail() {
        var harness = MachineHarness(items: 1, settings: .init(maxInFlight: 1, requestsPerSecond: 1000))
        var probes = 0
        harness.answer = { _, attempt in attempt <= 5 ? .http(503) : .http(204) }
        harness.lookUp = { _, _ in
            probes += 1
            return probes < 4 ? .http(503) : .http(200)
        }
        harness.run()
        #expect(harness.outcome() == .deleted)
        #expect(harness.deletes[5].at >= harness.deletes[4].at.adding(seconds: 2 + 4 + 8 + 16))
    }

    @Test(arguments: [(100, [100]), (101, [1, 2, 11, 87]), (1000, [1, 10, 100, 889])])
    func aLargePlanStartsSmallAndLooksAfterEachStep(items: Int, steps: [Int]) {
        var harness = MachineHarness(items: items, settings: .init(requestsPerSecond: 1000, usesCanary: true))
        harness.run()
        #expect(harness.machine.countsWithOpen[.deleted as Outcome] == items)
        let samples = steps.dropLast().map { min($0, 20) }.reduce(0, +)
        #expect(harness.lookUps.count == samples)
        #expect(harness.grades.allSatisfy { $0 == .b } && harness.grades.count == samples)
    }

    @Test func anObjectThatAnswersTwiceAfterItsDeletionStopsTheCanary() {
        var harness = MachineHarness(items: 500, settings: .init(requestsPerSecond: 1000, usesCanary: true))
        harness.lookUp = { _, _ in .http(200) }
        harness.run()
        #expect(harness.machine.halted == .stillThere)
        #expect(harness.deletes.count == 1)
        #expect(harness.grades == [.x])
        #expect(harness.lookUps == [.proof(again: false), .proof(again: true)])
        #expect(harness.lookUpTimes[1] >= harness.lookUpTimes[0].adding(seconds: 5))
        #expect(harness.machine.countsWithOpen[.failedUnexpected as Outcome] == 1)
        #expect(harness.machine.countsWithOpen.total == 500)
    }

    /// A GET found it once, and the run was halted before the second look: that is on record, and not "deleted".
    @Test func whatWasFoundOnceBeforeAHaltIsNotForgotten() {
        var harness = MachineHarness(
            items: 2, settings: .init(maxInFlight: 1, requestsPerSecond: 1000, provesEach: true))
        harness.lookUp = { id, _ in id == MachineHarness.id(1) ? .http(200) : .http(404, code: 2003) }
        harness.check = { id in
            id == MachineHarness.id(1) ? .current(FactsVersion(holds: 1, facts: 0)) : .halt(.killFile)
        }
        harness.run()
        #expect(harness.machine.halted == .killFile)
        #expect(harness.grades == [.x] && harness.outcome(1) == .failedUnexpected)
    }

    /// A step whose only item waits for readiness proves nothing: it takes another one before the next step begins.
    @Test func aStepOfNotReadyItemsProvesNothing() {
        var harness = MachineHarness(items: 500, settings: .init(requestsPerSecond: 1000, usesCanary: true))
        let never = Set((1...3).map(MachineHarness.id))
        harness.answer = { id, _ in never.contains(id) ? .http(404, code: 2007) : .http(204) }
        harness.lookUp = { _, _ in .http(200) }
        harness.run()
        #expect(harness.machine.halted == .stillThere)
        #expect(Set(harness.deletes.map(\.id)).subtracting(never).count == 1)
    }

    /// The vendor may be a moment late: what the second GET does not find is gone.
    @Test func anObjectThatAnswersOnceAfterItsDeletionStopsNothing() {
        var harness = MachineHarness(items: 150, settings: .init(requestsPerSecond: 1000, usesCanary: true))
        harness.lookUp = { _, reason in reason == .proof(again: false) ? .http(200) : .http(404, code: 2003) }
        harness.run()
        #expect(harness.machine.halted == nil)
        #expect(harness.machine.countsWithOpen[.deleted as Outcome] == 150)
    }

    /// Only a HEAD that finds nothing says that the URL is dead.
    @Test(arguments: [(404, EvidenceGrade.a), (200, .b), (503, .b)])
    func theBestGradeNeedsADeadURL(head: Int, grade: EvidenceGrade) {
        var harness = MachineHarness(items: 1, settings: .init(requestsPerSecond: 1000, provesEach: true))
        harness.lookUp = { _, reason in reason == .before ? .http(200) : .http(404, code: 2003) }
        harness.head = { _ in .http(head) }
        harness.run()
        #expect(harness.grades == [grade])
    }

    @Test func noMoreThanTheSettingAreInFlight() {
        var machine = DeletionMachine(
            run: MachineHarness.run,
            plan: MachineHarness.plan(5), settings: .init(maxInFlight: 2, requestsPerSecond: 1000))
        var random = SeededGenerator(seed: 1)
        var clock = Timestamp(seconds: 1000)
        func next(_ event: MachineEvent) -> [MachineCommand] {
            clock = clock.adding(seconds: 1)
            return machine.handle(event, now: clock, using: &random)
        }
        let (ids, version) = ((1...5).map(MachineHarness.id), FactsVersion(holds: 1, facts: 0))
        _ = next(.began)
        _ = next(
            .decided(
                ids.map {
                    Redecision(
                        attachment: $0, verdict: .delete(rule: "r", seenBefore: true, ephemeralEnds: nil),
                        version: version)
                }))
        #expect(next(.committed) == [.check(ids[0]), .check(ids[1])])
        #expect(next(.checked(ids[0], .current(version))) == [.delete(ids[0])])
        #expect(next(.answered(ids[0], .http(204))).contains(.check(ids[2])))
    }

    @Test func aCommitHoldsAtMostAHundredIntents() {
        var harness = MachineHarness(
            items: 350, settings: .init(maxInFlight: 60, requestsPerSecond: 1000, usesCanary: false))
        var most = 0
        harness.commit = { entries in
            most = max(most, entries.count { $0.type == .deleteIntent })
            return .committed
        }
        harness.run()
        #expect(most == 100)
        #expect(harness.machine.countsWithOpen[.deleted as Outcome] == 350)
    }

    @Test(arguments: [(200, 404, EvidenceGrade.a), (404, 404, .b), (503, 404, .b), (200, 503, .c)])
    func anErasureIsLookedUpBeforeAndAfter(before: Int, after: Int, grade: EvidenceGrade) {
        var harness = MachineHarness(items: 3, settings: .init(requestsPerSecond: 1000, provesEach: true))
        harness.lookUp = { _, reason in
            let status = reason == .before ? before : after
            return .http(status, code: status == 404 ? 2003 : nil)
        }
        harness.run()
        #expect(harness.grades == [grade, grade, grade])
        #expect(harness.machine.countsWithOpen[.deleted as Outcome] == 3)
    }
}
