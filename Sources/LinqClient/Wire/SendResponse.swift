package import Domain

/// The answers in which attachment ids are born (linq-api, sections 4.1 and 7), told apart by their form. They name no
/// partner: whoever feeds them in vouches that they came from the configured account.
package struct SendResponse: Sendable {
    package var message: MessageObservation
    /// As in `WebhookDelivery`.
    package var unknownParts = 0
    package var unreadableParts = 0
    package var unaddressable = 0

    /// Throws `invalid-json`, `too-large`, `missing-field`, `invalid-id` or `unknown-response`.
    package init(_ body: [UInt8]) throws(LetheError) {
        let root = try JSONDocument(body).root
        if let memo = root["voice_memo"], memo.isObject {
            message = try Self.voiceMemo(memo)
        } else if let message = root["message"], message.isObject {
            self = try Self(message: message, chat: nil, chatID: root.optionalUUID("chat_id"), root: root)
        } else if let chat = root["chat"], let message = chat["message"], message.isObject {
            self = try Self(message: message, chat: chat, chatID: chat.optionalUUID("id"), root: root)
        } else if root["attachment_id"] != nil, root["upload_url"] != nil || root["download_url"] != nil {
            message = try Self.upload(root)
        } else {
            throw LetheError(
                "unknown-response", .unreadable, "not a response to a send, an upload or a voice memo",
                hint: "keep the bodies of POST …/messages, /v3/chats, /v3/messages, /v3/attachments and …/voicememo")
        }
    }

    private init(message: JSONValue, chat: JSONValue?, chatID: ChatID?, root: JSONValue) throws(LetheError) {
        let parts = MessageParts(message["parts"])
        let line = Participant.first(of: message["from_handle"], root["from"])?.line
        let roster = Roster(chat?["handles"] ?? root["handles"], ownLine: line)
        self.message = MessageObservation(
            message: try message.requiredUUID("id"), chat: chatID, isGroup: chat?["is_group"]?.bool,
            line: line ?? roster.line, direction: .outbound, members: roster.members,
            membersAreComplete: roster.isComplete, sentAt: message["sent_at"]?.timestamp,
            envelopeTime: message["created_at"]?.timestamp, attachments: parts.attachments)
        self.message.hasUnreadableMember = roster.hasUnreadable
        unknownParts = parts.unknown
        unreadableParts = parts.unreadable
        unaddressable = parts.unaddressable
    }

    /// The outer `voice_memo.id` is the message, the inner `voice_memo.voice_memo.id` is the attachment.
    private static func voiceMemo(_ memo: JSONValue) throws(LetheError) -> MessageObservation {
        let line = Participant(memo["from"])?.line
        let roster = Roster(memo["chat"]?["handles"], ownLine: line)
        let to = Roster(memo["to"], ownLine: line)
        guard let file = memo["voice_memo"], file.isObject, let id = file["id"] else {
            throw LetheError("missing-field", .unreadable, "voice_memo.voice_memo is missing")
        }
        var message = MessageObservation(
            message: try memo.requiredUUID("id"), chat: try memo["chat"]?.optionalUUID("id"),
            isGroup: memo["chat"]?["is_group"]?.bool, line: line ?? roster.line, direction: .outbound,
            members: roster.members.isEmpty ? to.members : roster.members, membersAreComplete: roster.isComplete,
            sentAt: memo["sent_at"]?.timestamp, envelopeTime: memo["created_at"]?.timestamp,
            attachments: [try ObservedAttachment(file, id: id, source: .voiceMemo)])
        message.hasUnreadableMember = roster.hasUnreadable || to.hasUnreadable
        return message
    }

    /// A pre-upload: no message, chat, line or time, only the id and the layout of its URL.
    private static func upload(_ root: JSONValue) throws(LetheError) -> MessageObservation {
        MessageObservation(attachments: [
            ObservedAttachment(
                id: try root.requiredUUID("attachment_id"), source: .upload,
                layout: root["download_url"]?.string.map { URLLayout(of: $0) })
        ])
    }
}
