package import Domain
internal import GRDB

/// Which attachments a person wants to see.
package struct AttachmentFilter: Sendable, Equatable {
    package var line: PhoneLine?
    package var state: AttachmentState?
    /// Created before this instant; one whose creation is unknown is not older than anything.
    package var createdBefore: Timestamp?
    /// Attachments of these people, in the sense of their chats and what they sent.
    package var subjects: [SubjectPseudonym]?

    package init(
        line: PhoneLine? = nil, state: AttachmentState? = nil, createdBefore: Timestamp? = nil,
        subjects: [SubjectPseudonym]? = nil
    ) {
        self.line = line
        self.state = state
        self.createdBefore = createdBefore
        self.subjects = subjects
    }
}

package struct AttachmentPage: Sendable {
    package let attachments: [Attachment]
    /// Give it as `after` for the next page; `nil` = this was the last.
    package let next: AttachmentID?
}

extension InventoryStore {
    /// Attachments in the order of their ids. `matches` is asked last: the tier is configuration's to say, not the store's.
    /// It is asked inside the transaction and must not use the store; who sent and received is known to it only with `people`.
    package func attachments(
        _ filter: AttachmentFilter = AttachmentFilter(), after cursor: AttachmentID? = nil, limit: Int,
        people: Bool = false, where matches: (Attachment) -> Bool = { _ in true }
    ) throws(LetheError) -> AttachmentPage {
        try read { database in
            let reader = try AttachmentReader(database, people: people)
            let rows = try Self.select(filter, after: cursor, in: database)
            var found: [Attachment] = []
            while found.count <= limit, try rows.step() {
                let attachment = try reader.candidate(rows).attachment
                if let before = filter.createdBefore {
                    guard let created = attachment.created, created < before else { continue }
                }
                if matches(attachment) { found.append(attachment) }
            }
            guard found.count > limit else { return AttachmentPage(attachments: found, next: nil) }
            found.removeLast()
            return AttachmentPage(attachments: found, next: found.last?.id)
        }
    }

    private static func select(
        _ filter: AttachmentFilter, after cursor: AttachmentID?, in database: Database
    ) throws -> Prepared {
        var conditions = ["a.id > ?"]
        var values: [any SQLValue] = [cursor.map { $0.bytes } ?? []]
        if let state = filter.state {
            conditions.append("a.state = ?")
            values.append(state.code)
        }
        if let line = filter.line {
            conditions.append(
                """
                EXISTS (SELECT 1 FROM sighting g WHERE g.attachment = a.key
                    AND coalesce(g.line, (SELECT line FROM chat WHERE id = g.chat)) = ?)
                """)
            values.append(line)
        }
        if let subjects = filter.subjects {
            let keys = list(try subjectKeys(subjects, in: database))
            conditions.append("a.key IN (\(attachmentsOf))")
            values += [keys, keys]
        }
        let rows = try Prepared(
            database,
            "SELECT \(AttachmentReader.columns) FROM attachment a WHERE \(conditions.joined(separator: " AND ")) ORDER BY a.id"
        )
        try rows.bind(all: values)
        return rows
    }

    /// For a parameter that `json_each` reads: the text of a statement stays the same, whoever is asked for.
    static func list(_ keys: [Int64]) -> String { "[\(keys.map(String.init).joined(separator: ","))]" }

    /// Keys of everything in the chats of these subjects, and of what they sent without a known chat. Its two parameters are the
    /// `list` of their keys.
    static let attachmentsOf = """
        SELECT g.attachment FROM chat_member m JOIN sighting g ON g.chat = m.chat
            WHERE m.subject IN (SELECT value FROM json_each(?))
        UNION SELECT attachment FROM sighting WHERE chat IS NULL AND sender IN (SELECT value FROM json_each(?))
        """
}
