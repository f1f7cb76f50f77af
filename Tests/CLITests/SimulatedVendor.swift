import Foundation
import TestSupport

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `lethe simulate` in a process of its own, and its admin calls.
final class SimulatedVendor: Sendable {
    let baseURL: String
    private let running: LetheProcess.Running

    init(_ arguments: String...) async throws {
        let folder = FileManager.default.temporaryDirectory
        running = try LetheProcess(in: folder).start(arguments: ["simulate", "--quiet"] + arguments)
        let line = await running.firstLine() ?? ""
        guard line.hasPrefix("listening on ") else { throw Failure(message: "the simulator did not start: \(line)") }
        baseURL = String(line.dropFirst("listening on ".count))
    }

    /// Gone without a word, as a network that is cut.
    func vanish() { kill(running.process.processIdentifier, SIGKILL) }

    deinit { running.process.terminate() }

    struct Failure: Error { let message: String }

    private func call(_ method: String, _ path: String, _ body: [String: any Sendable]? = nil) async throws -> [String:
        Any]
    {
        guard let url = URL(string: baseURL.replacing("/api/partner", with: "/admin/" + path)) else { return [:] }
        var request = URLRequest(url: url, timeoutInterval: 60)
        request.httpMethod = method
        if let body { request.httpBody = try JSONSerialization.data(withJSONObject: body) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw Failure(message: "\(method) /admin/\(path): \(String(decoding: data, as: UTF8.self))")
        }
        return (try JSONSerialization.jsonObject(with: data) as? [String: Any]) ?? [:]
    }

    func addLine(_ number: String, regime: String) async throws {
        _ = try await call("POST", "lines", ["number": number, "regime": regime])
    }

    func populate(
        _ count: Int, lines: [String], from: String, to: String, seed: Int = 1, people: Int? = nil
    ) async throws {
        var wanted: [String: any Sendable] = ["count": count, "lines": lines, "from": from, "to": to, "seed": seed]
        if let people { wanted["people"] = people }
        _ = try await call("POST", "attachments", wanted)
    }

    /// As the account's owner would, by the vendor's own API.
    func delete(_ id: String) async throws {
        guard let url = URL(string: baseURL + "/v3/attachments/" + id) else { return }
        var request = URLRequest(url: url, timeoutInterval: 60)
        request.httpMethod = "DELETE"
        request.setValue("Bearer sim-key", forHTTPHeaderField: "Authorization")
        let (_, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 204 else { throw Failure(message: "DELETE \(id)") }
    }

    func setFaults(_ faults: [String], seed: Int = 1) async throws {
        _ = try await call("POST", "faults", ["faults": faults, "seed": seed])
    }

    func setClock(_ now: String) async throws {
        _ = try await call("POST", "clock", ["now": now])
    }

    /// Ids in a state: `live`, `deleted`, `expired`, `pending`.
    func attachments(_ state: String) async throws -> Set<String> {
        let ids = try await call("GET", "attachments?state=\(state)")["ids"] as? [String]
        return Set(ids ?? [])
    }

    /// Every DELETE so far: status given (nil = no answer), whether it took effect.
    func deletes() async throws -> [(id: String, status: Int?, tookEffect: Bool)] {
        let records = try await call("GET", "deletes")["deletes"] as? [[String: Any]] ?? []
        return records.map { ($0["id"] as? String ?? "", $0["status"] as? Int, $0["took_effect"] as? Bool ?? false) }
    }

    /// Until `count` DELETEs have come in, or the run has ended; at most a minute.
    func waitForDeletes(_ count: Int, orEndOf run: LetheProcess.Running? = nil) async throws {
        for _ in 0..<6000 where run?.process.isRunning != false {
            let state = try await call("GET", "state")
            if ((state["deletes"] as? [String: Any])?["requests"] as? Int ?? 0) >= count { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Writes the webhooks that are waiting as NDJSON, and their headers, one line each.
    func writeWebhooks(to bodies: URL, headers: URL) async throws -> Int {
        let deliveries = try await call("POST", "deliver", [:])["deliveries"] as? [[String: Any]] ?? []
        var bodyText = ""
        var headerText = ""
        for delivery in deliveries {
            bodyText += (delivery["body"] as? String ?? "") + "\n"
            let data = try JSONSerialization.data(withJSONObject: delivery["headers"] ?? [:])
            headerText += String(decoding: data, as: UTF8.self) + "\n"
        }
        try bodyText.write(to: bodies, atomically: true, encoding: .utf8)
        try headerText.write(to: headers, atomically: true, encoding: .utf8)
        return deliveries.count
    }
}
