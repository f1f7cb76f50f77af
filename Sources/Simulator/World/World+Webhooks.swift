import Domain

/// The bodies of `message.received` and `message.sent` in both versions (linq-api, sections 10.1, 10.3 and 10.4).
extension World {
    func webhook(of message: Message, event: EventID, _ version: WebhookVersion) -> WireJSON {
        let partner = partners[lines[chats[Int(message.chat)].line].partner].id
        return [
            "api_version": "v3", "webhook_version": .string(version.rawValue),
            "event_type": message.sender == nil ? "message.sent" : "message.received",
            "event_id": .string(event.description),
            // The envelope follows the message by a moment.
            "created_at": WireJSON(message.sent.adding(microseconds: 218_362)),
            "trace_id": .string(Hex.encode(message.id.bytes)), "partner_id": .string(partner),
            "data": version == .v2026 ? data2026(message) : data2025(message),
        ]
    }

    private func data2026(_ message: Message) -> WireJSON {
        let chat = chats[Int(message.chat)]
        let data: WireJSON = [
            "chat": [
                "id": .string(chat.id.description), "is_group": .bool(chat.isGroup), "owner_handle": ownHandle(chat),
                "health_status": health,
            ],
            "id": .string(message.id.description), "idempotency_key": nil,
            "direction": message.sender == nil ? "outbound" : "inbound", "sender_handle": sender(of: message),
            "parts": .array(webhookParts(of: message)), "effect": nil, "reply_to": nil,
            "sent_at": WireJSON(message.sent), "delivered_at": nil, "read_at": nil, "service": "iMessage",
            "preferred_service": nil,
        ]
        return lines[chat.line].regime == .zeroRetention ? data.adding([("zero_retention", true)]) : data
    }

    private func data2025(_ message: Message) -> WireJSON {
        let chat = chats[Int(message.chat)]
        let isOwn = message.sender == nil
        return [
            "chat_id": .string(chat.id.description), "from": .string(senderText(of: message)),
            "from_handle": sender(of: message), "idempotency_key": nil, "is_from_me": .bool(isOwn),
            "is_group": .bool(chat.isGroup),
            "message": [
                "created_at": WireJSON(message.sent), "delivered_at": nil, "id": .string(message.id.description),
                "is_delivered": false, "is_read": false, "parts": .array(webhookParts(of: message)), "read_at": nil,
                "sent_at": WireJSON(message.sent), "updated_at": WireJSON(message.sent),
            ],
            "preferred_service": nil, "received_at": isOwn ? nil : WireJSON(message.sent),
            "recipient_handle": isOwn ? nil : ownHandle(chat),
            "recipient_phone": isOwn ? nil : .string(lines[chat.line].number), "service": "iMessage",
        ]
    }

    /// As the message was when it happened: a file that is gone since is still named.
    private func webhookParts(of message: Message) -> [WireJSON] {
        message.parts.map { part in
            switch part {
            case .text(let value): ["type": "text", "value": .string(value)]
            case .media(let index):
                mediaPart(files[Int(index)], url: publicURL(of: files[Int(index)], at: message.sent))
            }
        }
    }
}
