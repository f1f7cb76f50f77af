import Domain
import Foundation
import Hummingbird

extension AdminRoutes {
    private struct Delivery: Decodable {
        var target: String?
        var limit: Int?
        var version: String?
    }

    func deliver(_ request: Request) async throws -> WireJSON {
        let asked = try await request.decode(Delivery.self)
        let version = try asked.version.map { text throws(VendorError) in
            guard let version = WebhookVersion(rawValue: text) else { throw .invalid("version") }
            return version
        }
        let limit = max(0, asked.limit ?? .max)
        guard let target = asked.target else {
            let taken = try account.takeDeliveries(limit, version: version)
            return ["deliveries": .array(taken.map(Self.shape))]
        }
        let report = try await account.deliver(to: target, limit: limit, version: version)
        return [
            "delivered": .integer(Int64(report.delivered)), "refused": .integer(Int64(report.refused)),
            "failed": .integer(Int64(report.failed)), "attempts": .integer(Int64(report.attempts)),
        ]
    }

    private static func shape(_ delivery: SignedDelivery) -> WireJSON {
        [
            "headers": .object(delivery.headers.map { ($0.name, .string($0.value)) }),
            "body": .string(String(decoding: delivery.body, as: UTF8.self)),
        ]
    }

    func state() -> WireJSON {
        let counts = account.counts()
        let deletions = account.deletions
        return [
            "now": WireJSON(account.clock.now),
            "attachments": .object(
                SimulatedState.allCases.map { ($0.rawValue, .integer(Int64(counts.count($0)))) }),
            "live_by_line": .object(
                counts.liveByLine.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }),
            "chats": .integer(Int64(counts.chats)), "messages": .integer(Int64(counts.messages)),
            "undelivered": .integer(Int64(counts.undelivered)),
            "deletes": [
                "requests": .integer(Int64(deletions.count)),
                "effects": .integer(Int64(deletions.lazy.filter(\.tookEffect).count)),
            ],
            "faults": .array(faults.specs.map { .string($0.description) }),
        ]
    }

    func list(_ request: Request) throws -> WireJSON {
        guard let state = SimulatedState(rawValue: request.query("state") ?? "live") else {
            throw VendorError.invalid("state")
        }
        let partner = request.query("partner").flatMap { Int($0) } ?? 0
        return ["ids": .array(account.attachments(in: state, partner: partner).map { .string($0.description) })]
    }

    func deletes() -> WireJSON {
        let records = account.deletions.map { record -> WireJSON in
            [
                "id": .string(record.id), "status": record.status.map { .integer(Int64($0)) } ?? nil,
                "took_effect": .bool(record.tookEffect), "fault": WireJSON(record.fault), "at": WireJSON(record.at),
            ]
        }
        return ["deletes": .array(records)]
    }
}
