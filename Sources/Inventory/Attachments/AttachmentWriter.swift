internal import Domain
internal import GRDB

/// Writes attachments and their sightings: a new one is two inserts, a known one is merged and written only if it changed.
final class AttachmentWriter {
    /// How an attachment was met.
    enum Meeting: Equatable {
        case new, again
        /// Its last outcome says that it was deleted: facts may still come in, the object stays gone.
        case suppressed
    }

    private struct Known: Equatable {
        var key: Int64
        var state: AttachmentState
        var apiCreated: Timestamp?
        var firstSeen: Timestamp?
        var lastSeen: Timestamp?
        var layouts: SeenLayouts
        var outcome: Outcome?

        var isSuppressed: Bool { state == .gone && (outcome == .deleted || outcome == .deletedAfterRetry) }
    }

    private let database: Database
    private let find: Prepared
    private let insert: Prepared
    private let update: Prepared
    private let findSighting: Prepared
    private let writeSighting: Prepared

    init(_ database: Database) throws {
        self.database = database
        find = try Prepared(
            database,
            "SELECT key, state, api_created, first_seen, last_seen, layouts, outcome FROM attachment WHERE id = ?")
        insert = try Prepared(
            database,
            "INSERT INTO attachment (id, api_created, first_seen, last_seen, layouts) VALUES (?, ?, ?, ?, ?)")
        update = try Prepared(
            database,
            """
            UPDATE attachment SET api_created = ?2, first_seen = ?3, last_seen = ?4, layouts = ?5,
                next_check = CASE WHEN ?6 AND state <> 1 THEN 0 ELSE next_check END, revision = revision + ?6
            WHERE key = ?1
            """)
        findSighting = try Prepared(
            database,
            """
            SELECT chat, line, direction, sender, mime, size, sent_at, first_envelope, reconciled_at,
                contradicted
            FROM sighting WHERE attachment = ? AND message = ? AND source = ?
            """)
        writeSighting = try Prepared(
            database,
            """
            INSERT OR REPLACE INTO sighting (attachment, message, source, chat, line, direction, sender, mime, size,
                sent_at, first_envelope, reconciled_at, contradicted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
    }

    /// One attachment of one message. `toldKey` is its row where the message told something new of it.
    func record(
        _ attachment: ObservedAttachment, of message: MessageObservation, sender: Int64?
    ) throws -> (kind: Meeting, toldKey: Int64?) {
        let sighting = SightingRow(message, attachment, sender: sender)
        guard let known = try known(attachment.id) else {
            let key = try add(attachment, seen: message.observedAt)
            try write(sighting, of: key)
            return (.new, key)
        }
        if known.state == .gone {
            // Events repeat the parts of old messages, so a name alone brings nothing back: a GET is to tell.
            try database.perform("UPDATE attachment SET named_again = 1 WHERE key = ?", known.key)
        }
        let changed = try merge(sighting, into: known.key)
        try merge(attachment, seen: message.observedAt, into: known, factsChanged: changed)
        return (known.isSuppressed ? .suppressed : .again, changed ? known.key : nil)
    }

    /// A GET answered 200: the one thing that brings back what was called gone, whatever called it so.
    /// A creation that lies ahead by more than a day is unknown, and is asked for again. `toldKey` is its row where it was dated.
    func record(
        lookUp attachment: ObservedAttachment, at now: Timestamp
    ) throws -> (kind: Meeting, toldKey: Int64?) {
        var attachment = attachment
        if let created = attachment.apiCreated, created > now.adding(seconds: 86_400) { attachment.apiCreated = nil }
        let known = try known(attachment.id)
        let key = try known?.key ?? add(attachment, seen: nil)
        if let known { try merge(attachment, seen: nil, into: known, factsChanged: false) }
        try database.perform(
            "UPDATE attachment SET api_seen = max(coalesce(api_seen, ?2), ?2), named_again = 0 WHERE key = ?1", key, now
        )
        guard let known else { return (.new, nil) }
        if known.state != .live {
            try database.perform(
                "UPDATE attachment SET state = 0, next_check = 0, revision = revision + 1 WHERE key = ?", key)
            try StayDeleted.reopen(thatErased: attachment.id, in: database)
        }
        let isDated = least(known.apiCreated, attachment.apiCreated?.plausible) != known.apiCreated
        return (.again, isDated ? key : nil)
    }

    private func known(_ id: AttachmentID) throws -> Known? {
        try find.bind(1, id)
        guard try find.step() else { return nil }
        defer { find.reset() }
        guard let key = find.int(0), let state = AttachmentState(code: find.int(1)) else {
            throw StoreErrors.impossible("attachment")
        }
        return Known(
            key: key, state: state, apiCreated: find.time(2)?.plausible, firstSeen: find.time(3)?.plausible,
            lastSeen: find.time(4)?.plausible, layouts: SeenLayouts(rawValue: find.int(5) ?? 0), outcome: find.value(6))
    }

    private func add(_ attachment: ObservedAttachment, seen: Timestamp?) throws -> Int64 {
        try insert.bind(1, attachment.id)
        try insert.bind(2, attachment.apiCreated?.plausible)
        try insert.bind(3, seen)
        try insert.bind(4, seen)
        try insert.bind(5, SeenLayouts(attachment.layout).rawValue)
        try insert.run()
        return database.lastInsertedRowID
    }

    private func merge(
        _ attachment: ObservedAttachment, seen: Timestamp?, into known: Known, factsChanged: Bool
    ) throws {
        var merged = known
        merged.apiCreated = least(known.apiCreated, attachment.apiCreated?.plausible)
        merged.layouts.formUnion(SeenLayouts(attachment.layout))
        let changed = factsChanged || merged != known
        merged.firstSeen = least(known.firstSeen, seen)
        merged.lastSeen = greatest(known.lastSeen, seen)
        guard changed || merged != known else { return }
        try update.bind(1, known.key)
        try update.bind(2, merged.apiCreated)
        try update.bind(3, merged.firstSeen)
        try update.bind(4, merged.lastSeen)
        try update.bind(5, merged.layouts.rawValue)
        try update.bind(6, changed)
        try update.run()
    }

    /// Whether it told anything new.
    private func merge(_ sighting: SightingRow, into key: Int64) throws -> Bool {
        try findSighting.bind(1, key)
        try bindMessage(sighting.message, to: findSighting, at: 2)
        try findSighting.bind(3, sighting.source.code)
        var merged = sighting
        if try findSighting.step() {
            let stored = SightingRow(findSighting, message: sighting.message, source: sighting.source)
            findSighting.reset()
            merged = stored.merged(with: sighting)
            if merged == stored { return false }
        }
        try write(merged, of: key)
        return true
    }

    private func write(_ row: SightingRow, of key: Int64) throws {
        try writeSighting.bind(1, key)
        try bindMessage(row.message, to: writeSighting, at: 2)
        try writeSighting.bind(3, row.source.code)
        try writeSighting.bind(4, row.chat)
        try writeSighting.bind(5, row.line)
        try writeSighting.bind(6, row.direction?.code)
        try writeSighting.bind(7, row.sender)
        try writeSighting.bind(8, row.mime)
        try writeSighting.bind(9, row.size)
        try writeSighting.bind(10, row.sentAt)
        try writeSighting.bind(11, row.firstEnvelope)
        try writeSighting.bind(12, row.reconciledAt)
        try writeSighting.bind(13, row.contradicted.rawValue)
        try writeSighting.run()
    }

    private func bindMessage(_ message: MessageID?, to statement: Prepared, at index: Int32) throws {
        if let message { try statement.bind(index, message) } else { try statement.bind(index, [UInt8]()) }
    }
}
