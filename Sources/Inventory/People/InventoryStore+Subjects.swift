internal import Cryptography
package import Domain
internal import GRDB

/// Subjects met lately, in memory only. Another process may forget one, so it is emptied whenever another connection wrote.
struct SubjectCache {
    private static let limit = 100_000
    private var keys: [String: Int64] = [:]
    private var dataVersion: Int64?

    subscript(handle: Handle) -> Int64? {
        get { keys[handle.canonical] }
        set {
            if keys.count >= Self.limit { keys.removeAll(keepingCapacity: true) }
            keys[handle.canonical] = newValue
        }
    }

    /// Called first in a transaction: `PRAGMA data_version` changes when another connection has committed.
    mutating func refresh(_ database: Database) throws {
        let current = try database.first("PRAGMA data_version") { $0.int(0) }
        if current != dataVersion { keys.removeAll() }
        dataVersion = current
    }
}

/// Finds the row of a handle within one transaction, or makes it.
struct SubjectRegister {
    let database: Database
    let keys: LookupKeys
    private(set) var cache: SubjectCache

    init(_ database: Database, keys: LookupKeys, cache: SubjectCache) throws {
        self.database = database
        self.keys = keys
        self.cache = cache
        try self.cache.refresh(database)
    }

    mutating func key(for handle: Handle) throws -> Int64 {
        if let key = cache[handle] { return key }
        let key = try InventoryStore.subjectKey(lookup: keys.lookup(handle), in: database)
        cache[handle] = key
        return key
    }
}

extension InventoryStore {
    /// The pseudonym under which a handle is known; a new one of 32 random bytes if asked for. The handle is not stored.
    package func pseudonym(for handle: Handle, createIfMissing: Bool) throws(LetheError) -> SubjectPseudonym? {
        let lookup = try keys.lookup(handle)
        let known: SubjectPseudonym? = try read { database in
            try database.first("SELECT pseudonym FROM identity WHERE lookup = ?", lookup) {
                $0.bytes(0).flatMap { SubjectPseudonym(bytes: $0) }
            }
        }
        guard known == nil, createIfMissing else { return known }
        return try write { database in
            let key = try Self.subjectKey(lookup: lookup, in: database)
            return try Self.pseudonym(ofKey: key, in: database)
        }
    }

    /// The row of a lookup, made if it is missing.
    static func subjectKey(lookup: [UInt8], in database: Database) throws -> Int64 {
        let find = "SELECT key FROM identity WHERE lookup = ?"
        if let key = try database.first(find, lookup, row: { $0.int(0) }) { return key }
        try database.perform("INSERT INTO subject DEFAULT VALUES")
        let key = database.lastInsertedRowID
        try database.perform("INSERT INTO identity VALUES (?, ?, ?)", key, lookup, try Randomness.bytes(32))
        return key
    }

    static func pseudonym(ofKey key: Int64, in database: Database) throws -> SubjectPseudonym? {
        try database.first("SELECT pseudonym FROM identity WHERE key = ?", key) {
            $0.bytes(0).flatMap { SubjectPseudonym(bytes: $0) }
        }
    }

    /// Rows of pseudonyms; one that nobody has is refused, since an order that names it would cover nobody.
    static func subjectKeys(_ pseudonyms: [SubjectPseudonym], in database: Database) throws -> [Int64] {
        try pseudonyms.map { pseudonym in
            let key = try database.first("SELECT key FROM identity WHERE pseudonym = ?", pseudonym) { $0.int(0) }
            guard let key else {
                throw LetheError("unknown-subject", .refused, "no data subject has the pseudonym \(pseudonym)")
            }
            return key
        }
    }

    /// Whether keys were appended since the database was last opened, or it has none yet; another list of keys is refused.
    static func needsBinding(_ keys: LookupKeys, in database: Database) throws -> Bool {
        guard let check = try database.setting("lookup_check") else { return true }
        let count = try database.setting("lookup_keys").flatMap { Int($0) } ?? 0
        guard (1...keys.count).contains(count), try keys.check(first: count) == check else {
            throw LetheError(
                "wrong-key", .configuration, "lookup.key is not the one that this inventory was made with",
                hint: "put back the copy from your secret store: without it no data subject can be found again")
        }
        return count < keys.count
    }

    /// Ties the database to its keys, and takes over those that were appended: `lookup' = HMAC(new key, lookup)` on every row.
    static func bindKeys(_ keys: LookupKeys, in database: Database) throws {
        guard try needsBinding(keys, in: database) else { return }
        if let count = try database.setting("lookup_keys").flatMap({ Int($0) }) {
            let rows = try database.all("SELECT key, lookup FROM identity") { ($0.int(0), $0.bytes(1)) }
            for case (let key?, let lookup?) in rows {
                let advanced = try keys.advance(lookup, past: count)
                try database.perform("UPDATE identity SET lookup = ? WHERE key = ?", advanced, key)
            }
            try remakeIdentities(database)
        }
        try database.set("lookup_keys", to: String(keys.count))
        try database.set("lookup_check", to: try keys.check(first: keys.count))
    }
}
