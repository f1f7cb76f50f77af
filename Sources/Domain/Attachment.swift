/// Where the vendor keeps the bytes. The API names no tier, so it follows from configuration: `TierMap` in `Rules`.
package enum Tier: String, CaseIterable, Codable, Sendable {
    /// Kept until somebody calls DELETE.
    case persistent
    /// Removed by the vendor after 24 hours.
    case ephemeral

    /// Seconds after which the vendor removes what is ephemeral (Attachments guide, section 3).
    package static let ephemeralLife: Int64 = 24 * 3600
}

package enum Direction: String, CaseIterable, Codable, Sendable {
    case inbound
    case outbound
}

/// How an attachment came to be known; `voiceMemo` is only known from its send response, otherwise it is a `message`.
package enum AttachmentSource: String, CaseIterable, Codable, Sendable {
    case message
    case upload
    case voiceMemo = "voice_memo"
    case sticker
}

/// The form of a URL that was seen, never the URL: `persistent` is the guide's
/// `https://cdn.linqapp.com/attachments/partners/{uuid}/{uuid}/{filename}` without a query (guide, section 5).
package enum URLLayout: String, CaseIterable, Codable, Sendable {
    case persistent
    case other
}

/// What the inventory believes of the object at the vendor.
package enum AttachmentState: String, CaseIterable, Codable, Sendable {
    /// Held by the vendor, as far as is known.
    case live
    /// The last answer was a 204, or a 404 that proves as much.
    case gone
    /// Ephemeral and past its 24 hours: the vendor's promise, observed and not proven.
    case expired
}

/// Everything that rules may ask of one attachment. Facts do not depend on the order in which deliveries came in.
package struct Attachment: Sendable, Equatable {
    package let id: AttachmentID
    /// The API's `created_at`, once it is known and a time; kept for good.
    package var apiCreated: Timestamp?
    /// One for each message that carries it, and one for an upload.
    package var sightings: [Sighting]
    /// A URL in the persistent layout was seen.
    package var sawPersistentURL: Bool
    /// Configuration and URL disagreed, or a GET still answered 200 after 48 h: persistent from then on.
    package var hasTierDrift: Bool
    package var state: AttachmentState
    /// Everyone known to be in a chat of this attachment, senders included. `nil` = not loaded, which counts as "may be anyone".
    package var participants: Set<SubjectPseudonym>?
    /// Some sighting is outbound in a chat without a known member.
    package var hasUnknownRecipient: Bool
    /// Some sighting is in a chat whose members are not all known: one who never wrote may be among them.
    package var mayHaveSilentMember: Bool

    package init(
        id: AttachmentID, apiCreated: Timestamp? = nil, sightings: [Sighting] = [], sawPersistentURL: Bool = false,
        hasTierDrift: Bool = false, state: AttachmentState = .live, participants: Set<SubjectPseudonym>? = nil,
        hasUnknownRecipient: Bool = false, mayHaveSilentMember: Bool = false
    ) {
        self.id = id
        self.apiCreated = apiCreated?.plausible
        self.sightings = sightings
        self.sawPersistentURL = sawPersistentURL
        self.hasTierDrift = hasTierDrift
        self.state = state
        self.participants = participants
        self.hasUnknownRecipient = hasUnknownRecipient
        self.mayHaveSilentMember = mayHaveSilentMember
    }

    /// The API's `created_at` once it is known, else the earliest message time; `nil` also where one is not believed.
    package var created: Timestamp? { apiCreated ?? (hasDoubtfulTime ? nil : messageTimes.min()) }

    /// The latest message time; `nil` also where one is not believed.
    package var lastUsed: Timestamp? { hasDoubtfulTime ? nil : messageTimes.max() }

    private var messageTimes: some Sequence<Timestamp> { sightings.lazy.compactMap(\.messageTime) }

    /// Some message says that it was sent at what is no time, or at one that its envelopes rule out.
    package var hasDoubtfulTime: Bool { sightings.contains { $0.isTimeDoubtful } }

    /// It came in a message, and no time of it is known or believed: `lethe sync` asks the API.
    package var lacksMessageTime: Bool { created == nil && sightings.contains { $0.message != nil } }

    /// The largest size any sighting gave, in bytes.
    package var size: Int64? { sightings.lazy.compactMap(\.size).max() }

    /// The start of the vendor's 24 hours: the latest of `created`, `reconciled_at` and the first envelope.
    package var ephemeralStart: Timestamp? {
        guard let created else { return nil }
        let reconciled = sightings.lazy.compactMap(\.reconciledAt).max()
        let firstEnvelope = sightings.lazy.compactMap(\.firstEnvelope).min()
        return [created, reconciled, firstEnvelope].lazy.compactMap { $0 }.max()
    }

    /// When the vendor removes it by itself, if it is ephemeral.
    package var ephemeralEnd: Timestamp? { ephemeralStart?.adding(seconds: Tier.ephemeralLife) }
}

/// One message (or upload) in which an attachment was seen.
package struct Sighting: Sendable, Equatable {
    /// `nil` for an upload that no message has used.
    package var message: MessageID?
    package var chat: ChatID?
    /// Our number in the message's chat.
    package var line: PhoneLine?
    package var direction: Direction?
    package var source: AttachmentSource
    /// As the vendor spelt it, in lower case.
    package var mime: String?
    /// Bytes.
    package var size: Int64?
    /// The sender of an inbound message.
    package var sender: SubjectPseudonym?
    /// `sent_at` from any event of the message, be it a time or not.
    package var sentAt: Timestamp?
    /// `created_at` of the message's earliest envelope.
    package var firstEnvelope: Timestamp?
    /// Latest `reconciled_at`: the message was recovered late.
    package var reconciledAt: Timestamp?

    package init(
        message: MessageID? = nil, chat: ChatID? = nil, line: PhoneLine? = nil, direction: Direction? = nil,
        source: AttachmentSource = .message, mime: String? = nil, size: Int64? = nil, sender: SubjectPseudonym? = nil,
        sentAt: Timestamp? = nil, firstEnvelope: Timestamp? = nil, reconciledAt: Timestamp? = nil
    ) {
        self.message = message
        self.chat = chat
        self.line = line
        self.direction = direction
        self.source = source
        self.mime = mime
        self.size = size
        self.sender = sender
        self.sentAt = sentAt
        self.firstEnvelope = firstEnvelope?.plausible
        self.reconciledAt = reconciledAt?.plausible
    }

    /// `sent_at` from any of the message's events, else its earliest envelope's `created_at`; `nil` where it is not believed.
    package var messageTime: Timestamp? { isTimeDoubtful ? nil : sentAt ?? firstEnvelope }

    /// `sent_at` is a zero for no time, later than the envelope by more than five minutes, or earlier by more than seven days
    /// although the message was not recovered late: a clock that was wrong. Without an envelope nothing vouches for it: it is
    /// believed if it is a time.
    package var isTimeDoubtful: Bool {
        guard let sentAt else { return false }
        if sentAt.plausible == nil { return true }
        guard let firstEnvelope else { return false }
        if sentAt > firstEnvelope.adding(seconds: 300) { return true }
        return reconciledAt == nil && sentAt.adding(seconds: 7 * 86_400) < firstEnvelope
    }

    /// The vendor stores nothing larger (linq-api, section 4.1): what claims to be is of unknown size. Sums of sizes cannot
    /// overflow.
    package static let largestSize: Int64 = 104_857_600

    /// `size`, or `nil` where it cannot be one.
    package static func plausible(size: Int64?) -> Int64? {
        size.flatMap { (0...largestSize).contains($0) ? $0 : nil }
    }
}
