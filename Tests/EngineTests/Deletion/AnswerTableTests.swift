import Domain
import TestSupport
import Testing

@testable import Engine

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
            if case .deleteIntent(let intent) = entry { intent.attempt } else { nil }
        }
        #expect(attempts == [1, 2, 3])
    }

    @Test(arguments: [
        (VendorAnswer.http(500), true, Outcome.deletedAfterRetry), (.http(500), false, .notFoundUnproven),
        (.init(.failure(.cut)), true, .deletedAfterRetry), (.http(429), true, .alreadyAbsent),
        (.http(429), false, .notFoundUnproven), (.init(.failure(.connectionRefused)), false, .notFoundUnproven),
        (.init(.failure(.connectionRefused)), true, .alreadyAbsent),
        (.init(.failure(.nameResolution)), true, .alreadyAbsent), (.init(.failure(.tls)), true, .alreadyAbsent),
        (.init(.failure(.connectTimeout)), true, .alreadyAbsent),
        (.init(.failure(.timeout)), true, .deletedAfterRetry),
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
        harness.answer = { _, _ in .http(404, code: 2003) }
        harness.run()
        #expect(harness.outcome() == outcome)
    }

    @Test func whatExpiredBeforeOurFirstDeleteIsNotOurDoing() {
        var harness = MachineHarness(items: 1)
        let ends = harness.clock.adding(seconds: -1)
        harness.verdict = { _ in .delete(rule: "policy:p", seenBefore: true, ephemeralEnds: ends) }
        harness.answer = { _, attempt in attempt == 1 ? .http(500) : .http(404, code: 2003) }
        harness.run()
        #expect(harness.outcome() == .expiredByVendor)
    }

    /// The vendor's DELETE may be broken, and its GET not.
    @Test(arguments: [(200, Outcome.failedExhausted), (404, .alreadyAbsent), (503, .failedExhausted)], [false, true])
    func anAbsenceIsCalledSoOnceAGETMissesItToo(answer: (status: Int, outcome: Outcome), isProved: Bool) {
        var harness = MachineHarness(
            items: 1, settings: .init(requestsPerSecond: 1000, provesEach: isProved, usesCanary: false))
        harness.answer = { _, _ in .http(404, code: 2003) }
        harness.lookUp = { _, reason in
            reason == .before ? .http(200) : .http(answer.status, code: answer.status == 404 ? 2003 : nil)
        }
        harness.run()
        #expect(harness.outcome() == answer.outcome)
    }

    /// What was believed to be ephemeral is found: its absence after a lost answer is our doing.
    @Test func whatAGETFoundWasNotAwayBeforeOurFirstDelete() {
        var harness = MachineHarness(
            items: 1, settings: .init(requestsPerSecond: 1000, provesEach: true, usesCanary: false))
        let ends = harness.clock.adding(seconds: -1)
        let looks = Looks()
        harness.verdict = { _ in
            looks.count += 1
            return .delete(rule: "policy:p", seenBefore: true, ephemeralEnds: looks.count == 1 ? ends : nil)
        }
        harness.lookUp = { _, reason in reason == .before ? .http(200) : .http(404, code: 2003) }
        harness.answer = { _, attempt in attempt == 1 ? .init(.failure(.cut)) : .http(404, code: 2003) }
        harness.run()
        #expect(harness.outcome() == .deletedAfterRetry)
    }

    /// A DELETE of another plan: without an answer nothing is said of the item, and what its lost answer may have removed is asked for.
    @Test(arguments: [(true, 404, nil), (false, 404, Outcome.deletedAfterRetry), (false, 200, .withheldShared)])
    func whatIsWithheldIsNotSaidToBeKeptWhereAnotherPlanMayHaveRemovedIt(isOpen: Bool, status: Int, outcome: Outcome?) {
        let id = MachineHarness.id(1)
        var progress = PlanProgress(history: isOpen ? [:] : [id: ItemHistory(mayHaveActedEarlier: true)])
        if isOpen { progress.intent(id, operation: OperationID(value: 9), attempt: 1) }
        let item = PlanItem(
            attachment: id, rule: "erasure:r", tier: .persistent,
            withheld: Withholding(outcome: .withheldShared, ground: "shared with 1"))
        let plan = Plan(
            id: PlanID(value: 1), kind: .erasure, created: Timestamp(seconds: 0), partner: "p", policyDigest: "d",
            coverage: "", limits: Limits(), items: [item])
        var harness = MachineHarness(items: 0)
        harness.machine = DeletionMachine(
            run: MachineHarness.run,
            plan: plan, settings: .init(requestsPerSecond: 1000, provesEach: true, usesCanary: false),
            progress: progress)
        harness.lookUp = { _, _ in .http(status, code: status == 404 ? 2003 : nil) }
        harness.run()
        #expect(harness.outcome() == outcome)
        #expect(harness.deletes.isEmpty)
    }

    private final class Looks {
        var count = 0
    }

    @Test(arguments: [(200, Outcome.failedExhausted), (404, .deletedAfterRetry), (503, .failedExhausted)])
    func tenAttemptsThatMayHaveActedAreSettledByGET(status: Int, outcome: Outcome) {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, _ in .http(500) }
        harness.lookUp = { _, reason in
            reason == .probe ? .http(200) : .http(status, code: status == 404 ? 2003 : nil)
        }
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
        harness.answer = { _, _ in .http(404, code: 2003) }
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

    /// A 404 without the vendor's own error body is somebody else's: nothing is called gone by it, nobody has to act, and it
    /// uses up no attempt.
    @Test func aGatewayThatAnswersForTheVendorHaltsTheRunAndProvesNothing() {
        var harness = MachineHarness(items: 40)
        harness.answer = { _, _ in .http(404) }
        harness.lookUp = { _, _ in .http(404) }
        harness.run()
        #expect(harness.machine.halted == .notTheVendor)
        #expect(harness.machine.halted?.requiresReview == false)
        #expect(harness.machine.countsWithOpen[.notAttempted as Outcome] == 40)
        #expect(harness.deletes.count < 40)
    }

    /// Four probes in a row, over five items or all there are.
    @Test(arguments: [(1, 4), (3, 4), (4, 4), (5, 5), (40, 5)])
    func itTakesFourProbesOverFiveItemsToSaySo(items: Int, probes: Int) {
        var harness = MachineHarness(items: items)
        harness.answer = { _, _ in .http(404) }
        harness.lookUp = { _, _ in .http(404) }
        harness.run()
        #expect(harness.machine.halted == .notTheVendor)
        #expect(harness.lookUps == Array(repeating: .probe, count: probes))
    }

    @Test func aGatewayThatGoesAwayCostsNothing() {
        var harness = MachineHarness(items: 40)
        var foreign = 60
        harness.answer = { _, _ in
            foreign -= 1
            return foreign > 0 && foreign % 3 != 0 ? .http(404) : .http(204)
        }
        harness.lookUp = { _, _ in .http(200) }
        harness.run()
        #expect(harness.machine.halted == nil)
        #expect(harness.machine.countsWithOpen[.deleted as Outcome] == 40)
    }

    /// What a GET missed before our first DELETE is not our doing, whatever was lost on the way.
    @Test func whatAGETMissedBeforeOurFirstDeleteIsNotOurDoing() {
        var history = ItemHistory()
        history.mayHaveActed = 1
        #expect(
            history.outcomeOfAbsence(seenBefore: true, ephemeralEnds: nil, now: Timestamp(seconds: 0))
                == .deletedAfterRetry)
        #expect(
            history.outcomeOfAbsence(seenBefore: false, ephemeralEnds: nil, now: Timestamp(seconds: 0))
                == .notFoundUnproven)
        history.wasMissedBefore = true
        #expect(
            history.outcomeOfAbsence(seenBefore: true, ephemeralEnds: nil, now: Timestamp(seconds: 0)) == .alreadyAbsent
        )
    }

    /// The look-up before the DELETE of an erasure found nothing, and the first answer was lost.
    @Test func whatTheLookUpBeforeTheDeleteMissedIsNotOurDoing() {
        var harness = MachineHarness(items: 1, settings: .init(requestsPerSecond: 1000, provesEach: true))
        harness.answer = { _, attempt in attempt == 1 ? .http(500) : .http(404, code: 2003) }
        harness.run()
        #expect(harness.lookUps == [.before])
        #expect(harness.outcome() == .alreadyAbsent)
    }

    /// The breaker's probe asks for an item that no DELETE was sent for yet; what it misses of one that was tried is no news. The
    /// first five answers are lost; probes are answered from this item on.
    @Test(arguments: [(6, 404, Outcome.alreadyAbsent), (6, 200, .deletedAfterRetry), (1, 404, .deletedAfterRetry)])
    func whatAProbeMissedBeforeOurFirstDeleteIsNotOurDoing(item: Int, status: Int, outcome: Outcome) {
        var harness = MachineHarness(
            items: 8, settings: .init(maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false))
        let probed = Probed()
        harness.lookUp = { id, reason in
            guard reason == .probe else { return .http(404, code: 2003) }
            guard id.value >= item else { return .http(503) }
            probed.ids.insert(id)
            return .http(status, code: status == 404 ? 2003 : nil)
        }
        harness.answer = { id, attempt in
            attempt == 1 && (id.value <= 5 || probed.ids.contains(id)) ? .http(500) : .http(404, code: 2003)
        }
        harness.run()
        #expect(probed.ids.contains(MachineHarness.id(item)))
        #expect(harness.outcome(item) == outcome)
    }

    private final class Probed {
        var ids: Set<AttachmentID> = []
    }

    /// Of ten answers of earlier runs one was somebody else's: there is an attempt left.
    @Test(arguments: [(0, 0), (1, 1)])
    func anAnswerOfSomebodyElseUsesNoAttemptUp(others: Int, deletes: Int) {
        var history = ItemHistory()
        (history.lastAttempt, history.mayHaveActed, history.answeredByOthers) = (10, 10, others)
        var harness = MachineHarness(items: 1, progress: PlanProgress(history: [MachineHarness.id(1): history]))
        harness.run()
        #expect(harness.deletes.count == deletes)
    }

    /// The second DELETE's 404 says that it is gone; whether we did it is said by a GET.
    @Test(arguments: [(200, Outcome.failedExhausted), (404, .deletedAfterRetry)])
    func aLostAnswerIsSettledByAGET(status: Int, outcome: Outcome) {
        var harness = MachineHarness(items: 1)
        harness.answer = { _, attempt in attempt == 1 ? .http(500) : .http(404, code: 2003) }
        harness.lookUp = { _, _ in .http(status, code: status == 404 ? 2003 : nil) }
        harness.run()
        #expect(harness.outcome() == outcome)
        #expect(harness.lookUps == [.settle(attempt: 1)])
    }

    /// One upload that never gets ready does not hold up the others, in whichever step of the canary it is.
    @Test func anUploadThatNeverGetsReadyHoldsNobodyUp() {
        var harness = MachineHarness(items: 120, settings: .init(requestsPerSecond: 10, usesCanary: true))
        let start = harness.clock
        harness.answer = { id, _ in id == MachineHarness.id(1) ? .http(404, code: 2007) : .http(204) }
        harness.run()
        let others = harness.deletes.filter { $0.id != MachineHarness.id(1) }
        #expect(Set(others.map(\.id)).count == 119)
        #expect(others.allSatisfy { $0.at < start.adding(seconds: 40) })
    }

    /// The breaker asks for another item each time, and "not ready" is the vendor's voice: a short outage ends.
    @Test func anOutageBesideAnUploadThatIsNotReadyEnds() {
        var harness = MachineHarness(items: 120, settings: .init(requestsPerSecond: 1000, usesCanary: false))
        var outage = 20
        harness.answer = { id, _ in
            if id == MachineHarness.id(1) { return .http(404, code: 2007) }
            outage -= 1
            return (0..<12).contains(outage) ? .http(503) : .http(204)
        }
        harness.lookUp = { id, _ in id == MachineHarness.id(1) ? .http(404, code: 2007) : .http(200) }
        let start = harness.clock
        harness.run()
        let others = harness.deletes.filter { $0.id != MachineHarness.id(1) }
        #expect(Set(others.map(\.id)).count == 119)
        #expect(others.allSatisfy { $0.at < start.adding(seconds: 300) })
    }

    /// One item that something else answers for stays open; the others go, and the run ends.
    @Test func oneOddItemHoldsNobodyUp() {
        var harness = MachineHarness(items: 12)
        harness.answer = { id, _ in id == MachineHarness.id(3) ? .http(404) : .http(204) }
        harness.lookUp = { id, _ in id == MachineHarness.id(3) ? .http(404) : .http(404, code: 2003) }
        harness.run()
        #expect(harness.machine.halted == nil && harness.machine.isFinished)
        #expect(harness.machine.countsWithOpen[.deleted as Outcome] == 11)
        #expect(harness.machine.countsWithOpen[.notAttempted as Outcome] == 1)
        #expect(harness.deletes.count { $0.id == MachineHarness.id(3) } == 10)
    }

    /// Items that were closed or withheld before do not count: the few that are left end the run too.
    @Test func aGatewayEndsARunOfWhichLittleIsLeft() {
        var progress = PlanProgress()
        for number in 1...9 {
            progress.intent(MachineHarness.id(number), operation: OperationID(value: 9), attempt: 1)
            progress.outcome(MachineHarness.id(number), answer: .deleted, final: .deleted)
        }
        var harness = MachineHarness(items: 12, progress: progress)
        harness.answer = { _, _ in .http(404) }
        harness.lookUp = { _, _ in .http(404) }
        let start = harness.clock
        harness.run()
        #expect(harness.machine.halted == .notTheVendor)
        #expect(harness.clock < start.adding(seconds: 600))
    }

    @Test(arguments: [503, 502]) func anOutageOfHoursEndsTheRunAfterOne(status: Int) {
        var harness = MachineHarness(items: 12)
        harness.answer = { _, _ in .http(status) }
        harness.lookUp = { _, _ in .http(status) }
        let start = harness.clock
        harness.run()
        #expect(harness.machine.halted == .vendorUnreachable)
        #expect(harness.clock > start.adding(seconds: 3500) && harness.clock < start.adding(seconds: 4000))
    }

    /// Attempts of earlier runs are spent: it is decided first, so that what was seen counts, and then settled.
    @Test func aSpentItemOfAnEarlierRunIsDecidedBeforeItIsSettled() {
        var progress = PlanProgress()
        for attempt in 1...10 {
            progress.intent(MachineHarness.id(1), operation: OperationID(value: 9), attempt: attempt)
            progress.outcome(MachineHarness.id(1), answer: .unknown, final: nil)
        }
        var harness = MachineHarness(items: 1, progress: progress)
        harness.run()
        #expect(harness.deletes.isEmpty)
        #expect(harness.outcome() == .deletedAfterRetry)
    }
}
