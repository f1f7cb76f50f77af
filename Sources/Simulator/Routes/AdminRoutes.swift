import Domain
import Foundation
import HTTPTypes
import Hummingbird

/// The hand of the tester, on the same loopback port, without a key.
///
/// ```
/// POST /admin/clock        {"now": "2026-11-18T12:00:00Z"} or {"advance": "25h"}      moves the vendor's clock
/// POST /admin/lines        {"number": "+12025550143", "regime": "persistent|ephemeral|zero_retention", "partner": 0}
/// POST /admin/attachments  {"count": 100, "lines": ["+12025550143"], "from": …, "to": …, "seed": 1}   makes messages
/// POST /admin/faults       {"faults": ["500:0.2", "lost:0.05"], "seed": 1}             replaces the faults
/// POST /admin/settings     {"sweep_delay": "24h", "processing_time": "2s"}
/// POST /admin/deliver      {"target": "http://127.0.0.1:8080/hooks", "limit": 10, "version": "2025-01-01"}
///                          posts webhooks; without a target they come back in the answer, signed
/// GET  /admin/state        the truth in numbers
/// GET  /admin/attachments?state=live|pending|deleted|expired&partner=0                 ids
/// GET  /admin/deletes      every DELETE: id, status given (null: none), took_effect, fault, at
/// ```
struct AdminRoutes {
    let account: SimulatedAccount
    let faults: FaultPlan

    func add(to routes: RouterGroup<SimulatorContext>) {
        routes.post("clock") { request, _ in try await answer { try await moveClock(request) } }
        routes.post("lines") { request, _ in try await answer { try await addLine(request) } }
        routes.post("attachments") { request, _ in try await answer { try await populate(request) } }
        routes.post("faults") { request, _ in try await answer { try await changeFaults(request) } }
        routes.post("settings") { request, _ in try await answer { try await changeSettings(request) } }
        routes.post("deliver") { request, _ in try await answer { try await deliver(request) } }
        routes.get("state") { _, _ in Response.json(state()) }
        routes.get("attachments") { request, _ in try await answer { try list(request) } }
        routes.get("deletes") { _, _ in Response.json(deletes()) }
    }

    /// Mistakes in an admin call are told as they are.
    private func answer(_ body: () async throws -> WireJSON) async throws -> Response {
        do {
            return .json(try await body())
        } catch let error as LetheError {
            let hint = error.hint.map { " (\($0))" } ?? ""
            throw VendorError(400, 1005, error.message + hint)
        }
    }

    private struct Clock: Decodable {
        var now: String?
        var advance: String?
    }

    private func moveClock(_ request: Request) async throws -> WireJSON {
        let asked = try await request.decode(Clock.self)
        if let text = asked.now {
            guard let now = Timestamp(text) else { throw VendorError.invalid("now") }
            account.clock.set(now)
        }
        if let text = asked.advance {
            account.clock.advance(microseconds: try Self.duration(text, "advance"))
        }
        return ["now": WireJSON(account.clock.now)]
    }

    private static func duration(_ text: String, _ name: String) throws(VendorError) -> Int64 {
        guard let time = SimulatedDuration.microseconds(text) else { throw .invalid(name) }
        return time
    }

    private struct NewLine: Decodable {
        var number: String
        var regime: String?
        var partner: Int?
    }

    private func addLine(_ request: Request) async throws -> WireJSON {
        let asked = try await request.decode(NewLine.self)
        guard let regime = LineRegime(rawValue: asked.regime ?? "persistent") else {
            throw VendorError.invalid("regime")
        }
        let partner = asked.partner ?? 0
        guard account.read({ $0.partners.indices.contains(partner) }) else { throw VendorError.invalid("partner") }
        account.addLine(try PhoneLine(asked.number), regime: regime, partner: partner)
        return ["number": .string(asked.number), "regime": .string(regime.rawValue)]
    }

    private struct NewAttachments: Decodable {
        var count: Int
        var lines: [String]?
        var from: String?
        var to: String?
        var seed: UInt64?
        var people: Int?
    }

    private func populate(_ request: Request) async throws -> WireJSON {
        let asked = try await request.decode(NewAttachments.self)
        guard (0...10_000_000).contains(asked.count) else { throw VendorError.invalid("count") }
        let now = account.clock.now
        let own = account.read { world in world.lines.filter { $0.partner == 0 }.map(\.number) }
        let population = Population(
            lines: try (asked.lines ?? own).map { try PhoneLine($0) }, attachments: asked.count,
            from: asked.from.flatMap { Timestamp($0) } ?? now.adding(seconds: -86_400),
            to: asked.to.flatMap { Timestamp($0) } ?? now, seed: asked.seed ?? 1, people: asked.people)
        let made = try account.populate(population)
        return ["made": .integer(Int64(made.count))]
    }

    private struct NewFaults: Decodable {
        var faults: [String]
        var seed: UInt64?
    }

    private func changeFaults(_ request: Request) async throws -> WireJSON {
        let asked = try await request.decode(NewFaults.self)
        try faults.replace(try asked.faults.map { try FaultSpec($0) }, seed: asked.seed)
        return ["faults": .array(faults.specs.map { .string($0.description) })]
    }

    private struct Settings: Decodable {
        var sweepDelay: String?
        var processingTime: String?
    }

    private func changeSettings(_ request: Request) async throws -> WireJSON {
        let asked = try await request.decode(Settings.self)
        if let text = asked.sweepDelay {
            account.setSweepDelay(seconds: try Self.duration(text, "sweep_delay") / 1_000_000)
        }
        if let text = asked.processingTime {
            account.setProcessingTime(seconds: try Self.duration(text, "processing_time") / 1_000_000)
        }
        return account.read { world in
            ["sweep_delay_s": .integer(world.sweepDelay), "processing_time_s": .integer(world.processingTime)]
        }
    }
}
