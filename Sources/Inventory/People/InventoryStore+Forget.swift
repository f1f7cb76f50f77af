package import Domain
internal import GRDB
internal import Synchronization

extension InventoryStore {
    /// Makes a person unlinkable for ever: rows, sightings, memberships and register entries of their pseudonyms go, and no
    /// byte of them stays in the file or its log. Refused while a hold or an unfinished request names one of them, or while
    /// an attachment of theirs is live. Takes a moment for every thousand subjects, since their table is made anew.
    ///
    /// Gives how many of the pseudonyms there were. 0 is no error: a call that could not finish is repeated.
    package func forget(_ subjects: [SubjectPseudonym], now: Timestamp) throws(LetheError) -> Int {
        let found = try write { database in
            var found = 0
            for subject in subjects {
                let row = try database.first("SELECT key FROM identity WHERE pseudonym = ?", subject) { $0.int(0) }
                guard let key = row else { continue }
                try Self.refuseForgetting(subject, key, now: now, in: database)
                try Self.deleteRows(of: key, in: database)
                found += 1
            }
            if found > 0 { try Self.remakeIdentities(database) }
            self.subjects.withLock { $0 = SubjectCache() }
            return found
        }
        try scrub()
        return found
    }

    private static func deleteRows(of key: Int64, in database: Database) throws {
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
        try database.perform("DELETE FROM identity WHERE key = ?", key)
        try database.perform("DELETE FROM subject WHERE key = ?", key)
    }

    /// Copies the rows that stay into new pages and gives the old ones back, which overwrites them.
    static func remakeIdentities(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE identity RENAME TO identity_before;
                \(InventorySchema.identity)
                INSERT INTO identity SELECT key, lookup, pseudonym FROM identity_before ORDER BY key;
                DROP TABLE identity_before;
                """)
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
    func scrub() throws(LetheError) {
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
