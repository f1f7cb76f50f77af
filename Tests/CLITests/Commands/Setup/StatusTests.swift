import Foundation
import TestSupport
import Testing

/// `lethe status` and `lethe check` through the binary: each row, and each exit status.
@Suite struct StatusTests {
    private struct Row {
        let name, state, detail: String
        let next: String?
    }

    private func rows(_ answer: LetheProcess.Result) throws -> [Row] {
        let rows = try #require(answer.json?["rows"] as? [[String: Any]], "\(answer.everything)")
        return rows.map {
            Row(
                name: $0["name"] as? String ?? "", state: $0["state"] as? String ?? "",
                detail: $0["detail"] as? String ?? "", next: $0["next"] as? String)
        }
    }

    private func waiting(_ workspace: SampleWorkspace, exit status: Int32) async throws -> [Row] {
        let answer = try await workspace.lethe("status", "--json")
        #expect(answer.status == status, "\(answer.everything)")
        let text = try await workspace.lethe("status")
        #expect(text.status == status)
        for line in text.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        return try rows(answer).filter { $0.state != "ok" }
    }

    private func check(_ workspace: SampleWorkspace, _ words: String..., exit status: Int32) async throws -> String {
        let answer = try await workspace.lethe.run(LetheProcess.binary, ["check"] + words)
        #expect(answer.status == status, "\(answer.everything)")
        #expect(answer.output.split(separator: "\n").count == 1)
        #expect(answer.output.count { $0 == "|" } == 1)
        return answer.output
    }

    @Test func aNewWorkspaceIsCalmAndIsLeftAsItWas() async throws {
        let workspace = try await SampleWorkspace(key: "")
        let before = try Data(contentsOf: workspace.file("audit.db"))
        #expect(try await waiting(workspace, exit: 0).isEmpty)
        let names = try rows(try await workspace.lethe("status", "--json")).map(\.name)
        #expect(
            names == [
                "due", "plans", "requests", "holds", "last run", "last webhook", "verification", "last seal",
                "audit log", "inventory", "kill file", "clock",
            ])
        #expect(try await check(workspace, exit: 0).hasPrefix("OK: nothing waits | due=0 halted=0 "))
        #expect(try Data(contentsOf: workspace.file("audit.db")) == before)
    }

    @Test func whatIsDueForLongAPlanAHoldAndAKillFileAreRows() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 40)
        var found = try await waiting(workspace, exit: 2)
        #expect(found.map(\.name) == ["due"] && found.first?.next == "lethe run --apply", "\(found)")
        let (plan, items) = try await workspace.due()
        try workspace.write("", to: "STOP")
        found = try await waiting(workspace, exit: 2)
        #expect(found.map(\.name) == ["due", "plan", "kill file"], "\(found)")
        #expect(found.map(\.next).contains("lethe plan approve \(plan) --as NAME"))
        let line = try await check(workspace, exit: 1)
        #expect(line.hasPrefix("WARNING: due: \(items.count) attachments"), "\(line)")
        #expect(line.contains(" unapproved=1 ") && line.contains("kill file: STOP"), "\(line)")
        let quiet = try await workspace.lethe("status", "--quiet")
        #expect(quiet.output.hasSuffix("\n3 things wait for a person.\n") && !quiet.output.contains("ok "))
        try FileManager.default.removeItem(at: workspace.file("STOP"))
        #expect(try await workspace.lethe("run", "--apply").status == 0)
        try await workspace.placeHold()
        let rows = try rows(try await workspace.lethe("status", "--json"))
        #expect(rows.allSatisfy { $0.state == "ok" }, "\(rows)")
        #expect(rows.contains { $0.name == "holds" && $0.detail == "1 in force" })
        #expect(rows.contains { $0.name == "last run" && $0.detail.hasSuffix("just now") })
        #expect(try await check(workspace, exit: 0).contains(" last_run="))
    }

    /// What the run would say once it is asked is told before.
    @Test func whatTheNextRunWouldBeRefusedForIsARowUntilAPlanIsSaved() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 40)
        try workspace.configure("above: 1000", "above: 5")
        var found = try await waiting(workspace, exit: 2)
        #expect(found.map(\.name) == ["due", "next run"] && found[0].next == nil, "\(found)")
        #expect(found[1].next?.hasPrefix("lethe run --save") == true, "\(found)")
        let (plan, _) = try await workspace.due()
        found = try await waiting(workspace, exit: 2)
        #expect(found.map(\.name) == ["due", "plan"] && found[1].detail.hasPrefix(plan), "\(found)")
    }

    @Test func aPlanThatWasHaltedForReviewWaitsWithItsCommand() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 120)
        let (_, items) = try await workspace.due()
        for id in items { try await vendor.delete(id) }
        let run = try await workspace.lethe("run", "--apply")
        #expect(run.status == 2, "\(run.everything)")
        let found = try await waiting(workspace, exit: 2)
        let halted = try #require(found.first { $0.detail.contains("already absent") }, "\(found)")
        let id = halted.detail.prefix { $0 != " " }
        #expect(halted.name == "plan" && halted.next == "lethe plan apply \(id) --reason TEXT")
        #expect(found.count { $0.detail.contains(id) } == 1, "\(found)")
        #expect(try await check(workspace, exit: 1).contains(" halted=1 "))
    }

    @Test func aRequestPastItsDayIsWrongAndIsToldToWhoeverAsked() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        try workspace.configure(
            "on_failure: []",
            "on_failure: [\"cat > failed.json\", {call: \"cat > late.json\", on: [overdue, silence]}]")
        let opened = try await workspace.lethe(
            "erase", "--received", "2026-01-02", "--json", input: "+12005550100\n")
        #expect(opened.status == 0, "\(opened.everything)")
        let found = try await waiting(workspace, exit: 1)
        let request = try #require(found.first { $0.name == "request" }, "\(found)")
        let list = try await workspace.lethe("requests", "list", "--json").json?["requests"] as? [[String: Any]]
        #expect(request.state == "wrong" && request.detail.hasSuffix("days late"), "\(request)")
        #expect(request.next == list?.first?["next"] as? String && request.next != nil)
        let late = workspace.file("late.json")
        let line = try await check(workspace, exit: 2)
        #expect(line.hasPrefix("CRITICAL: request: ") && line.contains(" overdue=1 "), "\(line)")
        #expect(!FileManager.default.fileExists(atPath: late.path))
        _ = try await check(workspace, "--notify", exit: 2)
        var told = try json(late)
        #expect(told["event"] as? String == "overdue" && told["status"] as? Int == 2)
        #expect((told["summary"] as? String)?.hasSuffix("was due 2026-02-02 and not answered") == true, "\(told)")
        try FileManager.default.removeItem(at: late)
        #expect(try await workspace.lethe("run", "--apply").status == 2)
        told = try json(late)
        #expect(told["event"] as? String == "overdue")
        #expect(try json(workspace.file("failed.json"))["event"] as? String == "failure")
    }

    private func json(_ file: URL) throws -> [String: Any] {
        let text = try Data(contentsOf: file)
        return try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    }

    @Test func anInventoryThatDiffersFromTheLogIsWrong() async throws {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        try workspace.sql("inventory.db", "DELETE FROM hold;")
        let found = try await waiting(workspace, exit: 1)
        #expect(found.map(\.name) == ["inventory"] && found[0].detail.contains("which the inventory lacks"), "\(found)")
        #expect(found[0].next?.contains("lethe inventory rebuild") == true)
        let rows = try rows(try await workspace.lethe("status", "--json"))
        #expect(rows.contains { $0.name == "holds" && $0.detail == "1 in force" })
        #expect(try await check(workspace, exit: 2).hasPrefix("CRITICAL: inventory: the audit log has hold "))
    }

    @Test func aLogThatCannotBeReadIsWrongAndTheRestIsTold() async throws {
        let workspace = try await SampleWorkspace()
        try FileManager.default.moveItem(at: workspace.file(".lethe/keys"), to: workspace.file("elsewhere"))
        let without = try await waiting(workspace, exit: 1)
        #expect(without.map(\.name).contains("inventory") && without.map(\.name).contains("audit log"), "\(without)")
        try FileManager.default.moveItem(at: workspace.file("elsewhere"), to: workspace.file(".lethe/keys"))
        try await workspace.placeHold()
        try workspace.tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'matter 7', 'matter 8') AS BLOB);")
        let found = try await waiting(workspace, exit: 1)
        #expect(found.map(\.name) == ["audit log"], "\(found)")
        #expect(try await check(workspace, exit: 2).hasPrefix("CRITICAL: audit log: "))
    }

    @Test func policiesThatCannotBeReadAreWrong() async throws {
        let workspace = try await SampleWorkspace()
        try workspace.write("version: 1\npolicies:\n  - id: A\n    wy: x\n", to: "policies/bad.yaml")
        let found = try await waiting(workspace, exit: 1)
        #expect(found.map(\.name) == ["policies"] && found[0].next == "lethe policy check", "\(found)")
    }

    @Test func withoutAWorkspaceAMonitorIsToldUnknown() async throws {
        let folder = try TemporaryDirectory()
        let lethe = LetheProcess(in: folder.url)
        let check = try await lethe("check")
        #expect(check.status == 3 && check.output == "UNKNOWN: no lethe.yaml here or in any folder above\n")
        #expect(try await lethe("status").status == 78)
        for age in ["1mo", "soon", "0h"] { #expect(try await lethe("check", "--max-age", age).status == 64, "\(age)") }
    }

    @Test func whomToCallAndForWhatIsHeldAgainstTheListOfEvents() async throws {
        let workspace = try await SampleWorkspace()
        try workspace.configure(
            "on_failure: []", "on_failure: [{call: \"true\", on: [late]}, {call: \"true\", on: []}]")
        let config = try await workspace.lethe("config")
        #expect(config.status == 78)
        for text in ["has no value \"late\"", "\"on\" names no event"] {
            #expect(config.errors.contains(text), "\(config.errors)")
        }
    }
}
