import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// A process that dies between any two steps: what it leaves is put together here, file by file, and the next start must
/// bring the log to the state it would have had.
struct CrashTests {
    private let sample: SampleLog
    private var log: TestLog { sample.log }
    private var keys: KeyDirectory { log.location.directory }
    private var files: FileManager { .default }

    init() throws { sample = try SampleLog() }

    /// The bytes of all files of the log, by name.
    private func snapshot() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for folder in ["keys", "anchor", "."] {
            for name in try files.contentsOfDirectory(atPath: log.folder.file(folder).path) {
                let path = "\(folder)/\(name)"
                if let data = try? Data(contentsOf: log.folder.file(path)) { found[path] = data }
            }
        }
        return found
    }

    private func put(_ data: Data?, _ path: String) throws {
        let url = log.folder.file(path)
        try? files.removeItem(at: url)
        guard let data else { return }
        try data.write(to: url)
        try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path)
    }

    /// After which of the files that a seal writes the crash comes, in the order they are written.
    @Test(arguments: 0...5)
    func aSealThatIsCutShortIsFinishedWithTheSameBytes(_ done: Int) throws {
        let writer = try log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        let before = try snapshot()
        try writer.seal()
        let after = try snapshot()
        // The seal record is durable; the checkpoint's row is the third thing a seal writes.
        if done < 3 {
            try writer.reader.store.run("x") { db in
                try db.execute(
                    sql: "DROP TRIGGER checkpoint_no_delete; DELETE FROM checkpoint WHERE size = 17;"
                        + LogStore.triggers[3].sql)
            }
        }
        let order = ["keys/head.range", "keys/head.note", "row", "keys/mac.state", "anchor/\(anchorName(17))"]
        for (index, path) in order.enumerated() where index >= done && path != "row" { try put(before[path], path) }
        let reopened = try log.open()
        let healed = try snapshot()
        for path in order where path != "row" { #expect(healed[path] == after[path], "\(path)") }
        #expect(try reopened.reader.checkpoint()?.size == 17)
        _ = try reopened.append([.vendorSample(.init(checked: 2, present: 0))])
        try reopened.seal()
        let report = try sample.verify([.keyed, .held], log.location.database)
        #expect(report.exit == .done, "\(report.rendered)")
    }

    private func anchorName(_ size: Int) -> String { "\(LogOrigin.suffix(log.created.origin)).\(size).note" }

    @Test func aSealThatAnotherProcessLeftUnfinishedIsFinishedByTheNextCommit() throws {
        let writer = try log.open()
        let before = try snapshot()
        let other = try log.open()
        try other.seal()
        for path in ["keys/head.range", "keys/head.note", "keys/mac.state"] { try put(before[path], path) }
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        try writer.seal()
        #expect(try sample.verify([.keyed, .held], log.location.database).exit == .done)
    }

    @Test func aBrokenCompactRangeIsMadeAgain() throws {
        for bytes in ["", "garbage", "15\n" + String(repeating: "0", count: 64)] {
            try put(Data(bytes.utf8), "keys/head.range")
            try log.open().seal()
            #expect(try sample.verify(.keyed, log.location.database).exit == .done)
        }
    }

    /// Where a crash may come in a rollover, in order.
    enum Step: Int, CaseIterable {
        case seedKept, closeCommitted, closed, built, decided, setAside, inPlace, headMoved, keyMoved, keyErased
    }

    @Test(arguments: Step.allCases)
    func aRolloverThatIsCutShortIsFinishedOrNeverHappened(_ last: Step) throws {
        let origin = log.created.origin
        let seed = try rollOver(until: last)
        let reopened = try log.open()
        #expect(reopened.origin == (last == .seedKept ? origin : seed.origin))
        _ = try reopened.append([.vendorSample(.init(checked: 1, present: 0))])
        try reopened.sealIfNeeded()
        let options = LogVerifier.Options(
            vkeys: [sample.vkey], rootKeys: [sample.rootKey], anchors: log.location.anchors.directories,
            now: log.clock.now())
        let report = try LogVerifier(options).verify(log.location)
        #expect(report.exit == .done, "\(report.rendered)")
        #expect(report.segments.count == (last == .seedKept ? 1 : 2))
        let left = try files.subpathsOfDirectory(atPath: log.folder.url.path).filter { $0.contains("next") }
        #expect(left.allSatisfy { $0.hasSuffix(".next.note") }, "\(left)")
    }

    /// Another process closed the segment and died before it began the next one.
    @Test func nothingIsWrittenToASegmentThatIsClosed() throws {
        let writer = try log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        _ = try rollOver(until: .closed)
        let size = try writer.size()
        let error = #expect(throws: LetheError.self) {
            try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        }
        #expect(error?.code == "audit-log-closed" && error?.hint?.contains("rollover") == true)
        #expect(try writer.size() == size)
    }

    private func rollOver(until last: Step) throws -> SegmentSeed {
        let now = log.clock.now()
        let writer = try SegmentWriter.open(log.location, now: now)
        let seed = try Rollover.Begun(rootKey: sample.rootKey, tool: "lethe test", binding: nil).seed(
            after: writer.origin, writer.signingKey)
        try seed.keep(in: keys.staging)
        guard last.rawValue >= Step.closeCommitted.rawValue else { return seed }
        try writer.locked { () throws(LetheError) in
            _ = try writer.commit(
                [.logClose(.init(reason: "test", by: "ada")), .epochSeal(.init(records: 0))], now: now)
            if last != .closeCommitted { _ = try writer.completeSeal() }
        }
        guard last.rawValue >= Step.built.rawValue, let previous = try writer.closing() else { return seed }
        let pending = log.location.segments.appending(path: "\(LogOrigin.suffix(seed.origin)).next")
        try DurableFile.makeDirectory(log.location.segments, mode: 0o700)
        try seed.build(database: pending, keys: keys.staging, after: previous, Fold(), now: now)
        let archived = log.location.segments.appending(path: "\(LogOrigin.suffix(writer.origin)).db")
        let steps: [() throws -> Void] = [
            { try files.moveItem(at: keys.staging.url, to: keys.next.url) },
            { try files.moveItem(at: log.location.database, to: archived) },
            { try files.moveItem(at: pending, to: log.location.database) },
            { try DurableFile.move(keys.next.headFile, to: keys.headFile) },
            { try put(Data(contentsOf: keys.next.stateFile), "keys/mac.state") },
            { try Data(count: Data(contentsOf: keys.next.stateFile).count).write(to: keys.next.stateFile) },
        ]
        for step in steps.prefix(last.rawValue - Step.built.rawValue) { try step() }
        return seed
    }

    @Test func noEarlierKeyIsInAnyFile() throws {
        let writer = try log.open()
        for _ in 0..<3 {
            _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
            try writer.seal()
        }
        let state = try KeyDirectory.state(keys.readStateBytes(), keys.stateFile)
        var key = try EpochKey(root: sample.rootKey, origin: writer.origin)
        let everything = try snapshot().values
        while key.epoch < state.key.epoch {
            for data in everything {
                #expect(data.range(of: Data(key.bytes)) == nil)
                #expect(data.range(of: Data(Hex.encode(key.bytes).utf8)) == nil)
            }
            // A thief has only the newest key, and it leads forward.
            #expect(try state.key.next() != key)
            key = try key.next()
        }
        #expect(key == state.key)
    }

    @Test func theOldKeyFileIsOverwrittenAndNotOnlyUnlinked() throws {
        let linked = log.folder.file("linked")
        try files.linkItem(at: keys.stateFile, to: linked)
        try log.open().seal()
        let old = try Data(contentsOf: linked)
        #expect(!old.isEmpty && old.allSatisfy { $0 == 0 })
    }

    /// E_0 of the new segment waits on the disk until the old one is closed; then there is nothing of it left but zeros.
    @Test(arguments: [Step.seedKept, .closeCommitted, .built, .decided])
    func theFirstKeyOfANewSegmentIsOverwrittenAndNotOnlyUnlinked(_ last: Step) throws {
        let seed = try rollOver(until: last)
        let directory = last == .decided ? keys.next : keys.staging
        var links: [URL] = []
        for file in [directory.seedFile, directory.stateFile] where files.fileExists(atPath: file.path) {
            links.append(log.folder.file("linked-\(file.lastPathComponent)"))
            try files.linkItem(at: file, to: links[links.count - 1])
        }
        #expect(try Data(contentsOf: links[0]).range(of: Data(Hex.encode(seed.key.bytes).utf8)) != nil)
        _ = try log.open()
        for link in links {
            let old = try Data(contentsOf: link)
            #expect(!old.isEmpty && old.allSatisfy { $0 == 0 }, "\(link.lastPathComponent)")
        }
        for (path, data) in try snapshot() {
            #expect(data.range(of: Data(Hex.encode(seed.key.bytes).utf8)) == nil, "\(path)")
        }
    }
}
