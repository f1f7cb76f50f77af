package import Domain
internal import GRDB

/// One attachment as it is held, with what the rules do not need.
package struct AttachmentRecord: Sendable, Equatable {
    package let attachment: Attachment
    /// Earliest and latest time that the vendor gave with it.
    package let firstSeen: Timestamp?
    package let lastSeen: Timestamp?
    /// When a GET last answered 200.
    package let apiSeen: Timestamp?
    /// `nil` = the decision never changes by itself.
    package let nextCheck: Timestamp?
    package let outcome: Outcome?
    package let outcomeAt: Timestamp?
    package let grade: EvidenceGrade?
    package let history: [HistoryEntry]
}

/// One thing that happened to an attachment, from the audit log.
package struct HistoryEntry: Sendable, Equatable {
    package enum Event: Sendable, Equatable {
        case intent(run: RunID, attempt: Int, rule: String)
        case answer(AnswerClass, http: Int, trace: String?, outcome: Outcome?)
        case verified(http: Int, grade: EvidenceGrade)
    }
    package let at: Timestamp
    package let event: Event
}

extension InventoryStore {
    /// One attachment with its participants; `nil` = never seen under this account.
    package func attachment(_ id: AttachmentID) throws(LetheError) -> Attachment? {
        try candidate(id)?.attachment
    }

    package func candidate(_ id: AttachmentID, people: Bool = true) throws(LetheError) -> Candidate? {
        try read { try Self.candidate(id, people: people, in: $0) }
    }

    static func candidate(_ id: AttachmentID, people: Bool, in database: Database) throws -> Candidate? {
        let reader = try AttachmentReader(database, people: people)
        return try database.first("SELECT \(AttachmentReader.columns) FROM attachment a WHERE id = ?", id) {
            try reader.candidate($0)
        }
    }

    /// Seen under this account: in a message, an upload's answer or a GET that answered 200. A 404 is proof only then.
    package func wasSeen(_ id: AttachmentID) throws(LetheError) -> Bool {
        try read { database in
            try database.first(
                """
                SELECT 1 FROM attachment a WHERE id = ?
                AND (api_seen IS NOT NULL OR EXISTS (SELECT 1 FROM sighting WHERE attachment = a.key))
                """, id
            ) { $0.int(0) } != nil
        }
    }

    /// Everything held about one attachment.
    package func record(of id: AttachmentID) throws(LetheError) -> AttachmentRecord? {
        try read { database in
            guard let candidate = try Self.candidate(id, people: true, in: database) else { return nil }
            let history = try Self.history(of: id, in: database)
            return try database.first(
                """
                SELECT first_seen, last_seen, api_seen, next_check, outcome, outcome_at, grade FROM attachment
                WHERE key = ?
                """, candidate.key
            ) { row in
                AttachmentRecord(
                    attachment: candidate.attachment, firstSeen: row.time(0), lastSeen: row.time(1),
                    apiSeen: row.time(2), nextCheck: row.time(3), outcome: row.value(4), outcomeAt: row.time(5),
                    grade: row.value(6), history: history)
            }
        }
    }

    /// In the order in which it happened.
    private static func history(of id: AttachmentID, in database: Database) throws -> [HistoryEntry] {
        var entries: [HistoryEntry] = []
        let intents = try Prepared(
            database,
            "SELECT run, try, rule, at, answered_at, class, http, trace, outcome FROM intent WHERE attachment = ?")
        try intents.bind(1, id)
        while try intents.step() {
            guard let run: RunID = intents.letheID(0), let at = intents.time(3) else { continue }
            let intent = HistoryEntry.Event.intent(run: run, attempt: intents.count(1), rule: intents.text(2) ?? "")
            entries.append(HistoryEntry(at: at, event: intent))
            guard let answered = intents.time(4), let answer: AnswerClass = intents.value(5) else { continue }
            let event = HistoryEntry.Event.answer(
                answer, http: intents.count(6), trace: intents.text(7), outcome: intents.value(8))
            entries.append(HistoryEntry(at: answered, event: event))
        }
        entries += try database.all("SELECT at, http, grade FROM verification WHERE attachment = ?", id) { row in
            guard let at = row.time(0), let grade: EvidenceGrade = row.value(2) else {
                throw StoreErrors.impossible("verification")
            }
            return HistoryEntry(at: at, event: .verified(http: row.count(1), grade: grade))
        }
        return entries.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    /// Every attachment that is not gone (or every one): for full decisions, forecasts and statistics. It reads pages, and
    /// each is a snapshot; between them `body` may use the store. Stops early when `body` returns `false`.
    package func forEachAttachment(
        includingGone: Bool = false, people: Bool = false, _ body: (Candidate) throws -> Bool
    ) throws(LetheError) {
        var last: Int64? = Int64.min
        while let after = last {
            let page = try read { database in
                try Self.page(after: after, size: 2000, includingGone: includingGone, people: people, in: database)
            }
            last = page.count < 2000 ? nil : page.last?.key
            do {
                for candidate in page where try !body(candidate) { return }
            } catch {
                throw StoreErrors.map(error)
            }
        }
    }

    /// In the order of row numbers, in which sightings lie too: both tables are walked side by side, without a seek.
    private static func page(
        after: Int64, size: Int, includingGone: Bool, people: Bool, in database: Database
    ) throws -> [Candidate] {
        let reader = try AttachmentReader(database, people: people)
        let filter = includingGone ? "" : "AND a.state <> 1"
        let rows = try Prepared(
            database,
            "SELECT \(AttachmentReader.columns) FROM attachment a WHERE a.key > ? \(filter) ORDER BY a.key LIMIT ?")
        let sightings = try Prepared(
            database, AttachmentReader.sightingsOf + " WHERE attachment > ? ORDER BY attachment, message, source")
        try rows.bind(all: [after, size])
        try sightings.bind(1, after)
        var page: [Candidate] = []
        page.reserveCapacity(size)
        var hasSighting = try sightings.step()
        while try rows.step() {
            var candidate = try reader.bare(rows)
            while hasSighting, let owner = sightings.int(11), owner <= candidate.key {
                if owner == candidate.key { candidate.attachment.sightings.append(try reader.sighting(sightings)) }
                hasSighting = try sightings.step()
            }
            try reader.addPeople(to: &candidate)
            page.append(candidate)
        }
        return page
    }

    /// The rules say that its 24 hours are over, or not over any more. What is gone stays gone.
    package func mark(_ attachments: [AttachmentID], as state: AttachmentState) throws(LetheError) {
        try write { database in
            for id in attachments {
                try database.perform(
                    """
                    UPDATE attachment SET state = ?2, revision = revision + 1,
                        next_check = CASE ?2 WHEN 1 THEN NULL WHEN 0 THEN 0 ELSE next_check END
                    WHERE id = ?1 AND state <> ?2 AND state <> 1
                    """, id, state.code)
            }
        }
    }

    /// Records that an attachment believed ephemeral turned out to be kept: persistent from now on.
    package func setTierDrift(_ attachments: [AttachmentID]) throws(LetheError) {
        try write { database in
            for id in attachments {
                try database.perform(
                    """
                    UPDATE attachment SET tier_drift = 1, revision = revision + 1,
                        state = CASE state WHEN 2 THEN 0 ELSE state END,
                        next_check = CASE state WHEN 1 THEN NULL ELSE 0 END
                    WHERE id = ? AND tier_drift = 0
                    """, id)
            }
        }
    }
}
