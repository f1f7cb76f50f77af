import Domain

/// What happened in truth: people, chats, messages and files, and what the vendor's webhooks say of them. Made from the
/// seed alone and never changed.
struct Population {
    struct Person {
        let handles: [Handle]
    }

    struct Chat {
        let id: ChatID
        let line: PhoneLine
        let isGroup: Bool
        /// Indices into `people`, and which of their handles.
        let members: [Handle]
    }

    struct File {
        let id: AttachmentID
        let mime: String?
        let created: Timestamp
        let isEphemeral: Bool
        /// It was uploaded before it was sent, and the answer to that was kept.
        let isUpload: Bool
    }

    struct Message {
        let id: MessageID
        let chat: Int
        /// `nil` = from our line.
        let sender: Handle?
        let sent: Timestamp
        let files: [Int]
    }

    /// One delivery as the receiver stored it.
    struct Delivery {
        let event: EventID
        let readyAt: Timestamp
        let body: String
        /// What it says, for the model.
        let told: [Told]
        let isResponse: Bool
    }

    static let partner = "34296a83-d4a8-442a-a7f8-c874e6b9197d"
    static let start = Timestamp(seconds: 1_795_000_000)
    static let day: Int64 = 86_400

    let lines: [PhoneLine]
    /// The last of the lines may be on the ephemeral tier.
    let ephemeralLine: PhoneLine?
    private(set) var people: [Person] = []
    private(set) var chats: [Chat] = []
    private(set) var files: [File] = []
    private(set) var messages: [Message] = []
    private(set) var deliveries: [Delivery] = []
    /// Some delivery tells of them wrongly.
    private(set) var isLiedOf: Set<AttachmentID> = []

    init(seed: UInt64) throws(LetheError) {
        var dice = Dice.fixed(seed, 1)
        var lines: [PhoneLine] = []
        for index in 0..<3 { lines.append(try PhoneLine("+1202555014\(index)")) }
        self.lines = lines
        ephemeralLine = dice.chance(0.4) ? lines[2] : nil
        for index in 0..<dice.number(3...5) {
            var handles = [try Handle("+1415555\(1000 + index)")]
            if dice.chance(0.5) { handles.append(try Handle("person\(index)@example.com")) }
            people.append(Person(handles: handles))
        }
        addChats(&dice)
        // One world in ten is large enough for the shares that halt a run.
        let isLarge = dice.chance(0.1)
        for _ in 0..<(isLarge ? dice.number(40...60) : dice.number(6...18)) { addFile(&dice) }
        for index in messages.indices { addDeliveries(of: messages[index], &dice) }
        deliveries.sort { ($0.readyAt, $0.event.description) < ($1.readyAt, $1.event.description) }
    }

    private mutating func addChats(_ dice: inout Dice) {
        for person in people {
            for handle in person.handles where dice.chance(0.8) {
                guard let line = dice.pick(lines) else { continue }
                chats.append(
                    Chat(id: ChatID(value: dice.id()), line: line, isGroup: false, members: [handle]))
            }
        }
        for _ in 0..<dice.number(1...2) {
            let members = dice.shuffled(people).prefix(dice.number(2...3)).compactMap { dice.pick($0.handles) }
            guard let line = dice.pick(lines) else { continue }
            chats.append(Chat(id: ChatID(value: dice.id()), line: line, isGroup: true, members: members))
        }
    }

    /// One file in one to three messages; what was uploaded goes to several chats.
    private mutating func addFile(_ dice: inout Dice) {
        let sent = Self.start.adding(
            seconds: dice.chance(0.65) ? -dice.seconds(0...120 * Self.day) : dice.seconds(0...60 * Self.day))
        let isUpload = dice.chance(0.2)
        let count = isUpload ? dice.number(0...3) : dice.chance(0.2) ? 2 : 1
        let chosen = dice.shuffled(Array(chats.indices)).prefix(count)
        let isEphemeral =
            !isUpload && ephemeralLine != nil && !chosen.isEmpty
            && chosen.allSatisfy { chats[$0].line == ephemeralLine }
        files.append(
            File(
                id: AttachmentID(value: dice.id()),
                mime: dice.pick([("image/jpeg", 5), ("application/pdf", 4), (nil, 1)]).flatMap { $0 }, created: sent,
                isEphemeral: isEphemeral, isUpload: isUpload))
        let direction = dice.chance(0.6) && !isUpload
        for (number, chat) in chosen.enumerated() {
            let isInbound = direction && number == 0
            messages.append(
                Message(
                    id: MessageID(value: dice.id()), chat: chat,
                    sender: isInbound ? dice.pick(chats[chat].members) : nil,
                    sent: sent.adding(seconds: Int64(number) * dice.seconds(1...20 * Self.day)),
                    files: [files.count - 1]))
        }
        if isUpload, dice.chance(0.8) { addUpload(files[files.count - 1], &dice) }
    }
}

extension Population {
    func index(of id: AttachmentID) -> Int? { files.firstIndex { $0.id == id } }

    func messages(of file: Int) -> [Message] { messages.filter { $0.files.contains(file) } }

    /// Late, twice, lost, and now and then telling of the message in another way than the others do.
    private mutating func addDeliveries(of message: Message, _ dice: inout Dice) {
        let isLost = dice.chance(0.15)
        for number in 0..<dice.number(1...3) where !(isLost && number == 0) {
            guard !isLost || dice.chance(0.3) else { continue }
            let envelope = message.sent.adding(seconds: number == 0 ? 1 : dice.seconds(2...3 * Self.day))
            let lie = dice.chance(0.06) ? dice.pick(Lie.allCases) : nil
            let told = message.files.map { tell($0, of: message, envelope: envelope, lie) }
            let event = EventID(value: dice.id())
            if lie != nil { isLiedOf.formUnion(message.files.map { files[$0].id }) }
            deliveries.append(
                Delivery(
                    event: event, readyAt: envelope.adding(seconds: dice.chance(0.3) ? dice.seconds(0...864_000) : 2),
                    body: body(told, event, number, envelope), told: told, isResponse: false))
        }
    }

    private mutating func addUpload(_ file: File, _ dice: inout Dice) {
        let told = Told(file: file.id, source: .upload)
        let body =
            #"{"attachment_id":"\#(file.id)","upload_url":"https://u.example/x","required_headers":{},"download_url":"\#(Self.url(file))"}"#
        deliveries.append(
            Delivery(
                event: EventID(value: dice.id()), readyAt: file.created.adding(seconds: 1), body: body,
                told: [told], isResponse: true))
    }

    /// What a delivery may say wrongly.
    enum Lie: CaseIterable {
        case line, chat, direction, zeroTime, oldTime, lateTime
    }

    private func tell(_ file: Int, of message: Message, envelope: Timestamp, _ lie: Lie?) -> Told {
        let chat = chats[message.chat]
        var told = Told(
            file: files[file].id, message: message.id, chat: chat.id, isGroup: chat.isGroup, line: chat.line,
            isInbound: message.sender != nil, sender: message.sender, sent: message.sent, envelope: envelope,
            mime: files[file].mime, source: files[file].mime == nil ? .sticker : .message)
        switch lie {
        case .line: told.line = lines.first { $0 != chat.line }
        case .chat: told.chat = chats.first { $0.id != chat.id && $0.line == chat.line }?.id ?? chat.id
        case .direction where message.sender != nil:
            told.isInbound = false
            told.sender = nil
        case .zeroTime: told.sent = Timestamp("0001-01-01T00:00:00Z") ?? Timestamp(seconds: 0)
        case .oldTime: told.sent = Timestamp(seconds: 0)
        case .lateTime: told.sent = envelope.adding(seconds: 4000)
        default: break
        }
        return told
    }

    static func url(_ file: File) -> String {
        file.isEphemeral
            ? "https://cdn.linqapp.com/e/\(file.id)?sig=1"
            : "https://cdn.linqapp.com/attachments/partners/\(partner)/\(file.id)/f.bin"
    }

    /// `message.received`, `message.sent`, `message.delivered` and `message.read` in the form of 2026.
    private func body(_ told: [Told], _ event: EventID, _ number: Int, _ envelope: Timestamp) -> String {
        guard let first = told.first, let message = first.message, let chat = first.chat, let line = first.line,
            let sent = first.sent
        else { return "{}" }
        let isInbound = first.isInbound ?? false
        let type =
            isInbound
            ? (number == 0 ? "message.received" : "message.read")
            : ["message.sent", "message.delivered", "message.read"][number]
        let sender =
            first.sender.map { #"{"handle":"\#($0.wire)","is_me":false}"# } ?? #"{"handle":"\#(line)","is_me":true}"#
        let parts = told.map { one -> String in
            guard let index = index(of: one.file) else { return "{}" }
            let file = files[index]
            let link = one.mime == nil ? "https://s.example/x" : Self.url(file)
            guard let mime = one.mime else {
                return
                    #"{"type":"text","value":"x","inline_stickers":[{"id":"\#(file.id)","url":"\#(link)"}]}"#
            }
            return
                #"{"type":"media","id":"\#(file.id)","mime_type":"\#(mime)","size_bytes":1000,"filename":"f","url":"\#(link)"}"#
        }
        return """
            {"api_version":"v3","webhook_version":"2026-02-03","event_type":"\(type)","event_id":"\(event)",\
            "created_at":"\(envelope)","trace_id":"t","partner_id":"\(Self.partner)","data":{"chat":{"id":"\(chat)",\
            "is_group":\(first.isGroup ?? false),"owner_handle":{"handle":"\(line)","is_me":true}},"id":"\(message)",\
            "direction":"\(isInbound ? "inbound" : "outbound")","sender_handle":\(sender),\
            "parts":[\(parts.joined(separator: ","))],"sent_at":"\(sent)"}}
            """
    }
}
