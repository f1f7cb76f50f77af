import Domain

/// What one delivery or one page said of one file in one message.
struct Told {
    var file: AttachmentID
    /// `nil` = the answer to an upload.
    var message: MessageID?
    var chat: ChatID?
    var isGroup: Bool?
    var line: PhoneLine?
    var isInbound: Bool?
    var sender: Handle?
    var sent: Timestamp?
    var envelope: Timestamp?
    var mime: String?
    var source = AttachmentSource.message
}

/// One thing told by several: the same, or nothing to rely on.
enum Claim<Value: Equatable & Sendable>: Equatable, Sendable {
    case nobodySaid
    case said(Value)
    case contradicted

    init(_ value: Value?) { self = value.map { .said($0) } ?? .nobodySaid }

    mutating func hear(_ value: Value?) {
        guard let value else { return }
        switch self {
        case .nobodySaid: self = .said(value)
        case .said(let other) where other != value: self = .contradicted
        default: break
        }
    }

    var value: Value? { if case .said(let value) = self { value } else { nil } }
}

/// Everything that Lethe was told, as docs/erasure.md and docs/policies.md say it counts.
struct Facts {
    struct Message {
        var chat = Claim<ChatID>.nobodySaid
        var line = Claim<PhoneLine>.nobodySaid
        var isInbound = Claim<Bool>.nobodySaid
        var sender = Claim<Handle>.nobodySaid
        var sent: Timestamp?
        var envelope: Timestamp?
        var mime: String?
        var source = AttachmentSource.message

        /// "Later than the envelope by more than 5 minutes, or earlier by more than 7 days, is not believed."
        var isDoubtful: Bool {
            guard let sent, let envelope else { return false }
            return sent > envelope.adding(seconds: 300) || sent.adding(seconds: 7 * 86_400) < envelope
        }

        var time: Timestamp? { isDoubtful ? nil : sent ?? envelope }
    }

    struct Chat {
        var isGroup: Bool?
        var members: Set<Handle> = []
        /// All were listed.
        var wasListed = false
        /// Something told of it as direct.
        var wasDirect = false

        /// "The one other member of a direct chat is the recipient"; a group's members must have been listed.
        var isKnown: Bool { !members.isEmpty && (isGroup == false || (isGroup == true && wasListed)) }
    }

    struct Key: Hashable {
        let file: AttachmentID
        let message: MessageID
    }

    private(set) var messages: [Key: Message] = [:]
    private(set) var uploads: Set<AttachmentID> = []
    private(set) var chats: [ChatID: Chat] = [:]
    private(set) var created: [AttachmentID: Timestamp] = [:]
    /// An URL of the kind that stays.
    private(set) var persistentURLs: Set<AttachmentID> = []
    private(set) var known: Set<AttachmentID> = []

    mutating func hear(_ told: Told, isPersistent: Bool) {
        known.insert(told.file)
        if isPersistent, told.mime != nil || told.message == nil { persistentURLs.insert(told.file) }
        guard let id = told.message else {
            uploads.insert(told.file)
            return
        }
        var message = messages[Key(file: told.file, message: id)] ?? Message()
        message.chat.hear(told.chat)
        message.line.hear(told.line)
        message.isInbound.hear(told.isInbound)
        message.sender.hear(told.sender)
        message.sent = [message.sent, told.sent].compactMap { $0 }.min()
        message.envelope = [message.envelope, told.envelope].compactMap { $0 }.min()
        message.mime = message.mime ?? told.mime
        message.source = told.source
        messages[Key(file: told.file, message: id)] = message
        guard let chat = told.chat else { return }
        hear(chat: chat, isGroup: told.isGroup, members: told.sender.map { [$0] } ?? [], isWhole: false)
    }

    mutating func hear(chat id: ChatID, isGroup: Bool?, members: [Handle], isWhole: Bool) {
        var chat = chats[id] ?? Chat()
        chat.isGroup = chat.isGroup == true ? true : isGroup ?? chat.isGroup
        chat.members.formUnion(members)
        if isWhole, isGroup == true { chat.wasListed = true }
        if isGroup == false { chat.wasDirect = true }
        chats[id] = chat
    }

    mutating func hear(created time: Timestamp, of file: AttachmentID) {
        known.insert(file)
        created[file] = created[file].map { min($0, time) } ?? time
    }

    /// "A GET that answers 200 after 48 hours makes the attachment persistent for good."
    mutating func hear(alive file: AttachmentID, at now: Timestamp) {
        guard let created = createdTime(of: file) else { return }
        let first = messages(of: file).compactMap(\.envelope).min()
        if max(created, first ?? created).adding(seconds: 48 * 3600) <= now { persistentURLs.insert(file) }
    }

    func messages(of file: AttachmentID) -> [Message] {
        messages.filter { $0.key.file == file }.map(\.value)
    }

    /// For whoever reads the trace of a failure.
    func story(of file: AttachmentID) -> String {
        messages(of: file).map { message in
            let chat = message.chat.value.flatMap { chats[$0] }
            return
                "line \(message.line) inbound \(message.isInbound) sent \(message.sent?.brief ?? "?") "
                + "group \(chat?.isGroup.map(String.init) ?? "?") members \(chat?.members.count ?? 0) "
                + "listed \(chat?.wasListed ?? false)"
        }.joined(separator: ", ")
            + (uploads.contains(file) ? " uploaded" : "")
    }

    /// "The API's own created_at once it is known; until then the earliest message time."
    func createdTime(of file: AttachmentID) -> Timestamp? {
        if let api = created[file] { return api }
        let all = messages(of: file)
        return all.contains { $0.isDoubtful } ? nil : all.compactMap(\.time).min()
    }
}
