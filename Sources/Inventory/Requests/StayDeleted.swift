package import Domain
internal import GRDB

/// What was answered and turns out not to be all, or not to be gone, is open again: in the transaction of the fact that says
/// so, or a process that dies would lose it.
///
/// The register of erased persons, `(subject, request, until)`: an attachment of one of them that was sent before the request
/// was answered, and that no plan of the request names, still exists at the vendor.
enum StayDeleted {
    /// Reopens the requests whose person has one of these attachments, or an attachment in one of these chats.
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
        let query = try Prepared(
            database,
            """
            SELECT DISTINCT e.request FROM sighting g
            JOIN attachment a ON a.key = g.attachment AND a.state = 0
            JOIN erased_person e ON e.subject = g.sender OR (g.direction = 1 AND e.subject IN
                (SELECT m.subject FROM chat_member m JOIN chat c ON c.id = m.chat
                 WHERE m.chat = g.chat AND c.is_group = 0))
            WHERE g.attachment = ? AND coalesce(g.sent_at, g.first_envelope) <= e.until
                AND NOT EXISTS (SELECT 1 FROM plan p JOIN plan_item i ON i.plan = p.key
                    WHERE p.request = e.request AND i.attachment = a.id)
            """)
        var requests: Set<RequestID> = []
        for key in keys {
            try query.bind(1, key)
            while try query.step() {
                if let request: RequestID = query.letheID(0) { requests.insert(request) }
            }
        }
        return try reopen(requests, reason: "an attachment from before the answer came to be known", in: database)
    }

    /// Reopens the requests that counted this attachment as gone.
    @discardableResult
    static func reopen(thatErased id: AttachmentID, in database: Database) throws -> Set<RequestID> {
        let requests: [RequestID?] = try database.all(
            """
            SELECT DISTINCT p.request FROM plan_item i JOIN plan p ON p.key = i.plan
            WHERE i.attachment = ? AND p.request IS NOT NULL
                AND i.outcome IN ('deleted', 'deleted_after_retry', 'already_absent', 'expired_by_vendor')
            """, id
        ) { $0.letheID(0) }
        return try reopen(
            Set(requests.compactMap { $0 }), reason: "an attachment that was called gone is still there", in: database)
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
    /// Up to when an answered request covers what the person sent; `nil` = it was never answered, and covers everything.
    package func erasedUntil(_ request: RequestID) throws(LetheError) -> Timestamp? {
        try read { try $0.first("SELECT min(until) FROM erased_person WHERE request = ?", request) { $0.time(0) } }
            ?? nil
    }
}
