package import Domain
internal import GRDB

/// Which attachments something else than the vendor answers for, and for how long.
extension InventoryStore {
    private static let week: Int64 = 7 * 86_400 * 1_000_000

    /// Those for which a first 404 that is not the vendor's own, and one at least a week later, had none of the vendor's own
    /// answers between or after them.
    package func answeredByOthers() throws(LetheError) -> Set<AttachmentID> {
        try ids("SELECT attachment FROM answered_by_others WHERE last - first >= ?", Self.week)
    }

    /// An answer to a DELETE or a GET. On disk when this returns: GETs are in no log.
    package func note(_ answer: VendorAnswer, of attachment: AttachmentID, at now: Timestamp) throws(LetheError) {
        if answer.isOfTheVendor {
            try remove("answered_by_others WHERE attachment = ?", attachment)
        } else if answer.isForeign {
            try write { database in
                try database.perform(
                    """
                    INSERT INTO answered_by_others VALUES (?1, ?2, ?2)
                    ON CONFLICT (attachment) DO UPDATE SET last = max(last, ?2)
                    """, attachment, now)
            }
        }
    }
}
