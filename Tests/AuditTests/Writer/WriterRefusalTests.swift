import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// What the writer refuses, so that no DELETE is sent on it.
struct WriterRefusalTests {
    private let sample: SampleLog
    private var log: TestLog { sample.log }
    private var files: FileManager { .default }

    init() throws { sample = try SampleLog() }

    /// The error's code; its exit status is held against `exit`.
    private func refusal(
        _ exit: Domain.ExitStatus = .failed, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) -> String? {
        let error = #expect(throws: LetheError.self, sourceLocation: location, performing: body)
        #expect(error?.status == exit, sourceLocation: location)
        return error?.code
    }

    private func copy(_ url: URL) throws -> URL {
        let copy = log.folder.file("copy-\(url.lastPathComponent)")
        try? files.removeItem(at: copy)
        try files.copyItem(at: url, to: copy)
        return copy
    }

    private func putBack(_ copy: URL, _ url: URL) throws {
        try files.removeItem(at: url)
        try files.copyItem(at: copy, to: url)
    }

    @Test(arguments: ["keys", "keys/mac.state", "keys/sign.key", "keys/head.note", "keys/lookup.key", "keys/log.lock"])
    func keysThatOthersCanReach(_ name: String) throws {
        let file = log.folder.file(name)
        if !files.fileExists(atPath: file.path) { try Data([1]).write(to: file) }
        let mode = name == "keys" ? 0o750 : 0o604
        try files.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        #expect(refusal(.configuration) { _ = try log.open() } == "readable-keys")
        try files.setAttributes([.posixPermissions: name == "keys" ? 0o700 : 0o600], ofItemAtPath: file.path)
        _ = try log.open()
    }

    /// Who can write in a folder on the way can put other keys there.
    @Test func keysThatOthersCanReplace() throws {
        let folder = log.folder.file("way")
        try files.createDirectory(at: folder.appending(path: "inner"), withIntermediateDirectories: true)
        let keys = folder.appending(path: "inner/keys")
        try files.copyItem(at: log.folder.file("keys"), to: keys)
        let link = log.folder.file("link")
        try files.createSymbolicLink(atPath: link.path, withDestinationPath: "way/inner/../inner/keys")
        for mode in [0o777, 0o757] {
            for place in [folder, folder.appending(path: "inner")] {
                try files.setAttributes([.posixPermissions: mode], ofItemAtPath: place.path)
                for way in [keys, link] {
                    let directory = KeyDirectory(url: way)
                    #expect(refusal(.configuration) { try directory.checkPermissions() } == "open-key-path", "\(way)")
                }
                // Nobody but its owner replaces what is in a sticky folder.
                try files.setAttributes([.posixPermissions: mode | 0o1000], ofItemAtPath: place.path)
                try KeyDirectory(url: link).checkPermissions()
                try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.path)
                try KeyDirectory(url: link).checkPermissions()
            }
        }
        let state = keys.appending(path: "mac.state")
        let elsewhere = folder.appending(path: "mac.state")
        try files.moveItem(at: state, to: elsewhere)
        try files.createSymbolicLink(at: state, withDestinationURL: elsewhere)
        try KeyDirectory(url: keys).checkPermissions()
        try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        #expect(refusal(.configuration) { try KeyDirectory(url: keys).checkPermissions() } == "open-key-path")
        guard geteuid() == 0 else { return }
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        for place in [folder, keys, elsewhere, keys.appending(path: "log.lock")] {
            try #require(lchown(place.path, 4711, 4711) == 0)
            #expect(refusal(.configuration) { try KeyDirectory(url: keys).checkPermissions() } == "open-key-path")
            try #require(lchown(place.path, 0, 0) == 0)
        }
        try files.setAttributes([.posixPermissions: 0o775, .groupOwnerAccountID: 4711], ofItemAtPath: folder.path)
        #expect(refusal(.configuration) { try KeyDirectory(url: keys).checkPermissions() } == "open-key-path")
    }

    /// Two writers that wait at two files do not wait for each other.
    @Test func aLockThatIsALinkIsNotFollowed() throws {
        let lock = KeyDirectory(url: log.folder.file("keys")).lockFile
        let elsewhere = log.folder.file("elsewhere")
        try? files.removeItem(at: lock)
        try files.createSymbolicLink(at: lock, withDestinationURL: elsewhere)
        #expect(refusal { _ = try log.open() } == "audit-write-failed")
        #expect(!files.fileExists(atPath: elsewhere.path))
        try files.removeItem(at: lock)
        _ = try log.open()
    }

    @Test func anOlderDatabasePutBack() throws {
        let older = try copy(log.location.database)
        let writer = try log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        try writer.seal()
        try putBack(older, log.location.database)
        #expect(refusal { _ = try log.open() } == "audit-rollback")
        #expect(refusal { _ = try writer.append([.vendorSample(.init(checked: 2, present: 0))]) } == "audit-log-moved")
    }

    @Test func anOlderDatabaseOfTheSameEpochPutBackWhileRunning() throws {
        let writer = try log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        let older = try Data(contentsOf: log.location.database)
        _ = try writer.append([.vendorSample(.init(checked: 2, present: 0))])
        // Into the same file, so that it has not moved.
        let file = try FileHandle(forWritingTo: log.location.database)
        try file.write(contentsOf: older)
        try file.truncate(atOffset: UInt64(older.count))
        try file.close()
        #expect(refusal { _ = try writer.append([.vendorSample(.init(checked: 3, present: 0))]) } == "audit-rollback")
    }

    @Test func aMissingDatabase() throws {
        try files.removeItem(at: log.location.database)
        #expect(refusal { _ = try log.open() } == "audit-rollback")
    }

    @Test func aDatabaseRemovedOrMovedWhileRunning() throws {
        let writer = try log.open()
        try files.moveItem(at: log.location.database, to: log.folder.file("elsewhere.db"))
        #expect(refusal { _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))]) } == "audit-log-moved")
        try files.moveItem(at: log.folder.file("elsewhere.db"), to: log.location.database)
        #expect(try writer.append([.vendorSample(.init(checked: 1, present: 0))]) == [15])
        try files.removeItem(at: log.location.database)
        #expect(refusal { _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))]) } == "audit-log-moved")
    }

    @Test func anOlderKeyPutBack() throws {
        let older = try copy(log.location.directory.stateFile)
        let writer = try log.open()
        try writer.seal()
        try writer.seal()
        try putBack(older, log.location.directory.stateFile)
        try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: log.location.directory.stateFile.path)
        #expect(refusal { _ = try log.open() } == "audit-fork")
        #expect(refusal { _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))]) } == "audit-fork")
    }

    @Test func databaseAndKeysPutBackTogetherBehindAnAnchor() throws {
        let folder = log.folder
        for name in ["audit.db", "keys"] { try files.copyItem(at: folder.file(name), to: folder.file("old-" + name)) }
        try log.open().seal()
        for name in ["audit.db", "keys"] {
            try files.removeItem(at: folder.file(name))
            try files.moveItem(at: folder.file("old-" + name), to: folder.file(name))
        }
        #expect(refusal { _ = try log.open() } == "audit-rollback")
    }

    @Test func keysOfAnotherLog() throws {
        let other = try TestLog()
        try files.removeItem(at: log.location.keys)
        try files.copyItem(at: other.location.keys, to: log.location.keys)
        #expect(refusal { _ = try log.open() } == "audit-keys-of-another-log")
    }

    @Test func aRecordChangedSinceTheLastSeal() throws {
        let writer = try log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        try writer.reader.store.run("x") { db in
            try db.execute(
                sql: """
                    DROP TRIGGER entry_no_update;
                    UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), '"present":0', '"present":1') AS BLOB)
                    WHERE seq = 15;
                    """ + LogStore.triggers[0].sql)
        }
        #expect(refusal { try writer.verifyHead() } == "audit-head-broken")
        #expect(refusal { _ = try log.open() } == "audit-head-broken")
    }

    @Test func aRecordThatIsNoneAnyMoreSinceTheLastSeal() throws {
        let writer = try log.open()
        _ = try writer.append(Array(repeating: .vendorSample(.init(checked: 1, present: 0)), count: 3))
        try writer.reader.store.run("x") { db in
            try db.execute(
                sql: "DROP TRIGGER entry_no_update; UPDATE entry SET line = x'7b7d' WHERE seq = 16;"
                    + LogStore.triggers[0].sql)
        }
        #expect(refusal(.unreadable) { _ = try log.open() } == "corrupt-log")
        // It cannot go on, but another segment may follow it, and shows that it did.
        let next = try AuditLog.rollover(
            log.location, reason: "damaged", by: "ada", rootKey: sample.rootKey, tool: "lethe test", time: log.clock)
        #expect(try log.open().origin == next.origin)
        let options = LogVerifier.Options(vkeys: [sample.vkey], now: log.clock.now())
        let report = try LogVerifier(options).verify(log.location)
        report.segments[0].shows(.format, seq: 16, exit: .failed)
    }

    @Test func aForkedPastIsNeverSigned() throws {
        let writer = try log.open()
        try writer.reader.store.run("x") { db in
            try db.execute(
                sql: "DROP TRIGGER entry_no_update; UPDATE entry SET line = x'00' WHERE seq = 3;"
                    + LogStore.triggers[0].sql)
        }
        try files.removeItem(at: log.location.directory.rangeFile)
        #expect(refusal { _ = try log.open() } == "audit-fork")
    }

    @Test func aReadOnlyFileAndAFullDisk() throws {
        let writer = try log.open()
        try writer.reader.store.run("x") { try $0.execute(sql: "PRAGMA query_only = ON") }
        #expect(
            refusal { _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))]) } == "audit-write-failed")
        try writer.reader.store.run("x") { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA query_only = OFF; PRAGMA max_page_count = \(pages)")
        }
        let long = AuditRecord.runHalt(.init(run: SampleLog.run, cause: String(repeating: "x", count: 60_000)))
        let error = #expect(throws: LetheError.self) { try writer.append([long]) }
        #expect(error?.hint?.contains("free space") == true)
        #expect(try writer.size() == 15)
    }

    @Test func aLogIsNotBegunOverAnother() throws {
        #expect(
            refusal(.refused) {
                _ = try AuditLog.create(log.location, name: "lethe.example.org", tool: "t", time: log.clock)
            } == "log-exists")
        try files.removeItem(at: log.location.database)
        #expect(
            refusal(.refused) {
                _ = try AuditLog.create(log.location, name: "lethe.example.org", tool: "t", time: log.clock)
            } == "log-exists")
    }

    @Test func twoWritersTakeTurns() async throws {
        let log = log
        let writers = try [log.open(), log.open()]
        let seqs = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for (index, writer) in writers.enumerated() {
                group.addTask {
                    var seqs: [Int64] = []
                    for round in 0..<20 {
                        seqs += try writer.append([.vendorSample(.init(checked: round + 1, present: index))])
                        if round % 7 == index { try writer.seal() }
                    }
                    return seqs
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(seqs).count == 40)
        try log.open().sealIfNeeded()
        let report = try sample.verify([.keyed, .held], log.location.database)
        #expect(report.exit == .done, "\(report.rendered)")
    }

    @Test func anAnchorThatWasAwayIsWrittenAgainOnStart() throws {
        let anchor = log.folder.file("anchor")
        try files.removeItem(at: anchor)
        let writer = try log.open()
        try writer.seal()
        #expect(writer.anchorStatus.map(\.problem) == ["the directory does not exist"])
        try files.createDirectory(at: anchor, withIntermediateDirectories: true)
        #expect(try log.open().anchorStatus.map(\.newest) == [16])
        #expect(log.location.anchors.notes(of: log.created.origin).count == 1)
    }

    @Test func aLockHeldByAnotherProcessIsWaitedFor() throws {
        let lock = try FileLock(log.location.directory.lockFile)
        let other = try FileLock(log.location.directory.lockFile)
        let error = #expect(throws: LetheError.self) {
            try lock.whileHeld { () throws(LetheError) in try other.whileHeld(waiting: 0) {} }
        }
        #expect(error?.code == "audit-log-busy")
        try other.whileHeld(waiting: 0) {}
    }
}
