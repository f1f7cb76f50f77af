import Foundation
import TestSupport
import Testing

/// The key directory says whose its keys are and for which files: who can write in the workspace alone gets nothing signed by them
/// for another partner, or in another place.
@Suite struct BindingTests {
    private static let other = "44296a83-d4a8-442a-a7f8-c874e6b9197d"
    private let files = FileManager.default

    /// A workspace whose keys lie elsewhere, and the folder they are in.
    private func workspace() async throws -> (SampleWorkspace, keys: URL) {
        let workspace = try await SampleWorkspace(keys: "../keys")
        let keys = workspace.folder.file("keys")
        return (workspace, keys)
    }

    /// Commands that read, write, decide and only look, each with its status and code.
    private func answers(_ workspace: SampleWorkspace, in folder: URL) async throws -> Set<String> {
        let commands = [
            ["hold", "list"], ["hold", "place", "--all", "--as", "a", "--reason", "r"], ["audit", "seal"], ["run"],
            ["inventory", "stats"], ["ingest", workspace.folder.file("none.json").path, "--trusted"], ["report"],
        ]
        try "[]".write(to: workspace.folder.file("none.json"), atomically: true, encoding: .utf8)
        var answers: Set<String> = []
        for command in commands {
            let result = try await workspace.lethe.run(
                LetheProcess.binary, ["--workspace", folder.path] + command + ["--json"])
            answers.insert("\(result.status) \(result.error?.code ?? command.joined(separator: " "))")
            if let error = result.error { #expect(!error.message.isEmpty && error.hint?.isEmpty == false) }
        }
        return answers
    }

    @Test func keysOfOnePartnerServeNoOther() async throws {
        let (workspace, keys) = try await workspace()
        try workspace.configure(SampleWorkspace.partner, Self.other)
        // The inventory's own row is the attacker's too.
        try workspace.sql("inventory.db", "UPDATE setting SET value = '\(Self.other)' WHERE name = 'partner';")
        #expect(try await answers(workspace, in: workspace.directory) == ["4 keys-of-another-partner"])
        let seal = try await workspace.lethe("audit", "seal")
        for named in [SampleWorkspace.partner, Self.other, keys.path, "Try: "] {
            #expect(seal.errors.contains(named), "\(seal.everything)")
        }
        let doctor = try await workspace.lethe("doctor")
        #expect(doctor.status == 1 && doctor.output.contains("are bound to partner"), "\(doctor.everything)")
        // No way around it by beginning a segment, or by saying that something was moved.
        for command in [["rollover", "--root-key-file", workspace.rootKey], ["rebind", "--as", "mallory"]] {
            let result = try await workspace.lethe.run(
                LetheProcess.binary, ["audit"] + command + ["--reason", "r", "--json"])
            #expect(result.status == 4 && result.error?.code == "keys-of-another-partner", "\(result.everything)")
        }
    }

    @Test func aMovedWorkspaceIsRefusedUntilSomebodySaysSoOnRecord() async throws {
        let (workspace, keys) = try await workspace()
        try await workspace.placeHold()
        let moved = workspace.directory.deletingLastPathComponent().appending(path: "moved")
        try files.moveItem(at: workspace.directory, to: moved)
        #expect(try await answers(workspace, in: moved) == ["4 keys-of-another-place"])
        func lethe(_ words: String...) async throws -> LetheProcess.Result {
            try await workspace.lethe.run(LetheProcess.binary, ["--workspace", moved.path] + words)
        }
        let seal = try await lethe("audit", "seal")
        for named in [
            workspace.file("audit.db").path, moved.path + "/audit.db", "lethe audit rebind --as NAME --reason TEXT",
        ] {
            #expect(seal.errors.contains(named), "\(seal.everything)")
        }
        // Who only reads what was signed needs no keys.
        let verify = try await lethe("audit", "verify", "--vkey", workspace.vkey)
        #expect(verify.status == 0, "\(verify.everything)")
        let rebound = try await lethe(
            "audit", "rebind", "--as", "alex", "--reason", "new volume", "--root-key-file", workspace.rootKey, "--json")
        #expect(rebound.status == 0 && rebound.json?["recorded"] as? Bool == true, "\(rebound.everything)")
        let shown = try await lethe("audit", "show", "--type", "operator.act")
        #expect(shown.output.contains("act=state.restore ref=binding by=alex reason=new volume"), "\(shown.everything)")
        #expect(try await answers(workspace, in: moved).contains("0 audit seal"))
        let whole = try await lethe(
            "audit", "verify", "--vkey", workspace.vkey, "--root-key-file", workspace.rootKey, "--require", "mac,ledger"
        )
        #expect(whole.status == 0, "\(whole.everything)")
        // A copy at the old place is a second log under the same keys.
        try files.copyItem(at: moved, to: workspace.directory)
        #expect(try await answers(workspace, in: workspace.directory) == ["4 keys-of-another-place"])
        #expect(try String(contentsOf: keys.appending(path: "binding"), encoding: .utf8).contains(moved.path))
        let again = try await lethe("audit", "rebind", "--as", "alex", "--reason", "new volume", "--json")
        #expect(again.status == 0 && again.json?["recorded"] as? Bool == false, "\(again.everything)")
    }

    /// The attacker's own files, where the workspace's are looked for.
    @Test func aDatabaseThatALinkLeadsToIsAnotherOne() async throws {
        for name in ["inventory.db", "audit.db"] {
            let (workspace, _) = try await workspace()
            let elsewhere = workspace.folder.file(name)
            try files.moveItem(at: workspace.file(name), to: elsewhere)
            try files.createSymbolicLink(at: workspace.file(name), withDestinationURL: elsewhere)
            #expect(try await answers(workspace, in: workspace.directory) == ["4 keys-of-another-place"], "\(name)")
        }
        let (workspace, _) = try await workspace()
        let elsewhere = workspace.folder.file("segments")
        try files.createDirectory(at: elsewhere, withIntermediateDirectories: true)
        try files.createSymbolicLink(at: workspace.file("audit"), withDestinationURL: elsewhere)
        #expect(try await answers(workspace, in: workspace.directory) == ["4 keys-of-another-place"])
    }

    @Test func anotherNameOfTheSamePlaceIsNoOtherPlace() async throws {
        let (workspace, _) = try await workspace()
        let link = workspace.folder.file("link")
        try files.createSymbolicLink(at: link, withDestinationURL: workspace.directory)
        let expected = try await answers(workspace, in: workspace.directory)
        #expect(expected.contains("0 audit seal") && !expected.contains { $0.hasPrefix("4 keys") }, "\(expected)")
        #expect(try await answers(workspace, in: link) == expected)
    }

    /// A backup, a copy, a demo: the keys lie in the workspace, so that whoever moves one moves both.
    @Test func aWorkspaceThatIsMovedWithItsKeysGoesOn() async throws {
        let workspace = try await SampleWorkspace()
        let moved = workspace.folder.file("moved")
        try files.moveItem(at: workspace.directory, to: moved)
        #expect(try await answers(workspace, in: moved).contains("0 audit seal"))
    }

    @Test func keysOfBeforeThereWasABindingGetTheirsOnce() async throws {
        let (workspace, keys) = try await workspace()
        let file = keys.appending(path: "binding")
        let made = try Data(contentsOf: file)
        try files.removeItem(at: file)
        let first = try await workspace.lethe("audit", "seal")
        #expect(first.status == 0 && first.errors.contains("are bound to partner"), "\(first.everything)")
        #expect(try Data(contentsOf: file) == made)
        let mode = try files.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let second = try await workspace.lethe("audit", "seal")
        #expect(second.status == 0 && second.errors.isEmpty, "\(second.everything)")
        // Keys that are not this log's get none by the way.
        let (other, otherKeys) = try await self.workspace()
        try files.removeItem(at: otherKeys.appending(path: "binding"))
        try other.configure("../keys", keys.path)
        #expect(try await answers(other, in: other.directory) == ["4 keys-of-another-place"])
        try files.removeItem(at: file)
        _ = try await answers(other, in: other.directory)
        #expect(!files.fileExists(atPath: file.path))
    }
}
