import Domain

extension ChatObservation {
    /// A chat object of a listing, a send response or `chat.created` (linq-api, section 5). Throws `invalid-id`.
    init(chat: JSONValue, ownLine: PhoneLine? = nil) throws(LetheError) {
        let roster = Roster(chat["handles"], ownLine: ownLine)
        let icon = chat["group_chat_icon"]?.string ?? ""
        self.init(
            chat: try chat.requiredUUID("id"), isGroup: chat["is_group"]?.bool, line: roster.line ?? ownLine,
            members: roster.members, membersAreComplete: roster.isComplete,
            seenAt: chat["updated_at"]?.timestamp ?? chat["created_at"]?.timestamp)
        hasUnreadableMember = roster.hasUnreadable
        unaddressable = icon.isEmpty ? 0 : 1
    }
}

extension ListedMessage {
    /// A message object of a listing or of `GET /v3/messages/{id}` (linq-api, section 6.1). Throws `invalid-id`.
    init(message: JSONValue, in chat: ChatID? = nil) throws(LetheError) {
        let sender = Participant.first(of: message["from_handle"], message["from"])
        let parts = MessageParts(message["parts"])
        var observation = MessageObservation(
            message: try message.requiredUUID("id"),
            chat: try message.optionalUUID("chat_id") ?? chat,
            direction: message["is_from_me"]?.bool.map { $0 ? .outbound : .inbound } ?? sender?.direction,
            sentAt: message["sent_at"]?.timestamp,
            envelopeTime: message["created_at"]?.timestamp,
            reconciledAt: message["reconciled_at"]?.timestamp,
            attachments: parts.attachments)
        observation.name(
            sender: sender, isUnreadable: Participant.isUnreadable(message["from_handle"], message["from"]))
        self.init(
            observation: observation, unaddressable: parts.unaddressable, unknownParts: parts.unknown,
            unreadableParts: parts.unreadable)
    }
}

extension Listing {
    /// Reads a page's list element by element. One that cannot be read makes the page incomplete and is left out; it is
    /// never taken for an empty page, and neither is a 200 that says `"success": false`. The walk ends at a cursor that is absent, `null` or empty, and nowhere else.
    init(
        answer: VendorAnswer, body: [UInt8], key: StaticString, maximumSize: Int,
        decode: (JSONValue) throws(LetheError) -> Element
    ) {
        self.init(answer: answer)
        guard answer.status == 200, let root = try? JSONDocument(body, maximumSize: maximumSize).root,
            let entries = root[key]?.elements,
            root["success"]?.bool != false
        else { return }
        elements.reserveCapacity(entries.count)
        for entry in entries {
            guard let element = try? decode(entry) else { continue }
            elements.append(element)
        }
        let cursor = root["next_cursor"]?.string ?? root["next_cursor"]?.integer.map { String($0) }
        isComplete = elements.count == entries.count && (cursor != nil || root["next_cursor"] == nil)
        nextCursor = cursor == "" ? nil : cursor
    }
}
