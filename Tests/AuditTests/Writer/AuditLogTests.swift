import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit

struct AuditLogTests {
    @Test func appendsAreNumberedAndReadBack() throws {
        let log = try TestLog()
        let writer = try log.open()
        let seqs = try writer.append([
            .config(.init(sha256: TestLog.digest(1))), .vendorSample(.init(checked: 5, present: 0)),
        ])
        #expect(seqs == [2, 3])
        let entries = try writer.entries(after: -1, limit: 100)
        #expect(entries.map(\.seq) == [0, 1, 2, 3])
        #expect(entries[3].record == .vendorSample(.init(checked: 5, present: 0)))
        #expect(try writer.seal().size == 5)
        #expect(try log.open().size() == 5)
    }

    @Test func everyCommitIsFlushedAndNoWriteAheadLogIsUsed() throws {
        let log = try TestLog()
        try log.open().reader.store.run("test") { db in
            let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
            let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode")
            #expect(synchronous == 2)
            #expect(journal == "truncate")
        }
    }

    @Test func anEpochIsSealedWhenItIsLongOrOld() throws {
        let log = try TestLog()
        let writer = try log.open()
        log.clock.advance(1_000_000)
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        log.clock.advance(AuditLog.oldestEpoch - 1)
        _ = try writer.append([.vendorSample(.init(checked: 2, present: 0))])
        #expect(try writer.head()?.size == 2)
        log.clock.advance(1)
        _ = try writer.append([.vendorSample(.init(checked: 3, present: 0))])
        #expect(try writer.head()?.size == 6)
        let many = Array(repeating: AuditRecord.vendorSample(.init(checked: 1, present: 0)), count: 9_998)
        _ = try writer.append(many)
        #expect(try writer.head()?.size == 6)
        _ = try writer.append([.vendorSample(.init(checked: 4, present: 0))])
        #expect(try writer.head()?.size == 10_006)
    }

    @Test(arguments: [65_000, 66_000])
    func aRecordThatIsTooLongIsRefusedWhole(_ count: Int) throws {
        let log = try TestLog()
        let writer = try log.open()
        let long = AuditRecord.runHalt(.init(run: RunID(value: 1), cause: String(repeating: "x", count: count)))
        if count < RecordEncoder.longestLine {
            #expect(try writer.append([.vendorSample(.init(checked: 1, present: 0)), long]) == [2, 3])
        } else {
            let error = #expect(throws: LetheError.self) {
                try writer.append([.vendorSample(.init(checked: 1, present: 0)), long])
            }
            #expect(error?.code == "record-too-long")
            #expect(try writer.size() == 2)
        }
    }

    @Test func theClockIsBridgedByAMicrosecondAndAStepIsRecorded() throws {
        let log = try TestLog()
        let writer = try log.open()
        let start = log.clock.now()
        _ = try writer.append([.config(.init(sha256: TestLog.digest(1)))])
        log.clock.set(start.adding(seconds: -5).adding(microseconds: 2))
        _ = try writer.append([.config(.init(sha256: TestLog.digest(2)))])
        #expect(writer.clockStep == nil)
        let last = try #require(try writer.entries(after: -1, limit: 9).last?.time)
        log.clock.set(last.adding(microseconds: -AuditLog.bridgedStep))
        _ = try writer.append([.config(.init(sha256: TestLog.digest(3)))])
        #expect(writer.clockStep == nil)
        let later = try #require(try writer.entries(after: -1, limit: 9).last?.time)
        #expect(later == last.adding(microseconds: 1))
        log.clock.set(later.adding(microseconds: -AuditLog.bridgedStep - 1))
        let seqs = try writer.append([.config(.init(sha256: TestLog.digest(4)))])
        #expect(seqs == [6])
        #expect(writer.clockStep == AuditLog.ClockStep(from: later, to: log.clock.now()))
        #expect(try writer.reader.entry(5)?.record == .clockStep(.init(from: later)))
    }

    @Test func rolloverGoesOnUnderANewOriginThatNamesTheOld() throws {
        let log = try TestLog()
        let old = try log.open()
        _ = try old.append([.config(.init(sha256: TestLog.digest(1)))])
        let created = try AuditLog.rollover(
            log.location, reason: "yearly", by: "ada", tool: "lethe test", time: log.clock)
        #expect(created.origin != old.origin)
        let new = try log.open()
        let previous = try #require(try new.reader.opening().previous)
        #expect(previous.origin == old.origin)
        #expect(previous.size == 5)
        #expect(previous.lost == 0)
        #expect(throws: LetheError.self) { try old.append([.config(.init(sha256: TestLog.digest(2)))]) }
    }
}
