import Foundation
import TestSupport
import Testing

/// The process may die at any instruction: what was due goes exactly once, and the log stays whole.
@Suite struct InterruptionTests {
    /// How many seeded kill points; `LETHE_KILLS` asks for more.
    static let seeds: [UInt64] = (1...(UInt64(ProcessInfo.processInfo.environment["LETHE_KILLS"] ?? "") ?? 3)).map(
        \.self)

    private func world(
        _ attachments: Int, faults: [String], takesIn: Bool = true
    ) async throws -> (SimulatedVendor, SampleWorkspace) {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: attachments, takesIn: takesIn)
        try await vendor.setFaults(faults, seed: 7)
        return (vendor, workspace)
    }

    @Test(arguments: seeds)
    func aKilledRunIsFinishedByTheNextOne(seed: UInt64) async throws {
        let (vendor, workspace) = try await world(
            80, faults: ["all.latency:15ms", "500:0.15", "lost:0.05", "reset:0.03", "cut:0.02"])
        let before = try await vendor.attachments("live")
        let due = try await workspace.due().attachments
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2 {
            let run = try workspace.lethe.start(arguments: ["run", "--apply", "--no-canary"])
            let seen = try await vendor.deletes().count
            try await vendor.waitForDeletes(seen + Int.random(in: 1...25, using: &random), orEndOf: run)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...20, using: &random)))
            kill(run.process.processIdentifier, SIGKILL)
            _ = try await run.result()
        }
        let last = try await workspace.lethe("run", "--apply", "--no-canary", "--json")
        #expect(last.status == 0, "seed \(seed): \(last.everything)")
        try await expectDone(vendor, workspace, before: before, due: due, "seed \(seed)")
    }

    private func requests(_ workspace: SampleWorkspace) async throws -> [[String: Any]] {
        try await workspace.lethe("requests", "list", "--json").json?["requests"] as? [[String: Any]] ?? []
    }

    /// Whatever of it is killed, whoever does what `next` says answers the request.
    @Test(arguments: seeds)
    func aRequestIsAnsweredWhateverIsKilledOnTheWay(seed: UInt64) async throws {
        let (vendor, workspace) = try await world(40, faults: ["all.latency:8ms"], takesIn: false)
        var random = SeededGenerator(seed: seed)
        let handles = workspace.folder.file("handles")
        try "+12005550100\n".write(to: handles, atomically: true, encoding: .utf8)
        let who = ["--apply", "--as", "alex", "--subject-file", handles.path]
        let (bodies, headers) = (workspace.folder.file("bodies.ndjson"), workspace.folder.file("headers.ndjson"))
        _ = try await vendor.writeWebhooks(to: bodies, headers: headers)
        let ingest = ["ingest", bodies.path, "--headers", headers.path]
        for arguments in [ingest, ["sync"], ["erase"] + who, ["run", "--apply"], ["resume"], ["sync"]] {
            var words = arguments
            if words == ["resume"] {
                let id = try await requests(workspace).first?["id"] as? String
                words = ["erase"] + (id.map { ["--resume", $0] } ?? []) + who
            }
            let process = try workspace.lethe.start(arguments: words)
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...700, using: &random)))
            kill(process.process.processIdentifier, SIGKILL)
            _ = try await process.result()
            if words == ingest { _ = try await workspace.lethe.run(LetheProcess.binary, ingest) }
        }
        for _ in 0..<8 {
            guard let request = try await requests(workspace).first, let id = request["id"] as? String else {
                _ = try await workspace.lethe.run(LetheProcess.binary, ["erase"] + who)
                continue
            }
            guard !["completed", "completed_with_exceptions"].contains(request["state"] as? String) else { break }
            let next = try #require(request["next"] as? String, "seed \(seed): \(request)")
            var words = next.split(separator: " ").dropFirst().map(String.init)
            if words.first == "erase" { words = ["erase", "--resume", id] + who }
            words = words.map { ["NAME": "alex", "TEXT": "looked at it"][$0] ?? $0 }
            _ = try await workspace.lethe.run(LetheProcess.binary, words)
        }
        let request = try #require(try await requests(workspace).first, "seed \(seed)")
        #expect(request["state"] as? String == "completed", "seed \(seed): \(request)")
        let live = try await vendor.attachments("live")
        let items = try await workspace.outcomes(of: request["plan"] as? String ?? "")
        #expect(items.keys.allSatisfy { !live.contains($0) }, "seed \(seed): \(items)")
        let effects = try await vendor.deletes().filter(\.tookEffect).map(\.id)
        #expect(effects.count == Set(effects).count, "seed \(seed): a DELETE took effect twice")
        // Whoever was killed last may have sealed nothing.
        _ = try await workspace.lethe("audit", "seal")
        let verify = try await workspace.verifyLog()
        #expect(verify.status == 0, "seed \(seed): \(verify.everything)")
    }

    /// Exactly what was due is gone, each item has one outcome, and the log verifies.
    private func expectDone(
        _ vendor: SimulatedVendor, _ workspace: SampleWorkspace, before: Set<String>, due: Set<String>, _ note: String
    ) async throws {
        #expect(try await before.subtracting(vendor.attachments("live")) == due, "\(note)")
        let effects = try await vendor.deletes().filter(\.tookEffect).map(\.id)
        #expect(effects.count == Set(effects).count, "\(note): a DELETE took effect twice")
        let plans = try await workspace.lethe("plan", "list", "--json").json?["plans"] as? [[String: Any]] ?? []
        #expect(plans.allSatisfy { ["done", "cancelled"].contains($0["state"] as? String) }, "\(note): \(plans)")
        var ended: [String: Int] = [:]
        for plan in plans where plan["state"] as? String == "done" {
            for (id, outcome) in try await workspace.outcomes(of: plan["id"] as? String ?? "") {
                #expect(["deleted", "deleted_after_retry", "already_absent"].contains(outcome), "\(note): \(id)")
                ended[id, default: 0] += 1
            }
        }
        #expect(
            Set(ended.keys) == due && ended.values.allSatisfy { $0 == 1 }, "\(note): \(ended.count) of \(due.count)")
        let verify = try await workspace.verifyLog()
        #expect(verify.status == 0, "\(note): \(verify.everything)")
        let open = try await workspace.lethe("audit", "verify", "--vkey", workspace.vkey)
        #expect(open.output.contains(" 0 open"), "\(note): \(open.output)")
    }

    /// A workspace whose run was killed with DELETEs in flight.
    private func cutShort() async throws -> (SimulatedVendor, SampleWorkspace) {
        let (vendor, workspace) = try await world(40, faults: ["delete.latency:600ms"])
        let run = try workspace.lethe.start(arguments: ["run", "--apply", "--no-canary"])
        try await vendor.waitForDeletes(2)
        kill(run.process.processIdentifier, SIGKILL)
        _ = try await run.result()
        let look = try await workspace.verifySegments()
        #expect(look.output.contains(" open;") && !look.output.contains(" 0 open"), "\(look.output)")
        return (vendor, workspace)
    }

    @Test func aRolloverWaitsUntilWhatAKilledRunLeftIsSettled() async throws {
        let (vendor, workspace) = try await cutShort()
        defer { withExtendedLifetime(vendor) {} }
        let arguments = ["audit", "rollover", "--reason", "yearly", "--root-key-file", workspace.rootKey, "--json"]
        let early = try await workspace.lethe.run(LetheProcess.binary, arguments)
        #expect(early.status == 4 && early.error?.code == "open-intents", "\(early.everything)")
        #expect(try await workspace.lethe("run", "--apply").status == 0)
        #expect(try await workspace.lethe.run(LetheProcess.binary, arguments).status == 0)
        #expect(try await workspace.lethe("run", "--apply").status == 0)
        let verify = try await workspace.verifySegments()
        #expect(verify.status == 0, "\(verify.everything)")
    }

    /// The key of the segment is lost with the run: its intents are settled in the next segment, which stays honest.
    @Test func whatALossLeftOpenIsAnnouncedAgainBeforeItsAnswer() async throws {
        let (vendor, workspace) = try await cutShort()
        defer { withExtendedLifetime(vendor) {} }
        let due = try await vendor.attachments("live")
        try FileManager.default.removeItem(at: workspace.file(SampleWorkspace.keys + "/mac.state"))
        try await workspace.rollOver()
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 0, "\(run.everything)")
        #expect(try await vendor.attachments("live").count < due.count)
        let verify = try await workspace.verifySegments()
        // The tail of the segment that was lost is covered by no checkpoint.
        #expect(
            verify.status == 3 && verify.findings.allSatisfy { $0.hasSuffix("tail-not-covered") },
            "\(verify.everything)")
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aSignalHaltsAndTheNextRunResumes(signal: Int32) async throws {
        let (vendor, workspace) = try await world(80, faults: ["all.latency:60ms"])
        try workspace.configure("max_in_flight: 8", "max_in_flight: 2")
        let before = try await vendor.attachments("live")
        let due = try await workspace.due().attachments
        let run = try workspace.lethe.start(arguments: ["run", "--apply", "--json"])
        try await vendor.waitForDeletes(4)
        kill(run.process.processIdentifier, signal)
        let halted = try await run.result()
        #expect(halted.status == 2, "\(halted.everything)")
        #expect(halted.json?["halted"] as? String == "signal", "\(halted.everything)")
        let outcomes = halted.json?["outcomes"] as? [String: Int] ?? [:]
        #expect((outcomes["not_attempted"] ?? 0) > 0 && outcomes.values.reduce(0, +) == due.count, "\(outcomes)")
        let next = try await workspace.lethe("run", "--apply", "--json")
        #expect(next.status == 0, "\(next.everything)")
        let resumed = next.json?["resumed"] as? [[String: Any]] ?? []
        #expect(resumed.count == 1, "\(next.everything)")
        #expect((resumed.first?["outcomes"] as? [String: Int])?["deleted"] == due.count, "\(next.everything)")
        try await expectDone(vendor, workspace, before: before, due: due, "signal \(signal)")
    }

    /// Whatever it was at: what it uploaded is named then and gone after the next run.
    @Test(arguments: [(SIGINT, 200), (SIGTERM, 700), (SIGKILL, 900), (SIGINT, 1200)])
    func aDrillThatIsCutShortLeavesNothing(signal: Int32, after milliseconds: Int) async throws {
        let vendor = try await SimulatedVendor("--fault", "all.latency:300ms")
        let workspace = try await SampleWorkspace(vendor: vendor)
        let drill = try workspace.lethe.start(arguments: ["doctor", "--drill"])
        for _ in 0..<600 {
            let seen = try await vendor.attachments("pending").union(vendor.attachments("live"))
            guard seen.isEmpty else { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        try await Task.sleep(for: .milliseconds(milliseconds))
        kill(drill.process.processIdentifier, signal)
        let cut = try await drill.result()
        // What was on its way to its end may have ended.
        if signal != SIGKILL, milliseconds < 1000 || cut.status != 0 {
            #expect(cut.status == 1 && cut.output.contains("fail drill"), "\(cut.everything)")
            #expect(cut.output.contains("lethe run --apply"), "\(cut.everything)")
        }
        let next = try await workspace.lethe("run", "--apply")
        #expect(next.status == 0, "\(next.everything)")
        #expect(try await vendor.attachments("live").isEmpty, "\(cut.everything)\(next.everything)")
        let open = try await workspace.lethe("plan", "list", "--open", "--json").json?["plans"] as? [[String: Any]]
        #expect(open?.isEmpty == true, "\(String(describing: open))")
        #expect(try await workspace.verifyLog().status == 0)
    }

    @Test func aVendorThatVanishesDoesNotKeepARunFromEnding() async throws {
        let (vendor, workspace) = try await world(80, faults: ["all.latency:60ms"])
        try workspace.configure("max_in_flight: 8", "max_in_flight: 2")
        try workspace.configure("timeout: 30s", "timeout: 3s")
        let run = try workspace.lethe.start(arguments: ["run", "--apply", "--json"])
        try await vendor.waitForDeletes(4)
        vendor.vanish()
        try await Task.sleep(for: .seconds(1))
        kill(run.process.processIdentifier, SIGTERM)
        let halted = try await run.result()
        #expect(halted.status == 2, "\(halted.everything)")
        #expect(halted.json?["halted"] as? String == "signal", "\(halted.everything)")
    }

    @Test func theKillFileHaltsARunThatIsGoing() async throws {
        let (vendor, workspace) = try await world(80, faults: ["all.latency:60ms"])
        try workspace.configure("max_in_flight: 8", "max_in_flight: 2")
        let before = try await vendor.attachments("live")
        let due = try await workspace.due().attachments
        let run = try workspace.lethe.start(arguments: ["run", "--apply", "--json"])
        try await vendor.waitForDeletes(4)
        try workspace.write("", to: "STOP")
        let halted = try await run.result()
        #expect(halted.status == 2, "\(halted.everything)")
        #expect(halted.json?["halted"] as? String == "kill_file", "\(halted.everything)")
        #expect(try await vendor.deletes().count < due.count)
        try FileManager.default.removeItem(at: workspace.directory.appending(path: "STOP"))
        let next = try await workspace.lethe("run", "--apply")
        #expect(next.status == 0 && next.output.contains("; 1 earlier plan finished"), "\(next.everything)")
        try await expectDone(vendor, workspace, before: before, due: due, "kill file")
    }

    /// Something answers 404 for the vendor: nothing is called gone meanwhile, and the next run needs nobody.
    /// The breaker's pauses take a minute. The other forms of such an answer are `ExchangeTests`' affair.
    @Test func aGatewayInPlaceOfTheVendorProvesNothing() async throws {
        let (vendor, workspace) = try await world(60, faults: ["delete.404html:1"])
        let before = try await vendor.attachments("live")
        let due = try await workspace.due().attachments
        let halted = try await workspace.lethe("run", "--apply", "--json")
        #expect(halted.status == 2, "\(halted.everything)")
        #expect(halted.json?["halted"] as? String == "not_the_vendor", "\(halted.everything)")
        let open = (halted.json?["outcomes"] as? [String: Int])?["not_attempted"]
        #expect(open == due.count, "\(halted.everything)")
        #expect(try await vendor.attachments("live") == before)
        try await vendor.setFaults([])
        let next = try await workspace.lethe("run", "--apply", "--json")
        #expect(next.status == 0, "\(next.everything)")
        try await expectDone(vendor, workspace, before: before, due: due, "404html")
    }
}
