import Domain

/// The four events that carry a whole message, in both payload versions. Told apart by their form, not by
/// `webhook_version`: a later version is more likely to look like the newest than to be listed here.
extension WebhookDelivery {
    /// Section 10.3: the message is `data` itself, our line is the chat's owner.
    mutating func readMessage2026(_ data: JSONValue) throws(LetheError) {
        let sender = Participant(data["sender_handle"])
        let direction = data["direction"]?.string.flatMap { Direction(rawValue: $0) } ?? sender?.direction
        var message = MessageObservation(
            message: try data.requiredUUID("id"),
            chat: try data["chat"]?.optionalUUID("id"),
            isGroup: data["chat"]?["is_group"]?.bool,
            line: Participant(data["chat"]?["owner_handle"])?.line,
            direction: direction,
            sentAt: data["sent_at"]?.timestamp,
            reconciledAt: data["reconciled_at"]?.timestamp)
        message.name(sender: sender, isUnreadable: Participant.isUnreadable(data["sender_handle"]))
        add(message, parts: data["parts"])
    }

    /// Section 10.4: the message is `data.message`; our line received it, or, where nobody is named as recipient, sent it.
    mutating func readMessage2025(_ inner: JSONValue, _ data: JSONValue) throws(LetheError) {
        let sender = Participant.first(of: data["from_handle"], data["from"])
        let recipient = Participant.first(of: data["recipient_handle"], data["recipient_phone"])
        let direction = data["is_from_me"]?.bool.map { $0 ? Direction.outbound : .inbound } ?? sender?.direction
        var message = MessageObservation(
            message: try inner.requiredUUID("id"),
            chat: try data.optionalUUID("chat_id"),
            isGroup: data["is_group"]?.bool,
            line: direction == .inbound ? recipient?.line : nil,
            direction: direction,
            sentAt: inner["sent_at"]?.timestamp,
            reconciledAt: inner["reconciled_at"]?.timestamp ?? data["reconciled_at"]?.timestamp)
        message.name(sender: sender, isUnreadable: Participant.isUnreadable(data["from_handle"], data["from"]))
        add(message, parts: inner["parts"])
    }

    private mutating func add(_ message: MessageObservation, parts: JSONValue?) {
        let parts = MessageParts(parts)
        var message = message
        message.envelopeTime = createdAt
        message.attachments = parts.attachments
        messages.append(message)
        unknownParts += parts.unknown
        unreadableParts += parts.unreadable
        unaddressable += parts.unaddressable
    }
}

extension Participant {
    /// The direction of what this participant sent, where the payload does not say it.
    var direction: Direction? { isMe.map { $0 ? .outbound : .inbound } }
}

extension MessageObservation {
    /// Inbound: the sender is an end-user, a member of the chat, and of a direct chat the only one. Outbound: it is our
    /// line, and nobody is named as recipient. A sender who cannot be read is in the chat too.
    mutating func name(sender: Participant?, isUnreadable: Bool) {
        hasUnreadableMember = hasUnreadableMember || (isUnreadable && direction != .outbound)
        switch direction {
        case .inbound:
            guard let handle = sender?.handle else { return }
            self.sender = handle
            members = [handle]
            membersAreComplete = isGroup == false
        case .outbound:
            line = line ?? sender?.line
        case nil: break
        }
    }
}
