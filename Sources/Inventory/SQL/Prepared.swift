internal import Domain
internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// A prepared statement on GRDB's connection, stepped through SQLite's own API. It belongs to the transaction that made it.
///
/// The connection keeps one statement of each text for ever, so texts must be few: what varies is bound. Whoever asks for one
/// that is in use gets another, and gives it back, reset and without its parameters, when it dies. GRDB finalises a statement when
/// its object dies, so every use of `handle` keeps `self` alive.
final class Prepared {
    private static let inUse = Mutex<Set<ObjectIdentifier>>([])

    private let statement: Statement
    private let handle: OpaquePointer

    init(_ database: Database, _ sql: String) throws {
        let kept = try database.cachedStatement(sql: sql)
        let isFree = Self.inUse.withLock { $0.insert(ObjectIdentifier(kept)).inserted }
        statement = isFree ? kept : try database.makeStatement(sql: sql)
        handle = statement.sqliteStatement
    }

    deinit {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        Self.inUse.withLock { _ = $0.remove(ObjectIdentifier(statement)) }
    }

    /// Binds one parameter; the first is 1.
    func bind(_ index: Int32, _ value: some SQLValue) throws {
        try withExtendedLifetime(self) { try check(value.bind(to: handle, at: index), is: SQLITE_OK) }
    }

    func bind(all values: [any SQLValue]) throws {
        for (offset, value) in values.enumerated() { try bind(Int32(offset + 1), value) }
    }

    /// Whether there is a row to read. At the end the statement is ready for new parameters.
    func step() throws -> Bool {
        try withExtendedLifetime(self) {
            let result = sqlite3_step(handle)
            if result == SQLITE_ROW { return true }
            // The error is read before the reset, which may replace it.
            defer { sqlite3_reset(handle) }
            try check(result, is: SQLITE_DONE)
            return false
        }
    }

    /// Runs a statement that gives no rows.
    func run() throws {
        while try step() {}
    }

    func reset() {
        _ = withExtendedLifetime(self) { sqlite3_reset(handle) }
    }

    private func check(_ result: Int32, is expected: Int32) throws {
        guard result != expected else { return }
        let message = sqlite3_db_handle(handle).flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        throw DatabaseError(resultCode: ResultCode(rawValue: result), message: message)
    }
}

/// The columns of the current row; the first is 0. A NULL or a value of another length reads as `nil`.
extension Prepared {
    func int(_ column: Int32) -> Int64? {
        withExtendedLifetime(self) {
            sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
        }
    }

    func count(_ column: Int32) -> Int { Int(int(column) ?? 0) }
    func bool(_ column: Int32) -> Bool { int(column) == 1 }
    func time(_ column: Int32) -> Timestamp? { int(column).map { Timestamp(microseconds: $0) } }

    func id(_ column: Int32) -> UInt128? {
        withExtendedLifetime(self) {
            guard let blob = sqlite3_column_blob(handle, column), sqlite3_column_bytes(handle, column) == 16 else {
                return nil
            }
            return UInt128(bigEndian: blob.loadUnaligned(as: UInt128.self))
        }
    }

    func vendorID<Kind: IdentifierKind>(_ column: Int32, _ kind: Kind.Type = Kind.self) -> VendorID<Kind>? {
        id(column).map { VendorID(value: $0) }
    }

    func letheID<Kind: IdentifierKind>(_ column: Int32, _ kind: Kind.Type = Kind.self) -> LetheID<Kind>? {
        id(column).map { LetheID(value: $0) }
    }

    func bytes(_ column: Int32) -> [UInt8]? {
        withExtendedLifetime(self) {
            guard sqlite3_column_type(handle, column) == SQLITE_BLOB else { return nil }
            let count = Int(sqlite3_column_bytes(handle, column))
            guard let blob = sqlite3_column_blob(handle, column) else { return [] }
            return Array(UnsafeRawBufferPointer(start: blob, count: count))
        }
    }

    func text(_ column: Int32) -> String? {
        withExtendedLifetime(self) { sqlite3_column_text(handle, column).map { String(cString: $0) } }
    }

    /// A text column whose values are the cases of an enumeration.
    func value<Value: RawRepresentable>(_ column: Int32, _ type: Value.Type = Value.self) -> Value?
    where Value.RawValue == String {
        text(column).flatMap { Value(rawValue: $0) }
    }
}

extension Database {
    /// Runs one statement.
    func perform(_ sql: String, _ values: any SQLValue...) throws {
        let statement = try Prepared(self, sql)
        try statement.bind(all: values)
        try statement.run()
    }

    /// Every row.
    func all<Element>(_ sql: String, _ values: any SQLValue..., row: (Prepared) throws -> Element) throws -> [Element] {
        let statement = try Prepared(self, sql)
        try statement.bind(all: values)
        var elements: [Element] = []
        while try statement.step() { elements.append(try row(statement)) }
        return elements
    }

    /// The first row.
    func first<Element>(_ sql: String, _ values: any SQLValue..., row: (Prepared) throws -> Element?) throws -> Element?
    {
        let statement = try Prepared(self, sql)
        try statement.bind(all: values)
        guard try statement.step() else { return nil }
        return try row(statement)
    }
}
