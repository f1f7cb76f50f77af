package import Domain
internal import GRDB

/// One DELETE that the vendor answered with 204.
package struct Confirmation: Sendable, Equatable {
    /// Give the last one as `since` for what came after it.
    package let cursor: Int64
    package let attachment: AttachmentID
    package let at: Timestamp
    package let http: Int
    package let trace: String?
    package let grade: EvidenceGrade
}

/// What was deleted over a time, for the limits of the day.
package struct DeletedVolume: Sendable, Equatable {
    package var deletes: Int
    /// An unknown size counts 100 MB.
    package var bytes: Int64

    package init(deletes: Int = 0, bytes: Int64 = 0) {
        self.deletes = deletes
        self.bytes = bytes
    }
}

extension InventoryStore {
    /// Confirmed deletions in the order in which they became known, at most `limit`.
    package func confirmations(since cursor: Int64 = 0, limit: Int) throws(LetheError) -> [Confirmation] {
        try read { database in
            try database.all(
                """
                SELECT c.key, c.attachment, c.at, c.http, c.trace, a.grade FROM confirmation c
                LEFT JOIN attachment a ON a.id = c.attachment WHERE c.key > ? ORDER BY c.key LIMIT ?
                """, cursor, limit
            ) { row in
                guard let key = row.int(0), let attachment: AttachmentID = row.vendorID(1), let at = row.time(2) else {
                    throw StoreErrors.impossible("confirmation")
                }
                return Confirmation(
                    cursor: key, attachment: attachment, at: at, http: row.count(3), trace: row.text(4),
                    grade: row.value(5) ?? .c)
            }
        }
    }

    /// The largest cursor there is; 0 while nothing is confirmed.
    package func lastConfirmation() throws(LetheError) -> Int64 {
        try read { try $0.first("SELECT max(key) FROM confirmation") { $0.int(0) } ?? nil } ?? 0
    }

    /// What was deleted after `instant`, but for plans whose limits an operator lifted. Of plans that are lost with the inventory
    /// they were in, which a run of the log names, the attachments themselves tell.
    package func deletedVolume(since instant: Timestamp) throws(LetheError) -> DeletedVolume {
        try read { database in
            let volume = try database.first(
                """
                SELECT count(*), coalesce(sum(coalesce(size, 100000000)), 0) FROM (
                    SELECT i.size FROM plan_item i JOIN plan p ON p.key = i.plan
                    WHERE i.outcome IN ('deleted', 'deleted_after_retry') AND i.closed_at > ?1 AND p.lifted = 0
                    UNION ALL
                    SELECT (SELECT max(g.size) FROM sighting g WHERE g.attachment = a.key) FROM attachment a
                    WHERE EXISTS (SELECT 1 FROM run r WHERE NOT EXISTS (SELECT 1 FROM plan p WHERE p.id = r.plan))
                        AND a.outcome IN ('deleted', 'deleted_after_retry') AND a.outcome_at > ?1
                        AND NOT EXISTS (SELECT 1 FROM plan_item i
                            WHERE i.attachment = a.id AND i.closed_at = a.outcome_at))
                """, instant
            ) { DeletedVolume(deletes: $0.count(0), bytes: $0.int(1) ?? 0) }
            guard let volume else { throw StoreErrors.impossible("sum") }
            return volume
        }
    }

    /// Ids that were called gone, by a deletion, an absence or the vendor's expiry: all of them, or `sample` at random.
    package func goneAttachments(sample: Int? = nil) throws(LetheError) -> [AttachmentID] {
        try ids(
            """
            SELECT id FROM attachment
            WHERE outcome IN ('deleted', 'deleted_after_retry', 'already_absent', 'expired_by_vendor')
            ORDER BY random() LIMIT ?
            """, sample ?? -1)
    }

    /// Ids that are gone and were named again by a delivery or a listing since.
    package func namedAgain() throws(LetheError) -> [AttachmentID] {
        try ids("SELECT id FROM attachment WHERE named_again = 1 ORDER BY id LIMIT ?", 10_000)
    }

    /// The vendor said that it has no such attachment: the name was an old one.
    package func settleNamedAgain(_ id: AttachmentID) throws(LetheError) {
        try write { try $0.perform("UPDATE attachment SET named_again = 0 WHERE id = ?", id) }
    }

    private func ids(_ sql: String, _ limit: Int) throws(LetheError) -> [AttachmentID] {
        try read { database in
            try database.all(sql, limit) { row in
                guard let id: AttachmentID = row.vendorID(0) else { throw StoreErrors.impossible("attachment") }
                return id
            }
        }
    }

    /// A named place in something long that was interrupted; `nil` ends it. Never text that names a person.
    package func bookmark(_ name: String) throws(LetheError) -> String? {
        try read { try $0.setting("bookmark:" + name) }
    }

    package func setBookmark(_ name: String, to value: String?) throws(LetheError) {
        try write { try $0.set("bookmark:" + name, to: value) }
    }
}
