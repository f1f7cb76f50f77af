import Cryptography
package import Domain

/// Verifies deliveries as Standard Webhooks signs them: HMAC-SHA256 over `webhook-id.webhook-timestamp.body`, the body as
/// the very bytes received (linq-api, section 10.6).
package struct WebhookSignature: Sendable {
    package enum Status: Sendable, Equatable {
        case valid
        case invalid(Reason)
    }

    /// The raw values are the codes that `lethe ingest` reports.
    package enum Reason: String, CaseIterable, Sendable {
        case missingHeader = "signature-header-missing"
        case malformedTimestamp = "signature-timestamp-malformed"
        case tooOld = "signature-too-old"
        case fromTheFuture = "signature-from-the-future"
        case noKnownVersion = "signature-version-unknown"
        case mismatch = "signature-mismatch"

        package var message: String {
            switch self {
            case .missingHeader: "webhook-id, webhook-timestamp or webhook-signature is missing"
            case .malformedTimestamp: "webhook-timestamp is not a number of seconds"
            case .tooOld: "signed more than 300 s before it was received"
            case .fromTheFuture: "signed more than 300 s after it was received"
            case .noKnownVersion: "webhook-signature holds no v1 signature"
            case .mismatch: "no signature is one of this body under this secret"
            }
        }
    }

    /// Either side of the time of receipt, both ends included, in microseconds.
    package static let tolerance: Int64 = 300_000_000

    private let keys: [[UInt8]]
    /// Bytes. A word that somebody typed may be base64 by chance; a key is longer (Standard Webhooks: 24 to 64).
    private static let shortest = 16

    /// Several secrets while one subscription takes over from another. Each is base64, with or without padding and the
    /// prefix `whsec_`. Throws `invalid-webhook-secret`, which repeats nothing of the secret.
    package init(secrets: [String]) throws(LetheError) {
        var keys: [[UInt8]] = []
        for secret in secrets {
            let bare = secret.hasPrefix("whsec_") ? secret.dropFirst(6) : secret[...]
            guard let key = Base64.decodeUnpadded(bare), key.count >= Self.shortest else {
                throw LetheError(
                    "invalid-webhook-secret", .configuration,
                    "the webhook secret is not base64 of at least \(Self.shortest) bytes",
                    hint: "take signing_secret as the vendor gave it when the subscription was created: whsec_…")
            }
            keys.append(key)
        }
        guard !keys.isEmpty else {
            throw LetheError(
                "invalid-webhook-secret", .configuration, "no webhook secret is set",
                hint: "set LINQ_WEBHOOK_SECRET, or use --trusted for deliveries that were verified before")
        }
        self.keys = keys
    }

    package func verify(_ headers: WebhookHeaders, body: [UInt8], receivedAt now: Timestamp) -> Status {
        guard let id = headers.id, let timestamp = headers.timestamp, let signature = headers.signature,
            !id.isEmpty, !signature.isEmpty
        else { return .invalid(.missingHeader) }
        guard timestamp.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            timestamp.utf8.count <= 12, let seconds = Int64(timestamp)
        else { return .invalid(.malformedTimestamp) }
        let signed = Timestamp(seconds: seconds)
        if signed.adding(microseconds: Self.tolerance) < now { return .invalid(.tooOld) }
        if now.adding(microseconds: Self.tolerance) < signed { return .invalid(.fromTheFuture) }
        let candidates = signature.split(separator: " ").filter { $0.hasPrefix("v1,") }.map { $0.dropFirst(3) }
        guard !candidates.isEmpty else { return .invalid(.noKnownVersion) }
        let message = Array("\(id).\(timestamp).".utf8) + body
        return isSigned(message, by: candidates) ? .valid : .invalid(.mismatch)
    }

    /// As above for a delivery out of a file, where it is not known whether the newline after it was part of the body:
    /// only what was signed can match.
    package func verify(_ headers: WebhookHeaders, delivery: RawDelivery, receivedAt now: Timestamp) -> Status {
        let verdict = verify(headers, body: delivery.body, receivedAt: now)
        guard verdict == .invalid(.mismatch), !delivery.terminator.isEmpty else { return verdict }
        return verify(headers, body: delivery.body + delivery.terminator, receivedAt: now)
    }

    private func isSigned(_ message: [UInt8], by candidates: [Substring]) -> Bool {
        for key in keys {
            guard let mac = try? HMACSHA256.authenticate(message, key: key) else { continue }
            for candidate in candidates {
                if let given = Base64.decodeUnpadded(candidate), constantTimeEqual(mac, given) { return true }
            }
        }
        return false
    }
}
