package import Domain

/// The three headers of Standard Webhooks that a signature needs; names are case-insensitive, all others are dropped.
package struct WebhookHeaders: Sendable, Equatable {
    package var id: String?
    /// Unix seconds in decimal, as received.
    package var timestamp: String?
    /// `v1,` and base64, several separated by spaces.
    package var signature: String?
    /// When the delivery came in: a member that the receiver adds to its line of a `--headers` file, no header.
    package private(set) var receivedAt: Timestamp?

    /// Where a name comes twice, the last one counts.
    package init(_ fields: some Sequence<(name: String, value: String)>) {
        for (name, value) in fields {
            switch name.lowercased() {
            case "webhook-id": id = value
            case "webhook-timestamp": timestamp = value
            case "webhook-signature": signature = value
            default: break
            }
        }
    }

    /// A JSON object of header names and values, as one line of a `--headers` file holds it; a value may be a string, or
    /// an array of strings of which the first counts. `received_at` is an RFC 3339 time, and there once. Throws `invalid-json` and `invalid-headers`.
    package init(json: [UInt8]) throws(LetheError) {
        guard let members = try JSONDocument(json).root.members else {
            throw LetheError("invalid-headers", .unreadable, "the headers of a delivery are not a JSON object")
        }
        self.init(
            members.lazy.compactMap { member in
                (member.value.string ?? member.value.elements?.first?.string).map { (member.name, $0) }
            })
        let times = members.filter { $0.name.lowercased() == "received_at" }
        guard let time = times.first else { return }
        guard times.count == 1, let text = time.value.string, text.contains("T"), let receivedAt = Timestamp(text)
        else {
            throw LetheError("invalid-headers", .unreadable, "received_at is not one time such as 2026-01-31T12:00:00Z")
        }
        self.receivedAt = receivedAt
    }
}
