import Foundation
import TestSupport
import Testing

/// Every command's `--json` answer against its file in `Goldens/`: keys, types, and whatever does not differ from run to run.
@Suite struct GoldenTests {
    /// An account with an ephemeral line, and its webhooks taken in.
    private func world(seed: Int = 3) async throws -> (SimulatedVendor, SampleWorkspace, [String: String]) {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try workspace.configure(
            "  ephemeral_lines: []", "  ephemeral_lines: [{number: \"+12025550188\", since: \"2020-01-01\"}]")
        try await workspace.fill(vendor, attachments: 25, lines: ["+12025550143", "+12025550188"], seed: seed)
        return (vendor, workspace, workspace.paths)
    }

    @Test func theWorkspaceAndWhatFeedsIt() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        let (lethe, paths) = (workspace.lethe, workspace.paths)
        let second = workspace.folder.file("second").path
        try Answer.check(
            "init",
            try await lethe(
                "init", second, "--partner", "acme", "--root-key-out", workspace.folder.file("other.key").path, "--json"
            ),
            replacing: paths)
        try Answer.check("config", try await lethe("config", "--json"), replacing: paths)
        try Answer.check("doctor", try await lethe("doctor", "--json"), replacing: paths)
        try Answer.check("status", try await lethe("status", "--json"))
        try Answer.check("check", try await lethe("check", "--json"))
        try Answer.check("inventory-stats-empty", try await lethe("inventory", "stats", "--json"))
        try await vendor.populate(
            12, lines: ["+12025550143"], from: "2026-08-01T00:00:00Z", to: "2026-08-20T00:00:00Z", seed: 3)
        let bodies = workspace.folder.file("bodies.ndjson")
        _ = try await vendor.writeWebhooks(to: bodies, headers: workspace.folder.file("headers.ndjson"))
        let text = try String(contentsOf: bodies, encoding: .utf8)
        try (text + "{\"cut\": \n").write(to: bodies, atomically: true, encoding: .utf8)
        try Answer.check(
            "ingest", try await lethe("ingest", bodies.path, "--trusted", "--json"), exit: 2,
            replacing: paths)
        let response = Paths.linq.appending(path: "api/message-send--response.json").path
        try Answer.check(
            "ingest-response", try await lethe("ingest", response, "--kind", "response", "--trusted", "--json"))
        try Answer.check("sync", try await lethe("sync", "--json"))
        try Answer.check("error-no-webhook-file", try await lethe("ingest", "no.json", "--trusted", "--json"), exit: 66)
    }

    @Test func theInventoryAndTheRules() async throws {
        let (vendor, workspace, paths) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let lethe = workspace.lethe
        try Answer.check("inventory-stats", try await lethe("inventory", "stats", "--json"))
        let list = try Answer.check("inventory-list", try await lethe("inventory", "list", "--limit", "2", "--json"))
        let id = try #require((list["attachments"] as? [[String: Any]])?.first?["attachment_id"] as? String)
        try Answer.check("inventory-show", try await lethe("inventory", "show", id, "--json"))
        try Answer.check("policy-check", try await lethe("policy", "check", "--json"), replacing: paths)
        try Answer.check("policy-explain", try await lethe("policy", "explain", id, "--json"))
        try Answer.check("policy-forecast", try await lethe("policy", "forecast", "--days", "30", "--json"))
        try workspace.write(
            """
            version: 1
            tests:
              - name: an old file goes
                at: "2026-06-01"
                attachment: {created: "2026-01-01", line: "+12025550143", direction: inbound, mime: image/png}
                expect: {decision: delete, policy: default}

            """, to: "policies/tests/default.yaml")
        try Answer.check("policy-test", try await lethe("policy", "test", "--json"), replacing: paths)
        try workspace.write(SampleWorkspace.policy.replacing("47d", with: "20d"), to: "next/retention.yaml")
        try Answer.check(
            "policy-diff",
            try await lethe(
                "policy", "diff", workspace.directory.appending(path: "policies").path,
                workspace.directory.appending(path: "next").path, "--json"), replacing: paths)
        let locked = """
            version: 1
            policies:
              - {id: records, title: Records, why: The law asks., retain: 2y, legal_ground: gdpr.17.3.b, locked: true}

            """
        try workspace.write(locked, to: "policies/records.yaml")
        _ = try await lethe("run", "--save")
        try workspace.write(locked.replacing("2y", with: "1y"), to: "policies/records.yaml")
        try Answer.check("run-dry-weakened", try await lethe("run", "--json"), exit: 4)
        try Answer.check("error-locked-policy", try await lethe("run", "--apply", "--json"), exit: 4)
        try Answer.check(
            "policy-unlock",
            try await lethe(
                "policy", "unlock", "records", "--as", "alex", "--reason", "the law asks for one year now", "--json"))
        let schema = try await lethe("policy", "schema", "--json")
        #expect(schema.status == 0 && schema.json?["$schema"] != nil, "\(schema.everything)")
        let certificate = try await lethe("requests", "schema", "--json")
        #expect(certificate.status == 0 && certificate.json?["$schema"] != nil, "\(certificate.everything)")
        try workspace.write("version: 1\npolicies:\n  - id: A\n    wy: x\n", to: "policies/bad.yaml")
        try Answer.check("policy-check-errors", try await lethe("policy", "check", "--json"), exit: 78)
        try Answer.check("error-bad-policy", try await lethe("run", "--json"), exit: 78)
    }

    @Test func runsAndPlans() async throws {
        let (vendor, workspace, paths) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let lethe = workspace.lethe
        try Answer.check("run-dry", try await lethe("run", "--json"))
        let dry = try Answer.check("run-save", try await lethe("run", "--save", "--json"))
        let plan = try #require((dry["plan"] as? [String: Any])?["id"] as? String)
        try Answer.check("plan-list", try await lethe("plan", "list", "--json"))
        try Answer.check("plan-show", try await lethe("plan", "show", plan, "--json"), replacing: paths)
        let other = try await lethe("run", "--save", "--json").json?["plan"] as? [String: Any]
        try Answer.check(
            "plan-cancel", try await lethe("plan", "cancel", other?["id"] as? String ?? "", "--json"))
        try Answer.check("error-not-approved", try await lethe("plan", "apply", plan, "--json"), exit: 4)
        try Answer.check("plan-approve", try await lethe("plan", "approve", plan, "--as", "alex", "--json"))
        try Answer.check("plan-apply", try await lethe("plan", "apply", plan, "--json"))
        try Answer.check("plan-show-done", try await lethe("plan", "show", plan, "--json"))
        try Answer.check(
            "plan-close",
            try await lethe("plan", "close", plan, "--as", "alex", "--reason", "the vendor lost it", "--json"), exit: 4)
        try Answer.check("run-apply", try await lethe("run", "--apply", "--json"))
        try Answer.check("confirmations", try await lethe("confirmations", "--limit", "3", "--json"))
        try Answer.check("verify", try await lethe("verify", "--json"))
        try Answer.check("verify-expired", try await lethe("verify", "--expired", "1000", "--json"))
        try Answer.check("doctor-drill", try await lethe("doctor", "--drill", "--json"), replacing: paths)
    }

    @Test func erasuresAndHolds() async throws {
        let (vendor, workspace, paths) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let lethe = workspace.lethe
        let held = try Answer.check(
            "hold-place",
            try await lethe("hold", "place", "--as", "alex", "--reason", "matter 7", "--line", "+12025550188", "--json")
        )
        let hold = try #require((held["hold"] as? [String: Any])?["id"] as? String)
        try Answer.check("hold-list", try await lethe("hold", "list", "--json"))
        try Answer.check(
            "hold-release",
            try await lethe("hold", "release", hold, "--as", "alex", "--reason", "matter 7 is closed", "--json"))
        let planned = try Answer.check("erase", try await lethe("erase", "--json", input: "+12005550100\n"))
        let request = try #require((planned["request"] as? [String: Any])?["id"] as? String)
        try Answer.check("error-request-open", try await lethe("erase", "--json", input: "+12005550100\n"), exit: 4)
        try Answer.check("requests-list", try await lethe("requests", "list", "--json"))
        try await endings(workspace)
        try Answer.check(
            "erase-apply", try await lethe("erase", "--resume", request, "--apply", "--as", "alex", "--json"))
        try Answer.check("requests-show", try await lethe("requests", "show", request, "--json"))
        try Answer.check(
            "requests-certificate", try await lethe("requests", "certificate", request, "--json"), replacing: paths)
        let tar = workspace.folder.file("evidence.tar").path
        try Answer.check(
            "audit-bundle", try await lethe("audit", "bundle", "--request", request, "-o", tar, "--json"),
            replacing: paths)
        let statement = workspace.folder.file("statement.json").path
        _ = try await lethe("requests", "certificate", request, "-o", statement)
        try Answer.check(
            "requests-check-certificate",
            try await lethe("requests", "check-certificate", statement, "--vkey", workspace.vkey, "--json"),
            replacing: paths)
        let file = workspace.folder.file("statement.html").path
        try Answer.check(
            "requests-certificate-file", try await lethe("requests", "certificate", request, "-o", file, "--json"),
            replacing: paths)
    }

    @Test func theLogAndTheReport() async throws {
        let (vendor, workspace, paths) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let lethe = workspace.lethe
        let key = workspace.folder.file("root.key").path
        _ = try await lethe("run", "--apply")
        try Answer.check("audit-seal", try await lethe("audit", "seal", "--json"))
        try Answer.check(
            "audit-verify",
            try await lethe("audit", "verify", "--vkey", workspace.vkey, "--root-key-file", key, "--json"))
        try Answer.check("audit-verify-unpinned", try await lethe("audit", "verify", "--json"), exit: 3)
        let shown = try Answer.check(
            "audit-show", try await lethe("audit", "show", "--type", "delete.outcome", "--limit", "2", "--json"))
        let id = try #require((shown["records"] as? [[String: Any]])?.first?["att"] as? String)
        let export = workspace.folder.file("export").path
        try Answer.check("audit-export", try await lethe("audit", "export", "-o", export, "--json"), replacing: paths)
        let proof = workspace.folder.file("one.tlog-proof").path
        try Answer.check("audit-proof", try await lethe("audit", "proof", id, "-o", proof, "--json"), replacing: paths)
        try Answer.check(
            "audit-check-proof", try await lethe("audit", "check-proof", proof, "--vkey", workspace.vkey, "--json"))
        _ = try await lethe("audit", "seal")
        let held = export + "/checkpoint"
        let grown = workspace.folder.file("grown.proof").path
        try Answer.check(
            "audit-consistency", try await lethe("audit", "consistency", held, "-o", grown, "--json"), replacing: paths)
        try Answer.check(
            "audit-check-proof-consistency",
            try await lethe("audit", "check-proof", grown, "--checkpoint", held, "--vkey", workspace.vkey, "--json"))
        let report = workspace.folder.file("report.html").path
        try Answer.check("report", try await lethe("report", "-o", report, "--json"), replacing: paths)
        try Answer.check(
            "audit-rollover",
            try await lethe("audit", "rollover", "--reason", "yearly", "--root-key-file", key, "--json"))
        try Answer.check(
            "audit-rebind",
            try await lethe("audit", "rebind", "--as", "alex", "--reason", "new volume", "--json"), replacing: paths)
        try Answer.check("audit-prune", try await lethe("audit", "prune", "--as", "alex", "--json"), exit: 78)
        try Answer.check(
            "audit-verify-segments",
            try await lethe("audit", "verify", "--vkey", workspace.vkey, "--root-key-file", key, "--json"))
        try Answer.check(
            "inventory-rebuild",
            try await lethe(
                "inventory", "rebuild", "--as", "alex", "--reason", "restored", "--root-key-file", key, "--json"))
        let other = workspace.folder.file("other.key").path
        try Answer.check(
            "audit-init-refused", try await lethe("audit", "init", "--root-key-out", other, "--json"), exit: 4,
            replacing: paths)
    }
}

extension GoldenTests {
    /// Requests that end otherwise than by an erasure, of people who sent nothing.
    private func endings(_ workspace: SampleWorkspace) async throws {
        let lethe = workspace.lethe
        for (ending, handle, reason) in [
            ("extend", "+14155550117", "many systems"), ("refuse", "+14155550117", "identity was not shown"),
            ("withdraw", "+14155550118", "by letter"),
        ] {
            let opened = try await lethe("erase", "--offline", "--json", input: handle + "\n")
            let known = try await lethe("requests", "list", "--open", "--json").json?["requests"] as? [[String: Any]]
            let id = (opened.json?["request"] as? [String: Any])?["id"] as? String
            let open = known?.first { $0["plan"] as? String != nil && ($0["coverage"] as? String) == "offline" }
            try Answer.check(
                "requests-\(ending)",
                try await lethe(
                    "requests", ending, id ?? open?["id"] as? String ?? "", "--as", "alex", "--reason", reason, "--json"
                ))
        }
    }

    /// The schemas' texts and the simulator's line are held by other tests; the demo is one long story of its own.
    @Test func everyCommandHasAGolden() async throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Answer.folder.path)
        let paths = try await HelpTests.commands().map(\.path)
        let without = [["simulate"], ["demo"], ["policy", "schema"], ["requests", "schema"]]
        for path in paths where !path.isEmpty && !without.contains(path) {
            let isGroup = paths.contains { $0.count > path.count && $0.starts(with: path) }
            let name = path.joined(separator: "-")
            #expect(isGroup || files.contains { $0 == name + ".json" || $0.hasPrefix(name + "-") }, "\(name)")
        }
    }
}

extension SampleWorkspace {
    /// What stands for this workspace's paths in a golden file.
    var paths: [String: String] { [directory.path: "<workspace>", folder.url.path: "<folder>"] }
}
