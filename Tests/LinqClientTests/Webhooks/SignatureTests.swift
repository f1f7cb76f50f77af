import Domain
import Foundation
import TestSupport
import Testing

@testable import LinqClient

struct SignatureTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let isAccepted: Bool
        let now: Int64
        let secret: String
        let headers: WebhookHeaders
        let body: [UInt8]
        var testDescription: String { name }
    }

    static let vectors: [Vector] = {
        let file = try? jsonObject("signatures/signature-vectors.json")
        return (file?["vectors"] as? [[String: Any]] ?? []).compactMap { vector in
            guard let name = vector["name"] as? String, let expected = vector["expected"] as? String,
                let now = vector["now_unix"] as? Int, let secret = vector["secret"] as? String,
                let headers = vector["headers"] as? [String: String], let body = vector["body"] as? String
            else { return nil }
            return Vector(
                name: name, isAccepted: expected == "accept", now: Int64(now), secret: secret,
                headers: WebhookHeaders(headers.map { (name: $0.key, value: $0.value) }), body: Array(body.utf8))
        }
    }()

    static let fixtureSecret = "whsec_bGV0aGUtZml4dHVyZXMtbm90LWEtcmVhbC1zZWNyZXQ="

    @Test("all 23 vectors are there")
    func vectorsAreThere() {
        #expect(Self.vectors.count == 23)
    }

    @Test("each vector gives its outcome", arguments: vectors)
    func vectorGivesItsOutcome(_ vector: Vector) throws {
        let signature = try WebhookSignature(secrets: [vector.secret])
        let verdict = signature.verify(vector.headers, body: vector.body, receivedAt: Timestamp(seconds: vector.now))
        #expect((verdict == .valid) == vector.isAccepted, "\(verdict)")
    }

    @Test("reasons are told apart")
    func reasonsAreToldApart() throws {
        func verdict(_ name: String) throws -> WebhookSignature.Status {
            let vector = try #require(Self.vectors.first { $0.name == name })
            return try WebhookSignature(secrets: [vector.secret]).verify(
                vector.headers, body: vector.body, receivedAt: Timestamp(seconds: vector.now))
        }
        #expect(try verdict("301 s old") == .invalid(.tooOld))
        #expect(try verdict("clock 301 s behind") == .invalid(.fromTheFuture))
        #expect(try verdict("body changed by one byte") == .invalid(.mismatch))
        #expect(try verdict("only an unknown signature version") == .invalid(.noKnownVersion))
        #expect(try verdict("timestamp is not a number") == .invalid(.malformedTimestamp))
        #expect(try verdict("no webhook-id header") == .invalid(.missingHeader))
        #expect(try verdict("empty webhook-signature header") == .invalid(.missingHeader))
    }

    @Test(
        "the window of 300 s is inclusive at both ends, to the microsecond",
        arguments: [
            (-300_000_001, false), (-300_000_000, true), (-299_999_999, true), (0, true), (299_999_999, true),
            (300_000_000, true), (300_000_001, false),
        ] as [(Int64, Bool)])
    func window(_ offset: Int64, _ isValid: Bool) throws {
        let vector = try #require(Self.vectors.first { $0.name == "valid" })
        let now = Timestamp(seconds: 1_795_010_588).adding(microseconds: offset)
        let verdict = try WebhookSignature(secrets: [vector.secret]).verify(
            vector.headers, body: vector.body, receivedAt: now)
        #expect((verdict == .valid) == isValid)
    }

    @Test("every webhook fixture verifies with its sidecar, not with one byte changed, not 301 s later")
    func fixturesVerify() throws {
        let names = try fixtureNames("webhooks")
        #expect(names.count == 27)
        let signature = try WebhookSignature(secrets: [Self.fixtureSecret])
        var random = SeededGenerator(seed: 27)
        for name in names {
            let body = try fixture("webhooks/\(name)")
            let sidecar = name.replacingOccurrences(of: ".json", with: ".headers.json")
            let headers = try WebhookHeaders(json: fixture("webhooks/\(sidecar)"))
            let seconds = try #require(headers.timestamp.flatMap { Int64($0) })
            let now = Timestamp(seconds: seconds)
            #expect(signature.verify(headers, body: body, receivedAt: now) == .valid, "\(name)")
            #expect(
                signature.verify(headers, body: body, receivedAt: now.adding(seconds: 301)) == .invalid(.tooOld),
                "\(name)")
            for _ in 0..<8 {
                var changed = body
                let place = Int.random(in: 0..<body.count, using: &random)
                changed[place] ^= UInt8.random(in: 1...255, using: &random)
                #expect(
                    signature.verify(headers, body: changed, receivedAt: now) == .invalid(.mismatch), "\(name) \(place)"
                )
            }
        }
    }

    @Test("out of a file, the newline after a body may or may not have been signed")
    func newlineMayHaveBeenSigned() throws {
        let name = "2026-02-03--message.received--persistent-image"
        let body = try fixture("webhooks/\(name).json")
        #expect(body.last == UInt8(ascii: "\n"))
        let headers = try WebhookHeaders(json: fixture("webhooks/\(name).headers.json"))
        let signature = try WebhookSignature(secrets: [Self.fixtureSecret])
        let now = Timestamp(seconds: try #require(headers.timestamp.flatMap { Int64($0) }))
        let delivery = RawDelivery(line: 1, body: body.dropLast(), terminator: [UInt8(ascii: "\n")])
        #expect(signature.verify(headers, delivery: delivery, receivedAt: now) == .valid)
        let other = RawDelivery(line: 1, body: body.dropLast(), terminator: Array("\r\n".utf8))
        #expect(signature.verify(headers, delivery: other, receivedAt: now) == .invalid(.mismatch))
    }

    @Test("a second secret verifies while subscriptions change over")
    func secondSecret() throws {
        let vector = try #require(Self.vectors.first { $0.name == "valid" })
        let other = "whsec_" + Data((0..<32).map { UInt8($0) }).base64EncodedString()
        let now = Timestamp(seconds: vector.now)
        let both = try WebhookSignature(secrets: [other, vector.secret])
        #expect(both.verify(vector.headers, body: vector.body, receivedAt: now) == .valid)
        let one = try WebhookSignature(secrets: [other])
        #expect(one.verify(vector.headers, body: vector.body, receivedAt: now) == .invalid(.mismatch))
    }

    @Test(
        "a secret that is not base64 is refused without being repeated",
        arguments: ["", "whsec_", "whsec_n*t", "abcde"])
    func badSecret(_ secret: String) throws {
        let error = #expect(throws: LetheError.self) { try WebhookSignature(secrets: [secret]) }
        #expect(error?.code == "invalid-webhook-secret")
        #expect(secret.count < 7 || error?.message.contains(secret.dropFirst(6)) == false)
    }

    @Test("header names are case-insensitive and other headers are dropped")
    func headerNames() throws {
        let json =
            #"{"Webhook-ID": "a", "WEBHOOK-TIMESTAMP": ["1", "2"], "webhook-Signature": "v1,x", "cookie": "z", "n": 1}"#
        let headers = try WebhookHeaders(json: Array(json.utf8))
        #expect(
            headers
                == WebhookHeaders(
                    [
                        (name: "webhook-id", value: "a"), (name: "webhook-timestamp", value: "1"),
                        (name: "webhook-signature", value: "v1,x"),
                    ]))
        #expect(LetheError.code { _ = try WebhookHeaders(json: Array("[]".utf8)) } == "invalid-headers")
    }
}
