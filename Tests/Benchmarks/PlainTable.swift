import Foundation
import GRDBSQLite

/// A table of blobs by number, written by SQLite's own interface with the pragmas of the audit log and nothing else.
final class PlainTable {
    private let database: OpaquePointer
    private let statement: OpaquePointer

    init(_ file: URL) throws {
        var database: OpaquePointer?
        guard sqlite3_open(file.path, &database) == SQLITE_OK, let database else {
            throw BenchFailure("cannot make \(file.path)")
        }
        let script = """
            PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;
            CREATE TABLE entry(seq INTEGER PRIMARY KEY, line BLOB NOT NULL) STRICT;
            """
        var statement: OpaquePointer?
        guard sqlite3_exec(database, script, nil, nil, nil) == SQLITE_OK,
            sqlite3_prepare_v2(database, "INSERT INTO entry(seq, line) VALUES (?, ?)", -1, &statement, nil)
                == SQLITE_OK,
            let statement
        else { throw BenchFailure("cannot prepare \(file.path)") }
        self.database = database
        self.statement = statement
    }

    deinit {
        sqlite3_finalize(statement)
        sqlite3_close(database)
    }

    /// One durable transaction of `count` rows.
    func insert(_ line: [UInt8], count: Int, from first: Int) throws {
        var isDone = sqlite3_exec(database, "BEGIN IMMEDIATE", nil, nil, nil) == SQLITE_OK
        for row in first..<first + count {
            line.withUnsafeBytes { bytes in
                sqlite3_bind_int64(statement, 1, Int64(row))
                sqlite3_bind_blob(statement, 2, bytes.baseAddress, Int32(bytes.count), nil)
                isDone = isDone && sqlite3_step(statement) == SQLITE_DONE
            }
            sqlite3_reset(statement)
        }
        guard isDone, sqlite3_exec(database, "COMMIT", nil, nil, nil) == SQLITE_OK else {
            throw BenchFailure("SQLite: \(String(cString: sqlite3_errmsg(database)))")
        }
    }
}
