import Foundation
import TestSupport
import Testing

/// `-o FILE`: an answer never takes the place of what the workspace lives from.
@Suite struct OutputFileTests {
    private static let own = [
        "inventory.db", "inventory.db-wal", "audit.db", "audit.db-journal", "run.lock", "lethe.yaml",
        "policies/new.yaml", "policies/deeper/new.yaml", ".lethe/keys/lookup.key", ".lethe/keys/log.lock",
        "audit/0123456789abcdef.db", "nowhere/../lethe.yaml",
    ]

    @Test func theWorkspacesOwnFilesAreRefused() async throws {
        let workspace = try await SampleWorkspace()
        _ = try await workspace.lethe("run", "--save")
        let before = try Self.bytes(in: workspace.directory)
        for name in Self.own {
            let path = workspace.directory.appending(path: name).path
            let result = try await workspace.lethe("report", "-o", path, "--json")
            #expect(result.status == 64 && result.output.contains("\"own-file\""), "\(name): \(result.everything)")
        }
        for words in [
            ["audit", "bundle", "--from", "2026-01-01", "-o"], ["audit", "proof", UUID().uuidString, "-o"],
            ["requests", "certificate", String(repeating: "a", count: 32), "-o"],
        ] {
            let path = workspace.directory.appending(path: "inventory.db").path
            let result = try await workspace.lethe.run(LetheProcess.binary, words + [path])
            #expect(result.status == 64 && result.errors.contains("what this workspace keeps"), "\(result.everything)")
        }
        for folder in ["policies", ".lethe/keys", "audit", "audit/x"] {
            let path = workspace.directory.appending(path: folder).path
            let result = try await workspace.lethe("audit", "export", "-o", path)
            #expect(result.status == 64, "\(folder): \(result.everything)")
        }
        #expect(try Self.bytes(in: workspace.directory) == before)
    }

    /// Links of both kinds, to files and folders, also to what is not there yet; and the other name of a file that is a link.
    @Test func linksAreFollowed() async throws {
        let workspace = try await SampleWorkspace()
        let (folder, own) = (workspace.folder, workspace.directory)
        let files = FileManager.default
        try files.createSymbolicLink(at: folder.file("soft.html"), withDestinationURL: own.appending(path: "audit.db"))
        try files.createSymbolicLink(atPath: folder.file("twice.html").path, withDestinationPath: "soft.html")
        try files.createSymbolicLink(
            at: folder.file("dangling.html"), withDestinationURL: own.appending(path: "policies/new.yaml"))
        try files.linkItem(at: own.appending(path: "inventory.db"), to: folder.file("hard.html"))
        try files.createSymbolicLink(at: folder.file("rules"), withDestinationURL: own.appending(path: "policies"))
        let elsewhere = folder.file("real.yaml")
        try files.moveItem(at: own.appending(path: "lethe.yaml"), to: elsewhere)
        try files.createSymbolicLink(at: own.appending(path: "lethe.yaml"), withDestinationURL: elsewhere)
        for name in ["soft.html", "twice.html", "dangling.html", "hard.html", "rules/new.yaml", "real.yaml"] {
            let result = try await workspace.lethe("report", "-o", folder.file(name).path)
            #expect(
                result.status == 64 && result.errors.contains("what this workspace keeps"),
                "\(name): \(result.everything)")
        }
        let fine = try await workspace.lethe("report", "-o", own.appending(path: "reports/today.html").path)
        #expect(fine.status == 0, "\(fine.everything)")
        try files.createSymbolicLink(atPath: folder.file("link.md").path, withDestinationPath: "target.md")
        let linked = try await workspace.lethe("report", "-o", folder.file("link.md").path)
        #expect(linked.status == 0 && files.fileExists(atPath: folder.file("target.md").path), "\(linked.everything)")
    }

    /// No device is touched here: to replace one needs root, and then it is gone.
    @Test func aPipeIsWrittenToAndStaysOne() async throws {
        let workspace = try await SampleWorkspace()
        let script = """
            mkfifo pipe && (cat pipe > got &) && "$0" report --format md -o pipe && test -p pipe && sleep 0.2 && head -c 2 got
            """
        let result = try await workspace.lethe.run(URL(filePath: "/bin/sh"), ["-c", script, LetheProcess.binary.path])
        #expect(result.status == 0 && result.output.hasSuffix("# "), "\(result.everything)")
    }

    private static func bytes(in directory: URL) throws -> [String: Data] {
        let paths = FileManager.default.enumerator(atPath: directory.path)?.compactMap { $0 as? String } ?? []
        var found: [String: Data] = [:]
        for path in paths where !path.hasSuffix("-shm") && !path.hasSuffix("-wal") {
            found[path] = try? Data(contentsOf: directory.appending(path: path))
        }
        return found
    }
}
