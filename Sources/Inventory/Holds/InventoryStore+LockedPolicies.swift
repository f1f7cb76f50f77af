package import Domain
internal import GRDB

/// A locked policy as the audit log remembers it.
package struct LockedPolicyRow: Sendable, Equatable {
    package let id: String
    /// Of the remembered form, 64 hex: the last `policy.locked` of this id.
    package let sha256: String
    /// The log that has this record.
    package let origin: String
    /// The form itself; `nil` = this store does not have it.
    package let form: [UInt8]?

    package init(id: String, sha256: String, origin: String, form: [UInt8]?) {
        self.id = id
        self.sha256 = sha256
        self.origin = origin
        self.form = form
    }
}

extension InventoryStore {
    /// Every locked policy that the log remembers and that was not unlocked since, by id.
    package func lockedPolicies() throws(LetheError) -> [LockedPolicyRow] {
        try read { database in
            try database.all(
                """
                SELECT l.id, l.sha256, l.origin, f.form FROM locked_policy l
                LEFT JOIN locked_form f ON f.sha256 = l.sha256 ORDER BY l.id
                """
            ) { row in
                guard let id = row.text(0), let sha256 = row.text(1), let origin = row.text(2) else {
                    throw StoreErrors.impossible("locked_policy")
                }
                return LockedPolicyRow(id: id, sha256: sha256, origin: origin, form: row.bytes(3))
            }
        }
    }

    /// The form that was kept under this digest.
    package func lockedForm(_ sha256: String) throws(LetheError) -> [UInt8]? {
        try read { try $0.first("SELECT form FROM locked_form WHERE sha256 = ?", sha256) { $0.bytes(0) } }
    }

    /// Keeps the form of a locked policy under its digest. It is remembered once the log has it.
    package func keepLockedForm(_ form: [UInt8], sha256: String) throws(LetheError) {
        try write { database in
            try database.perform(
                "INSERT INTO locked_form VALUES (?, ?) ON CONFLICT DO UPDATE SET form = excluded.form", sha256, form)
        }
    }
}
