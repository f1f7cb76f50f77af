import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Simulator

/// DELETEs a second with an intent on disk before each, against the simulator in a process of its own, beside `wrk`, which
/// sends the same requests to the same server and writes nothing down.
struct DeleteSection {
    private static let inFlight = 64
    private static let policies = """
        version: 1
        policies:
          - {id: default, title: Default, why: Nothing is kept for ever., delete_after: 30d}
        """

    let folder: URL
    let sizes: Sizes

    func run(_ table: Table) async throws {
        let server = try SimulatorProcess(in: folder, attachments: sizes.deletes, runs: sizes.runs)
        defer { server.stop() }
        var ours: [Double] = []
        var bare: [Double] = []
        var wrk: [Double] = []
        for run in 0..<sizes.runs {
            ours.append(try await apply(server, run))
            bare.append(try await deleteOnly(server, run))
            if let tool = Tool.find("wrk") { wrk.append(try deleteByWrk(server, tool, run)) }
        }
        let what = "\(grouped(sizes.deletes)) DELETEs, \(Self.inFlight) in flight"
        if wrk.isEmpty { table.skip("\(what): wrk", "no wrk") }
        let reference = wrk.isEmpty ? nil : (name: "wrk", samples: Samples(wrk))
        table.add("\(what), durable audit", .perSecond, Samples(ours), reference)
        table.add("\(what), Lethe's client alone", .perSecond, Samples(bare), reference)
    }

    /// Ingest and planning are not counted, the canary and its look-ups are.
    private func apply(_ server: SimulatorProcess, _ run: Int) async throws -> Double {
        let workspace = BenchWorkspace(folder: folder.appending(path: "workspace"))
        try workspace.create()
        let client = try server.client(Self.inFlight)
        let context = RunContext(
            inventory: try workspace.inventory(), log: try workspace.auditLog(), vendor: client, time: BenchClock(),
            partner: BenchWorkspace.partner, workspace: workspace.folder)
        let decider = try BenchWorkspace.decider(Self.policies)
        _ = try IngestWebhooks(
            inventory: context.inventory, log: context.log, partner: context.partner, kind: .webhook,
            trust: .operatorSaysSo
        ).run([try DeliveryFile(path: server.bodies(run).path)], now: context.time.now())
        let planned = try PlanRetention(
            inventory: context.inventory, log: context.log, rules: decider, partner: context.partner,
            limits: Limits(maxDeletes: .max, maxPercent: 100, maxBytes: .max)
        ).run(now: context.time.now())
        _ = try ApprovePlan(
            inventory: context.inventory, log: context.log, time: context.time, rules: ApprovalRule(above: .max)
        ).approveAutomatically(planned.plan.id, by: "bench")
        let settings = ApplyPlan.Settings(
            maxInFlight: Self.inFlight, requestsPerSecond: 1_000_000, operatorName: "bench")
        let start = ContinuousClock.now
        let result = try await ApplyPlan(context, rules: decider, settings: settings).run(planned.plan.id)
        let seconds = start.secondsUntilNow
        await client.shutdown()
        guard result.counts[Outcome.deleted] == sizes.deletes else { throw BenchFailure("not all deleted: \(result)") }
        return Double(sizes.deletes) / seconds
    }

    /// What the client does where nothing is decided or written down.
    private func deleteOnly(_ server: SimulatorProcess, _ run: Int) async throws -> Double {
        let client = try server.client(Self.inFlight)
        let ids = try server.ids(.client, run)
        let start = ContinuousClock.now
        let deleted = await withTaskGroup(of: Int.self) { group in
            for first in 0..<Self.inFlight {
                group.addTask {
                    var deleted = 0
                    for place in stride(from: first, to: ids.count, by: Self.inFlight) {
                        if await client.delete(ids[place]).status == 204 { deleted += 1 }
                    }
                    return deleted
                }
            }
            return await group.reduce(0, +)
        }
        let seconds = start.secondsUntilNow
        await client.shutdown()
        guard deleted == ids.count else { throw BenchFailure("the client met errors") }
        return Double(ids.count) / seconds
    }

    /// The script stops at the last id, so what wrk sent and the time of it are its own words.
    private func deleteByWrk(_ server: SimulatorProcess, _ tool: Tool, _ run: Int) throws -> Double {
        let script = folder.appending(path: "delete.lua")
        try Self.script(ids: server.file(.wrk, run)).write(to: script, atomically: true, encoding: .utf8)
        let output = try tool.run(
            ["-t1", "-c\(Self.inFlight)", "-d2s", "-s", script.path, server.baseURL], in: folder)
        guard let line = output.split(separator: "\n").first(where: { $0.hasPrefix("RATE ") }),
            let rate = line.split(separator: " ").last.flatMap({ Double($0) })
        else { throw BenchFailure("wrk: \(output)") }
        return rate
    }

    private static func script(ids: URL) -> String {
        """
        local ids = {}
        for id in io.lines("\(ids.path)") do ids[#ids + 1] = id end
        local place = 0
        function request()
            place = place + 1
            return wrk.format("DELETE", "/api/partner/v3/attachments/" .. (ids[place] or "none"),
                {["Authorization"] = "Bearer sim-key"})
        end
        function done(summary)
            local refused = summary.errors.status
            if refused > 0 or summary.errors.read > 0 then print("ran out of ids, or errors: " .. refused) end
            print(string.format("RATE %.1f", (summary.requests - refused) / (summary.duration / 1e6)))
        end
        """
    }
}

/// The simulated vendor in a process of its own, filled for so many runs.
struct SimulatorProcess {
    /// Who deletes them.
    enum Share: String, CaseIterable {
        case lethe, client, wrk
    }

    /// `http://127.0.0.1:PORT/api/partner`
    let baseURL: String
    private let folder: URL
    private let process: Process
    private let input: Pipe

    init(in folder: URL, attachments: Int, runs: Int) throws {
        self.folder = folder
        input = Pipe()
        let output = Pipe()
        process = Process()
        process.executableURL = URL(filePath: try Child.itself.path)
        process.arguments = ["child", "serve", folder.path, String(attachments), String(runs)]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = output.fileHandleForReading.availableData
        baseURL = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard baseURL.hasPrefix("http") else { throw BenchFailure("the simulator did not start") }
    }

    /// It ends with its input.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func bodies(_ run: Int) -> URL { folder.appending(path: "bodies-\(run).ndjson") }
    func file(_ share: Share, _ run: Int) -> URL { Self.file(share, run, in: folder) }

    static func file(_ share: Share, _ run: Int, in folder: URL) -> URL {
        folder.appending(path: "\(share.rawValue)-\(run).ids")
    }

    func ids(_ share: Share, _ run: Int) throws -> [AttachmentID] {
        try String(contentsOf: file(share, run), encoding: .utf8).split(separator: "\n").map {
            try AttachmentID(String($0))
        }
    }

    func client(_ inFlight: Int) throws -> LinqHTTPClient {
        var options = LinqHTTPClient.Options(baseURL: try BaseURL(baseURL), key: try APIKey("sim-key"))
        options.maxInFlight = inFlight
        return LinqHTTPClient(options)
    }
}

extension DeleteSection {
    /// Fills an account, writes down who is to delete what, prints the URL, and serves until its input ends.
    static func serve(_ arguments: [String]) async throws {
        let folder = URL(filePath: arguments[1])
        guard let attachments = Int(arguments[2]), let runs = Int(arguments[3]) else { throw BenchFailure("serve") }
        let account = SimulatedAccount(clock: SimulatedClock { BenchClock().now() })
        let lines = try BenchWorkspace.lines.map { try PhoneLine($0) }
        for line in lines { account.addLine(line) }
        let now = BenchClock().now()
        for run in 0..<runs {
            for (place, share) in SimulatorProcess.Share.allCases.enumerated() {
                // wrk goes on for its two seconds, however many that is.
                let count = share == .wrk ? max(attachments, 100_000) : attachments
                let ids = try account.populate(
                    Population(
                        lines: lines, attachments: count, from: now.adding(seconds: -200 * 86_400),
                        to: now.adding(seconds: -100 * 86_400), seed: UInt64(run * 3 + place + 1)))
                let text = ids.map { "\($0)\n" }.joined()
                try text.write(to: SimulatorProcess.file(share, run, in: folder), atomically: true, encoding: .utf8)
                let target = share == .lethe ? folder.appending(path: "bodies-\(run).ndjson") : nil
                try drain(account, into: target)
            }
        }
        try await SimulatorServer(account).serve { url in
            say(url)
            while readLine() != nil {}
        }
    }

    /// The webhooks of what was just made, to a file or to nobody.
    private static func drain(_ account: SimulatedAccount, into target: URL?) throws {
        if let target { try Data().write(to: target) }
        let file = try target.map { try FileHandle(forWritingTo: $0) }
        while true {
            let batch = try account.takeDeliveries(1000)
            guard !batch.isEmpty else { return }
            try file?.write(contentsOf: Data(batch.flatMap { $0.body + [UInt8(ascii: "\n")] }))
        }
    }
}
