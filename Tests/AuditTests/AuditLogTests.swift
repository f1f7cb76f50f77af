import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit

struct AuditLogTests {
    @Test func appendsAreNumberedAndReadBack() throws {
        let log = try TestLog()
        let writer = try log.open()
        let seqs = try writer.append([.config(sha256: TestLog.digest(1)), .vendorSample(checked: 5, present: 0)])
        #expect(seqs == [2, 3])
        let entries = try writer.entries(after: -1, limit: 100)
        #expect(entries.map(\.seq) == [0, 1, 2, 3])
        #expect(entries[3].record == .vendorSample(checked: 5, present: 0))
        #expect(try writer.seal().size == 5)
        #expect(try log.open().size() == 5)
    }

    @Test func theClockIsBridgedByAMicrosecondAndAStepIsRecorded() throws {
        let log = try TestLog()
        let writer = try log.open()
        let start = log.clock.now()
        _ = try writer.append([.config(sha256: TestLog.digest(1))])
        log.clock.set(start.adding(seconds: -5).adding(microseconds: 2))
        _ = try writer.append([.config(sha256: TestLog.digest(2))])
        #expect(writer.clockStep == nil)
        let last = try #require(try writer.entries(after: -1, limit: 9).last?.time)
        log.clock.set(last.adding(microseconds: -AuditLog.bridgedStep))
        _ = try writer.append([.config(sha256: TestLog.digest(3))])
        #expect(writer.clockStep == nil)
        let later = try #require(try writer.entries(after: -1, limit: 9).last?.time)
        #expect(later == last.adding(microseconds: 1))
        log.clock.set(later.adding(microseconds: -AuditLog.bridgedStep - 1))
        let seqs = try writer.append([.config(sha256: TestLog.digest(4))])
        #expect(seqs == [6])
        #expect(writer.clockStep == AuditLog.ClockStep(from: later, to: log.clock.now()))
        #expect(try writer.reader.entry(5)?.record == .clockStep(from: later))
    }

    @Test func rolloverGoesOnUnderANewOriginThatNamesTheOld() throws {
        let log = try TestLog()
        let old = try log.open()
        _ = try old.append([.config(sha256: TestLog.digest(1))])
        let created = try AuditLog.rollover(log.location, reason: "yearly", tool: "lethe test", time: log.clock)
        #expect(created.origin != old.origin)
        let new = try log.open()
        let previous = try #require(try new.reader.opening().previous)
        #expect(previous.origin == old.origin)
        #expect(previous.size == 5)
        #expect(previous.lost == 0)
        #expect(throws: LetheError.self) { try old.append([.config(sha256: TestLog.digest(2))]) }
    }
}
