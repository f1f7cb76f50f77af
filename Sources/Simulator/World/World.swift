import Domain

/// Everything the vendor holds, for all partners: plain values, changed under the account's lock.
struct World {
    var partners: [SimulatedPartner]
    var random: SimulatedRandom
    /// Where the API answers: `http://127.0.0.1:PORT`. Signed and download URLs in API answers begin with it.
    var origin = "http://127.0.0.1"
    /// How long after the 24 hours the sweep removes ephemeral files, in seconds: the vendor's own texts speak of 24 to
    /// 48 h.
    var sweepDelay: Int64 = 0
    /// How long a file answers 404 with code 2007 after its bytes came, in seconds.
    var processingTime: Int64 = 0

    var lines: [Line] = []
    var chats: [Chat] = []
    var messages: [Message] = []
    var files: [StoredFile] = []

    var lineIndex: [String: Int] = [:]
    var chatIndex: [ChatID: Int] = [:]
    var messageIndex: [MessageID: Int] = [:]
    var fileIndex: [AttachmentID: Int] = [:]
    /// Chats of a participant, oldest first; keys as the API spells handles.
    var chatsOfHandle: [String: [Int32]] = [:]
    /// Bytes of small uploads, so that what was put can be fetched.
    var contents: [AttachmentID: [UInt8]] = [:]
    var sentOnce: [String: Int] = [:]
    var subscriptions: [Subscription] = []

    /// The first message whose webhook nobody has taken yet.
    var nextDelivery = 0
    var deletions: [DeleteRecord] = []

    init(partners: [SimulatedPartner], seed: UInt64) {
        self.partners = partners
        random = SimulatedRandom(seed: seed)
    }

    /// The partner whose key this is.
    func partner(key: String) -> Int? { partners.firstIndex { $0.keys.contains(key) } }

    mutating func addLine(_ number: String, regime: LineRegime, partner: Int) {
        guard lineIndex[number] == nil else { return }
        lineIndex[number] = lines.count
        lines.append(Line(id: random.uuid(), number: number, regime: regime, partner: partner))
    }

    mutating func addChat(line: Int, handles: [String], at time: Timestamp, isGroup: Bool) -> Int {
        let chat = Chat(
            id: ChatID(value: random.uuid()), line: line, created: time, updated: time,
            members: handles.map { Member(handle: $0, joined: time) }, isGroup: isGroup)
        chatIndex[chat.id] = chats.count
        for handle in Set(handles) { chatsOfHandle[handle, default: []].append(Int32(chats.count)) }
        chats.append(chat)
        return chats.count - 1
    }

    /// Stores a message; its webhook waits with it. On a zero-retention line nothing of its content is kept.
    mutating func addMessage(chat: Int, sender: Int?, at time: Timestamp, parts: [Part]) -> Int {
        let isKept = lines[chats[chat].line].regime != .zeroRetention
        let message = Message(
            id: MessageID(value: random.uuid()), chat: Int32(chat), sender: sender.map { Int16($0) }, sent: time,
            parts: isKept ? parts : [])
        messageIndex[message.id] = messages.count
        chats[chat].messages.append(Int32(messages.count))
        chats[chat].updated = max(chats[chat].updated, time)
        messages.append(message)
        return messages.count - 1
    }

    /// A file on a line, or of a pre-upload (`line` = nil), which waits for its bytes.
    mutating func addFile(
        _ file: SimulatedFile, partner: Int, line: Int?, at time: Timestamp, isPending: Bool = false
    ) -> Int {
        let stored = StoredFile(
            id: AttachmentID(value: random.uuid()), partner: UInt8(partner),
            isEphemeral: line.map { lines[$0].regime == .ephemeral } ?? false, isPending: isPending,
            line: line.map { Int32($0) }, created: time, readyAt: time, file: file)
        fileIndex[stored.id] = files.count
        files.append(stored)
        return files.count - 1
    }

    func state(of file: StoredFile, at now: Timestamp) -> SimulatedState {
        if file.deletedAt != nil { return .deleted }
        if file.isEphemeral, now >= file.created.adding(seconds: Tier.ephemeralLife + sweepDelay) { return .expired }
        return file.isPending ? .pending : .live
    }

    /// The file behind an id, if this partner may know of it and it is still there.
    func present(_ id: AttachmentID, partner: Int, at now: Timestamp) throws(VendorError) -> Int {
        guard let index = fileIndex[id], files[index].partner == UInt8(partner) else {
            throw .attachmentNotFound
        }
        switch state(of: files[index], at: now) {
        case .deleted, .expired: throw .attachmentNotFound
        case .pending, .live: return index
        }
    }

    /// Removes bytes and metadata for good. 404 for what is not there or not yours, 404/2007 for what is not ready.
    mutating func delete(_ id: AttachmentID, partner: Int, at now: Timestamp) throws(VendorError) {
        let index = try present(id, partner: partner, at: now)
        guard !files[index].isPending, now >= files[index].readyAt else { throw .attachmentNotReady }
        files[index].deletedAt = now
        contents[id] = nil
    }
}

struct Subscription {
    var id: UInt128
    var partner: Int
    var target: String
    var events: [String]
    var lines: [String]?
    var created: Timestamp
}
