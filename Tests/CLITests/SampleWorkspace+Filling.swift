import Foundation
import TestSupport
import Testing

extension SampleWorkspace {
    /// The one policy of most tests; what is older than 47 days is due.
    static let policy = """
        version: 1
        policies:
          - id: default
            title: Everything else
            why: Nothing is kept longer than 47 days without a reason.
            delete_after: 47d

        """

    /// Messages over the last 120 days at the vendor, taken in by their webhooks; a policy that makes those of more than 47
    /// days due; limits and pace out of the way.
    func fill(
        _ vendor: SimulatedVendor, attachments: Int, lines: [String] = ["+12025550143"], seed: Int = 1,
        takesIn: Bool = true
    ) async throws {
        try write(Self.policy, to: "policies/retention.yaml")
        try configure(
            "limits: {max_deletes: 1000, max_percent: 10, max_bytes: 50GB}",
            "limits: {max_deletes: 100000, max_percent: 100, max_bytes: 50TB}")
        try configure("max_requests_per_second: 10", "max_requests_per_second: 1000")
        let now = Date.now
        let format = ISO8601DateFormatter()
        try await vendor.populate(
            attachments, lines: lines, from: format.string(from: now.addingTimeInterval(-120 * 86_400)),
            to: format.string(from: now), seed: seed)
        if takesIn { try await takeIn(vendor) }
    }

    /// Ingests, signed, whatever webhooks are waiting at the vendor.
    func takeIn(_ vendor: SimulatedVendor) async throws {
        let bodies = folder.file("bodies.ndjson")
        let headers = folder.file("headers.ndjson")
        _ = try await vendor.writeWebhooks(to: bodies, headers: headers)
        let ingest = try await lethe("ingest", bodies.path, "--headers", headers.path)
        try #require(ingest.status == 0, "\(ingest.output)\(ingest.errors)")
    }

    /// What a dry run would delete, and the plan's id.
    func due() async throws -> (plan: String, attachments: Set<String>) {
        let dry = try await lethe("run", "--save", "--json")
        let plan = (dry.json?["plan"] as? [String: Any])?["id"] as? String ?? ""
        return (plan, Set(try await outcomes(of: plan).keys))
    }

    /// The outcome of each item of a plan; `nil` while it is open.
    func outcomes(of plan: String) async throws -> [String: String?] {
        let shown = try await lethe("plan", "show", plan, "--json")
        let items = try #require(shown.json?["items"] as? [[String: Any]], "\(shown.output)\(shown.errors)")
        return Dictionary(
            uniqueKeysWithValues: items.map { ($0["attachment_id"] as? String ?? "", $0["outcome"] as? String) })
    }

    /// Verifies the log with the root key; the exit status says what came of it.
    func verifyLog() async throws -> LetheProcess.Result {
        try await lethe("audit", "verify", "--vkey", vkey, "--root-key-file", folder.file("root.key").path)
    }
}

extension LetheProcess.Result {
    /// The `error` object of a `--json` answer.
    var error: (code: String, message: String, hint: String?)? {
        guard let error = json?["error"] as? [String: Any], let code = error["code"] as? String else { return nil }
        return (code, error["message"] as? String ?? "", error["hint"] as? String)
    }

    /// For a test's failure text.
    var everything: String { "exit \(status)\n\(output)\(errors)" }
}
