import Foundation
import TestSupport
import Testing

/// `doctor --egress`: what this machine reaches is on record, and a report goes by that record alone.
@Suite struct EgressTests {
    private func egress(_ workspace: SampleWorkspace, other: String, _ more: String...) async throws
        -> LetheProcess.Result
    {
        try await workspace.lethe.run(
            LetheProcess.binary, ["doctor", "--egress", "--other-host", other, "--json"] + more)
    }

    private func check(_ result: LetheProcess.Result) -> String? {
        let checks = result.json?["checks"] as? [[String: Any]] ?? []
        return checks.first { $0["name"] as? String == "egress" }?["status"] as? String
    }

    private func segments(_ workspace: SampleWorkspace) throws -> Int {
        let folder = workspace.file("audit")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).count { $0.hasSuffix(".db") }
    }

    /// Control 1 and the hosts that it goes by.
    private func control(_ workspace: SampleWorkspace) async throws -> (status: String?, reached: [String]?) {
        let report = try await workspace.lethe("report", "--format", "json", "-o", "-")
        let controls = report.json?["controls"] as? [[String: Any]] ?? []
        let evidence = report.json?["evidence"] as? [String: Any]
        let egress = evidence?["egress"] as? [String: Any]
        return (controls.first?["status"] as? String, egress?["domains"] as? [String])
    }

    @Test func theFirstCheckBeginsASegmentAndEachIsOnRecord() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        let before = try await control(workspace)
        #expect(before.status == "not_known" && before.reached == nil)
        // Nobody would take a new root key, and none is named: nothing is begun.
        let unseen = try await egress(workspace, other: "127.0.0.1:1")
        #expect(check(unseen) == "fail" && unseen.output.contains("root key"), "\(unseen.everything)")
        let good = try await egress(workspace, other: "127.0.0.1:1", "--root-key-file", workspace.rootKey)
        #expect(check(good) == "ok", "\(good.everything)")
        #expect(try segments(workspace) == 1)
        let shown = try await workspace.lethe("audit", "show", "--type", "egress.check")
        #expect(shown.output.contains("127.0.0.1:1"), "\(shown.everything)")
        let host = try #require(URL(string: vendor.baseURL).flatMap { url in url.port.map { "127.0.0.1:\($0)" } })
        // The stand-in is not the vendor's host: the report says so.
        let after = try await control(workspace)
        #expect(after.status == "fail" && after.reached == [host])
        let stranger = try await SimulatedVendor()
        let open = try #require(URL(string: stranger.baseURL).flatMap { url in url.port.map { "127.0.0.1:\($0)" } })
        let bad = try await egress(workspace, other: open)
        #expect(bad.status == 1 && check(bad) == "fail", "\(bad.everything)")
        #expect(try segments(workspace) == 1, "it was of version 2 already")
        #expect(try await control(workspace).reached == [host, open])
        let verified = try await workspace.verifySegments()
        #expect(verified.status == 0, "\(verified.everything)")
    }
}
