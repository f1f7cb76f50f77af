import Audit
import Domain
import Foundation
import Inventory
import LinqClient
import TestSupport
import Testing

@testable import Engine

@Suite struct IngestTests {
    private static let secret = "whsec_bGV0aGUtZml4dHVyZXMtbm90LWEtcmVhbC1zZWNyZXQ="

    private func ingest(
        _ workspace: TestWorkspace, _ texts: [String], kind: IngestWebhooks.Kind = .webhook,
        partner: String = fixturePartner
    ) throws -> IngestReport {
        let file = workspace.directory.file("in.ndjson")
        try Data(texts.joined(separator: "\n").utf8).write(to: file)
        return try IngestWebhooks(
            inventory: workspace.inventory, log: workspace.log, partner: partner, kind: kind, trust: .operatorSaysSo
        ).run([try DeliveryFile(path: file.path)], now: workspace.clock.now())
    }

    /// The partner of all fixtures.
    private static let fixturePartner: String = {
        let file = fixtures().first ?? Paths.linq
        let object = (try? JSONSerialization.jsonObject(with: Data(contentsOf: file))) as? [String: Any]
        return object?["partner_id"] as? String ?? ""
    }()

    private static func fixtures() -> [URL] {
        let folder = Paths.linq.appending(path: "webhooks")
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects as? [URL]
        return (all ?? []).filter { $0.pathExtension == "json" && !$0.lastPathComponent.hasSuffix(".headers.json") }
            .sorted { $0.path < $1.path }
    }

    /// Each fixture with its own time of receipt and its own headers.
    @Test func everyFixtureIsVerifiedAndTakenIn() throws {
        let workspace = try TestWorkspace()
        var total = IngestReport()
        for file in Self.fixtures() {
            let headersFile = URL(filePath: file.path.replacing(".json", with: ".headers.json"))
            let headers = try String(contentsOf: headersFile, encoding: .utf8).replacing("\n", with: " ")
            let line = workspace.directory.file("headers.ndjson")
            try Data(headers.utf8).write(to: line)
            let fields = try WebhookHeaders(json: Array(headers.utf8))
            let signed = Timestamp(seconds: try #require(fields.timestamp.flatMap { Int64($0) }))
            let report = try IngestWebhooks(
                inventory: workspace.inventory, log: workspace.log, partner: Self.fixturePartner, kind: .webhook,
                trust: .signatures(try WebhookSignature(secrets: [Self.secret]), receivedAt: signed)
            ).run(
                [try DeliveryFile(path: file.path)], headers: try DeliveryFile(path: line.path),
                now: workspace.clock.now())
            #expect(report.rejections.isEmpty, "\(file.lastPathComponent): \(report.rejections)")
            #expect(report.read == 1)
            total.accepted += report.accepted
            total.ignored += report.ignored
            total.attachmentsNew += report.attachmentsNew
            total.zeroRetention += report.zeroRetention
            total.unknownParts += report.unknownParts
        }
        #expect(Self.fixtures().count == 27)
        #expect(total.accepted + total.ignored == 27)
        #expect(total.zeroRetention == 1 && total.unknownParts == 1)
        #expect(total.attachmentsNew == (try workspace.inventory.liveCount()))
        #expect(total.attachmentsNew > 5)
    }

    private func message(_ number: Int, partner: String = fixturePartner, type: String = "message.received") -> String {
        let id = "00000000-0000-4000-8000-" + String(number + 100_000_000_000)
        return """
            {"event_id":"\(id)","partner_id":"\(partner)","event_type":"\(type)","webhook_version":"2026-02-03",\
            "created_at":"2026-10-01T00:00:00Z","data":{"id":"\(id)","direction":"inbound","chat":{"id":"\(id)",\
            "is_group":false,"owner_handle":{"handle":"+12025550143","is_me":true}},\
            "sender_handle":{"handle":"+14155550117","is_me":false},"sent_at":"2026-10-01T00:00:00Z",\
            "parts":[{"type":"media","id":"\(id)","url":"https://cdn.linqapp.com/x","filename":"secret-name.jpg",\
            "mime_type":"image/jpeg","size_bytes":10}]}}
            """
    }

    @Test func aBrokenLineIsRejectedWithItsNumberAndTheRestGoesOn() throws {
        let workspace = try TestWorkspace()
        let foreign = "11111111-1111-4111-8111-111111111111"
        let report = try ingest(
            workspace,
            [
                message(1), "{\"event_id\":", message(2), message(3, partner: foreign), message(1),
                message(4, type: "something.new"), "[]",
            ])
        #expect(report.read == 7)
        #expect(report.accepted == 2 && report.duplicates == 1 && report.ignored == 1 && report.rejected == 3)
        #expect(report.attachmentsNew == 2)
        #expect(report.rejections.map(\.line) == [2, 4, 7])
        #expect(report.rejections[1].code == "foreign_partner")
        #expect(report.status == .incomplete)
    }

    @Test func twiceGivesTheSameInventory() throws {
        let workspace = try TestWorkspace()
        _ = try ingest(workspace, (1...50).map { message($0) })
        let again = try ingest(workspace, (1...50).reversed().map { message($0) })
        #expect(again.duplicates == 50 && again.accepted == 0 && again.attachmentsNew == 0)
        #expect(try workspace.inventory.liveCount() == 50)
    }

    @Test func aMissingLineOfHeadersRejectsItsDelivery() throws {
        let workspace = try TestWorkspace()
        let (bodies, headers) = (workspace.directory.file("b"), workspace.directory.file("h"))
        try Data((message(1) + "\n" + message(2)).utf8).write(to: bodies)
        try Data(#"{"webhook-id":"a","webhook-timestamp":"1","webhook-signature":"v1,AAAA"}"#.utf8).write(to: headers)
        let report = try IngestWebhooks(
            inventory: workspace.inventory, log: workspace.log, partner: Self.fixturePartner, kind: .webhook,
            trust: .signatures(try WebhookSignature(secrets: [Self.secret]), receivedAt: Timestamp(seconds: 1))
        ).run(
            [try DeliveryFile(path: bodies.path)], headers: try DeliveryFile(path: headers.path),
            now: workspace.clock.now())
        #expect(report.rejections.map(\.code) == ["signature-mismatch", "headers-missing"])
        #expect(try workspace.inventory.liveCount() == 0)
    }

    @Test func responsesBringUploadsAndSends() throws {
        let workspace = try TestWorkspace()
        let api = Paths.linq.appending(path: "api")
        let names = ["attachment-post--response", "message-send--response"]
        let texts = try names.map {
            try String(contentsOf: api.appending(path: "\($0).json"), encoding: .utf8).replacing("\n", with: " ")
        }
        let report = try ingest(workspace, texts, kind: .response)
        #expect(report.accepted == 2 && report.rejected == 0)
        #expect(report.attachmentsNew >= 1)
    }
}
