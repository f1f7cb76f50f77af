internal import Domain
internal import GRDB

/// What a batch says of chats and who is in them, gathered in memory and written once: a member is named by every message.
struct ChatLedger {
    private struct Chat {
        var line: PhoneLine?
        var isGroup: Bool?
        var rosterKnown = false
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

    /// A chat once called a group stays one, a roster once complete stays known: later members come in by name.
    mutating func add(_ id: ChatID, line: PhoneLine?, isGroup: Bool?, rosterKnown: Bool) {
        var chat = chats[id] ?? Chat()
        chat.line = least(chat.line, line)
        chat.isGroup = chat.isGroup == true ? true : isGroup ?? chat.isGroup
        chat.rosterKnown = chat.rosterKnown || rosterKnown
        chats[id] = chat
    }

    mutating func add(member subject: Int64, of chat: ChatID, at time: Timestamp?) {
        var span = members[Membership(chat: chat, subject: subject)] ?? Span()
        span.first = least(span.first, time)
        span.last = greatest(span.last, time)
        members[Membership(chat: chat, subject: subject)] = span
    }

    func write(_ database: Database) throws {
        let watchesRecipients = try Self.subjectHoldStands(database)
        let chatsBefore = watchesRecipients ? try chatsWithUnknownRecipient(database) : []
        try writeChats(database)
        try writeMembers(database)
        try recheckMessagesWithoutLine(database)
        // Something held because its recipient was unknown may be free now.
        for chat in chatsBefore.subtracting(try chatsWithUnknownRecipient(database)) {
            try database.perform(
                """
                UPDATE attachment SET next_check = 0, revision = revision + 1 WHERE state <> 1
                AND key IN (SELECT attachment FROM sighting WHERE chat = ?)
                """, chat)
        }
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

    private func writeChats(_ database: Database) throws {
        let upsert = try Prepared(
            database,
            """
            INSERT INTO chat (id, line, is_group, roster_known) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                line = min(coalesce(line, excluded.line), coalesce(excluded.line, line)),
                is_group = max(coalesce(is_group, excluded.is_group), coalesce(excluded.is_group, is_group)),
                roster_known = max(roster_known, excluded.roster_known)
            """)
        for (id, chat) in chats {
            try upsert.bind(1, id)
            try upsert.bind(2, chat.line)
            try upsert.bind(3, chat.isGroup)
            try upsert.bind(4, chat.rosterKnown)
            try upsert.run()
        }
    }

    private func writeMembers(_ database: Database) throws {
        let upsert = try Prepared(
            database,
            """
            INSERT INTO chat_member (chat, subject, first_seen, last_seen) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                first_seen = min(coalesce(first_seen, excluded.first_seen), coalesce(excluded.first_seen, first_seen)),
                last_seen = max(coalesce(last_seen, excluded.last_seen), coalesce(excluded.last_seen, last_seen))
            """)
        for (member, span) in members {
            try upsert.bind(1, member.chat)
            try upsert.bind(2, member.subject)
            try upsert.bind(3, span.first)
            try upsert.bind(4, span.last)
            try upsert.run()
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
