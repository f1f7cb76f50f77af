import Foundation
import TestSupport
import Testing

/// What a limit, a hold, a missing approval, another account's key or a run that is going on refuses: exit 4, the way on,
/// and nothing deleted.
@Suite struct RefusalTests {
    @Test func aPlanOverALimitIsRefusedWholeWithTheWayToAllowIt() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 24)
        try workspace.configure("max_deletes: 100000", "max_deletes: 3")
        let due = try await workspace.due().attachments
        try #require(due.count > 5)
        let over = try await workspace.lethe("run", "--apply")
        #expect(over.status == 4, "\(over.everything)")
        #expect(over.errors.contains("max_deletes"), "\(over.errors)")
        #expect(over.errors.contains("--allow-deletes \(due.count)"), "\(over.errors)")
        let few = try await workspace.lethe("run", "--apply", "--allow-deletes", "\(due.count - 1)")
        #expect(few.status == 4, "\(few.everything)")
        #expect(few.errors.contains("--allow-deletes allows \(due.count - 1)"), "\(few.errors)")
        #expect(try await vendor.deletes().isEmpty)
        let allowed = try await workspace.lethe("run", "--apply", "--allow-deletes", "\(due.count)")
        #expect(allowed.status == 0, "\(allowed.everything)")
        #expect(Set(try await vendor.deletes().map(\.id)) == due)
        let record = try await workspace.lethe("audit", "show", "--type", "operator.act")
        #expect(record.output.contains("act=limit.raise"), "\(record.output)")
    }

    @Test func anotherAccountsKeyIsRefused() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        var lethe = workspace.lethe
        lethe.environment["LINQ_API_V3_API_KEY"] = "other-key"
        let result = try await lethe("run", "--apply", "--json")
        #expect(result.status == 4 && result.error?.code == "foreign-key", "\(result.everything)")
        #expect(try await vendor.deletes().isEmpty)
    }

    @Test func aSecondRunIsRefusedWhileOneIsGoing() async throws {
        let vendor = try await SimulatedVendor("--fault", "delete.latency:400ms")
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 60)
        try workspace.configure("max_in_flight: 8", "max_in_flight: 1")
        let first = try workspace.lethe.start(arguments: ["run", "--apply", "--json"])
        try await vendor.waitForDeletes(2)
        let second = try await workspace.lethe("run", "--apply", "--json")
        #expect(second.status == 4, "\(second.everything)")
        #expect(second.error?.code == "run-lease-taken", "\(second.everything)")
        let key = workspace.folder.file("root.key").path
        let rollover = try await workspace.lethe("audit", "rollover", "--reason", "yearly", "--root-key-file", key)
        #expect(rollover.status == 4, "an answer belongs in the segment of its intent: \(rollover.everything)")
        let hold = try await workspace.lethe("hold", "place", "--as", "alex", "--reason", "matter 7", "--all")
        #expect(hold.status == 0, "a hold can be placed while a run is going: \(hold.everything)")
        let dry = try await workspace.lethe("run", "--json")
        #expect(dry.status == 0, "a dry run may look at any time: \(dry.everything)")
        #expect(dry.output.contains("run-lease-taken"), "\(dry.everything)")
        let answer = try await first.result()
        let outcomes = answer.json?["outcomes"] as? [String: Int] ?? [:]
        #expect((outcomes["withheld_hold"] ?? 0) > 0, "\(answer.everything)")
        #expect(answer.status == 0, "\(answer.everything)")
        let gone = try await vendor.deletes().filter(\.tookEffect).count
        #expect(gone == outcomes["deleted"], "nothing goes after the hold")
    }

    @Test func twoPeopleMustAgreeWhereTheConfigurationSaysSo() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 24)
        try workspace.configure("people: 1, above: 1000", "people: 2, above: 3")
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 4, "\(run.everything)")
        let plans = try await workspace.lethe("plan", "list", "--open", "--json").json?["plans"] as? [[String: Any]]
        let plan = try #require(plans?.first?["id"] as? String)
        #expect(run.error?.hint?.contains("lethe plan approve \(plan)") == true, "\(run.everything)")
        for _ in 0..<2 {
            let approved = try await workspace.lethe("plan", "approve", plan, "--as", "alex", "--json")
            #expect(approved.status == 0 && approved.json?["state"] as? String == "proposed", "\(approved.everything)")
            #expect(approved.json?["approvals"] as? [String] == ["alex"], "twice the same name is once")
        }
        let early = try await workspace.lethe("plan", "apply", plan)
        #expect(early.status == 4, "\(early.everything)")
        #expect(try await vendor.deletes().isEmpty)
        _ = try await workspace.lethe("plan", "approve", plan, "--as", "kim")
        let applied = try await workspace.lethe("plan", "apply", plan)
        #expect(applied.status == 0, "\(applied.everything)")
    }

    @Test func aPlanMadeUnderOtherPoliciesIsStale() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        let plan = try await workspace.due().plan
        _ = try await workspace.lethe("plan", "approve", plan, "--as", "alex")
        try workspace.write(SampleWorkspace.policy.replacing("47d", with: "48d"), to: "policies/retention.yaml")
        let applied = try await workspace.lethe("plan", "apply", plan)
        #expect(applied.status == 4, "\(applied.everything)")
        #expect(applied.errors.contains("the policies have changed"), "\(applied.errors)")
        #expect(try await vendor.deletes().isEmpty)
    }

    @Test func theKillFileStopsARunBeforeItsFirstDelete() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        try workspace.write("", to: "STOP")
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 2, "\(run.everything)")
        let error = run.json?["error"] as? [String: Any]
        #expect(error?["code"] as? String == "kill-file", "\(run.everything)")
        #expect((error?["hint"] as? String)?.contains("remove STOP") == true, "\(run.everything)")
        #expect(try await vendor.deletes().isEmpty)
        try FileManager.default.removeItem(at: workspace.directory.appending(path: "STOP"))
        let again = try await workspace.lethe("run", "--apply", "--json")
        #expect(again.status == 0, "\(again.everything)")
        #expect(try await !vendor.deletes().isEmpty)
    }

    /// What is opened by then is gone on with; what deletes nothing is not stopped.
    @Test func theKillFileIsNamedAndStopsOnlyWhatDeletes() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        try workspace.write("", to: "STOP")
        for words in [["sync"], ["verify"]] {
            let answer = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(answer.status == 0, "\(answer.everything)")
        }
        let drill = try await workspace.lethe("doctor", "--drill")
        #expect(drill.status == 1 && drill.output.contains("remove STOP"), "\(drill.everything)")
        #expect(try await vendor.attachments("pending").isEmpty)
        let erase = try await workspace.lethe("erase", "--apply", "--as", "alex", "--subject", "+12005550100")
        #expect(erase.status == 2 && erase.errors.contains("the kill file STOP"), "\(erase.everything)")
        let requests = try await workspace.lethe("requests", "list", "--json").json?["requests"] as? [[String: Any]]
        let next = try #require(requests?.first?["next"] as? String)
        #expect(erase.errors.contains("Try: remove STOP, then: \(next)"), "\(erase.everything)")
        #expect(try await vendor.deletes().isEmpty)
    }

    @Test func aCallerIsToldOfARunThatDidNotDoItsWork() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor, key: "wrong-key")
        try await workspace.fill(vendor, attachments: 12)
        try workspace.configure("on_failure: []", "on_failure: [\"cat > told.json\", \"exit 3\"]")
        let run = try await workspace.lethe("run", "--apply", "--quiet", "--json")
        #expect(run.status == 1 && run.json?.count == 1, "\(run.everything)")
        #expect(run.errors.contains("on_failure: the command ended with 3"), "\(run.errors)")
        let told = try Data(contentsOf: workspace.directory.appending(path: "told.json"))
        let json = try #require(try JSONSerialization.jsonObject(with: told) as? [String: Any])
        #expect(json["status"] as? Int == 1)
        #expect((json["summary"] as? String)?.isEmpty == false)
        #expect(Set(json.keys) == ["event", "status", "summary", "workspace", "at"])
        #expect(!String(decoding: told, as: UTF8.self).contains("wrong-key"))
    }
}
