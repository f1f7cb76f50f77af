/// What one delivery, API page or response said about one message: the way from `LinqClient` to `Inventory`. Holds
/// handles, so it lives in memory only.
package struct MessageObservation: Sendable, Hashable {
    package var message: MessageID?
    package var chat: ChatID?
    package var isGroup: Bool?
    package var line: PhoneLine?
    package var direction: Direction?
    /// The end-user who sent it; `nil` for outbound.
    package var sender: Handle?
    /// Other end-users whom this observation names as members of the chat (from a `chat.handles` list or a `to`).
    package var members: [Handle]
    /// `members` is the whole roster: the chat has nobody else.
    package var membersAreComplete: Bool
    /// Somebody in the chat cannot be read: a short code, or what is no handle at all.
    package var hasUnreadableMember = false
    package var sentAt: Timestamp?
    /// `created_at` of the envelope, or of the message where it was read from the API.
    package var envelopeTime: Timestamp?
    package var reconciledAt: Timestamp?
    package var attachments: [ObservedAttachment]

    package init(
        message: MessageID? = nil, chat: ChatID? = nil, isGroup: Bool? = nil, line: PhoneLine? = nil,
        direction: Direction? = nil, sender: Handle? = nil, members: [Handle] = [], membersAreComplete: Bool = false,
        sentAt: Timestamp? = nil, envelopeTime: Timestamp? = nil, reconciledAt: Timestamp? = nil,
        attachments: [ObservedAttachment] = []
    ) {
        self.message = message
        self.chat = chat
        self.isGroup = isGroup
        self.line = line
        self.direction = direction
        self.sender = sender
        self.members = members
        self.membersAreComplete = membersAreComplete
        self.sentAt = sentAt
        self.envelopeTime = envelopeTime
        self.reconciledAt = reconciledAt
        self.attachments = attachments
    }

    /// It names a file, and one of its times is not one, contradicts another, or lies ahead of `now` by more than a day.
    package func hasDoubtfulTime(at now: Timestamp) -> Bool {
        let times = [sentAt, envelopeTime, reconciledAt].compactMap { $0 }
        let latest = now.adding(seconds: 86_400)
        let sighting = Sighting(sentAt: sentAt, firstEnvelope: envelopeTime, reconciledAt: reconciledAt)
        return !attachments.isEmpty
            && (sighting.isTimeDoubtful || times.contains { $0.plausible == nil || $0 > latest })
    }
}

package struct ObservedAttachment: Sendable, Hashable {
    package var id: AttachmentID
    package var source: AttachmentSource
    package var mime: String?
    /// Bytes.
    package var size: Int64?
    package var layout: URLLayout?
    /// `created_at` of `GET /v3/attachments/{id}`.
    package var apiCreated: Timestamp?

    package init(
        id: AttachmentID, source: AttachmentSource, mime: String? = nil, size: Int64? = nil, layout: URLLayout? = nil,
        apiCreated: Timestamp? = nil
    ) {
        self.id = id
        self.source = source
        self.mime = mime
        self.size = size
        self.layout = layout
        self.apiCreated = apiCreated
    }
}

/// What a listing or an event said about a chat and who is in it.
package struct ChatObservation: Sendable, Hashable {
    package var chat: ChatID
    package var isGroup: Bool?
    package var line: PhoneLine?
    package var members: [Handle]
    package var membersAreComplete: Bool
    /// As in `MessageObservation`.
    package var hasUnreadableMember = false
    package var seenAt: Timestamp?
    /// Media items with a URL and no attachment id, such as the group's icon: they cannot be deleted through the API.
    package var unaddressable = 0

    package init(
        chat: ChatID, isGroup: Bool? = nil, line: PhoneLine? = nil, members: [Handle] = [],
        membersAreComplete: Bool = false, seenAt: Timestamp? = nil
    ) {
        self.chat = chat
        self.isGroup = isGroup
        self.line = line
        self.members = members
        self.membersAreComplete = membersAreComplete
        self.seenAt = seenAt
    }
}

/// Parts of one message that name a file in a way that cannot be read: nobody knows which it is.
package struct UnreadableParts: Codable, Sendable, Equatable {
    /// Of the message; of the event where it told of none.
    package let message: MessageID
    package let chat: ChatID
    package let parts: Int

    package init(message: MessageID, chat: ChatID, parts: Int) {
        self.message = message
        self.chat = chat
        self.parts = parts
    }
}
