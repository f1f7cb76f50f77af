import Foundation
import TestSupport
import Testing

/// A workspace is made whole or not at all, and once made never taken for one that was not.
@Suite struct InitTests {
    private func make(
        _ workspace: SampleWorkspace, in place: String? = nil, key: String = "new.key", _ more: String...
    ) async throws -> LetheProcess.Result {
        try await workspace.lethe.run(
            LetheProcess.binary,
            ["init", place ?? workspace.directory.path, "--partner", SampleWorkspace.partner, "--root-key-out", key]
                + more)
    }

    private func bytes(_ workspace: SampleWorkspace) throws -> [String: Data] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: workspace.directory.path)
        return Dictionary(
            uniqueKeysWithValues: paths.map {
                ($0, (try? Data(contentsOf: workspace.directory.appending(path: $0))) ?? Data())
            })
    }

    /// What a process that dies right before its end leaves: everything but the configuration under its name.
    private func cutShort() async throws -> SampleWorkspace {
        let workspace = try await SampleWorkspace()
        try FileManager.default.moveItem(
            at: workspace.directory.appending(path: "lethe.yaml"),
            to: workspace.directory.appending(path: "lethe.yaml.init"))
        return workspace
    }

    @Test(arguments: [
        "lethe.yaml", "policies/rk.yaml", "policies/deeper/rk", "run.lock", ".lethe/keys/rk", "audit.db",
        "audit.db.new", "inventory.db-wal", "audit/rk", "STOP", "link/lethe.yaml", "link/.lethe/keys/rk",
    ])
    func theRootKeyGoesIntoNoFileOfTheWorkspace(name: String) async throws {
        let folder = try TemporaryDirectory()
        let place = folder.file("w")
        try FileManager.default.createSymbolicLink(at: folder.file("link"), withDestinationURL: place)
        let lethe = LetheProcess(in: folder.url)
        let key = name.hasPrefix("link/") ? name : "w/" + name
        let made = try await lethe("init", "w", "--partner", SampleWorkspace.partner, "--root-key-out", key, "--json")
        #expect(made.status == 64 && made.output.contains("\"own-file\""), "\(made.everything)")
        #expect(!FileManager.default.fileExists(atPath: place.path), "nothing was made")
    }

    @Test(arguments: [["audit", "init"], ["audit", "rollover", "--reason", "yearly"]])
    func neitherDoesTheKeyOfALaterSegment(words: [String]) async throws {
        let workspace = try await SampleWorkspace()
        let key = workspace.directory.appending(path: "policies/rk.yaml").path
        let result = try await workspace.lethe.run(LetheProcess.binary, words + ["--root-key-out", key, "--json"])
        #expect(result.status == 64 && result.output.contains("\"own-file\""), "\(result.everything)")
    }

    @Test func anInitThatWasCutShortIsBegunAnew() async throws {
        let workspace = try await cutShort()
        let told = try await workspace.lethe("doctor")
        #expect(told.status == 78 && told.errors.contains("was cut short"), "\(told.everything)")
        let made = try await make(workspace, "--json")
        #expect(made.status == 0 && made.json?["vkey"] as? String != workspace.vkey, "\(made.everything)")
        let doctor = try await workspace.lethe("inventory", "stats")
        #expect(doctor.status == 0, "\(doctor.everything)")
        #expect(try bytes(workspace).keys.allSatisfy { $0 != "lethe.yaml.init" })
    }

    /// Whatever of it is there; and what no `init` makes stays.
    @Test(arguments: [
        ["inventory.db"], ["audit.db", "inventory.db"], [".lethe/keys/mac.state"], [".lethe/keys", "audit.db"],
        ["policies/retention.yaml"],
    ])
    func whateverWasMadeOfIt(missing: [String]) async throws {
        let workspace = try await cutShort()
        for name in missing { try FileManager.default.removeItem(at: workspace.directory.appending(path: name)) }
        try workspace.write("mine", to: "notes.txt")
        let made = try await make(workspace)
        #expect(made.status == 0, "\(made.everything)")
        #expect(try bytes(workspace)["notes.txt"] == Data("mine".utf8))
        #expect(try bytes(workspace).keys.contains("policies/retention.yaml"))
    }

    @Test func oneThatIsKilledAnywhereIsMadeByTheNext() async throws {
        let folder = try TemporaryDirectory()
        let lethe = LetheProcess(in: folder.url)
        for (number, delay) in stride(from: 5, through: 65, by: 12).enumerated() {
            let words = ["init", "w\(number)", "--partner", SampleWorkspace.partner, "--root-key-out"]
            let running = try lethe.start(arguments: words + ["\(number).a"])
            try await Task.sleep(for: .milliseconds(delay))
            kill(running.process.processIdentifier, SIGKILL)
            let wasKilled = try await running.result().status != 0
            let next = try await lethe.run(LetheProcess.binary, words + ["\(number).b"])
            let isThere = FileManager.default.fileExists(atPath: folder.file("w\(number)/lethe.yaml").path)
            #expect(isThere && (next.status == 0 || !wasKilled || next.errors.contains("a workspace already")))
        }
    }

    @Test func ofTwoAtOnceOneMakesIt() async throws {
        let folder = try TemporaryDirectory()
        let lethe = LetheProcess(in: folder.url)
        let running = try (0..<4).map { number in
            let key = ["--root-key-out", "\(number).key"]
            return try lethe.start(arguments: ["init", "w", "--json", "--partner", SampleWorkspace.partner] + key)
        }
        var made = 0
        for one in running {
            let result = try await one.result()
            made += result.status == 0 ? 1 : 0
            let code = (result.json?["error"] as? [String: Any])?["code"] as? String
            #expect(
                result.status == 0 || ["init-going-on", "workspace-exists"].contains(code), "\(result.everything)")
        }
        #expect(made == 1)
        let stats = try await lethe("inventory", "stats", "--workspace", "w")
        #expect(stats.status == 0, "\(stats.everything)")
    }

    /// A log or a key that a workspace used is nobody's to begin over.
    @Test(arguments: [[String](), ["audit.db"], ["inventory.db"]])
    func whereTheConfigurationIsLostNothingSaysInit(missing: [String]) async throws {
        let workspace = try await SampleWorkspace()
        for name in missing + ["lethe.yaml"] {
            try FileManager.default.removeItem(at: workspace.directory.appending(path: name))
        }
        let before = try bytes(workspace)
        for words in [["doctor"], ["run", "--apply"], ["hold", "list"], ["audit", "init"], ["requests", "list"]] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(result.status == 78 && result.errors.contains("its lethe.yaml is gone"), "\(result.everything)")
            #expect(result.errors.contains("put lethe.yaml back") && !result.errors.contains("lethe init"))
        }
        var inside = workspace.lethe
        inside.directory = workspace.directory
        inside.environment["LETHE_WORKSPACE"] = nil
        let here = try await inside("doctor")
        #expect(here.status == 78 && here.errors.contains("put lethe.yaml back"), "\(here.everything)")
        let made = try await make(workspace)
        #expect(made.status == 64 && made.errors.contains("put lethe.yaml back"), "\(made.everything)")
        #expect(try bytes(workspace) == before)
    }

    /// As the hint of `whereTheConfigurationIsLostNothingSaysInit` says it.
    @Test func theConfigurationWrittenAnewIsTheWorkspaceAgain() async throws {
        let workspace = try await SampleWorkspace()
        try workspace.write(
            "version: 1\npartner_id: \"\(SampleWorkspace.partner)\"\naudit: {keys: .lethe/keys}\n", to: "lethe.yaml")
        let seal = try await workspace.lethe("audit", "seal")
        #expect(seal.status == 0, "\(seal.everything)")
    }

    @Test func whatIsTypedWrongIsAUsageError() async throws {
        let workspace = try await SampleWorkspace()
        try "x".write(to: workspace.folder.file("file"), atomically: true, encoding: .utf8)
        let name = try await make(workspace, in: "other", "--audit-name", "a b")
        #expect(name.status == 64, "\(name.everything)")
        #expect(!FileManager.default.fileExists(atPath: workspace.folder.file("other").path))
        for words in [["init", "file", "--partner", "p", "--root-key-out", "k"], ["demo", "file"]] {
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            #expect(result.status == 64 && result.errors.contains("is not a folder"), "\(result.everything)")
        }
        let below = try await workspace.lethe("demo", "file/below")
        #expect(below.status == 1 && below.errors.contains("cannot be written\nTry: "), "\(below.everything)")
        try FileManager.default.removeItem(at: workspace.directory.appending(path: "lethe.yaml"))
        try FileManager.default.createDirectory(
            at: workspace.directory.appending(path: "lethe.yaml"), withIntermediateDirectories: true)
        let folder = try await workspace.lethe("config")
        #expect(folder.status == 78, "\(folder.everything)")
    }
}
