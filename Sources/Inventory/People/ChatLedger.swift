internal import Domain
internal import GRDB

/// What a batch says of chats and who is in them, gathered in memory and written once: a member is named by every message.
struct ChatLedger {
    /// A row of `chat`. Every rule of merging is commutative, associative and idempotent.
    private struct Chat: Equatable {
        var line: PhoneLine?
        /// A chat once called a group stays one.
        var isGroup: Bool?
        /// 1 = the roster was listed whole while the chat was direct, 2 = while it was a group: later members come in by name.
        /// 4 = somebody in it could not be read, and stays so.
        /// 8 = it was told of as direct, whatever came after.
        var rosterKnown: Int64 = 0
        var contradicted: Contradictions = []

        func merged(with other: Chat) -> Chat {
            var chat = self
            chat.contradicted.formUnion(other.contradicted)
            chat.line = chat.contradicted.agreed(line, other.line, .line)
            chat.isGroup = isGroup == true ? true : other.isGroup ?? isGroup
            chat.rosterKnown |= other.rosterKnown
            return chat
        }
    }

    private struct Membership: Hashable {
        var chat: ChatID
        var subject: Int64
    }

    private struct Span {
        var first: Timestamp?
        var last: Timestamp?
    }

    private var chats: [ChatID: Chat] = [:]
    private var members: [Membership: Span] = [:]

    /// What a delivery says of the members of a chat.
    struct Roster {
        var isWhole: Bool
        var hasUnreadable: Bool
    }

    mutating func add(_ id: ChatID, line: PhoneLine?, isGroup: Bool?, roster: Roster) {
        var told = Chat(line: line, isGroup: isGroup)
        if roster.isWhole { told.rosterKnown |= isGroup == true ? 2 : 1 }
        if roster.hasUnreadable { told.rosterKnown |= 4 }
        if isGroup == false { told.rosterKnown |= 8 }
        chats[id] = chats[id].map { $0.merged(with: told) } ?? told
    }

    mutating func add(member subject: Int64, of chat: ChatID, at time: Timestamp?) {
        var span = members[Membership(chat: chat, subject: subject)] ?? Span()
        span.first = least(span.first, time)
        span.last = greatest(span.last, time)
        members[Membership(chat: chat, subject: subject)] = span
    }

    /// Gives the chats that are different now from what was known of them.
    func write(_ database: Database) throws -> Set<ChatID> {
        let watchesRecipients = try Self.subjectHoldStands(database)
        let chatsBefore = watchesRecipients ? try chatsWithUnknownRecipient(database) : []
        let written = try writeChats(database)
        let changed = try written.changed.union(writeMembers(database).subtracting(written.new))
        try recheckMessagesWithoutLine(database)
        // Who may have received an attachment is a fact of it: what was decided before is to be decided again.
        let revise = try Prepared(
            database,
            """
            UPDATE attachment SET revision = revision + 1 WHERE state <> 1
            AND key IN (SELECT attachment FROM sighting WHERE chat = ?)
            """)
        for chat in changed {
            try revise.bind(1, chat)
            try revise.run()
        }
        // Something held because its recipient was unknown may be free now.
        for chat in chatsBefore.subtracting(try chatsWithUnknownRecipient(database)) {
            try database.perform(
                """
                UPDATE attachment SET next_check = 0, revision = revision + 1 WHERE state <> 1
                AND key IN (SELECT attachment FROM sighting WHERE chat = ?)
                """, chat)
        }
        return changed
    }

    /// The line of a chat is that of its messages which named none.
    private func recheckMessagesWithoutLine(_ database: Database) throws {
        let reset = try Prepared(
            database,
            """
            UPDATE attachment SET next_check = 0, revision = revision + 1 WHERE state <> 1
            AND key IN (SELECT attachment FROM sighting WHERE chat = ? AND line IS NULL)
            """)
        for (id, chat) in chats where chat.line != nil {
            try reset.bind(1, id)
            try reset.run()
        }
    }

    /// Gives the chats that were known and are different now, and those that were not known.
    private func writeChats(_ database: Database) throws -> (changed: Set<ChatID>, new: Set<ChatID>) {
        let find = try Prepared(database, "SELECT line, is_group, roster_known, contradicted FROM chat WHERE id = ?")
        let upsert = try Prepared(
            database,
            """
            INSERT INTO chat (id, line, is_group, roster_known, contradicted) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
            SET line = excluded.line, is_group = excluded.is_group, roster_known = excluded.roster_known,
                contradicted = excluded.contradicted
            """)
        var (changed, new): (Set<ChatID>, Set<ChatID>) = ([], [])
        for (id, told) in chats {
            var chat = told
            try find.bind(1, id)
            if try find.step() {
                var stored = Chat(
                    line: find.int(0).flatMap { try? PhoneLine("+\($0)") }, isGroup: find.int(1).map { $0 == 1 },
                    rosterKnown: find.int(2) ?? 0, contradicted: Contradictions(rawValue: find.int(3) ?? 0))
                find.reset()
                // A row of before this was noted.
                if stored.isGroup == false { stored.rosterKnown |= 8 }
                chat = stored.merged(with: told)
                guard chat != stored else { continue }
                changed.insert(id)
            } else {
                new.insert(id)
            }
            try upsert.bind(1, id)
            try upsert.bind(2, chat.line)
            try upsert.bind(3, chat.isGroup)
            try upsert.bind(4, chat.rosterKnown)
            try upsert.bind(5, chat.contradicted.rawValue)
            try upsert.run()
        }
        return (changed, new)
    }

    /// Gives the chats with somebody who was not known to be in them.
    private func writeMembers(_ database: Database) throws -> Set<ChatID> {
        let insert = try Prepared(
            database,
            "INSERT OR IGNORE INTO chat_member (chat, subject, first_seen, last_seen) VALUES (?, ?, ?, ?)")
        let update = try Prepared(
            database,
            """
            UPDATE chat_member SET
                first_seen = min(coalesce(first_seen, ?3), coalesce(?3, first_seen)),
                last_seen = max(coalesce(last_seen, ?4), coalesce(?4, last_seen))
            WHERE chat = ?1 AND subject = ?2
            """)
        var changed: Set<ChatID> = []
        for (member, span) in members {
            let isNew = try run(insert, member, span)
            if isNew { changed.insert(member.chat) } else { _ = try run(update, member, span) }
        }
        return changed

        func run(_ statement: Prepared, _ member: Membership, _ span: Span) throws -> Bool {
            try statement.bind(1, member.chat)
            try statement.bind(2, member.subject)
            try statement.bind(3, span.first)
            try statement.bind(4, span.last)
            try statement.run()
            return database.changesCount > 0
        }
    }

    private func chatsWithUnknownRecipient(_ database: Database) throws -> Set<ChatID> {
        let query = try Prepared(database, "SELECT 1 FROM chat c WHERE c.id = ? AND \(People.recipientsKnown)")
        var unknown: Set<ChatID> = []
        for chat in chats.keys {
            try query.bind(1, chat)
            if try query.step() { query.reset() } else { unknown.insert(chat) }
        }
        return unknown
    }

    private static func subjectHoldStands(_ database: Database) throws -> Bool {
        try database.first("SELECT 1 FROM hold WHERE scope = 'subject' AND released_at IS NULL") { $0.int(0) } != nil
    }
}
