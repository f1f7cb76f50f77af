import Domain
import Foundation

/// The API's objects, field by field as the vendor writes them (linq-api, sections 4.3, 5, 6 and 8).
extension World {
    func phoneNumber(_ line: Line) -> WireJSON {
        [
            "id": .string(uuid(line.id)), "phone_number": .string(line.number), "forwarding_number": nil,
            "reputation": [
                "status": "HEALTHY",
                "doc_url": "https://docs.linqapp.com/guides/phone-numbers/phone-reputation#healthy",
            ],
            "line_type": "iMessage",
        ]
    }

    func attachment(_ stored: StoredFile, at now: Timestamp) -> WireJSON {
        let metadata: WireJSON = [
            "id": .string(stored.id.description), "filename": .string(stored.file.name),
            "content_type": .string(stored.file.mime), "size_bytes": .integer(stored.file.size),
            "status": stored.isPending ? "pending" : "complete", "created_at": WireJSON(stored.created),
        ]
        guard !stored.isPending else { return metadata }
        return metadata.adding([("download_url", .string(url(of: stored, at: now)))])
    }

    func chat(_ chat: Chat) -> WireJSON {
        [
            "id": .string(chat.id.description), "created_at": WireJSON(chat.created),
            "display_name": chat.isGroup ? nil : WireJSON(chat.members.first?.handle),
            "handles": .array(handles(of: chat)), "health_status": health,
            "is_archived": false, "is_group": .bool(chat.isGroup), "updated_at": WireJSON(chat.updated),
            "group_chat_icon": nil, "service": "iMessage",
        ]
    }

    func handles(of chat: Chat) -> [WireJSON] {
        [ownHandle(chat)] + chat.members.indices.map { memberHandle(chat, $0) }
    }

    var health: WireJSON {
        [
            "status": "HEALTHY", "doc_url": "https://docs.linqapp.com/guides/chats/chat-health#healthy",
            "updated_at": "2026-01-01T06:00:00.000Z",
        ]
    }

    /// Our line as a participant.
    func ownHandle(_ chat: Chat) -> WireJSON {
        handle(lines[chat.line].number, id: chat.id.value ^ 1, isMe: true, joined: chat.created, left: nil)
            .adding([("line_type", "iMessage")])
    }

    func memberHandle(_ chat: Chat, _ index: Int) -> WireJSON {
        let member = chat.members[index]
        return handle(
            member.handle, id: chat.id.value ^ UInt128(index + 2), isMe: false, joined: member.joined,
            left: member.left)
    }

    private func handle(_ text: String, id: UInt128, isMe: Bool, joined: Timestamp, left: Timestamp?) -> WireJSON {
        [
            "id": .string(uuid(id)), "handle": .string(text), "is_me": .bool(isMe), "joined_at": WireJSON(joined),
            "left_at": WireJSON(left), "service": "iMessage", "status": left == nil ? "active" : "left",
        ]
    }

    func sender(of message: Message) -> WireJSON {
        let chat = chats[Int(message.chat)]
        return message.sender.map { memberHandle(chat, Int($0)) } ?? ownHandle(chat)
    }

    func senderText(of message: Message) -> String {
        let chat = chats[Int(message.chat)]
        return message.sender.map { chat.members[Int($0)].handle } ?? lines[chat.line].number
    }

    func message(_ message: Message, at now: Timestamp) -> WireJSON {
        let isOwn = message.sender == nil
        return [
            "id": .string(message.id.description), "chat_id": .string(chats[Int(message.chat)].id.description),
            "created_at": WireJSON(message.sent), "delivery_status": isOwn ? "delivered" : "received",
            "is_delivered": .bool(isOwn), "is_from_me": .bool(isOwn), "is_read": false,
            "updated_at": WireJSON(message.sent), "delivered_at": isOwn ? WireJSON(message.sent) : nil, "effect": nil,
            "from": .string(senderText(of: message)), "from_handle": sender(of: message),
            "parts": .array(parts(of: message, at: now).map { $0.adding([("reactions", nil)]) }),
            "preferred_service": nil, "read_at": nil, "reply_to": nil, "sent_at": WireJSON(message.sent),
            "service": "iMessage",
        ]
    }

    /// Parts as listings and send responses give them, without `reactions`. A file that is gone leaves a part that
    /// names nothing: the guide says the part stays, "with no attachment reference".
    func parts(of message: Message, at now: Timestamp) -> [WireJSON] {
        message.parts.map { part in
            switch part {
            case .text(let value): return ["type": "text", "value": .string(value), "text_decorations": nil]
            case .media(let index):
                let stored = files[Int(index)]
                guard state(of: stored, at: now) == .live else { return ["type": "media"] }
                return mediaPart(stored, url: publicURL(of: stored, at: now))
            }
        }
    }

    func mediaPart(_ stored: StoredFile, url: String) -> WireJSON {
        [
            "type": "media", "id": .string(stored.id.description), "url": .string(url),
            "filename": .string(stored.file.name), "mime_type": .string(stored.file.mime),
            "size_bytes": .integer(stored.file.size),
        ]
    }

    func uuid(_ value: UInt128) -> String { AttachmentID(value: value).description }
}
