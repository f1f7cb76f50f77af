import Cryptography
import Domain
import Foundation
import Simulator
import TestSupport
import Testing

@Suite struct WebhookTests {
    /// Standard Webhooks, checked by hand: HMAC over `id.timestamp.body`, the key without its prefix.
    private func isSigned(_ delivery: SignedDelivery) throws -> Bool {
        let headers = Dictionary(uniqueKeysWithValues: delivery.headers.map { ($0.name, $0.value) })
        let id = try #require(headers["webhook-id"])
        let time = try #require(headers["webhook-timestamp"])
        let mac = try HMACSHA256.authenticate(
            Array("\(id).\(time).".utf8) + delivery.body, key: Array("lethe-fixtures-not-a-real-secret".utf8))
        return headers["webhook-signature"] == "v1," + Data(mac).base64EncodedString()
    }

    private func shape(_ object: Any, _ path: String = "") -> Set<String> {
        if let fields = object as? [String: Any] {
            return fields.reduce(into: [path]) { $0.formUnion(shape($1.value, path + "/" + $1.key)) }
        }
        if let items = object as? [Any] { return items.reduce(into: [path]) { $0.formUnion(shape($1, path + "/*")) } }
        return [path]
    }

    @Test(
        arguments: [
            (WebhookVersion.v2026, true, "2026-02-03--message.received--persistent-image"),
            (.v2026, false, "2026-02-03--message.sent--persistent-pdf"),
            (.v2025, true, "2025-01-01--message.received--persistent-image"),
            (.v2025, false, "2025-01-01--message.sent--persistent-pdf"),
        ])
    func aDeliveryHasTheFieldsOfItsFixture(version: WebhookVersion, isInbound: Bool, fixture: String) throws {
        let world = try SimulatedWorld()
        let chat = try world.account.addChat(on: world.line, with: [world.dana], at: SimulatedWorld.noon)
        _ = try world.account.addMessage(
            in: chat, from: isInbound ? world.dana : nil, at: SimulatedWorld.noon, text: "here",
            files: [SimulatedWorld.image])
        let delivery = try #require(try world.account.takeDeliveries(version: version).first)
        #expect(try isSigned(delivery))
        let file = Paths.linq.appending(path: "webhooks/\(fixture).json")
        let wanted = shape(try JSONSerialization.jsonObject(with: Data(contentsOf: file)))
        let made = shape(try JSONSerialization.jsonObject(with: Data(delivery.body)))
        #expect(wanted.subtracting(made) == [])
        #expect(made.subtracting(wanted).filter { !$0.hasSuffix("line_type") } == [])
    }

    @Test func deliveriesAreTakenOnceInOrder() throws {
        let world = try SimulatedWorld()
        try world.account.populate(
            Population(
                lines: [world.line], attachments: 50, from: SimulatedWorld.noon.adding(seconds: -3600),
                to: SimulatedWorld.noon))
        let first = try world.account.takeDeliveries(10)
        #expect(first.count == 10)
        #expect(Set(try first.map(isSigned)) == [true])
        let rest = try world.account.takeDeliveries()
        #expect(Set((first + rest).map(\.eventID)).count == world.account.counts().messages)
        #expect(try world.account.takeDeliveries().isEmpty)
        #expect(world.account.counts().undelivered == 0)
    }

    @Test func deliveriesAreWrittenAsLinesForTheCommandLine() throws {
        let world = try SimulatedWorld()
        let folder = try TemporaryDirectory()
        try world.account.populate(
            Population(
                lines: [world.line, world.ephemeral], attachments: 30, from: SimulatedWorld.noon.adding(seconds: -60),
                to: SimulatedWorld.noon))
        let (bodies, headers) = (folder.file("bodies.ndjson"), folder.file("headers.ndjson"))
        let count = try world.account.writeDeliveries(bodies: bodies, headers: headers)
        func lines(_ file: URL) throws -> [Substring] {
            try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        }
        #expect(try lines(bodies).count == count)
        for (body, header) in zip(try lines(bodies), try lines(headers)) {
            let fields = try #require(
                try JSONSerialization.jsonObject(with: Data(header.utf8)) as? [String: String])
            let event = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
            #expect(fields["webhook-id"] == event["event_id"] as? String)
        }
    }

    @Test func theReceiverHearsEachEventAndFailuresAreTriedAgain() async throws {
        let receiver = try RawReceiver(statuses: [503, 200, 429, 200, 400, 200])
        defer { receiver.stop() }
        let world = try SimulatedWorld()
        for text in ["one", "two", "three", "four"] {
            let chat = try world.account.addChat(on: world.line, with: [world.dana], at: SimulatedWorld.noon)
            _ = try world.account.addMessage(in: chat, from: nil, at: SimulatedWorld.noon, text: text)
        }
        var reports: [DeliveryReport] = []
        for _ in 0..<4 {
            reports.append(try await world.account.deliver(to: "http://127.0.0.1:\(receiver.port)/hooks?a=b", limit: 1))
        }
        #expect(reports.map(\.attempts) == [2, 2, 1, 1])
        #expect(reports.map(\.delivered) == [1, 1, 0, 1])
        #expect(reports.map(\.refused) == [0, 0, 1, 0])
        let heard = receiver.requests
        #expect(heard.count == 6)
        #expect(
            heard.allSatisfy { $0.hasPrefix("POST /hooks?a=b HTTP/1.1\r\n") && $0.contains("webhook-signature: v1,") })
        #expect(heard[0] == heard[1])
    }

    @Test func aReceiverThatIsNotThereLosesTheEvent() async throws {
        let world = try SimulatedWorld()
        _ = try world.image(on: world.line)
        let report = try await world.account.deliver(to: "http://127.0.0.1:1/")
        #expect(report.failed == 1)
        #expect(report.delivered + report.refused == 0)
        #expect(report.attempts == 5)
    }

    @Test func aRunningServerDeliversByItself() async throws {
        let receiver = try RawReceiver(statuses: [200, 200])
        defer { receiver.stop() }
        let world = try SimulatedWorld()
        _ = try world.image(on: world.line)
        let server = try SimulatorServer(world.account, .init(webhookTarget: "http://127.0.0.1:\(receiver.port)/"))
        try await server.serve { _ in
            for _ in 0..<100 where receiver.requests.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(receiver.requests.count == 1)
        #expect(throws: LetheError.self) {
            try SimulatorServer(world.account, .init(webhookTarget: "https://example.com/"))
        }
    }
}
