import Cryptography
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit

/// What the records of a log come to, kept signed beside its head.
struct FoldTests {
    private let log: TestLog
    private let plan = PlanID(value: 2)
    private let hold = HoldID(value: 3)
    private let request = RequestID(value: 4)

    init() throws { log = try TestLog() }

    private var opening: AuditRecord.RequestOpening {
        .init(
            ErasureRequest(
                id: request, state: .received, received: log.clock.now(),
                due: log.clock.now().adding(seconds: 86_400), jurisdiction: .gdpr, scope: .conversation,
                subjects: [SubjectPseudonym(bytes: [UInt8](repeating: 9, count: 32))!], openedBy: "clerk",
                coverage: .offline))
    }

    /// Everything of which a fold tells.
    private var orders: [AuditRecord] {
        [
            .holdPlaced(
                .init(
                    hold: hold, scope: .subject(opening.subjects), until: nil, by: "ada-é\"\\\u{1F600}", reason: "x")),
            .holdPlaced(
                .init(
                    hold: HoldID(value: 5), scope: .all, until: log.clock.now().adding(seconds: 60), by: "ada",
                    reason: nil)),
            .holdReleased(.init(hold: HoldID(value: 5), by: "ada", reason: nil)),
            .requestOpened(opening),
            .requestUpdated(
                .init(
                    request: request, state: .planned, due: opening.due.adding(seconds: 5), by: "clerk", reason: nil)),
            .requestUpdated(.init(request: RequestID(value: 6), state: .received, due: nil, by: nil, reason: nil)),
            .policyLocked(.init(id: "kyc", sha256: TestLog.digest(1))),
            .planCreated(
                .init(
                    plan: plan, kind: .erasure, digest: TestLog.digest(2), items: 7, policy: TestLog.digest(8))),
            .planApproved(.init(plan: plan, digest: TestLog.digest(2), by: "ada", how: .cli)),
            .planApproved(.init(plan: plan, digest: TestLog.digest(3), by: "eve", how: .cli)),
            .runStart(.init(run: RunID(value: 1), plan: plan, digest: TestLog.digest(2), policy: TestLog.digest(8))),
        ]
    }

    private var notes: [String] { log.location.directory.folds }

    private func note() throws -> URL { log.location.keys.appending(path: try #require(notes.first)) }

    @Test func whatIsKeptIsWhatTheRecordsComeTo() throws {
        let writer = try log.open()
        _ = try writer.append(orders)
        let before = try writer.fold()
        #expect(before.holds.keys.sorted() == [hold])
        #expect(before.requests == [request, RequestID(value: 6)])
        #expect(before.opened[request]?.due == opening.due.adding(seconds: 5))
        #expect(before.plans[plan]?.approvals.keys.sorted() == ["ada"])
        #expect(before.plans[plan]?.lastRun == RunID(value: 1) && before.locks["kyc"]?.origin == writer.origin)
        try writer.seal()
        #expect(notes.count == 1)
        // Another process reads the note; a third one reads every record again.
        let kept = try log.open().fold()
        try FileManager.default.removeItem(at: note())
        let again = try log.open().fold()
        #expect(kept == again && kept.holds == before.holds && kept.plans == before.plans)
        #expect(kept.opened == before.opened && kept.requests == before.requests && kept.locks == before.locks)
        #expect(notes.count == 1)
        #expect(try log.open().fold() == again)
    }

    @Test func whatEndsIsInNoFold() throws {
        let writer = try log.open()
        _ = try writer.append(orders)
        let counts = OutcomeCounts([.deleted])
        for open in [1, 0] {
            _ = try writer.append([
                .runStart(
                    .init(run: RunID(value: 8), plan: plan, digest: TestLog.digest(2), policy: TestLog.digest(8))),
                .runEnd(
                    .init(
                        run: RunID(value: 8),
                        RunCounts(items: 1, deleted: counts.total - open, absent: 0, withheld: 0, failed: 0, open: open)
                    )),
            ])
            #expect(try writer.fold().plans.keys.contains(plan) == (open == 1))
        }
        let ends: [(PlanID, AuditRecord.OperatorAct.Kind)] = [
            (PlanID(value: 20), .planCancel), (PlanID(value: 21), .planExpire), (PlanID(value: 22), .planClose),
        ]
        for (plan, act) in ends {
            _ = try writer.append([
                .planCreated(
                    .init(
                        plan: plan, kind: .retention, digest: TestLog.digest(2), items: 7, policy: TestLog.digest(8)))
            ])
            #expect(try writer.fold().plans[plan] != nil)
            _ = try writer.append([.operatorAct(.init(act: act, ref: plan.description, by: "ada", reason: nil))])
            #expect(try writer.fold().plans[plan] == nil)
        }
        _ = try writer.append([
            .holdReleased(.init(hold: hold, by: "ada", reason: nil)),
            .requestUpdated(.init(request: request, state: .withdrawn, due: nil, by: "ada", reason: nil)),
            .operatorAct(.init(act: .policyUnlock, ref: "kyc", by: "ada", reason: nil)),
        ])
        let fold = try writer.fold()
        #expect(fold.holds.isEmpty && fold.requests == [RequestID(value: 6)] && fold.locks.isEmpty)
        #expect(fold.opened[request]?.state == .withdrawn)
    }

    /// Who has no key.
    @Test(arguments: ["edited", "other key", "older", "none", "long"])
    func aFoldThatIsNotTheHeadsIsMadeAgain(how: String) throws {
        let writer = try log.open()
        // As long in digits as the head below, so that the older note differs in its numbers alone.
        _ = try writer.append([AuditRecord](repeating: orders[6], count: 10))
        try writer.seal()
        let older = try Data(contentsOf: note())
        _ = try writer.append(orders)
        try writer.seal()
        let fold = try log.open().fold()
        let file = try note()
        let text = try String(contentsOf: file, encoding: .utf8)
        switch how {
        case "edited":
            try text.replacing("\"by\":\"clerk\"", with: "\"by\":\"clark\"").write(
                to: file, atomically: true, encoding: .utf8)
        case "other key":
            let head = try #require(try writer.head())
            try Data(FoldNote.make(Fold(), for: head, with: Ed25519.SigningKey.generate())).write(to: file)
        case "older": try older.write(to: file)
        case "none": try FileManager.default.removeItem(at: file)
        default: try Data(repeating: 32, count: FoldNote.longest + 1).write(to: file)
        }
        #expect(try log.open().fold() == fold)
        #expect(try String(contentsOf: note(), encoding: .utf8) == text)
    }

    @Test func aCrashBetweenTheFoldAndTheHeadLeavesTheOneBefore() throws {
        let writer = try log.open()
        _ = try writer.append(orders)
        try writer.seal()
        let fold = try writer.fold()
        let head = try #require(try writer.head())
        let later = try Checkpoint(
            origin: head.origin, size: head.size + 5, root: head.root, with: log.location.directory.signingKey())
        try log.location.directory.write(Fold(), for: later, with: log.location.directory.signingKey())
        #expect(notes.count == 2)
        #expect(try log.open().fold() == fold)
        try log.open().seal()
        #expect(notes.count == 1)
        #expect(try log.open().fold().holds == fold.holds)
    }

    @Test func theNextSegmentGoesOnFromIt() throws {
        let writer = try log.open()
        _ = try writer.append(orders)
        let before = try writer.fold()
        _ = try AuditLog.rollover(log.location, reason: "test", by: "ada", tool: "lethe test", time: log.clock)
        #expect(notes.count == 1)
        let kept = try log.open().fold()
        #expect(kept.holds == before.holds && kept.opened == before.opened && kept.plans == before.plans)
        try FileManager.default.removeItem(at: note())
        #expect(try log.open().fold() == kept)
    }

    /// An edited record in the middle of the segment: what it said still holds, and the next command that looks at the whole finds it.
    @Test func aRecordThatIsEditedLaterChangesNothingOfIt() throws {
        let writer = try log.open()
        let seq = try #require(try writer.append(orders).first)
        try writer.seal()
        let fold = try log.open().fold()
        try log.open().verifyHead()
        try DatabaseQueue(path: log.location.database.path).write { db in
            try db.execute(
                sql: """
                    DROP TRIGGER entry_no_update;
                    UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'hold.placed', 'hold.planed') AS BLOB) WHERE seq = \(seq);
                    CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
                    """)
        }
        let next = try log.open()
        #expect(try next.fold() == fold)
        for _ in 0..<2 {
            let error = #expect(throws: LetheError.self) { try next.verifyHead() }
            #expect(error?.code == "audit-fork")
        }
        // What is appended meanwhile does not make it good.
        _ = try next.append([.vendorSample(.init(checked: 1, present: 0))])
        try next.seal()
        #expect(throws: LetheError.self) { try log.open().verifyHead() }
    }

    /// A segment that was edited is closed as its head has it: what somebody wrote into it is believed by nobody, with the fold or without.
    @Test(arguments: [false, true]) func aSegmentThatWasEditedIsNotVouchedFor(isFoldLost: Bool) throws {
        let writer = try log.open()
        let seq = try #require(try writer.append(orders).first)
        try writer.seal()
        try DatabaseQueue(path: log.location.database.path).write { db in
            try db.execute(
                sql: """
                    DROP TRIGGER entry_no_update;
                    UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), '"until":null', '"until":"2001-01-01T00:00:00.000000Z"') AS BLOB)
                        WHERE seq = \(seq);
                    CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END
                    """)
        }
        _ = try AuditLog.rollover(log.location, reason: "test", by: "ada", tool: "lethe test", time: log.clock)
        if isFoldLost { try FileManager.default.removeItem(at: note()) }
        let next = try log.open()
        #expect(#expect(throws: LetheError.self) { try next.segments() }?.code == "segment-changed")
        if isFoldLost {
            #expect(#expect(throws: LetheError.self) { try next.fold() }?.code == "segment-changed")
        } else {
            #expect(try next.fold().holds[hold]?.until == nil && next.fold().holds[hold] != nil)
        }
        let report = try LogVerifier(.init(vkeys: [VerifierKey(next.vkey)], now: log.clock.now())).verify(log.location)
        #expect(report.segments.contains { $0.failures.contains(where: \.isTampering) })
    }
}
