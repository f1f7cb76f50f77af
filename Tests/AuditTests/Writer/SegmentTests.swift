import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

struct SegmentTests {
    private let sample: SampleLog
    private var log: TestLog { sample.log }
    private var files: FileManager { .default }

    init() throws { sample = try SampleLog() }

    private func rollover(_ rootKey: RootKey? = nil) throws -> AuditLog.Created {
        log.clock.advance(1_000_000)
        return try AuditLog.rollover(
            log.location, reason: "yearly", by: "ada", rootKey: rootKey, tool: "lethe test", time: log.clock)
    }

    private func verify(_ change: (inout LogVerifier.Options) -> Void = { _ in }) throws -> SegmentsReport {
        var options = LogVerifier.Options(vkeys: [sample.vkey], rootKeys: [sample.rootKey], now: log.clock.now())
        change(&options)
        return try LogVerifier(options).verify(log.location)
    }

    @Test func severalSegmentsAreVerifiedInOneGoWithOnePinnedKey() throws {
        _ = try rollover(sample.rootKey)
        _ = try rollover(sample.rootKey)
        _ = try log.open().append([.vendorSample(.init(checked: 1, present: 0))])
        try log.open().seal()
        let report = try verify { $0.checkpoints = [sample.held] }
        #expect(report.exit == .done, "\(report.rendered)")
        #expect(report.segments.map(\.isClosed) == [true, true, false])
        #expect(report.segments[0].anchored == 10)
        #expect(report.segments.map(\.records) == [17, 4, 4])
        #expect(try verify { $0.require = [.closed] }.exit == .done)
    }

    /// Every segment exported to a folder of its own, as a reviewer gets them.
    private func exports() throws -> [URL] {
        try AuditLog.segments(log.location).map { segment in
            let folder = log.folder.file("out-\(LogOrigin.suffix(segment.origin))")
            return try LogExport().write(
                LogReader(try #require(segment.file)), to: folder, anchors: log.location.anchors
            ).files[0]
        }
    }

    @Test func exportsOfSeveralSegmentsAreVerifiedInAnyOrder() throws {
        _ = try rollover(sample.rootKey)
        _ = try rollover(sample.rootKey)
        let files = try exports()
        let options = LogVerifier.Options(
            vkeys: [sample.vkey], rootKeys: [sample.rootKey], checkpoints: [sample.held], now: log.clock.now())
        for order in [[0, 1, 2], [2, 0, 1], [2, 1, 0], [1, 2]] {
            var own = options
            if order == [1, 2] { own.checkpoints = [] }
            let report = try LogVerifier(own).verify(order.map { files[$0] })
            #expect(report.exit == .done, "\(order): \(report.rendered)")
            #expect(report.segments.map(\.records) == [17, 4, 2].suffix(order.count))
        }
        let gap = try LogVerifier(options).verify([files[0], files[2]])
        #expect(gap.exit == .notVerified, "\(gap.rendered)")
        gap.segments[1].shows(.link, seq: 0, exit: .notVerified)
        let twice = try LogVerifier(options).verify([files[0], files[0]])
        #expect(twice.exit == .notVerified, "\(twice.rendered)")
        // The first segment, cut back to an older checkpoint of its own and shown as if it had always been so.
        let cut = try Data(contentsOf: files[0]).split(separator: 10).prefix(10)
        try Data(cut.flatMap { $0 + [10] }).write(to: files[0])
        try Data(contentsOf: sample.held).write(
            to: files[0].deletingLastPathComponent().appending(path: "checkpoint"))
        let alone = try LogVerifier(options).verify(files[0])
        #expect(alone.exit == .done)
        let chained = try LogVerifier(options).verify(files)
        #expect(chained.exit == .failed)
        chained.segments[1].shows(.link, seq: 0, exit: .failed)
    }

    @Test func anotherRootKeyOfANewSegmentIsAWrongKeyThere() throws {
        let created = try rollover()
        #expect(created.rootKey.hex != sample.rootKey.hex)
        let report = try verify()
        #expect(report.exit == .notVerified)
        report.segments[1].shows(.wrongKey, seq: nil, exit: .notVerified)
    }

    @Test func aMissingOrForeignSegmentBreaksTheChain() throws {
        _ = try rollover(sample.rootKey)
        let first = log.location.segments.appending(path: "\(LogOrigin.suffix(log.created.origin)).db")
        let kept = log.folder.file("kept")
        try files.moveItem(at: first, to: kept)
        let missing = try verify()
        #expect(missing.exit == .failed)
        missing.segments[0].shows(.missingSegment, seq: nil, exit: .failed)
        // Another log of the same name, whole and good by itself, in its place.
        let other = try TestLog()
        try files.copyItem(at: other.location.database, to: first)
        let foreign = try verify()
        #expect(foreign.exit == .failed)
        foreign.segments[0].shows(.origin, seq: 0, exit: .failed)
        foreign.segments[0].shows(.link, seq: nil, exit: .failed)
        foreign.segments[1].shows(.missingSegment, seq: nil, exit: .failed)
        try files.removeItem(at: first)
        try files.copyItem(at: kept, to: first)
        #expect(try verify().exit == .done)
    }

    /// Its last record and its length stay what they were, and its checkpoints are gone: the next segment names its root.
    @Test func aSegmentEditedAfterItWasClosedBreaksTheChain() throws {
        _ = try rollover(sample.rootKey)
        let first = log.location.segments.appending(path: "\(LogOrigin.suffix(log.created.origin)).db")
        try LogStore(first, writable: true).run("x") { db in
            try db.execute(
                sql: """
                    DROP TRIGGER entry_no_update; DROP TRIGGER checkpoint_no_delete; DELETE FROM checkpoint;
                    UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'retention-30d', 'retention-31d') AS BLOB)
                    WHERE seq = 5;
                    """ + LogStore.triggers[0].sql + ";" + LogStore.triggers[3].sql)
        }
        let report = try verify { $0.rootKeys = [] }
        #expect(report.exit == .failed, "\(report.rendered)")
        report.segments[1].shows(.link, seq: 0, exit: .failed)
    }

    @Test func aSegmentCutAfterItWasClosedBreaksTheChain() throws {
        let writer = try log.open()
        let size = try writer.size()
        // An attacker rolls a cut copy into place; its own checkpoint of size 10 is genuine.
        _ = try rollover(sample.rootKey)
        let first = log.location.segments.appending(path: "\(LogOrigin.suffix(log.created.origin)).db")
        try LogStore(first, writable: true).run("x") { db in
            try db.execute(
                sql: "DROP TRIGGER entry_no_delete; DROP TRIGGER checkpoint_no_delete;"
                    + "DELETE FROM entry WHERE seq >= 10; DELETE FROM checkpoint WHERE size > 10;"
                    + LogStore.triggers[1].sql + ";" + LogStore.triggers[3].sql)
        }
        let report = try verify()
        #expect(size == 15)
        #expect(report.segments[0].exit == .done)
        #expect(report.exit == .failed)
        report.segments[1].shows(.link, seq: 0, exit: .failed)
    }

    @Test func whatARestoreLostIsCountedAndTheOldOriginIsNotContinued() throws {
        let older = try Data(contentsOf: log.location.database)
        let writer = try log.open()
        _ = try writer.append(Array(repeating: .vendorSample(.init(checked: 1, present: 0)), count: 4))
        try writer.seal()
        try older.write(to: log.location.database)
        #expect(throws: LetheError.self) { try log.open() }
        let created = try rollover(sample.rootKey)
        #expect(created.origin != log.created.origin)
        let previous = try #require(try log.open().reader.opening().previous)
        #expect(previous.origin == log.created.origin)
        #expect(previous.size == 15)
        #expect(previous.lost == 5)
        // Verified with the anchors, the loss shows and is owned up to.
        let report = try verify { $0.anchors = log.location.anchors }
        #expect(report.exit == .notVerified, "\(report.rendered)")
        #expect(report.segments[1].exit == .done)
        #expect(report.rendered.contains("counts 5 records as lost"))
    }

    @Test func aLostDatabaseAndLostKeysAreFollowedByANewSegment() throws {
        try files.removeItem(at: log.location.database)
        _ = try rollover(sample.rootKey)
        let previous = try #require(try log.open().reader.opening().previous)
        #expect(previous.size == 0)
        #expect(previous.lost == 15)
        try files.removeItem(at: log.location.directory.stateFile)
        try files.removeItem(at: log.location.directory.signFile)
        let created = try rollover(sample.rootKey)
        #expect(try VerifierKey(created.vkey).publicKey != sample.vkey.publicKey)
        _ = try log.open().append([.vendorSample(.init(checked: 1, present: 0))])
    }

    /// A clock that is ahead of every record proves no age of any.
    @Test func timeHasPassedAsFarAsARecordOrTheClockSaysWhicheverIsEarlier() throws {
        let writer = try log.open()
        let newest = try #require(try writer.fold().latest)
        log.clock.advance(7 * 365 * 86_400_000_000)
        #expect(try writer.witnessedTime() == newest)
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        #expect(try writer.witnessedTime() > newest.adding(seconds: 6 * 365 * 86_400))
        log.clock.advance(-86_400_000_000)
        #expect(try writer.witnessedTime() <= log.clock.now())
    }

    @Test func retentionRemovesWholeClosedSegmentsAndKeepsTheirCheckpoints() throws {
        _ = try rollover(sample.rootKey)
        let closed = log.clock.now()
        log.clock.advance(86_400_000_000)
        _ = try rollover(sample.rootKey)
        let writer = try log.open()
        #expect(try writer.removeSegments(closedBefore: closed, by: "ops", reason: nil) == [])
        let removed = try writer.removeSegments(
            closedBefore: closed.adding(microseconds: 3), by: "ops", reason: "older than six years")
        #expect(removed == [log.created.origin])
        let note = log.location.segments.appending(path: "\(LogOrigin.suffix(log.created.origin)).note")
        #expect(try Checkpoint(note: Array(Data(contentsOf: note))).size == 17)
        #expect(try writer.entries(after: 1, limit: 9).map(\.record.type) == [.operatorAct, .epochSeal])
        let report = try verify()
        #expect(report.exit == .done, "\(report.rendered)")
        #expect(report.removed == removed)
        let genuine = try Data(contentsOf: note)
        try Data(contentsOf: sample.held).write(to: note)
        try verify().segments[0].shows(.link, seq: 0, exit: .failed)
        try genuine.write(to: note)
        // The segment that tells of the removal goes too, and the next one tells of both.
        log.clock.advance(86_400_000_000)
        _ = try rollover(sample.rootKey)
        log.clock.advance(86_400_000_000)
        let later = try log.open()
        #expect(try later.removeSegments(closedBefore: log.clock.now(), by: "ops", reason: nil).count == 2)
        let last = try verify()
        #expect(last.exit == .done && last.removed.count == 3 && last.segments.count == 1, "\(last.rendered)")
        #expect(try later.segments().map(\.isLive) == [false, false, false, true])
    }

    private func takeAway(keeping: Bool) throws -> String {
        _ = try rollover(sample.rootKey)
        let first = log.location.segments.appending(path: "\(LogOrigin.suffix(log.created.origin))")
        if keeping {
            let checkpoint = try #require(try LogReader(first.appendingPathExtension("db")).checkpoint())
            try Data(checkpoint.note).write(to: first.appendingPathExtension("note"))
        }
        try files.removeItem(at: first.appendingPathExtension("db"))
        return log.created.origin
    }

    @Test(arguments: [true, false])
    func aSegmentThatNoRecordSaysWasRemovedIsMissing(_ keeping: Bool) throws {
        let origin = try takeAway(keeping: keeping)
        func isMissing(_ location: SourceLocation = #_sourceLocation) throws {
            let report = try verify { $0.require = [.mac, .closed] }
            report.segments[0].shows(.missingSegment, seq: nil, exit: .failed, location)
            #expect(report.exit == .failed && report.removed.isEmpty, sourceLocation: location)
        }
        try isMissing()
        let writer = try log.open()
        let error = #expect(throws: LetheError.self) { try writer.segments() }
        #expect(error?.code == "missing-segment" && error?.status == .failed)
        // Another segment's removal, and one that no checkpoint covers yet, say nothing of it.
        _ = try writer.append([
            .operatorAct(.init(act: .segmentRemove, ref: "x/0123456789abcdef", by: "ops", reason: nil))
        ])
        try writer.seal()
        try isMissing()
        #expect(throws: LetheError.self) { try writer.segments() }
        _ = try writer.append([.operatorAct(.init(act: .segmentRemove, ref: origin, by: "ops", reason: nil))])
        try isMissing()
        try writer.seal()
        let report = try verify()
        #expect(report.removed == (keeping ? [origin] : []))
        if keeping {
            #expect(report.exit == .done, "\(report.rendered)")
        } else {
            #expect(report.segments[0].has(.link))
        }
        _ = try writer.segments()
    }

    /// The one that names it is gone with it: what is left of each is its note.
    @Test func severalSegmentsThatNoRecordSaysWereRemovedAreAllMissing() throws {
        for _ in 0..<2 { _ = try rollover(sample.rootKey) }
        for segment in try log.open().segments() {
            guard let file = segment.file, !segment.isLive else { continue }
            let note = try #require(try LogReader(file).checkpoint()).note
            try Data(note).write(to: file.deletingPathExtension().appendingPathExtension("note"))
            try files.removeItem(at: file)
        }
        let report = try verify { $0.require = [.mac, .closed] }
        #expect(report.segments[0].failures.count { $0.code == .missingSegment } == 2, "\(report.rendered)")
    }
}
