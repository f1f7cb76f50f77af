import Cryptography
import Domain
import Foundation
import GRDB
import GRDBSQLite

/// One segment's SQLite file: lines of bytes by seq, and checkpoints by size. Nothing else of it is ever believed.
final class LogStore: Sendable {
    static let entryTable = "CREATE TABLE entry(seq INTEGER PRIMARY KEY, line BLOB NOT NULL) STRICT"
    static let checkpointTable = "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL) STRICT"

    /// Against slips, not against an attacker, who can drop them: verify compares the schema.
    static let triggers = ["entry", "checkpoint"].flatMap { table in
        ["UPDATE", "DELETE"].map { act in
            let name = "\(table)_no_\(act.lowercased())"
            let sql =
                "CREATE TRIGGER \(name) BEFORE \(act) ON \(table) "
                + "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
            return (name: name, table: table, sql: sql)
        }
    }

    let url: URL
    private let queue: DatabaseQueue
    /// What is read instead of the file, where a crash left a transaction half done.
    private let copy: RecoveredCopy?

    /// Opens an existing file; `writable: false` takes no lock but SQLite's shared one and changes nothing.
    init(_ url: URL, writable: Bool) throws(LetheError) {
        self.url = url
        guard DurableFile.exists(url) else {
            throw LetheError("unreadable-log", .unreadable, "there is no file \(url.path)")
        }
        for file in [url, URL(filePath: url.path + "-journal")] { try Self.refuseSpecial(file) }
        if !writable { try Self.checkHeader(url) }
        do throws(LetheError) {
            queue = try Self.open(url, writable: writable)
            copy = nil
        } catch {
            guard error.code == "unrecovered-log" else { throw error }
            let copy = try RecoveredCopy(url)
            queue = try Self.open(copy.database, writable: true)
            self.copy = copy
        }
    }

    /// Opening a pipe waits for somebody at its other end.
    static func refuseSpecial(_ url: URL) throws(LetheError) {
        var status = stat()
        guard stat(url.path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        throw LetheError(
            "unreadable-log", .unreadable, "\(url.path) is no file", hint: "move away what somebody laid there")
    }

    /// Bytes 18 and 19 are 1 in all that Lethe writes. To read a file in WAL mode SQLite would lay others beside the evidence, and
    /// take records from them.
    private static func checkHeader(_ url: URL) throws(LetheError) {
        guard let start = try? FileHandle(forReadingFrom: url).read(upToCount: 20), start.count == 20,
            start.starts(with: Array("SQLite format 3\0".utf8)), start.suffix(2) != Data([1, 1])
        else { return }
        throw LetheError(
            "corrupt-log", .unreadable, "the header of the audit log \(url.path) is not one that lethe writes",
            hint: "lethe audit verify")
    }

    /// Makes a new file with the tables and nothing in them.
    static func create(_ url: URL) throws(LetheError) -> LogStore {
        guard !DurableFile.exists(url) else {
            throw LetheError("log-exists", .refused, "\(url.path) exists already")
        }
        guard FileManager.default.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else {
            throw LetheError("audit-write-failed", .failed, "cannot create \(url.path)")
        }
        let store = try LogStore(url, writable: true)
        try store.run("audit-write-failed") { db in
            try db.inTransaction(.immediate) {
                for statement in [entryTable, checkpointTable] + triggers.map(\.sql) { try db.execute(sql: statement) }
                return .commit
            }
        }
        return store
    }

    /// What an earlier attempt left, if it left anything.
    static func remove(_ url: URL) {
        for file in [url, URL(filePath: url.path + "-journal")] { try? FileManager.default.removeItem(at: file) }
    }

    private static func open(_ url: URL, writable: Bool) throws(LetheError) -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = !writable
        configuration.busyMode = .timeout(10)
        configuration.foreignKeysEnabled = false
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
            if writable {
                // In WAL mode a commit after the file is gone reports success.
                try db.execute(sql: "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL")
            }
        }
        do {
            return try DatabaseQueue(path: url.path, configuration: configuration)
        } catch {
            throw failure(error, "unreadable-log", url)
        }
    }

    /// Runs `body` on the connection and turns SQLite's errors into ours.
    @discardableResult
    func run<T>(_ code: String, _ body: (Database) throws -> T) throws(LetheError) -> T {
        do {
            return try queue.inDatabase(body)
        } catch {
            throw Self.failure(error, code, url)
        }
    }

    private static func failure(_ error: any Error, _ code: String, _ url: URL) -> LetheError {
        if let error = error as? LetheError { return error }
        let isReading = code == "unreadable-log" || error is LineFault
        let result = error as? DatabaseError
        let detail = result?.message ?? (error as? LineFault)?.message ?? "a value is not of its type"
        return LetheError(
            isReading ? readingCode(result) : code, isReading ? .unreadable : .failed,
            "\(isReading ? "cannot read" : "cannot write") the audit log \(url.path): \(detail)",
            hint: hint(result?.resultCode))
    }

    /// `corrupt-log`: an SQLite file whose content is not what SQLite writes; `unrecovered-log`: see `RecoveredCopy`.
    private static func readingCode(_ error: DatabaseError?) -> String {
        if error?.extendedResultCode == .SQLITE_READONLY_ROLLBACK { return "unrecovered-log" }
        // `SQLITE_ERROR`: a header that promises another format. No statement of ours is wrong.
        let ofContent: [ResultCode] = [
            .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_TOOBIG, .SQLITE_MISMATCH,
        ]
        // No error of SQLite's: a row is not what its table promises, or a line is no record.
        return error.map { ofContent.contains($0.resultCode) } ?? true ? "corrupt-log" : "unreadable-log"
    }

    private static func hint(_ code: ResultCode?) -> String {
        switch code {
        case .SQLITE_FULL?: "free space on its disk; nothing is deleted at the vendor until records can be written"
        case .SQLITE_READONLY?: "make the file and its folder writable, or let the writer recover it first"
        case .SQLITE_NOTADB?: "the file is not an SQLite database"
        default: "check the disk and the permissions"
        }
    }
}

extension LogStore {
    /// Fails if the file was removed or renamed after it was opened: a commit to it would be lost.
    static func checkInPlace(_ db: Database) throws {
        var hasMoved: Int32 = 0
        let result = sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        guard result == SQLITE_OK, hasMoved == 0 else {
            throw LetheError(
                "audit-log-moved", .failed, "the audit log was removed or renamed while it was in use",
                hint: "put the file back where it was and start again")
        }
    }

    /// One prepared statement for all lines of a transaction.
    struct Insertion {
        private let db: Database
        private let statement: Statement

        init(_ db: Database) throws {
            self.db = db
            statement = try db.cachedStatement(sql: "INSERT INTO entry(seq, line) VALUES (?, ?)")
        }

        func callAsFunction(_ line: UnsafeBufferPointer<UInt8>, seq: Int64) throws {
            let handle = statement.sqliteStatement
            sqlite3_reset(handle)
            sqlite3_bind_int64(handle, 1, seq)
            // Stepped before the buffer goes away, hence SQLITE_STATIC.
            sqlite3_bind_blob(handle, 2, line.baseAddress, Int32(line.count), nil)
            let result = sqlite3_step(handle)
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
            guard result == SQLITE_DONE else {
                throw DatabaseError(resultCode: ResultCode(rawValue: result), message: db.lastErrorMessage)
            }
            withExtendedLifetime(statement) {}
        }
    }

    static func line(_ seq: Int64, _ db: Database) throws -> [UInt8]? {
        let sql = "SELECT \(boundedLine) FROM entry WHERE seq = ?"
        return try Data.fetchOne(db.cachedStatement(sql: sql), arguments: [seq]).map(Array.init)
    }

    static func lastSeq(_ db: Database) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(seq) FROM entry"))
    }

    /// Steps through `SELECT integer, blob …` without copying the blobs.
    private static func forEachBlob(
        _ sql: String, _ arguments: [Int64], _ db: Database, _ body: (Int64, UnsafeBufferPointer<UInt8>) throws -> Void
    ) throws {
        let statement = try db.cachedStatement(sql: sql)
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        for (index, argument) in arguments.enumerated() { sqlite3_bind_int64(handle, Int32(index + 1), argument) }
        var result = sqlite3_step(handle)
        while result == SQLITE_ROW {
            let bytes = sqlite3_column_blob(handle, 1)?.assumingMemoryBound(to: UInt8.self)
            let count = bytes == nil ? 0 : Int(sqlite3_column_bytes(handle, 1))
            try body(sqlite3_column_int64(handle, 0), UnsafeBufferPointer(start: bytes, count: count))
            result = sqlite3_step(handle)
        }
        guard result == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: result), message: db.lastErrorMessage)
        }
        withExtendedLifetime(statement) {}
    }

    private static let pageSize: Int64 = 1024

    /// Of a line over the longest only that it is too long is handed over: it may be of any size.
    private static let boundedLine = "iif(length(line) > \(RecordEncoder.longestLine), zeroblob(65536), line)"

    /// Calls `body` with each line of `seqs` in order, without copying it. Goes by pages, so that a long read never keeps
    /// the writer waiting; lines do not change once they are there.
    func lines(_ seqs: ClosedRange<Int64>, _ body: (Int64, UnsafeBufferPointer<UInt8>) throws -> Void)
        throws(LetheError)
    {
        var first = seqs.lowerBound
        var isMore = true
        while isMore {
            var found: Int64 = 0
            try run("unreadable-log") { db in
                try Self.forEachBlob(
                    "SELECT seq, \(Self.boundedLine) FROM entry WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?",
                    [first, seqs.upperBound, Self.pageSize], db
                ) { seq, line in
                    try body(seq, line)
                    found += 1
                    first = seq
                }
            }
            isMore = found == Self.pageSize && first < seqs.upperBound
            first += isMore ? 1 : 0
        }
    }

    /// The same in one piece, where a connection is at hand.
    static func lines(
        _ seqs: ClosedRange<Int64>, _ db: Database, _ body: (Int64, UnsafeBufferPointer<UInt8>) throws -> Void
    ) throws {
        try forEachBlob(
            "SELECT seq, \(boundedLine) FROM entry WHERE seq BETWEEN ? AND ? ORDER BY seq",
            [seqs.lowerBound, seqs.upperBound], db, body)
    }

    func line(_ seq: Int64) throws(LetheError) -> [UInt8]? {
        try run("unreadable-log") { db in try Self.line(seq, db) }
    }

    /// How many records there are, if none is missing.
    func size() throws(LetheError) -> Int64 {
        try run("unreadable-log") { db in
            let (size, isTooLarge) = (try Self.lastSeq(db) ?? -1).addingReportingOverflow(1)
            guard !isTooLarge else { throw Self.disordered }
            return max(0, size)
        }
    }

    /// Keeps a checkpoint beside the records; one that is there already stays.
    func keep(_ checkpoint: Checkpoint) throws(LetheError) {
        try run("audit-write-failed") { db in
            try db.inTransaction(.immediate) {
                try db.execute(
                    sql: "INSERT OR IGNORE INTO checkpoint(size, note) VALUES (?, ?)",
                    arguments: [checkpoint.size, Data(checkpoint.note)])
                try Self.checkInPlace(db)
                return .commit
            }
        }
    }

    /// Calls `body` with checkpoints kept beside the records, smallest first: the newest, and of the others every one or, if
    /// there are more than 4,096, every so-manyth. A note over the longest is handed over empty.
    func checkpointNotes(_ body: (_ size: Int64, _ note: [UInt8]) throws -> Void) throws(LetheError) {
        try run("unreadable-log") { db in
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM checkpoint") ?? 0
            let stride = max(1, (count + 4095) / 4096)
            var index = 0
            let sql = "SELECT size, iif(length(note) > ?, x'', note) FROM checkpoint ORDER BY size"
            try Self.forEachBlob(sql, [Int64(SignedNote.longest)], db) { size, note in
                index += 1
                if index % stride == 0 || index == count { try body(size, Array(note)) }
            }
        }
    }

    func newestCheckpointNote() throws(LetheError) -> [UInt8]? {
        try run("unreadable-log") { db in
            try Data.fetchOne(
                db,
                sql:
                    "SELECT iif(length(note) > \(SignedNote.longest), x'', note) FROM checkpoint ORDER BY size DESC LIMIT 1"
            ).map(Array.init)
        }
    }

    /// A damaged tree may give rows in any order.
    private static let disordered = DatabaseError(
        resultCode: .SQLITE_CORRUPT, message: "its rows are not in order")

    /// How many lines there are, up to `most`, the root over them, and the mac that the last one states.
    func contents(
        upTo most: Int64 = .max, _ hasher: TreeHasher
    ) throws(LetheError) -> (size: Int64, root: Digest32, mac: Digest32) {
        var (range, mac) = (CompactRange(), Digest32())
        if let all = try seqs(), all.lowerBound < most {
            try lines(all.lowerBound...min(all.upperBound, most - 1)) { _, line in
                try range.append(leaf: hasher.leaf(line), hasher)
                let digits = line.dropLast(2).suffix(64)
                mac = Hex.decode(String(decoding: digits, as: UTF8.self)).flatMap { Digest32($0) } ?? Digest32()
            }
        }
        return (range.size, try range.root(hasher), mac)
    }

    /// The lowest and the highest seq; `nil` where there are no records.
    func seqs() throws(LetheError) -> ClosedRange<Int64>? {
        try run("unreadable-log") { db in
            guard let first = try Int64.fetchOne(db, sql: "SELECT min(seq) FROM entry"),
                let last = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM entry")
            else { return nil }
            guard first <= last else { throw Self.disordered }
            return first...last
        }
    }
}
