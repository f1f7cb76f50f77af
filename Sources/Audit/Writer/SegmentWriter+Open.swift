import Cryptography
import Domain
import Foundation
import GRDB

extension SegmentWriter {
    /// Opens the log and brings it to rest: a rollover or a seal that a crash cut short is finished first.
    static func open(_ location: AuditLog.Location, now: Timestamp) throws(LetheError) -> SegmentWriter {
        try SelfTest.run()
        let keys = location.directory
        guard DurableFile.exists(keys.url) else {
            throw LetheError(
                "missing-key-directory", .configuration, "there is no key directory \(keys.url.path)",
                hint:
                    "lethe init makes one; mount the volume that `audit.keys` is on, or, if the keys are lost for good: "
                    + "mkdir -m 700 \(keys.url.path), then lethe audit rollover --reason TEXT --root-key-out FILE")
        }
        try keys.checkPermissions()
        let lock = try FileLock(keys.lockFile)
        try lock.whileHeld { () throws(LetheError) in try Rollover.finish(location, lock, now: now) }
        let writer = try load(location, lock)
        try writer.locked { () throws(LetheError) in try writer.recover() }
        return writer
    }

    /// Reads what is there; nothing is held against anything else yet.
    static func load(_ location: AuditLog.Location, _ lock: FileLock) throws(LetheError) -> SegmentWriter {
        let keys = location.directory
        guard DurableFile.exists(location.database) else {
            guard keys.hasState else {
                throw LetheError("no-audit-log", .configuration, "there is no audit log", hint: "lethe init")
            }
            throw rollback("\(location.database.path) is missing")
        }
        let store = try LogStore(location.database, writable: true)
        try checkSchema(store)
        let opening = try LogReader.opening(store)
        let writer = try SegmentWriter(
            location, store, origin: opening.origin, signingKey: keys.signingKey(), lock: lock,
            version: opening.version)
        writer.previous = opening.previous?.origin
        return writer
    }

    private static func checkSchema(_ store: LogStore) throws(LetheError) {
        guard try store.hasExpectedSchema() else {
            throw LetheError(
                "audit-schema", .failed, "the tables of the audit log are not those that lethe made",
                hint: "lethe audit verify")
        }
    }

    /// Holds keys, head, database and anchors against each other; the lock is held.
    func recover() throws(LetheError) {
        guard state.origin == origin else {
            throw LetheError(
                "audit-keys-of-another-log", .failed,
                "the key directory belongs to the log \(state.origin), not \(origin)",
                hint: "point `audit.keys` to the keys of this log")
        }
        guard let head else {
            throw LetheError(
                "missing-audit-key", .failed, "\(location.directory.headFile.path) is missing",
                hint: "put the key directory back whole, or begin a new segment: lethe audit rollover --reason TEXT")
        }
        guard head.origin == origin, try head.verdict(signingKey.publicKey) == .valid else {
            throw LetheError(
                "audit-head-forged", .failed, "head.note is not a checkpoint of this log by its own key",
                hint: "lethe audit verify")
        }
        try checkAnchors(head)
        (mark, isWhole) = (FileMark(store.url), location.directory.isSeen(store.url, of: origin))
        try finishSeal()
        guard let head = self.head else { return }
        anchorStatus = location.anchors.write(head)
        if let previous { location.anchors.noteSuccessor(of: previous, head) }
    }

    /// An anchor with a later checkpoint than ours, or one of a segment after ours: database and keys were put back together.
    private func checkAnchors(_ head: Checkpoint) throws(LetheError) {
        for (file, anchor) in location.anchors.checkpoints(of: origin)
        where anchor.size > head.size && (try? anchor.verdict(signingKey.publicKey)) == .valid {
            throw Self.rollback("the anchor \(file.path) counts \(anchor.size) records, head.note \(head.size)")
        }
        for (file, anchor) in location.anchors.checkpoints(of: origin)
        where anchor.size == head.size && anchor.root != head.root
            && (try? anchor.verdict(signingKey.publicKey)) == .valid
        {
            throw LetheError(
                "audit-fork", .failed, "the anchor \(file.path) is of another history than head.note",
                hint: "lethe audit verify; a log never goes on from a fork: lethe audit rollover --reason TEXT")
        }
        for (file, anchor) in location.anchors.successors(of: origin)
        where (try? anchor.verdict(signingKey.publicKey)) == .valid {
            throw Self.rollback("the anchor \(file.path) is of the segment after this one, \(anchor.origin)")
        }
    }

    /// Holds every record that the head counts against its root, unless nobody else has written to the file since that was done, and
    /// those behind it against their keys again: before what rests on records from anywhere in the segment.
    func verifyHead(whole: Bool) throws(LetheError) {
        try locked { () throws(LetheError) in
            if isUntouched, !whole {
                authentic = nil
            } else {
                authentic = try store.run("unreadable-log") { db in try authenticHead(db, whole: true) }
            }
            try finishSeal()
            isWhole = true
            keepMark()
        }
    }

    /// Nobody else has written to the file since every record of it was held against the head.
    private var isUntouched: Bool { isWhole && mark != nil && FileMark(store.url) == mark }

    /// Remembers for the next process which file it is.
    func keepMark() {
        mark = FileMark(store.url)
        if isWhole { location.directory.note(seen: store.url, of: origin) }
    }

    /// A commit of this process: what others wrote to the file in between is noticed.
    func writing<T>(_ body: () throws(LetheError) -> T) throws(LetheError) -> T {
        if FileMark(store.url) != mark { isWhole = false }
        defer { mark = FileMark(store.url) }
        return try body()
    }

    /// Makes the fold again: `fold` is that of the segments before.
    func refold(after fold: Fold) throws(LetheError) -> Fold {
        try locked { () throws(LetheError) in
            let whole = try store.run("unreadable-log") { db in try authenticHead(db, whole: true, after: fold) }
            if let head, let fold = whole.fold { try location.directory.write(fold, for: head, with: signingKey) }
            authentic = whole
            try finishSeal()
            isWhole = true
            keepMark()
            return authentic?.fold ?? fold
        }
    }
}

extension LogStore {
    /// Whether the file has exactly the tables and triggers it was made with: no view, no index, nothing poisoned.
    func hasExpectedSchema() throws(LetheError) -> Bool {
        try run("unreadable-log") { db in
            let found = try String.fetchAll(
                db, sql: "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema")
            return found.count == Self.schema.count && Set(found) == Self.schema
        }
    }

    /// Everything `sqlite_schema` may hold, and must.
    private static let schema: Set<String> = {
        let tables = [("entry", entryTable), ("checkpoint", checkpointTable)].map { "table \($0) \($0) \($1)" }
        return Set(tables + triggers.map { "trigger \($0.name) \($0.table) \($0.sql)" })
    }()
}

extension LineParser {
    /// The 32 bytes that the 64 digits of `span` spell; the parser has seen that they are digits.
    func digest(_ span: Span, _ line: UnsafeBufferPointer<UInt8>) -> Digest32? {
        guard span.end - span.start == 64, span.end <= line.count else { return nil }
        var digest = Digest32()
        digest.withUnsafeMutableBytes { out in
            for index in 0..<32 {
                let at = span.start + 2 * index
                out[index] = Hex.nibble(line[at]) << 4 | Hex.nibble(line[at + 1])
            }
        }
        return digest
    }
}
