internal import Domain
internal import GRDB

/// Writes deliveries inside one transaction, through statements that are prepared once for the batch.
struct DeliveryRecorder {
    private let database: Database
    private let attachments: AttachmentWriter
    private let addEvent: Prepared
    private let addUnaddressable: Prepared
    private let now: Timestamp
    private(set) var subjects: SubjectRegister
    private var ledger = ChatLedger()
    private var toldKeys: Set<Int64> = []

    init(_ database: Database, now: Timestamp, subjects: SubjectRegister) throws {
        self.database = database
        self.now = now
        self.subjects = subjects
        attachments = try AttachmentWriter(database)
        addEvent = try Prepared(database, "INSERT OR IGNORE INTO delivery VALUES (?)")
        addUnaddressable = try Prepared(
            database,
            """
            INSERT INTO residue (origin, chat, things, unreadable) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                things = max(things, excluded.things), unreadable = max(unreadable, excluded.unreadable),
                chat = min(coalesce(chat, excluded.chat), coalesce(excluded.chat, chat))
            """)
    }

    mutating func record(_ delivery: Delivery) throws -> DeliveryResult {
        var result = DeliveryResult()
        if let event = delivery.event, try !isFirst(event) {
            result.isDuplicate = true
            return result
        }
        var met: [AttachmentID: AttachmentWriter.Meeting] = [:]
        func meet(_ id: AttachmentID, _ meeting: AttachmentWriter.Meeting) {
            if met[id] != .new { met[id] = meeting }
        }
        for message in delivery.messages {
            let sender = try recordChat(of: message)
            for attachment in message.attachments {
                let meeting = try attachments.record(attachment, of: message, sender: sender)
                if let key = meeting.toldKey { toldKeys.insert(key) }
                meet(attachment.id, meeting.kind)
            }
        }
        for chat in delivery.chats { try record(chat) }
        for lookup in delivery.lookups {
            let meeting = try attachments.record(lookUp: lookup, at: now)
            if let key = meeting.toldKey { toldKeys.insert(key) }
            meet(lookup.id, meeting.kind)
            try database.perform("DELETE FROM answered_by_others WHERE attachment = ?", lookup.id)
        }
        for media in delivery.unaddressable { try record(media) }
        for meeting in met.values {
            switch meeting {
            case .new: result.new += 1
            case .again: result.seenAgain += 1
            case .suppressed: result.suppressed += 1
            }
        }
        return result
    }

    /// Writes what was gathered, and gives the requests that it opens again.
    mutating func finish() throws -> Set<RequestID> {
        let changedChats = try ledger.write(database)
        return try StayDeleted.reopen(metAttachments: toldKeys, changedChats: changedChats, in: database)
    }

    private func isFirst(_ event: EventID) throws -> Bool {
        try addEvent.bind(1, event)
        try addEvent.run()
        return database.changesCount > 0
    }

    /// The sender's row; who sends into a chat is in it.
    private mutating func recordChat(of message: MessageObservation) throws -> Int64? {
        let sender = try message.sender.map { try subjects.key(for: $0) }
        guard let chat = message.chat else { return sender }
        ledger.add(
            chat, line: message.line, isGroup: message.isGroup,
            roster: .init(isWhole: message.membersAreComplete, hasUnreadable: message.hasUnreadableMember))
        let time = message.observedAt
        if let sender { ledger.add(member: sender, of: chat, at: time) }
        for member in message.members { ledger.add(member: try subjects.key(for: member), of: chat, at: time) }
        return sender
    }

    private mutating func record(_ chat: ChatObservation) throws {
        ledger.add(
            chat.chat, line: chat.line, isGroup: chat.isGroup,
            roster: .init(isWhole: chat.membersAreComplete, hasUnreadable: chat.hasUnreadableMember))
        let time = chat.seenAt?.plausible
        for member in chat.members { ledger.add(member: try subjects.key(for: member), of: chat.chat, at: time) }
    }

    private func record(_ media: UnaddressableMedia) throws {
        guard media.count > 0 else { return }
        try addUnaddressable.bind(1, media.origin)
        try addUnaddressable.bind(2, media.chat)
        try addUnaddressable.bind(3, media.count)
        try addUnaddressable.bind(4, media.unreadable)
        try addUnaddressable.run()
    }
}

extension MessageObservation {
    /// When the vendor said it: its own times, never our clock, so that late and early ingest give the same rows.
    var observedAt: Timestamp? { envelopeTime?.plausible ?? sentAt?.plausible ?? reconciledAt?.plausible }
}
