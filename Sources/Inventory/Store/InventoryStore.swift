package import Domain
package import Foundation
internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// Everything that Lethe knows of what the vendor holds: `inventory.db`.
///
/// Holds, requests, plans and the subject register are primary state and are on disk when a call returns
/// (`synchronous=FULL`); attachments, sightings and outcomes follow the vendor and the audit log. One connection writes,
/// others read; other processes may do the same, and each waits up to ten seconds for another's transaction.
package final class InventoryStore: Sendable {
    let pool: DatabasePool
    let keys: LookupKeys
    let subjects = Mutex(SubjectCache())
    let furthest = Mutex(Reach())
    let recorder = Mutex<Recorder?>(nil)

    /// Appends what happened to requests to the audit log, and says where: a record each. Durable when it returns.
    package typealias Recorder = @Sendable ([RequestChange]) throws(LetheError) -> (origin: String, seqs: [Int64])

    /// Makes the file (mode 0600) with all its tables; refuses where there is one already.
    package static func create(at url: URL, keys: LookupKeys) throws(LetheError) -> InventoryStore {
        let file = Foundation.open(url.path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else {
            let code = errno == EEXIST ? "inventory-exists" : "inventory-not-created"
            throw LetheError(
                code, .failed, "\(url.lastPathComponent) cannot be made: \(String(cString: strerror(errno)))")
        }
        close(file)
        return try InventoryStore(url, keys: keys)
    }

    /// Opens an existing file and brings it to this version; refuses one of a newer version and one of other keys.
    package static func open(at url: URL, keys: LookupKeys) throws(LetheError) -> InventoryStore {
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw LetheError(
                "no-inventory", .configuration, "there is no \(url.lastPathComponent) in this workspace",
                hint: "put back the newest copy, then: lethe sync; the audit log has only what was decided since")
        }
        // Opening a pipe waits for somebody at its other end.
        var status = stat()
        guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw LetheError(
                "inventory-damaged", .configuration, "\(url.lastPathComponent) is no file",
                hint: "move away what somebody laid there, and put back the newest copy")
        }
        try refuseForeign(url)
        return try InventoryStore(url, keys: keys)
    }

    private init(_ url: URL, keys: LookupKeys) throws(LetheError) {
        do {
            pool = try DatabasePool(path: url.path, configuration: Self.configuration)
            self.keys = keys
            try InventorySchema.migrator().migrate(pool)
            try pool.read { try InventorySchema.refuseForeignCode(in: $0) }
            try pool.writeWithoutTransaction { database in
                // GRDB's pool asks for NORMAL, which may lose the last commits with the machine's power.
                try database.execute(sql: "PRAGMA synchronous = FULL")
            }
            if try pool.read({ try Self.needsBinding(keys, in: $0) }) {
                try pool.write { try Self.bindKeys(keys, in: $0) }
                try scrub()
            }
        } catch {
            throw StoreErrors.map(error)
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.label = "inventory"
        configuration.prepareDatabase { database in
            let isReader = database.configuration.readonly
            try database.execute(sql: "PRAGMA secure_delete = ON; PRAGMA cache_size = \(isReader ? -16_000 : -64_000)")
            if !isReader { try database.execute(sql: InventorySchema.changes) }
        }
        return configuration
    }

    /// Looks before anything is written.
    private static func refuseForeign(_ url: URL) throws(LetheError) {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let (version, application): (Int64, Int64)
        do {
            (version, application) = try DatabaseQueue(path: url.path, configuration: configuration).read { database in
                let version = try database.first("PRAGMA user_version") { $0.int(0) }
                return (version ?? 0, try database.first("PRAGMA application_id") { $0.int(0) } ?? 0)
            }
        } catch {
            throw StoreErrors.map(error)
        }
        guard application == InventorySchema.applicationID || (application == 0 && version == 0) else {
            throw LetheError(
                "not-an-inventory", .configuration, "\(url.lastPathComponent) is another program's database")
        }
        guard version <= InventorySchema.version else {
            throw LetheError(
                "newer-database", .configuration,
                "\(url.lastPathComponent) is of version \(version); this lethe knows \(InventorySchema.version)",
                hint: "use the newer lethe that wrote it, or restore a backup made before it")
        }
    }
}

extension InventoryStore {
    /// Binds the store to the partner it is of; refuses any other from then on.
    package func bind(partner: String) throws(LetheError) {
        let bound = try read { try $0.setting("partner") }
        if bound == nil { try write { try $0.set("partner", to: partner) } }
        guard bound ?? partner == partner else {
            throw LetheError(
                "other-partner", .configuration,
                "inventory.db is of partner \(bound ?? ""), and lethe.yaml names \(partner)",
                hint: "put the right partner into lethe.yaml, or the right inventory.db into the workspace")
        }
    }

    /// One snapshot.
    func read<Value>(_ body: (Database) throws -> Value) throws(LetheError) -> Value {
        do { return try pool.read(body) } catch { throw StoreErrors.map(error) }
    }

    /// One transaction, on disk when it returns. What becomes of requests in it is in the log before: where that cannot be, nothing is
    /// changed. Nothing is written to a store that is not the one that was opened any more.
    func write<Value>(_ body: (Database) throws -> Value) throws(LetheError) -> Value {
        let known = reached
        do {
            let (value, found) = try pool.write { database in
                try database.checkInPlace()
                if let found = try Reach.read(database) { try Self.refuse(found, before: known) }
                let value = try body(database)
                try tell(database)
                return (value, try Reach.read(database))
            }
            if let found { note(found) }
            return value
        } catch {
            throw StoreErrors.map(error)
        }
    }
}

extension Database {
    /// Fails if the file was removed, renamed or replaced after it was opened: what is read from it or written to it is
    /// nobody's any more.
    func checkInPlace() throws {
        var hasMoved: Int32 = 0
        let result = sqlite3_file_control(sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        guard result == SQLITE_OK, hasMoved == 0 else {
            throw LetheError(
                "inventory-moved", .failed, "inventory.db was removed or replaced while it was in use",
                hint: "start again: the command then works with the file that is there now")
        }
    }

    /// A named value that belongs to the whole store.
    func setting(_ name: String) throws -> String? {
        try first("SELECT value FROM setting WHERE name = ?", name) { $0.text(0) }
    }

    func set(_ name: String, to value: String?) throws {
        guard let value else { return try perform("DELETE FROM setting WHERE name = ?", name) }
        try perform("INSERT INTO setting VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)
    }
}
