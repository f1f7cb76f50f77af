import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit

/// Anchor directories are other people's: what lies in them may be missing, behind, or no checkpoint at all.
struct AnchorTests {
    private let sample: SampleLog
    private var log: TestLog { sample.log }
    private var files: FileManager { .default }
    private var anchor: URL { log.folder.file("anchor") }
    private var hex: String { LogOrigin.suffix(log.created.origin) }

    init() throws { sample = try SampleLog() }

    private func verify(_ directories: [URL]? = nil) throws -> VerificationReport {
        try sample.verify(.keyed, log.location.database) { $0.anchors = Anchors(directories ?? [anchor]) }
    }

    private func detail(_ report: VerificationReport) -> String {
        report.checks.first { $0.name == "anchors" }?.detail ?? ""
    }

    private func add(_ records: Int = 1) throws -> AuditLog {
        let writer = try log.open()
        _ = try writer.append(Array(repeating: .vendorSample(.init(checked: 1, present: 0)), count: records))
        try writer.seal()
        return writer
    }

    @Test(arguments: ["999999", "16", "9223372036854775807"])
    func aStrayFileUnderTheNameOfANoteStopsNothingAndIsShown(_ size: String) throws {
        let stray = anchor.appending(path: "\(hex).\(size).note")
        try Data("not a checkpoint\n".utf8).write(to: stray)
        let writer = try add()
        #expect(writer.anchorStatus.map(\.newest) == [17])
        let note = try Checkpoint(note: Array(Data(contentsOf: anchor.appending(path: "\(hex).17.note"))))
        #expect(note.size == 17)
        let isNewest = size != "16"
        #expect(writer.anchorStatus.map { $0.problem != nil } == [isNewest])
        let report = try verify()
        #expect(report.exit == .done && report.anchored == 17, "\(report.rendered)")
        #expect(detail(report).contains("\(hex).\(size).note is not a checkpoint") == isNewest, "\(report.rendered)")
        #expect(try log.open().anchorStatus.map(\.newest) == [17])
    }

    /// A genuine note of another size under a name that promises more.
    @Test func aNoteUnderAnotherNameIsNoNewerOne() throws {
        try files.copyItem(at: sample.held, to: anchor.appending(path: "\(hex).999999.note"))
        #expect(try add().anchorStatus.map(\.newest) == [17])
        let report = try verify()
        #expect(report.exit == .done && report.anchored == 17, "\(report.rendered)")
    }

    @Test func aForgedNoteInADirectoryIsAFindingAndStopsNoWriter() throws {
        let forged = String(decoding: try Data(contentsOf: sample.held), as: UTF8.self)
            .replacing("\n10\n", with: "\n99\n")
        try Data(forged.utf8).write(to: anchor.appending(path: "\(hex).99.note"))
        try verify().shows(.signature, seq: nil, exit: .failed)
        _ = try log.open()
    }

    /// Somebody with the signing key made the past anew; the anchor of that size is all that speaks against it.
    @Test func anAnchorOfAnotherHistoryStopsTheWriterAndIsNeverWrittenOver() throws {
        var lines = try sample.lines()
        lines.swapAt(3, 4)
        let key = try log.location.directory.signingKey()
        let other = try Forger.checkpoint(lines, origin: log.created.origin, key: key).note
        let file = anchor.appending(path: "\(hex).15.note")
        try Data(other).write(to: file)
        let error = #expect(throws: LetheError.self) { try log.open() }
        #expect(error?.code == "audit-fork" && error?.status == .failed)
        #expect(try Array(Data(contentsOf: file)) == other)
        try verify().shows(.notAPrefix, seq: 10, exit: .failed)
        // One whose signature is not ours stops nobody, and stays to be looked at.
        let forged = String(decoding: other, as: UTF8.self).replacing("\n15\n", with: "\n16\n")
        try Data(forged.utf8).write(to: anchor.appending(path: "\(hex).16.note"))
        try files.removeItem(at: file)
        let writer = try log.open()
        try writer.seal()
        #expect(writer.anchorStatus.first?.problem?.contains("another checkpoint") == true)
        #expect(try Data(contentsOf: anchor.appending(path: "\(hex).16.note")) == Data(forged.utf8))
    }

    @Test func aDirectoryOfGarbageIsNotCalledMissing() throws {
        let other = log.folder.file("garbage")
        try files.createDirectory(at: other, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: other.appending(path: "\(hex).15.note"))
        let report = try verify([anchor, other])
        #expect(report.exit == .done, "\(report.rendered)")
        #expect(
            detail(report).contains("is not a checkpoint") && !detail(report).contains("missing"), "\(detail(report))")
    }

    @Test func anchorsThatDisagreeAreAllExported() throws {
        let second = log.folder.file("second")
        try files.createDirectory(at: second, withIntermediateDirectories: true)
        try files.copyItem(at: anchor.appending(path: "\(hex).2.note"), to: second.appending(path: "\(hex).2.note"))
        var changed = try Data(contentsOf: anchor.appending(path: "\(hex).15.note"))
        changed[changed.count - 5] ^= 1
        try changed.write(to: second.appending(path: "\(hex).15.note"))
        let out = log.folder.file("export-of-both")
        let summary = try LogExport().write(
            LogReader(log.location.database), to: out, anchors: Anchors([anchor, second]))
        #expect(summary.anchors == 4, "2, 10, 15 and the other 15")
        let names = Set(summary.files.map(\.lastPathComponent))
        #expect(Set(summary.files).count == summary.files.count && names.contains("\(hex).15.note"))
        #expect(try Data(contentsOf: out.appending(path: "anchors/2/\(hex).15.note")) == changed)
    }

    @Test func aDirectoryThatIsBehindAndOneThatIsMissingAreShownEachByItself() throws {
        let (other, missing) = (log.folder.file("other"), log.folder.file("unmounted"))
        try files.createDirectory(at: other, withIntermediateDirectories: true)
        try files.copyItem(at: sample.held, to: other.appending(path: "\(hex).10.note"))
        _ = try add(2)
        let report = try verify([anchor, other, missing])
        #expect(report.exit == .done && report.anchored == 18, "\(report.rendered)")
        #expect(detail(report).contains("; 1 of 3 anchor directories missing"), "\(report.rendered)")
        #expect(detail(report).contains("; an anchor directory is behind by 8 records"), "\(report.rendered)")
        #expect(detail(try verify()).contains("behind") == false)
        // The writer makes up for what was missing.
        var location = log.location
        location = AuditLog.Location(
            database: location.database, keys: location.keys, anchors: [anchor, other, missing])
        let statuses = try AuditLog.open(location, time: log.clock).anchorStatus
        #expect(statuses.map(\.newest) == [18, 18, nil])
        #expect(statuses.map { $0.problem != nil } == [false, false, true])
    }

    /// Database and keys were put back together, from before a rollover; of what came after only the note of the next
    /// segment is left.
    @Test func anAnchorOfTheSegmentAfterThisOneStopsTheWriter() throws {
        let kept = log.folder.file("kept")
        try files.createDirectory(at: kept, withIntermediateDirectories: true)
        for name in ["audit.db", "keys"] {
            try files.copyItem(at: log.folder.file(name), to: kept.appending(path: name))
        }
        let notes = Set(try files.contentsOfDirectory(atPath: anchor.path))
        log.clock.advance(1_000_000)
        _ = try AuditLog.rollover(
            log.location, reason: "yearly", by: "ada", rootKey: sample.rootKey, tool: "lethe test", time: log.clock)
        for name in try files.contentsOfDirectory(atPath: anchor.path)
        where !notes.contains(name) && name != "\(hex).next.note" {
            try files.removeItem(at: anchor.appending(path: name))
        }
        try files.removeItem(at: log.location.segments)
        for name in ["audit.db", "keys"] {
            try files.removeItem(at: log.folder.file(name))
            try files.copyItem(at: kept.appending(path: name), to: log.folder.file(name))
        }
        let error = #expect(throws: LetheError.self) { try log.open() }
        #expect(error?.code == "audit-rollback")
        try files.removeItem(at: anchor.appending(path: "\(hex).next.note"))
        _ = try log.open()
    }

    /// The note of the segment after one that is not here, forged by somebody else: no evidence.
    @Test func aForgedSuccessorIsNoEvidenceAgainstTheLog() throws {
        let other = try TestLog()
        let foreign = other.folder.file("anchor").appending(path: "\(LogOrigin.suffix(other.created.origin)).2.note")
        try files.copyItem(at: foreign, to: anchor.appending(path: "\(hex).next.note"))
        let options = LogVerifier.Options(
            vkeys: [sample.vkey], rootKeys: [sample.rootKey], anchors: [anchor], now: log.clock.now())
        let report = try LogVerifier(options).verify(log.location)
        #expect(report.exit == .done, "\(report.rendered)")
        _ = try log.open()
    }
}
