import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// What a segment that followed a loss excuses, what may be pruned after one, and which keys are asked for.
struct LossTests {
    private let sample: SampleLog
    private var log: TestLog { sample.log }
    private var files: FileManager { .default }
    private var hex: String { LogOrigin.suffix(log.created.origin) }

    init() throws { sample = try SampleLog() }

    private func rollover(_ rootKey: RootKey? = nil) throws -> AuditLog.Created {
        try AuditLog.rollover(
            log.location, reason: "restored", by: "ada", rootKey: rootKey, tool: "lethe test", time: log.clock)
    }

    private func verify(_ change: (inout LogVerifier.Options) -> Void = { _ in }) throws -> SegmentsReport {
        var options = LogVerifier.Options(vkeys: [sample.vkey], rootKeys: [sample.rootKey], now: log.clock.now())
        change(&options)
        return try LogVerifier(options).verify(log.location)
    }

    private func grow(_ records: Int) throws {
        let writer = try log.open()
        _ = try writer.append(Array(repeating: .vendorSample(.init(checked: 1, present: 0)), count: records - 1))
        try writer.seal()
    }

    private func putBack(_ name: String, from copy: String) throws {
        try files.removeItem(at: log.folder.file(name))
        try files.copyItem(at: log.folder.file(copy), to: log.folder.file(name))
    }

    /// Nobody holds a checkpoint, but the new segment says itself what is missing.
    @Test func aLossThatTheLogAdmitsIsNeverVerified() throws {
        try files.copyItem(at: log.location.database, to: log.folder.file("old.db"))
        try grow(5)
        try putBack("audit.db", from: "old.db")
        #expect(try rollover(sample.rootKey).lost == 5)
        let report = try verify()
        report.segments[0].shows(.shorterThanCheckpoint, seq: 15, exit: .notVerified)
        #expect(report.exit == .notVerified && report.segments[1].exit == .done, "\(report.rendered)")
    }

    /// Sizes 15 (the database that is put back), 20 (the keys that are put back) and 25 (in a reviewer's hands).
    @Test func aLossExcusesWhatTheNextSegmentNamesAndNoMore() throws {
        try files.copyItem(at: log.location.database, to: log.folder.file("old.db"))
        try grow(5)
        try files.copyItem(at: log.location.keys, to: log.folder.file("old.keys"))
        try grow(5)
        let anchors = log.folder.file("anchor")
        let (named, beyond) = (log.folder.file("20.note"), log.folder.file("25.note"))
        try files.moveItem(at: anchors.appending(path: "\(hex).20.note"), to: named)
        try files.moveItem(at: anchors.appending(path: "\(hex).25.note"), to: beyond)
        try putBack("audit.db", from: "old.db")
        try putBack("keys", from: "old.keys")
        #expect(throws: LetheError.self) { try log.open() }
        let created = try rollover(sample.rootKey)
        #expect(created.lost == 5)
        let excused = try verify { $0.checkpoints = [sample.held, named] }
        excused.segments[0].shows(.shorterThanCheckpoint, seq: 15, exit: .notVerified)
        #expect(excused.exit == .notVerified && excused.segments[1].exit == .done, "\(excused.rendered)")
        let more = try verify { $0.checkpoints = [sample.held, named, beyond] }
        more.segments[0].shows(.shorterThanCheckpoint, seq: 15, exit: .failed)
        #expect(more.exit == .failed, "\(more.rendered)")
        // A record that was changed is not excused by a loss.
        let first = log.location.segments.appending(path: "\(hex).db")
        let store = try LogStore(first, writable: true)
        try store.run("x") { db in
            try db.execute(
                sql: "DROP TRIGGER entry_no_update; UPDATE entry SET line = x'7b7d' WHERE seq = 3;"
                    + LogStore.triggers[0].sql)
        }
        try verify { $0.checkpoints = [named] }.segments[0].shows(.format, seq: 3, exit: .failed)
    }

    @Test func aSegmentWhoseLastRecordsNoCheckpointCoversIsNotPruned() throws {
        _ = try log.open().append([.vendorSample(.init(checked: 1, present: 0))])
        try files.removeItem(at: log.location.directory.stateFile)
        _ = try rollover(sample.rootKey)
        log.clock.advance(86_400_000_000)
        let writer = try log.open()
        let before = try writer.size()
        let error = #expect(throws: LetheError.self) {
            try writer.removeSegments(closedBefore: log.clock.now(), by: "ops", reason: nil)
        }
        #expect(error?.code == "segment-not-covered" && error?.status == .refused)
        #expect(files.fileExists(atPath: log.location.segments.appending(path: "\(hex).db").path))
        #expect(try writer.size() == before, "nothing is recorded of what was not done")
    }

    @Test func theMacKeysOfBothSegmentsAreNeededAndOneOfSeveralIsChosenByItsKid() throws {
        let second = try rollover()
        for keys in [[sample.rootKey, second.rootKey], [second.rootKey, sample.rootKey]] {
            let both = try verify {
                $0.rootKeys = keys
                $0.require = [.mac]
            }
            #expect(both.exit == .done, "\(both.rendered)")
        }
        let one = try verify { $0.rootKeys = [second.rootKey] }
        one.segments[0].shows(.wrongKey, seq: nil, exit: .notVerified)
        #expect(one.segments[1].exit == .done && one.exit == .notVerified)
    }

    /// Just before, at and just after the five minutes that a clock may run ahead.
    @Test(arguments: [(-1, false), (0, false), (1, true)])
    func aNewestRecordInTheFutureIsStale(_ microseconds: Int64, _ isStale: Bool) throws {
        let last = try LogEntry(line: sample.lines()[14]).time
        let report = try sample.verify(.keyed) {
            $0.now = last.adding(seconds: -300).adding(microseconds: -microseconds)
            $0.notBefore = $0.now.adding(seconds: -3600)
        }
        if isStale {
            report.shows(.stale, seq: 14, exit: .notVerified)
            #expect(report.rendered.contains("in the future"))
        } else {
            #expect(report.exit == .done, "\(report.rendered)")
        }
        #expect(
            try sample.verify(.keyed) { $0.now = last.adding(seconds: -86_400) }.exit == .done,
            "only where it is asked for")
    }
}
