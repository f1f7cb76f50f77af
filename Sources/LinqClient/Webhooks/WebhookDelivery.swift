package import Domain

/// One webhook delivery, reduced to what an inventory may hold (linq-api, section 10). It carries handles of end-users, so
/// it lives in memory only.
package struct WebhookDelivery: Sendable {
    package enum Kind: Sendable, Equatable {
        /// Names at least one attachment.
        case attachments
        /// An event of the vendor's list that names none.
        case known
        /// Not in the vendor's list as we know it: accepted and ignored.
        case unknown
    }

    package var kind: Kind
    /// The same on every retry: what deliveries are deduplicated by.
    package var eventID: EventID
    package var eventType: String
    /// `webhook_version`, such as `2026-02-03`.
    package var version: String?
    /// The envelope's; `nil` where it is absent or no RFC 3339.
    package var createdAt: Timestamp?
    package var partnerID: String
    package var messages: [MessageObservation] = []
    package var chats: [ChatObservation] = []
    /// Parts are empty by design: nothing of this message will ever be listed.
    package var isZeroRetention = false
    package var unknownParts = 0
    /// Parts that name a file in a way that cannot be read, or are no objects.
    package var unreadableParts = 0
    /// Media items with a URL and no attachment id (sticker reactions, group icons, backgrounds, contact cards, card images).
    package var unaddressable = 0

    /// Reads the raw bytes of one body. Tolerant of what is unknown; throws `invalid-json`, `too-large`, `missing-field`
    /// or `invalid-id` where the delivery cannot be trusted to mean what it says. Messages never carry content.
    package init(_ body: [UInt8]) throws(LetheError) {
        let root = try JSONDocument(body).root
        guard root.isObject else {
            throw LetheError("invalid-delivery", .unreadable, "a delivery is not a JSON object")
        }
        eventID = try root.requiredUUID("event_id")
        guard let partner = root["partner_id"]?.string, (1...128).contains(partner.utf8.count) else {
            throw LetheError("missing-field", .unreadable, "partner_id is missing")
        }
        guard let type = root["event_type"]?.string, (1...128).contains(type.utf8.count) else {
            throw LetheError("missing-field", .unreadable, "event_type is missing")
        }
        guard let data = root["data"], data.isObject else {
            throw LetheError("missing-field", .unreadable, "data is missing")
        }
        partnerID = partner.lowercased()
        eventType = type
        version = root["webhook_version"]?.string
        createdAt = root["created_at"]?.timestamp
        isZeroRetention = data["zero_retention"]?.bool == true
        kind = Self.isKnown(type) ? .known : .unknown
        try read(data)
        if messages.contains(where: { !$0.attachments.isEmpty }) { kind = .attachments }
    }

    /// Whether the delivery is of this account; anybody else's must be rejected (`foreign_partner`).
    package func belongs(to partner: String) -> Bool { partnerID == partner.lowercased() }

    private mutating func read(_ data: JSONValue) throws(LetheError) {
        switch eventType {
        case "message.received", "message.sent", "message.delivered", "message.read": try readMessage(data)
        default:
            guard kind == .known else { return }
            // A later event of a message, with parts: they name attachments like those of the four.
            let hasParts = data["parts"] != nil || data["message"]?["parts"] != nil
            if eventType.hasPrefix("message."), hasParts { return try readMessage(data) }
            readChat(data)
            countHostedImages(data)
        }
    }

    private mutating func readMessage(_ data: JSONValue) throws(LetheError) {
        if let message = data["message"], message.isObject {
            try readMessage2025(message, data)
        } else {
            try readMessage2026(data)
        }
    }

    /// The events of the vendor's list, by name or by family (linq-api, section 10.2).
    private static func isKnown(_ type: String) -> Bool {
        let families = [
            "message.", "reaction.", "participant.", "chat.", "contact_card.", "poll.", "payment.", "call.",
            "phone_number.", "zero_day_retention.", "location.",
        ]
        return families.contains { type.hasPrefix($0) }
    }
}
