import Foundation
import TestSupport
import Testing

/// What every command that reads or acts says in an edited workspace, in this order, and what reached the vendor meanwhile.
struct Aftermath: Sendable {
    struct Answer: Sendable {
        let status: Int32
        let text: String
        /// Each value of a `--json` answer under its path; `nil` where it is none.
        let values: [String: String]?
        /// By a signal, the one that ends a command which hangs included.
        let isKilled: Bool
    }

    /// Seconds until a command counts as hanging. Those of a debug build take under one.
    private let patience: Double
    private(set) var reads: [String: Answer] = [:]
    private(set) var acts: [String: Answer] = [:]
    private(set) var proofs: [String: Answer] = [:]
    /// The log as `audit show` has it at the end, the newest last.
    private(set) var records: [[String: String]] = []
    private(set) var deletes: [(id: String, status: Int?)] = []
    /// The values of the keys and the handles, as no output may have them.
    private var secrets: [String] = []
    /// Commands that printed one of them.
    private(set) var leaks: [String] = []

    var all: [String: Answer] { reads.merging(acts) { $1 }.merging(proofs) { $1 } }

    /// `only`: those of the commands whose name it accepts.
    init(
        of edit: WorkspaceEdit?, in story: RichWorkspace, _ vendor: SimulatedVendor, patience: Double = 60,
        only: (String) -> Bool = { _ in true }
    ) async throws {
        self.patience = patience
        let workspace = try SampleWorkspace(copyOf: story.sample, vendor: vendor)
        secrets = try Self.secrets(of: workspace)
        try edit?.apply(to: workspace)
        let before = try await vendor.deletes().count
        for (name, arguments) in Self.reading(story) where only(name) {
            reads[name] = try await run(name, arguments, workspace)
        }
        for (name, arguments) in Self.acting(story) where only(name) {
            acts[name] = try await run(name, arguments, workspace)
        }
        for (name, arguments) in Self.proving(story, workspace) where only(name) {
            proofs[name] = try await run(name, arguments, workspace)
        }
        if only("verify.py"), proofs["bundle"]?.status == 0 { try await verifyBundle(workspace) }
        if let made = proofs["certificate of the approved"], made.status == 0 {
            let file = workspace.folder.file("checked.json")
            try made.text.write(to: file, atomically: true, encoding: .utf8)
            let check = ["requests", "check-certificate", file.path, "--vkey", workspace.vkey, "--json"]
            proofs["check-certificate"] = try await run("check-certificate", check, workspace)
        }
        let shown = try await run("the log", ["audit", "show", "--limit", "100000", "--json"], workspace)
        let json = (try? JSONSerialization.jsonObject(with: Data(shown.text.utf8))) as? [String: Any]
        records = (json?["records"] as? [[String: Any]] ?? []).map { $0.mapValues { "\($0)" } }
        deletes = try await vendor.deletes().dropFirst(before).map { ($0.id, $0.status) }
    }

    private static func reading(_ story: RichWorkspace) -> [(String, [String])] {
        var commands: [(String, [String])] = [
            ("hold list", ["hold", "list", "--all"]), ("requests list", ["requests", "list"]),
            ("plan list", ["plan", "list"]), ("confirmations", ["confirmations"]),
            ("report", ["report", "--format", "json", "-o", "-"]),
            ("certificate", ["requests", "certificate", story.id("request.done")]),
            ("audit show", ["audit", "show", "--limit", "100000"]),
        ]
        for name in ["done", "withdrawn", "refused", "open", "approved"] {
            commands.append(("requests show, \(name)", ["requests", "show", story.id("request.\(name)")]))
        }
        for name in ["open", "approved", "revoked", "due"] {
            commands.append(("plan show, \(name)", ["plan", "show", story.id("plan.\(name)")]))
        }
        return commands.map { ($0.0, $0.1 + ["--json"]) }
    }

    private static func acting(_ story: RichWorkspace) -> [(String, [String])] {
        var commands = [("run --apply", ["run", "--apply"])]
        for name in ["approved", "open", "revoked"] {
            commands.append(("plan apply, \(name)", ["plan", "apply", story.id("plan.\(name)")]))
        }
        for name in ["approved", "withdrawn", "revoked"] {
            let resume = ["erase", "--resume", story.id("request.\(name)"), "--apply", "--as", "alex"]
            commands.append(("erase --resume, \(name)", resume))
        }
        return commands.map { ($0.0, $0.1 + ["--json"]) }
    }

    private static func proving(_ story: RichWorkspace, _ workspace: SampleWorkspace) -> [(String, [String])] {
        let verify = ["audit", "verify", "--vkey", workspace.vkey, "--root-key-file", workspace.rootKey]
        let commands = [
            ("verify", verify + ["--require", "mac,ledger"]), ("doctor", ["doctor"]),
            ("bundle", ["audit", "bundle", "--from", "2020-01-01", "-o", workspace.folder.file("bundle.tar").path]),
            ("certificate of the approved", ["requests", "certificate", story.id("request.approved")]),
            ("report afterwards", ["report", "--format", "json", "-o", "-"]),
        ]
        return commands.map { ($0.0, $0.1 + ["--json"]) }
    }

    private mutating func verifyBundle(_ workspace: SampleWorkspace) async throws {
        let unpacked = try Shell.run("mkdir bundle && tar xf bundle.tar -C bundle", in: workspace.folder.url)
        try #require(unpacked.status == 0, "\(unpacked.text)")
        for (program, name) in [("python3", "verify.py"), ("sh", "verify.sh")] {
            let done = try Shell.run("\(program) \(name) '\(workspace.vkey)'", in: workspace.folder.file("bundle"))
            proofs[name] = Answer(status: done.status, text: done.text, values: nil, isKilled: false)
            note(name, done.text)
        }
    }

    private mutating func run(_ name: String, _ arguments: [String], _ workspace: SampleWorkspace) async throws
        -> Answer
    {
        let running = try workspace.lethe.start(arguments: arguments)
        let start = ContinuousClock.now
        while running.process.isRunning, start.duration(to: .now) < .seconds(patience) {
            try await Task.sleep(for: .milliseconds(5))
        }
        if running.process.isRunning { kill(running.process.processIdentifier, SIGKILL) }
        let result = try await running.result()
        note(name, result.output + result.errors)
        return Answer(
            status: result.status, text: result.output, values: result.json.map { Self.flat($0, "") },
            isKilled: running.process.terminationReason == .uncaughtSignal)
    }

    private mutating func note(_ name: String, _ text: String) {
        if secrets.contains(where: { text.contains($0) }) { leaks.append(name) }
    }

    private static func secrets(of workspace: SampleWorkspace) throws -> [String] {
        let keys = workspace.folder.file("keys")
        let state = try String(contentsOf: keys.appending(path: "mac.state"), encoding: .utf8)
        let root = try String(contentsOf: workspace.folder.file("root.key"), encoding: .utf8)
        let lookup = try String(contentsOf: keys.appending(path: "lookup.key"), encoding: .utf8)
        let seed = try Data(contentsOf: keys.appending(path: "sign.key")).suffix(32)
        let key = state.components(separatedBy: "\"key\":\"").last.map { String($0.prefix(64)) } ?? ""
        try #require(key.count == 64 && root.count >= 64 && lookup.count >= 64)
        let digits = seed.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return [key, String(root.prefix(64)), String(lookup.prefix(64)), digits, seed.base64EncodedString()]
            + (0..<14).map { RichWorkspace.handle($0) }
    }

    private static func flat(_ value: Any, _ path: String) -> [String: String] {
        switch value {
        case let object as [String: Any]:
            object.reduce(into: [:]) { all, member in
                all.merge(flat(member.value, path + "." + member.key)) { $1 }
            }
        case let list as [Any]:
            list.enumerated().reduce(into: [path + "#": "\(list.count)"]) { all, element in
                all.merge(flat(element.element, "\(path)[\(element.offset)]")) { $1 }
            }
        default: [path: "\(value)"]
        }
    }
}
