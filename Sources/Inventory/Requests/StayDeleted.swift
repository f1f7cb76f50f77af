package import Domain
internal import GRDB

/// The register of erased persons, `(subject, request, until)`: an unknown attachment of one of them that was sent before
/// the request was completed still exists at the vendor, and opens the request again.
enum StayDeleted {
    static func requests(reopenedBy newKeys: [Int64], in database: Database) throws -> Set<RequestID> {
        let isEmpty = try database.first("SELECT 1 FROM erased_person") { $0.int(0) } == nil
        guard !isEmpty, !newKeys.isEmpty else { return [] }
        let query = try Prepared(
            database,
            """
            SELECT DISTINCT e.request FROM sighting g
            JOIN erased_person e ON e.subject = g.sender OR (g.direction = 1 AND e.subject IN
                (SELECT m.subject FROM chat_member m JOIN chat c ON c.id = m.chat
                 WHERE m.chat = g.chat AND c.is_group = 0))
            WHERE g.attachment = ? AND coalesce(g.sent_at, g.first_envelope) <= e.until
            """)
        var requests: Set<RequestID> = []
        for key in newKeys {
            try query.bind(1, key)
            while try query.step() {
                if let request: RequestID = query.letheID(0) { requests.insert(request) }
            }
        }
        return requests
    }
}

extension InventoryStore {
    /// Remembers the persons of a completed request by their lookups, up to its completion.
    package func registerErased(_ request: RequestID, until: Timestamp) throws(LetheError) {
        try write { database in
            try database.perform(
                """
                INSERT OR REPLACE INTO erased_person (subject, request, until)
                SELECT subject, request, ?2 FROM request_subject WHERE request = ?1
                """, request, until)
        }
    }
}
