import Domain
import Foundation

/// The body of a send: `message`, and `from` and `to` where the call opens a chat.
struct AskedMessage: Decodable {
    struct Content: Decodable {
        var parts: [AskedPart]?
        var idempotencyKey: String?
    }

    var message: Content?
    var from: String?
    var to: [String]?

    /// As the API spells them.
    func recipients() throws(VendorError) -> [String] {
        guard let to, !to.isEmpty else { throw .missing("to") }
        var wires: [String] = []
        for text in to {
            guard let handle = try? Handle(text) else {
                throw VendorError(400, 1002, "Phone number is not in E.164 format")
            }
            wires.append(handle.wire)
        }
        return wires
    }
}

struct AskedPart: Decodable {
    var type: String?
    var value: String?
    var url: String?
    var attachmentId: String?
}

/// A message that was checked whole before anything of it took effect.
struct Draft {
    enum Piece {
        case text(String)
        case stored(Int)
        /// A send by URL: the vendor fetches the file again and gives it a new id each time.
        case fetched(SimulatedFile)
    }

    var parts: [Piece]
    /// Partner and idempotency key.
    var key: String?
}

extension World {
    func draft(_ asked: AskedMessage, partner: Int, at now: Timestamp) throws(VendorError) -> Draft {
        guard let content = asked.message else { throw .missing("message") }
        guard let parts = content.parts, (1...100).contains(parts.count) else { throw .content("1 to 100 parts") }
        var draft = Draft(parts: [], key: content.idempotencyKey.map { "\(partner) \($0)" })
        for part in parts {
            switch part.type {
            case "text", "link":
                guard let value = part.value, (1...10_000).contains(value.count) else { throw .content("value") }
                draft.parts.append(.text(value))
            case "media":
                draft.parts.append(try media(part, partner: partner, at: now, fallback: "file.jpg"))
            default: throw .content("unknown part type")
            }
        }
        return draft
    }

    /// Exactly one of `url` (https) and `attachment_id`; a Linq URL stands for the attachment it leads to.
    func media(_ part: AskedPart, partner: Int, at now: Timestamp, fallback: String) throws(VendorError) -> Draft.Piece
    {
        switch (part.url, part.attachmentId) {
        case (nil, .some(let text)):
            guard let id = try? AttachmentID(text) else { throw .invalid("attachment_id is not a UUID") }
            return .stored(try sendable(id, partner: partner, at: now))
        case (.some(let text), nil):
            guard let url = URL(string: text), url.scheme == "https" || text.hasPrefix(origin) else {
                throw .invalid("url must be https")
            }
            let segments = url.pathComponents
            if url.host == "cdn.linqapp.com" || text.hasPrefix(origin) {
                guard segments.count == 6, let id = try? AttachmentID(segments[4]) else { throw .attachmentNotFound }
                return .stored(try sendable(id, partner: partner, at: now))
            }
            let name = segments.last.flatMap { $0 == "/" ? nil : $0 } ?? fallback
            let size = Int64(10_000 + text.utf8.reduce(0) { ($0 * 31 + Int($1)) % 2_000_000 })
            return .fetched(SimulatedFile(name: name, mime: MediaType.guess(name), size: size))
        default: throw .content("exactly one of url and attachment_id")
        }
    }

    private func sendable(_ id: AttachmentID, partner: Int, at now: Timestamp) throws(VendorError) -> Int {
        let index = try present(id, partner: partner, at: now)
        guard !files[index].isPending, now >= files[index].readyAt else { throw .attachmentNotReady }
        return index
    }

    /// Puts a checked message into a chat; a repeated idempotency key gives the first message back.
    mutating func send(_ draft: Draft, in chat: Int, at now: Timestamp) -> Int {
        if let key = draft.key, let first = sentOnce[key] { return first }
        let line = chats[chat].line
        let isKept = lines[line].regime != .zeroRetention
        var parts: [Part] = []
        for piece in draft.parts where isKept {
            switch piece {
            case .text(let value): parts.append(.text(value))
            case .stored(let index): parts.append(.media(Int32(index)))
            case .fetched(let file):
                parts.append(.media(Int32(addFile(file, partner: lines[line].partner, line: line, at: now))))
            }
        }
        let message = addMessage(chat: chat, sender: nil, at: now, parts: parts)
        if let key = draft.key { sentOnce[key] = message }
        return message
    }

    /// The line's chat with exactly these people, made if there is none.
    mutating func openChat(line: Int, to handles: [String], at now: Timestamp) -> (index: Int, isNew: Bool) {
        let wanted = Set(handles)
        for index in chatsOfHandle[handles.first ?? ""] ?? [] {
            let chat = chats[Int(index)]
            if chat.line == line, Set(chat.members.map(\.handle)) == wanted { return (Int(index), false) }
        }
        return (addChat(line: line, handles: wanted.sorted(), at: now, isGroup: wanted.count > 1), true)
    }
}
