import Cryptography
package import Domain
package import Foundation

/// One webhook as the vendor posts it: the exact bytes, and the headers that sign them.
package struct SignedDelivery: Sendable {
    package var eventID: EventID
    package var body: [UInt8]
    /// Names as the vendor writes them; the three of Standard Webhooks and the content type.
    package var headers: [(name: String, value: String)]

    /// The headers as one JSON object: a line of the file that `lethe ingest --headers` takes.
    package var headersLine: [UInt8] {
        WireJSON.object(headers.map { ($0.name, .string($0.value)) }).bytes
    }
}

/// Which form message events are delivered in (linq-api, section 9).
package enum WebhookVersion: String, CaseIterable, Sendable {
    case v2026 = "2026-02-03"
    case v2025 = "2025-01-01"
}

/// Standard Webhooks: base64 of HMAC-SHA256 over `id.timestamp.body` (linq-api, section 10.6).
struct WebhookSigner {
    /// `whsec_` and base64.
    let secret: String

    func headers(id: String, body: [UInt8], at time: Timestamp) throws(LetheError) -> [(name: String, value: String)] {
        let encoded = secret.hasPrefix("whsec_") ? String(secret.dropFirst(6)) : secret
        guard let key = Data(base64Encoded: encoded) else {
            throw LetheError(
                "invalid-webhook-secret", .configuration, "the webhook secret is not whsec_ and base64")
        }
        let timestamp = String(time.seconds)
        let mac = try HMACSHA256.authenticate(Array("\(id).\(timestamp).".utf8) + body, key: Array(key))
        return [
            ("content-type", "application/json"), ("webhook-id", id), ("webhook-timestamp", timestamp),
            ("webhook-signature", "v1," + Data(mac).base64EncodedString()),
        ]
    }
}

/// Webhooks of what happened in the account. Bodies are made when they are taken, so a million messages cost nothing
/// until somebody wants to hear of them.
extension SimulatedAccount {
    /// The signing secret of the simulated subscription: 32 bytes that are no secret.
    package static let standardWebhookSecret = "whsec_bGV0aGUtZml4dHVyZXMtbm90LWEtcmVhbC1zZWNyZXQ="

    /// Takes the oldest webhooks that nobody has taken yet.
    ///
    /// - Parameters:
    ///   - version: `nil` gives every fifth message in the old form, as an account that moved on would see.
    ///   - signedAt: the `webhook-timestamp`; receivers refuse what is more than 300 s old. By default the account's
    /// now.
    package func takeDeliveries(
        _ limit: Int = .max, version: WebhookVersion? = nil, signedAt: Timestamp? = nil
    ) throws(LetheError) -> [SignedDelivery] {
        let now = clock.now
        let signer = WebhookSigner(secret: webhookSecret)
        return try write { (world) throws(LetheError) in
            let taken = world.messages.indices.dropFirst(world.nextDelivery).prefix(limit)
            var deliveries: [SignedDelivery] = []
            deliveries.reserveCapacity(taken.count)
            for index in taken {
                let form = version ?? (index % 5 == 4 ? .v2025 : .v2026)
                deliveries.append(try world.delivery(of: index, form, signer, at: signedAt ?? now))
            }
            world.nextDelivery = taken.endIndex
            return deliveries
        }
    }

    /// Writes all webhooks that nobody has taken yet as NDJSON, and their headers line by line beside them.
    ///
    /// - Returns: how many.
    @discardableResult
    package func writeDeliveries(
        bodies: URL, headers: URL, version: WebhookVersion? = nil, signedAt: Timestamp? = nil
    ) throws -> Int {
        var count = 0
        for file in [bodies, headers] { try Data().write(to: file) }
        let bodyFile = try FileHandle(forWritingTo: bodies)
        let headerFile = try FileHandle(forWritingTo: headers)
        while true {
            let batch = try takeDeliveries(1000, version: version, signedAt: signedAt)
            guard !batch.isEmpty else { break }
            count += batch.count
            try bodyFile.write(contentsOf: Data(batch.flatMap { $0.body + [UInt8(ascii: "\n")] }))
            try headerFile.write(contentsOf: Data(batch.flatMap { $0.headersLine + [UInt8(ascii: "\n")] }))
        }
        try bodyFile.close()
        try headerFile.close()
        return count
    }
}

extension World {
    fileprivate func delivery(
        of index: Int, _ version: WebhookVersion, _ signer: WebhookSigner, at time: Timestamp
    ) throws(LetheError) -> SignedDelivery {
        let message = messages[index]
        let event = EventID(value: message.id.value ^ 0xE0)
        let body = webhook(of: message, event: event, version).bytes
        let headers = try signer.headers(id: event.description, body: body, at: time)
        return SignedDelivery(eventID: event, body: body, headers: headers)
    }
}
