import Foundation
import TestSupport
import Testing

/// One damaged segment does not hide what there is to say of the others.
@Suite struct DamagedWorkspaceTests {
    private func world() async throws -> SampleWorkspace {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        try await workspace.rollOver()
        try await workspace.rollOver()
        return workspace
    }

    /// Each segment's origin, exit and the codes of its findings.
    private func answer(_ result: LetheProcess.Result) -> [(origin: String?, exit: Int?, codes: [String])] {
        let segments = result.json?["segments"] as? [[String: Any]] ?? []
        return segments.map { segment in
            let failures = segment["failures"] as? [[String: Any]] ?? []
            return (
                segment["origin"] as? String, segment["exit"] as? Int, failures.compactMap { $0["code"] as? String }
            )
        }
    }

    enum Damage: CaseIterable { case cut, header, zeros, empty, poisoned }

    @Test(arguments: Damage.allCases)
    func aDamagedClosedSegmentIsAFindingAndTheOthersAreJudged(_ damage: Damage) async throws {
        let workspace = try await world()
        let path = "audit/\(workspace.firstSegment).db"
        let bytes = try Data(contentsOf: workspace.file(path))
        switch damage {
        case .cut: try bytes.prefix(4096).write(to: workspace.file(path))
        case .header: try (bytes.prefix(16) + [0, 0] + bytes.dropFirst(18)).write(to: workspace.file(path))
        case .zeros: try Data(count: bytes.count).write(to: workspace.file(path))
        case .empty: try Data().write(to: workspace.file(path))
        case .poisoned: try workspace.sql(path, "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema;")
        }
        let result = try await workspace.verifySegments("--json")
        #expect(result.status == 1, "\(result.everything)")
        #expect(result.json?["result"] as? String == "tampered" && result.json?["exit"] as? Int == 1)
        let segments = answer(result)
        #expect(segments.map(\.exit) == [1, 1, 0], "\(result.output)")
        #expect(segments.map(\.codes) == [["schema"], ["link"], []], "\(result.output)")
        let text = try await workspace.verifySegments()
        #expect(text.status == 1 && text.findings == ["seq=- schema", "seq=0 link"], "\(text.everything)")
    }

    @Test func aFolderAmongTheSegmentsIsAFindingAndStopsWhatDeletes() async throws {
        let workspace = try await world()
        try FileManager.default.createDirectory(
            at: workspace.file("audit/0123456789abcdef.db"), withIntermediateDirectories: true)
        let result = try await workspace.verifySegments()
        #expect(result.status == 1 && result.findings.contains("seq=- schema"), "\(result.everything)")
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 78 && run.error?.code == "unreadable-segment", "\(run.everything)")
    }

    @Test func aStrangeFileAmongTheSegmentsIsAFindingOfItsOwn() async throws {
        let workspace = try await world()
        try workspace.write("not a database\n", to: "audit/x.db")
        let result = try await workspace.verifySegments("--json")
        #expect(result.status == 1, "\(result.everything)")
        #expect(answer(result).map(\.codes) == [["schema"], [], [], []], "\(result.output)")
        try FileManager.default.removeItem(at: workspace.file("audit/x.db"))
        let good = try await workspace.verifySegments("--json")
        #expect(good.status == 0 && answer(good).count == 3, "\(good.everything)")
    }

    @Test func aMissingLiveDatabaseIsNotVerifiedAndTheClosedOnesAreJudged() async throws {
        let workspace = try await world()
        try FileManager.default.removeItem(at: workspace.file("audit.db"))
        let result = try await workspace.verifySegments("--json")
        #expect(result.status == 3, "\(result.everything)")
        #expect(answer(result).map(\.codes) == [[], ["link"]], "\(result.output)")
        try FileManager.default.removeItem(at: workspace.file("audit"))
        let nothing = try await workspace.verifySegments()
        #expect(nothing.status == 66, "\(nothing.everything)")
    }
}
