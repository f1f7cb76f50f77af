import Domain

/// Events that carry no attachment: they still say who is in a chat, or that a hosted image exists.
extension WebhookDelivery {
    /// Tolerant throughout: nothing is deleted by what is read here, so what cannot be read is left out.
    mutating func readChat(_ data: JSONValue) {
        if eventType == "chat.created" {
            if let chat = try? ChatObservation(chat: data) { chats.append(chat) }
            return
        }
        guard let id = data["chat"]?["id"]?.string ?? data["chat_id"]?.string, let chat = try? ChatID(id) else {
            return
        }
        let line = Participant(data["chat"]?["owner_handle"])?.line
        let names: [StaticString] = [
            "participant", "sender_handle", "from_handle", "actor_handle", "changed_by_handle", "handle",
        ]
        let told = names.compactMap { data[$0] }
        let actor = told.lazy.compactMap { Participant($0) }.first
        let isOurs = actor?.isMe == true || (line != nil && actor?.line == line)
        var observation = ChatObservation(
            chat: chat, isGroup: data["chat"]?["is_group"]?.bool,
            line: line ?? (actor?.isMe == true ? actor?.line : nil),
            members: isOurs ? [] : [actor?.handle].compactMap { $0 }, seenAt: createdAt)
        observation.hasUnreadableMember = Participant.isUnreadable(told.first, ownLine: line)
        chats.append(observation)
    }

    /// Images with a URL and no id: nothing in the API can delete them.
    mutating func countHostedImages(_ data: JSONValue) {
        let url: JSONValue? =
            switch eventType {
            case "reaction.added": data["sticker"]?["url"]
            case "chat.group_icon_updated": data["new_value"]
            case "chat.background_updated": data["background"]?["image_url"]
            case "contact_card.received": data["media_url"]
            default: nil
            }
        if let url = url?.string, !url.isEmpty { unaddressable += 1 }
    }
}
