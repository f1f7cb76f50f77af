package import Domain
internal import GRDB

/// What was answered and turns out not to be all, or not to be gone, is open again: in the transaction of the fact that says
/// so, or a process that dies would lose it.
///
/// The register of erased persons, `(subject, request, until)`: an attachment that the request concerns, that is from before its
/// answer, and that no plan of it names, still exists at the vendor.
enum StayDeleted {
    /// The people whom an answered request names, up to `until`: that of its first answer stays.
    static func register(_ request: RequestID, until: Timestamp, in database: Database) throws {
        try database.perform(
            """
            INSERT INTO erased_person (subject, request, until)
            SELECT subject, request, ?2 FROM request_subject WHERE request = ?1 ON CONFLICT DO NOTHING
            """, request, until)
    }

    /// Reopens the requests that concern one of these attachments, or one in one of these chats.
    static func reopen(
        metAttachments keys: Set<Int64>, changedChats chats: Set<ChatID>, in database: Database
    ) throws -> Set<RequestID> {
        let isEmpty = try database.first("SELECT 1 FROM erased_person") { $0.int(0) } == nil
        guard !isEmpty else { return [] }
        var keys = keys
        for chat in chats {
            keys.formUnion(
                try database.all("SELECT DISTINCT attachment FROM sighting WHERE chat = ?", chat) { $0.int(0) ?? 0 })
        }
        let reader = try AttachmentReader(database, people: true)
        var rosters = try Rosters(database)
        var found: Set<RequestID> = []
        for key in keys {
            let asked = try requests(near: key, in: database).filter { !found.contains($0.request) }
            guard !asked.isEmpty else { continue }
            let sql = "SELECT \(AttachmentReader.columns) FROM attachment a WHERE a.key = ?"
            guard let attachment = try database.first(sql, key, row: { try reader.candidate($0).attachment }) else {
                continue
            }
            for (id, until) in asked {
                guard let request = try InventoryStore.requests(id, in: database).first,
                    let created = attachment.created, created <= until,
                    try rosters.candidate(attachment, of: Set(request.subjects), request.scope) != nil
                else { continue }
                found.insert(id)
            }
        }
        return try reopen(found, reason: "an attachment from before the answer came to be known", in: database)
    }

    /// Answered requests whose person sent this live attachment or is in a chat that has it, and whose plans do not name it.
    private static func requests(
        near key: Int64, in database: Database
    ) throws -> [(request: RequestID, until: Timestamp)] {
        try database.all(
            """
            SELECT e.request, min(e.until) FROM sighting g
            JOIN attachment a ON a.key = g.attachment AND a.state = 0
            JOIN erased_person e ON e.subject = g.sender
                OR e.subject IN (SELECT subject FROM chat_member WHERE chat = g.chat)
            WHERE g.attachment = ? AND NOT EXISTS (SELECT 1 FROM plan p JOIN plan_item i ON i.plan = p.key
                WHERE p.request = e.request AND i.attachment = a.id)
            GROUP BY e.request
            """, key
        ) { row in
            guard let request: RequestID = row.letheID(0), let until = row.time(1) else {
                throw StoreErrors.impossible("request")
            }
            return (request, until)
        }
    }

    /// Reopens the requests that counted this attachment as gone, whoever deleted it: their plan ended it so or found it gone, or they
    /// are completed with it, or it was gone before they asked.
    @discardableResult
    static func reopen(thatErased id: AttachmentID, in database: Database) throws -> Set<RequestID> {
        let requests: [RequestID?] = try database.all(
            """
            SELECT DISTINCT p.request FROM plan_item i JOIN plan p ON p.key = i.plan JOIN request r ON r.id = p.request
            WHERE i.attachment = ? AND (r.state = 'completed' OR i.outcome IN
                ('deleted', 'deleted_after_retry', 'already_absent', 'expired_by_vendor', 'changed_since_plan'))
            """, id
        ) { $0.letheID(0) }
        let reopened = try reopen(
            Set(requests.compactMap { $0 }), reason: "an attachment that was called gone is still there", in: database)
        guard let key = try database.first("SELECT key FROM attachment WHERE id = ?", id, row: { $0.int(0) }) else {
            return reopened
        }
        return try reopened.union(reopen(metAttachments: [key], changedChats: [], in: database))
    }

    private static func reopen(
        _ ids: Set<RequestID>, reason: String, in database: Database
    ) throws -> Set<RequestID> {
        let reopened = try ids.filter { id in
            let state: ErasureRequest.State? = try database.first("SELECT state FROM request WHERE id = ?", id) {
                $0.value(0)
            }
            return state?.after(.reopened) != nil
        }
        for id in reopened.sorted() {
            try InventoryStore.advance(id, .reopened, reason: reason, in: database)
        }
        return reopened
    }
}

extension InventoryStore {
    /// When the request was answered for the first time, whatever came after it: that was in time, or it was late. `recorded`: as
    /// the log has it, which may have lost it with a segment; what is recorded again then has the later time of that.
    package func firstAnswer(of request: ErasureRequest, recorded: Timestamp?) throws(LetheError) -> Timestamp? {
        let until = try erasedUntil(request.id)
        guard let recorded else { return until ?? request.answered }
        guard let until, until < recorded.adding(seconds: -86_400) else { return recorded }
        return until
    }

    /// Up to when an answered request covers what the person sent; `nil` = it was never answered, and covers everything.
    package func erasedUntil(_ request: RequestID) throws(LetheError) -> Timestamp? {
        try read { try $0.first("SELECT min(until) FROM erased_person WHERE request = ?", request) { $0.time(0) } }
            ?? nil
    }
}
