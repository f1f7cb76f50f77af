import Foundation
import TestSupport
import Testing

/// The change from one segment to the next, by the binary: killed at any moment, refused, or failed.
@Suite struct RolloverTests {
    /// How many kill points; `LETHE_KILLS` asks for more.
    static let kills = (Int(ProcessInfo.processInfo.environment["LETHE_KILLS"] ?? "") ?? 4) * 6 + 1

    /// Every file of the workspace that has to do with the log, with its bytes.
    private func snapshot(_ workspace: SampleWorkspace) throws -> [String: Data] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: workspace.directory.path)
        var found: [String: Data] = [:]
        for path in paths where path.contains("audit") || path.contains("keys") {
            found[path] = (try? Data(contentsOf: workspace.file(path))) ?? Data()
        }
        return found
    }

    @Test func aKilledRolloverIsFinishedOrNeverHappened() async throws {
        let workspace = try await SampleWorkspace()
        try workspace.anchor("anchor")
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let arguments = ["audit", "rollover", "--reason", "yearly", "--root-key-file", workspace.rootKey]
        let begun = ContinuousClock.now
        _ = try await workspace.lethe.run(LetheProcess.binary, arguments)
        let whole = begun.duration(to: .now) / .microseconds(1)
        for kill in 0..<Self.kills {
            let running = try workspace.lethe.start(arguments: arguments)
            try await Task.sleep(for: .microseconds(Double.random(in: 0...whole, using: &random)))
            Foundation.kill(running.process.processIdentifier, SIGKILL)
            _ = try await running.result()
            let note = Comment(rawValue: "seed \(seed), kill \(kill)")
            let looked = try await workspace.verifySegments()
            #expect([0, 3].contains(looked.status), "\(note): \(looked.everything)")
            let hold = try await workspace.lethe("hold", "place", "--all", "--as", "a", "--reason", "b")
            #expect(hold.status == 0, "\(note): \(hold.everything)")
            let left = try FileManager.default.subpathsOfDirectory(atPath: workspace.directory.path).filter {
                $0.hasSuffix(".next") || $0.hasSuffix("next.tmp") || $0.hasSuffix("/next")
            }
            #expect(left.isEmpty, note)
        }
        let last = try await workspace.verifySegments("--require", "mac,anchor")
        #expect(last.status == 0, "seed \(seed): \(last.everything)")
    }

    /// A key that was taken by mistake would be the only one that checks the next segment's macs.
    @Test func theRootKeyOfAnotherLogIsRefused() async throws {
        let (workspace, other) = (try await SampleWorkspace(), try await SampleWorkspace())
        let before = try snapshot(workspace)
        let result = try await workspace.lethe(
            "audit", "rollover", "--reason", "yearly", "--root-key-file", other.rootKey, "--json")
        #expect(result.status == 4 && result.output.contains("\"other-root-key\""), "\(result.everything)")
        #expect(try snapshot(workspace) == before)
    }

    /// Who comes too late may be told to start again, but a hold in force is in the log.
    @Test func holdsPlacedWhileTheLogRollsOverAreRecordedOrNeverInForce() async throws {
        let workspace = try await SampleWorkspace()
        for _ in 0..<3 {
            let rollover = try workspace.lethe.start(
                arguments: ["audit", "rollover", "--reason", "yearly", "--root-key-file", workspace.rootKey])
            let placing = try (0..<4).map { number in
                try workspace.lethe.start(
                    arguments: ["hold", "place", "--all", "--as", "a", "--reason", "matter \(number)", "--json"])
            }
            _ = try await rollover.result()
            for hold in placing {
                let result = try await hold.result()
                let isPlaced = result.status == 0
                #expect(isPlaced || result.error?.code == "audit-log-rolled-over", "\(result.everything)")
            }
        }
        let holds = try await workspace.lethe("hold", "list", "--json").json?["holds"] as? [[String: Any]] ?? []
        let shown = try await workspace.lethe("audit", "show", "--type", "hold.placed", "--limit", "100", "--json")
        let placed = shown.json?["records"] as? [[String: Any]] ?? []
        #expect(
            Set(holds.compactMap { $0["id"] as? String }) == Set(placed.compactMap { $0["hold"] as? String }),
            "\(holds.count) in force, \(placed.count) recorded")
        let verify = try await workspace.verifySegments()
        #expect([0, 3].contains(verify.status), "\(verify.everything)")
    }

    /// Nobody can take the new key there, so nothing is begun.
    @Test(arguments: ["/nonexistent/k", "/proc/k"])
    func aRolloverWhoseKeyHasNoPlaceChangesNothing(_ path: String) async throws {
        let workspace = try await SampleWorkspace()
        let before = try snapshot(workspace)
        let result = try await workspace.lethe("audit", "rollover", "--reason", "yearly", "--root-key-out", path)
        #expect(result.status == 1 && result.errors.contains("Try: "), "\(result.everything)")
        #expect(try snapshot(workspace) == before)
        try await workspace.placeHold()
        let verify = try await workspace.verifySegments()
        #expect(verify.status == 0 && !verify.output.contains("segments "), "\(verify.everything)")
    }

    @Test func aLogWhoseKeyHasNoPlaceIsNotBegun() async throws {
        let workspace = try await SampleWorkspace()
        for path in ["audit.db"] + ["mac.state", "sign.key", "head.note"].map({ SampleWorkspace.keys + "/" + $0 }) {
            try FileManager.default.removeItem(at: workspace.file(path))
        }
        let before = try snapshot(workspace)
        let result = try await workspace.lethe("audit", "init", "--root-key-out", "/nonexistent/k")
        #expect(result.status == 1, "\(result.everything)")
        #expect(try snapshot(workspace) == before)
        let key = workspace.folder.file("second.key").path
        let made = try await workspace.lethe("audit", "init", "--root-key-out", key)
        #expect(made.status == 0 && FileManager.default.fileExists(atPath: key), "\(made.everything)")
    }

    @Test func aRolloverThatFailsLeavesNoKey() async throws {
        let workspace = try await SampleWorkspace()
        // The folder of closed segments cannot be made where a file is.
        try workspace.write("", to: "audit")
        let key = workspace.folder.file("next.key").path
        let result = try await workspace.lethe("audit", "rollover", "--reason", "yearly", "--root-key-out", key)
        #expect(result.status == 1, "\(result.everything)")
        #expect(!FileManager.default.fileExists(atPath: key))
        // Once the obstacle is gone, the log goes on.
        try FileManager.default.removeItem(at: workspace.file("audit"))
        try await workspace.placeHold()
        let verify = try await workspace.verifySegments()
        #expect(verify.status == 0 && !verify.output.contains("segments "), "\(verify.everything)")
    }

    /// From the close on there is no way back, so the key that the next start needs is kept.
    @Test func aRolloverThatFailsAfterTheCloseKeepsItsKeyAndIsFinishedByTheNextCommand() async throws {
        let workspace = try await SampleWorkspace()
        let obstacle = "audit/\(workspace.firstSegment).db"
        try workspace.write("", to: obstacle)
        let key = workspace.folder.file("next.key").path
        let result = try await workspace.lethe("audit", "rollover", "--reason", "yearly", "--root-key-out", key)
        #expect(result.status == 4 && result.errors.contains("keep the root key"), "\(result.everything)")
        #expect(FileManager.default.fileExists(atPath: key))
        try FileManager.default.removeItem(at: workspace.file(obstacle))
        try await workspace.placeHold()
        let verify = try await workspace.verifySegments("--root-key-file", key)
        #expect(verify.status == 0 && verify.output.contains("segments     2"), "\(verify.everything)")
    }
}
