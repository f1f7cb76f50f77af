internal import Domain
internal import GRDB

/// Turns what SQLite says into what a person can act upon. SQLite's own message names tables and columns, never values;
/// GRDB is told to leave arguments out as well.
enum StoreErrors {
    static func map(_ error: any Error) -> LetheError {
        if let known = error as? LetheError { return known }
        guard let failure = error as? DatabaseError else {
            return LetheError("inventory-failed", .failed, "the inventory failed: \(type(of: error))")
        }
        switch failure.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return LetheError(
                "inventory-busy", .failed, "another process kept the inventory locked for ten seconds",
                hint: "try again when it is done")
        case .SQLITE_FULL:
            return LetheError("disk-full", .failed, "the disk of the inventory is full", hint: "make room on it")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN:
            return LetheError(
                "inventory-read-only", .configuration, "the inventory cannot be opened for writing",
                hint: "check the owner and mode of inventory.db and its folder")
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return LetheError(
                "inventory-damaged", .configuration, "inventory.db is not a readable SQLite database",
                hint: "restore it from a backup; the audit log fills in what came after")
        default:
            let text = failure.message ?? "no message"
            return LetheError(
                "inventory-failed", .failed, "the inventory failed: SQLite \(failure.resultCode.rawValue): \(text)",
                hint: failure.resultCode == .SQLITE_IOERR
                    ? "check the disk of inventory.db: whether it is full, and whether it can be written to"
                    : "see what else is wrong: lethe doctor")
        }
    }

    /// A row that SQLite gave and that cannot be: it was written by something else.
    static func impossible(_ what: String) -> LetheError {
        LetheError(
            "inventory-damaged", .configuration, "the inventory holds an impossible \(what): somebody wrote to it",
            hint: "put back the newest inventory.db, or take what the log has: "
                + "lethe inventory rebuild --as NAME --reason TEXT")
    }
}
