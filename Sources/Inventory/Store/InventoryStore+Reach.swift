package import Domain
internal import GRDB
internal import Synchronization

/// How far a store has come. Neither number ever goes down, unless an older file is put back in its place: that leaves path and
/// inode as they were.
struct Reach: Sendable {
    /// The version of the holds.
    var holds: Int64 = 0
    /// Records that were applied, of all logs together.
    var applied: Int64 = 0

    /// `nil` = somebody took the version of the holds away.
    static func read(_ database: Database) throws -> Reach? {
        try database.first("SELECT value, \(appliedSum) FROM hold_version") { row in
            row.int(0).map { Reach(holds: $0, applied: row.int(1) ?? 0) }
        }
    }

    /// For a statement that is run anyway.
    static let appliedSum = "(SELECT sum(seq + 1) FROM applied)"
}

extension InventoryStore {
    /// What this process has seen of the store by now. Asked for before a transaction begins: that one sees at least this much.
    var reached: Reach { furthest.withLock { $0 } }

    func note(_ found: Reach) {
        furthest.withLock {
            $0.holds = max($0.holds, found.holds)
            $0.applied = max($0.applied, found.applied)
        }
    }

    /// Fails where the store is not as far as it was. What it lacks may be a hold, and whatever is written to it would hide that.
    static func refuse(_ found: Reach, before known: Reach) throws {
        guard found.holds >= known.holds, found.applied >= known.applied else {
            throw LetheError(
                "older-inventory", .failed, "an older inventory.db was put back while it was in use",
                hint: "start again: the command then compares the one that is there now with the audit log")
        }
    }

    /// Throws where the store is not the one that was opened any more: replaced (`inventory-moved`), or an older one
    /// (`older-inventory`).
    package func refuseReplaced() throws(LetheError) {
        let known = reached
        let found = try read { database in
            try database.checkInPlace()
            let found = try Reach.read(database)
            if let found { try Self.refuse(found, before: known) }
            return found
        }
        if let found { note(found) }
    }
}
