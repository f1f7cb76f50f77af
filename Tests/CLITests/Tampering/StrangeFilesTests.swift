import Foundation
import TestSupport
import Testing

/// What somebody without a key lays into a workspace beside rows and records.
@Suite struct StrangeFilesTests {
    private func world() async throws -> (SimulatedVendor, SampleWorkspace) {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        return (vendor, workspace)
    }

    /// Opening a pipe waits for whoever writes into it.
    @Test(arguments: ["audit/fedcba9876543210.db", "inventory.db", "audit.db"])
    func aPipeInThePlaceOfADatabaseHangsNobody(_ path: String) async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let file = workspace.directory.appending(path: path)
        try? FileManager.default.removeItem(at: file)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try #require(mkfifo(file.path, 0o600) == 0)
        for words in [["hold", "list"], ["run", "--apply"], ["doctor"]] {
            let running = try workspace.lethe.start(arguments: words)
            let start = ContinuousClock.now
            while running.process.isRunning, start.duration(to: .now) < .seconds(20) {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(!running.process.isRunning, "lethe \(words.joined(separator: " ")) hangs")
            if running.process.isRunning { kill(running.process.processIdentifier, SIGKILL) }
            _ = try await running.result()
        }
    }

    /// What a link leads to may be away for a while: that is no word that deletions may go on.
    @Test func aKillFileThatIsALinkToNowhereStops() async throws {
        let (vendor, workspace) = try await world()
        symlink("/nowhere/switch", workspace.directory.appending(path: "STOP").path)
        let run = try await workspace.lethe("run", "--apply")
        #expect(run.status == 2 && run.errors.contains("STOP"), "\(run.everything)")
        #expect(try await vendor.deletes().isEmpty)
    }

    /// Such an inventory cannot follow the log any more; the way out that everybody names is one.
    @Test func anInventoryThatForgotWhatItHasHeardIsMadeAgain() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        #expect(try await workspace.lethe("run", "--apply").status == 0)
        let edit = try Shell.run("sqlite3 inventory.db 'DELETE FROM applied'", in: workspace.directory)
        try #require(edit.status == 0)
        #expect(try await workspace.lethe("run", "--apply").errors.contains("lethe inventory rebuild"))
        let rebuilt = try await workspace.lethe(
            "inventory", "rebuild", "--as", "robin", "--reason", "edited", "--root-key-file",
            workspace.folder.file("root.key").path)
        #expect(rebuilt.status == 0, "\(rebuilt.everything)")
        #expect(try await workspace.lethe("run", "--apply").status == 0)
    }
}
