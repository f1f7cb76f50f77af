import Foundation
import TestSupport
import Testing

/// The main job on the real binary against the simulator over HTTP: what must hold, holds.
@Suite struct EndToEndTests {
    static let faults = ["500:0.2", "429:0.02:0", "lost:0.05", "reset:0.03", "502html:0.02", "cut:0.02"]

    static let policies = """
        version: 1
        policies:
          - id: default
            title: Everything else
            why: Nothing is kept longer than 90 days without a reason.
            delete_after: 90d
          - id: support-images
            title: Pictures sent to support
            why: Needed for a month.
            scope: {lines: ["+12025550143"]}
            match: {mime: ["image/*"], direction: inbound}
            delete_after: 30d
          - id: papers
            title: Papers
            why: Disputes take 60 days.
            match: {mime: ["application/pdf"]}
            retain: 60d
            delete_after: 100d
          - id: marketing
            title: What marketing sends
            why: Worth nothing after a week.
            scope: {lines: ["+12025550199"]}
            match: {direction: outbound}
            delete_after: 7d
          - id: voice
            title: Voice memos
            why: Kept two weeks.
            match: {mime: ["audio/*"]}
            delete_after: 2w

        """

    /// 600 attachments, so that the default run stays quick; `LETHE_E2E_ATTACHMENTS=2000` is the whole claim.
    @Test func exactlyWhatIsDueDisappearsUnderEveryFault() async throws {
        let count = Int(ProcessInfo.processInfo.environment["LETHE_E2E_ATTACHMENTS"] ?? "") ?? 600
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try workspace.write(Self.policies, to: "policies/retention.yaml")
        try workspace.configure(
            "  ephemeral_lines: []", "  ephemeral_lines: [{number: \"+12025550188\", since: \"2020-01-01\"}]")
        try workspace.configure(
            "limits: {max_deletes: 1000, max_percent: 10, max_bytes: 50GB}",
            "limits: {max_deletes: 100000, max_percent: 100, max_bytes: 50TB}")
        try workspace.configure("above: 1000}", "above: 100000}")
        try workspace.configure("max_requests_per_second: 10", "max_requests_per_second: 1000")
        try await vendor.addLine("+12025550177", regime: "persistent")
        try await vendor.addLine("+12025550199", regime: "persistent")
        let now = Date.now
        let format = ISO8601DateFormatter()
        try await vendor.populate(
            count, lines: ["+12025550143", "+12025550177", "+12025550188", "+12025550199"],
            from: format.string(from: now.addingTimeInterval(-120 * 86_400)), to: format.string(from: now))
        let bodies = workspace.folder.file("webhooks.ndjson")
        let headers = workspace.folder.file("headers.ndjson")
        let delivered = try await vendor.writeWebhooks(to: bodies, headers: headers)

        let ingest = try await workspace.lethe(
            "ingest", bodies.path, "--headers", headers.path, "--json")
        #expect(ingest.status == 0, "\(ingest.output)\(ingest.errors)")
        #expect(ingest.json?["accepted"] as? Int == delivered)
        #expect(ingest.json?["attachments_new"] as? Int == count)

        let before = try await vendor.attachments("live")
        let dry = try await workspace.lethe("run", "--json")
        #expect(dry.status == 0, "\(dry.output)\(dry.errors)")
        let planned = (dry.json?["plan"] as? [String: Any])?["items"] as? Int ?? 0
        #expect(planned > count / 4)
        #expect(try await vendor.deletes().isEmpty)
        #expect(dry.json?["outcomes"] is NSNull)

        try await vendor.setFaults(Self.faults, seed: 7)
        var run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        let outcomes = run.json?["outcomes"] as? [String: Int] ?? [:]
        #expect(outcomes.count == 14)
        #expect(outcomes.values.reduce(0, +) == planned)
        #expect((outcomes["deleted"] ?? 0) + (outcomes["deleted_after_retry"] ?? 0) == planned)
        #expect((outcomes["deleted_after_retry"] ?? 0) > 0)

        // What the vendor says: exactly as many are gone as were planned, all of them by a DELETE, none twice.
        let after = try await vendor.attachments("live")
        let effects = try await vendor.deletes().filter(\.tookEffect).map(\.id)
        #expect(Set(effects).count == planned)
        #expect(effects.count == planned)
        #expect(before.subtracting(after) == Set(effects))

        try await vendor.setFaults([])
        let sent = try await vendor.deletes().count
        run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(try await vendor.deletes().count == sent, "a second run deletes nothing")

        let verify = try await workspace.lethe(
            "audit", "verify", "--vkey", workspace.vkey, "--root-key-file", workspace.folder.file("root.key").path)
        #expect(verify.status == 0, "\(verify.output)\(verify.errors)")
        #expect(verify.output.contains("RESULT       VERIFIED"))
    }

    @Test func aWrongKeyStopsAtTheFirst401WithNothingDeleted() async throws {
        let vendor = try await SimulatedVendor("--attachments", "60")
        let workspace = try await SampleWorkspace(vendor: vendor, key: "wrong-key")
        try workspace.write(Self.policies, to: "policies/retention.yaml")
        let bodies = workspace.folder.file("webhooks.ndjson")
        _ = try await vendor.writeWebhooks(to: bodies, headers: workspace.folder.file("headers.ndjson"))
        _ = try await workspace.lethe("ingest", bodies.path, "--trusted")
        let run = try await workspace.lethe("run", "--apply")
        #expect(run.status == 1, "\(run.output)\(run.errors)")
        #expect(run.errors.contains("Error: "))
        #expect(run.errors.contains("LINQ_API_V3_API_KEY"))
        #expect(!(run.errors + run.output).contains("wrong-key"))
        #expect(try await vendor.deletes().isEmpty)
    }

    @Test func noFileOfTheWorkspaceHoldsAHandleOrAFileName() async throws {
        let workspace = try await SampleWorkspace()
        let folder = Paths.linq.appending(path: "webhooks")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".json") && !$0.hasSuffix(".headers.json") }.sorted()
        for file in files {
            let ingest = try await workspace.lethe("ingest", folder.appending(path: file).path, "--trusted", "--json")
            #expect(ingest.status == 0, "\(file): \(ingest.output)\(ingest.errors)")
        }
        let stats = try await workspace.lethe("inventory", "stats", "--json")
        #expect(((stats.json?["total"] as? [String: Any])?["attachments"] as? Int ?? 0) > 5)
        for text in [
            "4155550117", "4155550162", "dana.lindqvist", "passport-scan", "prescription", "IMG_4417", "lab results",
            "cdn.linqapp.com", "https://cdn",
        ] {
            #expect(try workspace.files(containing: text) == [], "\(text)")
        }
    }
}
