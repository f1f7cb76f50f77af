package import Domain
internal import GRDB
internal import Synchronization

extension InventoryStore {
    /// Makes a pseudonym unlinkable for ever: its row, sightings, memberships and register entries go, and no byte of it
    /// stays in the file or its log. Refused while a hold or an unfinished request names the subject, or while an
    /// attachment of theirs is live.
    ///
    /// `false` = there was no such subject; the scrubbing is done anyway, for a call that could not finish it before.
    package func forget(_ subject: SubjectPseudonym, now: Timestamp) throws(LetheError) -> Bool {
        let found = try write { database in
            let row = try database.first("SELECT key FROM subject WHERE pseudonym = ?", subject) { $0.int(0) }
            guard let key = row else { return false }
            try Self.refuseForgetting(subject, key, now: now, in: database)
            // Sightings by them, and in direct chats that nobody else is in.
            try database.perform(
                """
                DELETE FROM sighting WHERE (sender = ?1 AND (chat IS NULL OR chat IN
                    (SELECT chat FROM chat_member WHERE subject = ?1)))
                OR chat IN (SELECT m.chat FROM chat_member m JOIN chat c ON c.id = m.chat
                    WHERE m.subject = ?1 AND c.is_group = 0
                    AND NOT EXISTS (SELECT 1 FROM chat_member o WHERE o.chat = m.chat AND o.subject <> ?1))
                """, key)
            for table in ["chat_member", "erased_person", "hold_subject", "request_subject"] {
                try database.perform("DELETE FROM \(table) WHERE subject = ?", key)
            }
            try database.perform("DELETE FROM subject WHERE key = ?", key)
            subjects.withLock { $0 = SubjectCache() }
            return true
        }
        try scrub()
        return found
    }

    private static func refuseForgetting(
        _ subject: SubjectPseudonym, _ key: Int64, now: Timestamp, in database: Database
    ) throws {
        func refuse(_ why: String) -> LetheError { LetheError("subject-needed", .refused, "\(subject) \(why)") }
        let held = try database.first(
            """
            SELECT 1 FROM hold_subject s JOIN hold h ON h.id = s.hold
            WHERE s.subject = ? AND h.released_at IS NULL AND (h.until IS NULL OR h.until > ?)
            """, key, now
        ) { $0.int(0) }
        guard held == nil else { throw refuse("is named by a legal hold") }
        let states = try database.all(
            "SELECT r.state FROM request_subject s JOIN request r ON r.id = s.request WHERE s.subject = ?", key
        ) { $0.value(0, ErasureRequest.State.self) }
        guard states.allSatisfy({ $0?.isClosed ?? false }) else { throw refuse("is named by an unfinished request") }
        let theirs = try erasureCandidates([subject], scope: .sentBySubject, in: database)
        guard !theirs.contains(where: { $0.attachment.state == .live }) else {
            throw refuse("still has an attachment at the vendor")
        }
    }

    /// `secure_delete` overwrites what was deleted in the file; its log still has the pages of before until it is cut.
    private func scrub() throws(LetheError) {
        do {
            try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        } catch {
            throw LetheError(
                "forget-unfinished", .incomplete,
                "the subject is forgotten, but old pages are still in inventory.db-wal",
                hint: "another process is reading the inventory: end it and run the command again")
        }
    }
}
