package import Domain
internal import GRDB

extension InventoryStore {
    /// Before its record: pending, and without effect until the record is projected.
    package func prepare(_ hold: LegalHold) throws(LetheError) {
        if case .subject(let people) = hold.scope {
            guard !people.isEmpty else { throw LetheError("empty-hold", .usage, "a subject hold must name somebody") }
            try HandleList.refuseTooMany(people.count)
        }
        try write { database in
            // What a process left that died before the record.
            try database.perform(
                "DELETE FROM hold_subject WHERE hold IN (SELECT id FROM hold WHERE recorded = 0 AND placed_at < ?)",
                hold.placedAt.adding(seconds: -86_400))
            try database.perform(
                "DELETE FROM hold WHERE recorded = 0 AND placed_at < ?", hold.placedAt.adding(seconds: -86_400))
            try Self.insert(hold, isRecorded: false, in: database)
        }
    }

    /// Throws `unknown-subject` where it names somebody who is not known here.
    static func insert(_ hold: LegalHold, isRecorded: Bool, in database: Database) throws {
        var keys: [Int64] = []
        if case .subject(let pseudonyms) = hold.scope { keys = try subjectKeys(pseudonyms, in: database) }
        try database.perform(
            "INSERT INTO hold (id, scope, placed_at, placed_by, reason, until, recorded) VALUES (?, ?, ?, ?, ?, ?, ?)",
            hold.id, storedScope(hold.scope), hold.placedAt, hold.placedBy, hold.reason, hold.until, isRecorded ? 1 : 0)
        for key in keys { try database.perform("INSERT INTO hold_subject VALUES (?, ?)", hold.id, key) }
    }

    /// What it held is decided again at the next run.
    static func release(_ id: HoldID, at now: Timestamp, in database: Database) throws {
        guard let scope = try database.first("SELECT scope FROM hold WHERE id = ?", id, row: { $0.text(0) }) else {
            return
        }
        try database.perform("UPDATE hold SET released_at = ? WHERE id = ? AND released_at IS NULL", now, id)
        guard database.changesCount > 0 else { return }
        // A line, chat or subject hold also covered what has no known line, chat or recipient.
        if case .attachment(let attachment) = try? LegalHold.Scope(scope) {
            try resetNextChecks(.attachment(attachment), in: database)
        } else {
            try resetNextChecks(.all, in: database)
        }
    }

    /// All holds ever placed, by time.
    package func holds() throws(LetheError) -> [LegalHold] {
        try read { try Self.holds(in: $0) }
    }

    /// Those in force at `now`. Throws rather than give a part of them.
    package func activeHolds(at now: Timestamp) throws(LetheError) -> [LegalHold] {
        try holds().filter { $0.isActive(at: now) }
    }

    /// The version of what a decision on this attachment rests on: one small read, before each decision and right before
    /// each DELETE. It throws if it cannot be read, or the store is not the one that was opened any more, and then nothing is
    /// deleted.
    package func factsVersion(of id: AttachmentID) throws(LetheError) -> FactsVersion {
        let known = reached
        let (version, found) = try read { database in
            try database.checkInPlace()
            let row = try database.first(
                """
                SELECT v.value, a.revision, \(Reach.appliedSum) FROM hold_version v LEFT JOIN attachment a ON a.id = ?
                """, id
            ) { row in
                row.int(0).map {
                    (FactsVersion(holds: $0, facts: row.int(1)), Reach(holds: $0, applied: row.int(2) ?? 0))
                }
            }
            guard let row else {
                throw LetheError("holds-unreadable", .failed, "the version of the legal holds cannot be read")
            }
            try Self.refuse(row.1, before: known)
            return row
        }
        note(found)
        return version
    }

    static func holds(in database: Database) throws -> [LegalHold] {
        let subjects = try Prepared(
            database,
            "SELECT s.pseudonym FROM hold_subject h JOIN identity s ON s.key = h.subject WHERE h.hold = ? ORDER BY 1")
        return try database.all(
            """
            SELECT id, scope, placed_at, placed_by, reason, until, released_at FROM hold WHERE recorded = 1
            ORDER BY placed_at, id
            """
        ) { row in
            guard let id: HoldID = row.letheID(0), let text = row.text(1), let placed = row.time(2),
                let by = row.text(3), let reason = row.text(4)
            else { throw StoreErrors.impossible("hold") }
            var scope = LegalHold.Scope.subject([])
            if text == "subject" {
                try subjects.bind(1, id)
                var pseudonyms: [SubjectPseudonym] = []
                while try subjects.step() {
                    if let one = subjects.bytes(0).flatMap({ SubjectPseudonym(bytes: $0) }) { pseudonyms.append(one) }
                }
                scope = .subject(pseudonyms)
            } else {
                scope = try LegalHold.Scope(text)
            }
            return LegalHold(
                id: id, scope: scope, placedAt: placed, placedBy: by, reason: reason, until: row.time(5),
                releasedAt: row.time(6))
        }
    }

    /// As the audit log writes it, but for pseudonyms, which live in `subject` alone so that they can be forgotten.
    private static func storedScope(_ scope: LegalHold.Scope) -> String {
        if case .subject = scope { "subject" } else { scope.description }
    }
}
