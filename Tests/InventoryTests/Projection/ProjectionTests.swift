import Cryptography
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// The audit log's say on attachments, items and runs.
struct ProjectionTests {
    private struct Scene {
        let world: World
        let plan: Plan
        let log: FakeLog

        init(_ ids: [Int] = [1, 2, 3]) throws {
            world = try World()
            for id in ids { try world.record(inbound(id)) }
            plan = try makePlan(ids)
            _ = try world.store.save(plan)
            log = FakeLog(world.store)
        }

        func result(_ id: Int) throws -> ItemResult {
            guard let item = try world.store.results(of: plan.id).first(where: { $0.attachment == attachment(id) })
            else { throw Missing() }
            return item
        }
    }

    @Test(
        arguments: [
            (.deleted, 204, .gone, .c), (.deletedAfterRetry, 404, .gone, .d), (.alreadyAbsent, 404, .gone, .d),
            (.expiredByVendor, 404, .expired, .d), (.notFoundUnproven, 404, .live, .e), (.invalidID, 400, .live, nil),
            (.refusedByVendor, 403, .live, nil), (.failedExhausted, 500, .live, nil),
            (.failedUnexpected, 302, .live, nil),
        ] as [(Outcome, Int, AttachmentState, EvidenceGrade?)])
    func anOutcomeSaysWhatTheObjectIs(outcome: Outcome, http: Int, state: AttachmentState, grade: EvidenceGrade?) throws
    {
        let scene = try Scene()
        try scene.log.delete(1, plan: scene.plan.id, outcome: outcome, http: http)
        #expect(try scene.world.store.attachment(attachment(1))?.state == state)
        let item = try scene.result(1)
        #expect(item.outcome == outcome)
        #expect(item.grade == grade)
        #expect(item.attempts == 1)
        #expect(item.closedAt == now)
        #expect(try scene.world.store.openIntents().isEmpty)
        #expect(try scene.world.store.liveCount() == (state == .live ? 3 : 2))
    }

    @Test func applyingTwiceChangesNothing() throws {
        let scene = try Scene()
        try scene.log.delete(1, plan: scene.plan.id)
        let before = try OrderTests.dump(scene.world.store)
        let events = scene.log.records
        for first in 0..<events.count {
            try scene.world.store.apply(
                Array(events[first...]), origin: scene.log.origin, after: Int64(first - 1),
                through: Int64(events.count - 1))
        }
        #expect(try OrderTests.dump(scene.world.store) == before)
        #expect(try scene.result(1).attempts == 1)
        #expect(try scene.world.store.confirmations(limit: 10).count == 1)
        #expect(try scene.world.store.appliedSeq(origin: scene.log.origin) == Int64(events.count - 1))
        #expect(try scene.world.store.appliedSeq(origin: "another/log") == -1)
    }

    @Test func whatWasAppliedIsPassedOverWhenMoreComesWithIt() throws {
        let scene = try Scene()
        let (run, op): (RunID, OperationID) = (try Randomness.id(), try Randomness.id())
        let events = [
            AuditRecord.start(run, scene.plan.id),
            .deleteIntent(
                .init(run: run, operation: op, attempt: 1, attachment: attachment(1), rule: "policy:media-30d")),
            .deleteVerified(.init(run: run, attachment: attachment(1), http: 200, grade: .x)),
        ].enumerated().map { LoggedRecord(seq: Int64($0.offset), at: now, record: $0.element) }
        for last in 0..<3 {
            try scene.world.store.apply(events, origin: scene.log.origin, after: -1, through: Int64(last))
        }
        #expect(try scene.result(1).attempts == 1)
        #expect(try scene.world.store.record(of: attachment(1))?.history.count == 2)
    }

    @Test func aGapIsRefused() throws {
        let scene = try Scene()
        let refusal = code {
            try scene.world.store.apply([], origin: scene.log.origin, after: 5, through: 9)
        }
        #expect(refusal == "projection-gap")
        #expect(try scene.world.store.appliedSeq(origin: scene.log.origin) == -1)
    }

    @Test func anIntentIsOpenUntilItIsAnsweredOrItsItemClosed() throws {
        let scene = try Scene()
        let (run, op): (RunID, OperationID) = (try Randomness.id(), try Randomness.id())
        func intent(_ attempt: Int) -> AuditRecord.Intent {
            .init(run: run, operation: op, attempt: attempt, attachment: attachment(1), rule: "policy:media-30d")
        }
        try scene.log.append(.start(run, scene.plan.id))
        try scene.log.append(.deleteIntent(intent(1)))
        #expect(try scene.world.store.openIntents().map(\.plan) == [scene.plan.id])
        try scene.log.append(
            .deleteOutcome(.init(to: intent(1), VendorAnswer(.failure(.timeout)), final: nil)))
        #expect(try scene.world.store.openIntents().isEmpty)
        #expect(try scene.result(1).outcome == nil)
        try scene.log.append(.deleteIntent(intent(2)))
        #expect(try scene.world.store.openIntents().map(\.attempt) == [2])
        // The process died; a later run of the plan settles it.
        let later: RunID = try Randomness.id()
        try scene.log.append(.start(later, scene.plan.id))
        try scene.log.append(
            .itemClosed(.init(run: later, attachment: attachment(1), outcome: .deletedAfterRetry, reason: nil)))
        #expect(try scene.world.store.openIntents().isEmpty)
        #expect(try scene.result(1).outcome == .deletedAfterRetry)
        #expect(try scene.result(1).attempts == 2)
        #expect(try scene.world.store.attachment(attachment(1))?.state == .gone)
        #expect(try scene.world.store.record(of: attachment(1))?.history.count == 3)
    }

    @Test func aVerificationGradesAndARefutationRevives() throws {
        let scene = try Scene()
        try scene.log.delete(1, plan: scene.plan.id)
        let run: RunID = try Randomness.id()
        try scene.log.append(.deleteVerified(.init(run: run, attachment: attachment(1), http: 404, grade: .b)))
        #expect(try scene.result(1).grade == .b)
        #expect(try scene.world.store.confirmations(limit: 1).first?.grade == .b)
        try scene.log.append(.deleteVerified(.init(run: run, attachment: attachment(1), http: 200, grade: .x)))
        #expect(try scene.world.store.attachment(attachment(1))?.state == .live)
        #expect(try scene.world.store.candidates(dueBy: now).candidates.map(\.attachment.id).contains(attachment(1)))
        #expect(try scene.world.store.record(of: attachment(1))?.grade == .x)
    }

    @Test func confirmationsAreOneLineFor204AndGoOnFromACursor() throws {
        let scene = try Scene()
        try scene.log.delete(1, plan: scene.plan.id)
        try scene.log.delete(2, plan: scene.plan.id, outcome: .alreadyAbsent, http: 404)
        try scene.log.delete(3, plan: scene.plan.id)
        let first = try scene.world.store.confirmations(limit: 1)
        #expect(first.map(\.attachment) == [attachment(1)])
        #expect(first.map(\.trace) == ["trace-1"])
        let rest = try scene.world.store.confirmations(since: first[0].cursor, limit: 10)
        #expect(rest.map(\.attachment) == [attachment(3)])
        #expect(try scene.world.store.confirmations(since: rest[0].cursor, limit: 10).isEmpty)
        #expect(try Set(scene.world.store.goneAttachments()) == [attachment(1), attachment(2), attachment(3)])
        #expect(try scene.world.store.goneAttachments(sample: 1).count == 1)
    }

    @Test(arguments: [(-1, 1), (0, 0), (1, 0)] as [(Int64, Int)])
    func theWindowOfTheDayCountsWhatWasDeletedAfterItsStart(microseconds: Int64, deletes: Int) throws {
        let scene = try Scene()
        try scene.log.delete(1, plan: scene.plan.id, at: day(9))
        try scene.log.delete(2, plan: scene.plan.id, outcome: .notFoundUnproven, http: 404, at: day(9))
        let volume = try scene.world.store.deletedVolume(since: day(9).adding(microseconds: microseconds))
        #expect(volume == DeletedVolume(deletes: deletes, bytes: Int64(deletes) * 1000))
    }

    @Test func deletesBeyondLiftedLimitsDoNotCountAndUnknownSizesCount100MB() throws {
        let scene = try Scene()
        try scene.log.delete(1, plan: scene.plan.id)
        try scene.world.store.pool.write { try $0.execute(sql: "UPDATE plan_item SET size = NULL") }
        #expect(try scene.world.store.deletedVolume(since: day(0)).bytes == 100_000_000)
        try scene.log.append(.lifted(scene.plan.id))
        #expect(try scene.world.store.deletedVolume(since: day(0)).deletes == 0)
    }

    /// An older inventory was put back: it lacks the plan, and the log has its run.
    @Test func whatALostPlanDeletedCountsInTheWindowToo() throws {
        let scene = try Scene()
        let lost: PlanID = try Randomness.id()
        try scene.log.delete(1, plan: lost, at: day(9))
        try scene.log.delete(7, plan: lost, outcome: .deletedAfterRetry, http: 404, at: day(9))
        try scene.log.delete(2, plan: lost, outcome: .alreadyAbsent, http: 404, at: day(9))
        try scene.log.delete(3, plan: scene.plan.id, at: day(9))
        let volume = try scene.world.store.deletedVolume(since: day(8))
        // The attachment of the second is lost too: its size is unknown.
        #expect(volume == DeletedVolume(deletes: 3, bytes: 100_002_000))
        try scene.log.append(.lifted(scene.plan.id))
        #expect(try scene.world.store.deletedVolume(since: day(8)).deletes == 2)
        #expect(try scene.world.store.deletedVolume(since: day(9)).deletes == 0)
    }

    private func request(
        _ scene: Scene, _ state: ErasureRequest.State, _ coverage: ErasureRequest.Coverage
    ) throws -> RequestID {
        let request = ErasureRequest(
            id: try Randomness.id(), state: state, received: day(1), due: day(31), jurisdiction: .gdpr,
            scope: .sentBySubject, subjects: [try scene.world.subject("+14155550117")], openedBy: "jo",
            coverage: coverage)
        try scene.world.store.insert(request)
        return request.id
    }

    /// An older inventory was put back: what was searched for a plan that it lacks, or what reopened an answer, is lost with the
    /// newer one. An answer by a plan that it has is not.
    @Test(
        arguments: [
            ([.approved, .applying, .completed], .planned, .complete),
            ([.planned, .approved, .applying, .completed], .planned, .partial),
            ([.received, .planned, .approved, .applying, .completedWithExceptions], .planned, .partial),
            ([.received], .completed, .partial), ([.received], .planned, .complete),
            ([.approved, .applying, .completed, .received], .approved, .partial),
        ] as [([ErasureRequest.State], ErasureRequest.State, ErasureRequest.Coverage)])
    func whatOnlyTheLogKnowsOfARequestIsSearchedAgain(
        told: [ErasureRequest.State], state: ErasureRequest.State, coverage: ErasureRequest.Coverage
    ) throws {
        let scene = try Scene()
        let id = try request(scene, state, .complete)
        for next in told { try scene.log.append(.updated(id, next)) }
        #expect(try scene.world.store.request(id)?.coverage == coverage)
        guard let last = told.last, last.isClosed || state.isClosed else { return }
        #expect(try scene.world.store.request(id)?.state == last)
    }

    /// The log repeats what this inventory told it, be it late.
    @Test func whatTheInventoryToldTheLogItselfLosesNothing() throws {
        let scene = try Scene()
        let id = try request(scene, .received, .complete)
        let plan = try makePlan([1], request: id)
        let told = Told(scene.world.store, before: scene.log)
        _ = try scene.world.store.save(plan)
        try scene.world.store.assign(plan.id, to: id)
        for state in [Plan.State.approved, .applying] { try scene.world.store.move(plan.id, to: state) }
        try scene.world.store.finish(plan.id, .erased, now: now)
        try scene.world.store.advance(id, .reopened)
        #expect(told.changes.map(\.state) == [.planned, .approved, .applying, .completed, .received])
        for change in told.changes { try scene.log.append(.updated(id, change.state)) }
        let known = try #require(try scene.world.store.request(id))
        #expect(known.state == .received && known.coverage == .complete && known.plan == plan.id)
        // What comes after that, another inventory has told.
        try scene.log.append(.updated(id, .planned))
        #expect(try scene.world.store.request(id)?.coverage == .partial)
    }

    @Test func runsAndPlansAreCrossChecked() throws {
        let scene = try Scene()
        let run: RunID = try Randomness.id()
        let counts = RunCounts(items: 3, deleted: 1, absent: 0, withheld: 1, failed: 0, open: 1)
        try scene.log.append(.created(scene.plan.id, digest: "another"))
        #expect(try !scene.world.store.plan(scene.plan.id).isRecorded)
        try scene.log.append(.created(scene.plan.id, digest: scene.world.store.plan(scene.plan.id).digest))
        #expect(try scene.world.store.plan(scene.plan.id).isRecorded)
        try scene.log.append(.lifted(scene.plan.id))
        #expect(try scene.world.store.plan(scene.plan.id).limitsLifted)
        try scene.log.append(.start(run, scene.plan.id), at: day(1))
        try scene.log.append(.runHalt(.init(run: run, cause: "kill file")), at: day(2))
        try scene.log.append(.runEnd(.init(run: run, counts)), at: day(3))
        let record = try #require(try scene.world.store.run(run))
        #expect(
            record
                == RunRecord(
                    id: run, plan: scene.plan.id, started: day(1), ended: day(3), cause: "kill file", counts: counts))
        #expect(try scene.world.store.runs(from: day(1), to: day(2)) == [record])
        #expect(try scene.world.store.runs(from: day(2), to: day(3)).isEmpty)
    }

    @Test func aDeletionThatOnlyTheLogKnowsStaysDeleted() throws {
        let scene = try Scene()
        try scene.log.delete(9, plan: scene.plan.id)
        #expect(try scene.world.record(inbound(9)).suppressed == 1)
        #expect(try scene.world.store.attachment(attachment(9))?.state == .gone)
    }
}
