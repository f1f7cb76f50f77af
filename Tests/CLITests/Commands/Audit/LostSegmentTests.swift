import Foundation
import TestSupport
import Testing

/// The file of a closed segment is gone, and no record says that it was removed: each refusal names the way on, and the way works.
@Suite struct LostSegmentTests {
    private let files = FileManager.default

    /// Three segments, each with a hold of its own: the origins of the closed ones, and the ids of the holds.
    private func threeSegments(_ workspace: SampleWorkspace) async throws -> (origins: [String], holds: [String]) {
        var (origins, holds): ([String], [String]) = ([], [])
        for number in 1...3 {
            let placed = try await workspace.lethe(
                "hold", "place", "--line", "+1202555010\(number)", "--as", "counsel", "--reason", "matter \(number)",
                "--json")
            holds.append(
                try #require((placed.json?["hold"] as? [String: Any])?["id"] as? String, "\(placed.everything)"))
            guard number < 3 else { break }
            let seal = try await workspace.lethe("audit", "seal", "--json")
            origins.append(try #require(seal.json?["origin"] as? String))
            try await workspace.rollOver()
        }
        return (origins, holds)
    }

    @Test(arguments: [0, 1]) func aLostSegmentHasOneWayOnThatEveryRefusalNames(_ index: Int) async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        let (origins, holds) = try await threeSegments(workspace)
        let (origin, hold) = (origins[index], holds[index])
        try files.removeItem(at: workspace.file("audit/\(origin.suffix(16)).db"))
        let way = "lethe audit prune --as NAME --lost \(origin) --reason TEXT"
        let refused = [
            ["run"], ["run", "--apply"], ["audit", "seal"], ["report"],
            ["audit", "bundle", "--from", "2020-01-01", "-o", "b"],
            ["hold", "release", hold, "--as", "a", "--reason", "r"],
            ["erase", "--subject", "+12025550199", "--offline"],
            ["inventory", "rebuild", "--as", "a", "--reason", "r", "--root-key-file", workspace.rootKey],
        ]
        for command in refused {
            let result = try await workspace.lethe.run(LetheProcess.binary, command)
            #expect(result.status == 1 && result.errors.contains(way), "\(command) \(result.everything)")
        }
        for command in [["hold", "list"], ["plan", "list"], ["requests", "list"]] {
            let result = try await workspace.lethe.run(LetheProcess.binary, command)
            #expect(result.errors.contains(way), "\(command) \(result.everything)")
        }
        let doctor = try await workspace.lethe("doctor")
        #expect(doctor.status == 1 && doctor.output.contains(way), "\(doctor.output)")
        // As it is named.
        let words = way.split(separator: " ").dropFirst().map {
            String($0 == "NAME" ? "ops" : $0 == "TEXT" ? "the disk is gone" : $0)
        }
        for missing in ["--as", "--reason"] {
            var some = words
            let place = try #require(some.firstIndex(of: missing))
            some.removeSubrange(place...place + 1)
            let result = try await workspace.lethe.run(LetheProcess.binary, some)
            #expect(result.status == 64, "\(result.everything)")
        }
        let said = try await workspace.lethe.run(LetheProcess.binary, words)
        #expect(said.status == 0 && said.output.contains("gone for good"), "\(said.everything)")
        let again = try await workspace.lethe.run(LetheProcess.binary, words + ["--json"])
        #expect(again.status == 4 && again.error?.code == "not-missing", "\(again.everything)")
        let shown = try await workspace.lethe("audit", "show", "--type", "operator.act")
        #expect(
            shown.output.contains("act=segment.remove ref=\(origin) by=ops reason=the disk is gone"),
            "\(shown.everything)")
        // Work goes on, and what was in force is.
        let run = try await workspace.lethe("run", "--apply")
        #expect(run.status == 0, "\(run.everything)")
        let rebuilt = try await workspace.lethe(
            "inventory", "rebuild", "--as", "a", "--reason", "r", "--root-key-file", workspace.rootKey, "--json")
        let dropped = (rebuilt.json?["dropped"] as? [String: [String]]) ?? ["none": ["none"]]
        #expect(rebuilt.status == 0 && dropped.values.allSatisfy(\.isEmpty), "\(rebuilt.everything)")
        let held = try await workspace.lethe("hold", "list")
        #expect(holds.allSatisfy(held.output.contains) && held.errors.isEmpty, "\(held.everything)")
        // Nobody is told that nothing is missing.
        let verify = try await workspace.verifySegments()
        #expect(
            verify.status == 1 && verify.output.contains("\(origin) is lost, as a record says"), "\(verify.everything)")
        let report = try await workspace.lethe("report", "-o", "report.md")
        #expect(report.status == 1 && report.output.hasPrefix("TAMPERED"), "\(report.everything)")
        guard index == 1 else { return }
        // The one before it, which nobody names any more, counts with its own signed close, as it was signed and not otherwise.
        try workspace.tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'matter 1', 'matter 7') AS BLOB)",
            in: "audit/\(origins[0].suffix(16)).db")
        let seal = try await workspace.lethe("audit", "seal", "--json")
        #expect(seal.status == 4 && seal.error?.code == "unadmitted-segment", "\(seal.everything)")
    }
}
