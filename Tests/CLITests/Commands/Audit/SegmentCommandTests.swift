import Foundation
import TestSupport
import Testing

/// The audit commands over more than one segment, by the binary.
@Suite struct SegmentCommandTests {
    private func verify(_ workspace: SampleWorkspace, _ arguments: [String]) async throws -> LetheProcess.Result {
        try await LetheProcess(in: workspace.folder.url).run(LetheProcess.binary, ["audit", "verify"] + arguments)
    }

    @Test func severalLogsAreVerifiedInAnyOrderAndAGapIsNotVerified() async throws {
        let workspace = try await SampleWorkspace()
        for _ in 0..<2 {
            try await workspace.placeHold()
            try await workspace.rollOver()
        }
        let export = workspace.folder.file("export")
        let made = try await workspace.lethe("audit", "export", "-o", export.path, "--json")
        let closed = made.json?["closed_segments"] as? [[String: Any]] ?? []
        let logs = (closed + [made.json ?? [:]]).compactMap {
            ($0["files"] as? [String])?.first { $0.hasSuffix("log.jsonl") }
        }
        try #require(logs.count == 3, "\(made.everything)")
        let keys = ["--vkey", workspace.vkey, "--root-key-file", workspace.rootKey]
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let result = try await verify(workspace, order.flatMap { ["--log", logs[$0]] } + keys + ["--json"])
            #expect(result.status == 0, "\(order): \(result.everything)")
            #expect((result.json?["segments"] as? [[String: Any]])?.map { $0["records"] as? Int } == [6, 6, 2])
        }
        let gap = try await verify(workspace, ["--log", logs[2], "--log", logs[0]] + keys)
        #expect(gap.status == 3 && gap.findings == ["seq=0 link"], "\(gap.everything)")
        let databases = ["audit.db", "audit/\(workspace.firstSegment).db"].map { workspace.file($0).path }
        let mixed = try await verify(
            workspace, ["--log", databases[0], "--log", logs[1], "--log", databases[1]] + keys)
        #expect(mixed.status == 0, "\(mixed.everything)")
    }

    @Test func aNewRootKeyIsGivenBesideTheOldOne() async throws {
        let workspace = try await SampleWorkspace()
        let second = workspace.folder.file("second.key").path
        let rolled = try await workspace.lethe("audit", "rollover", "--reason", "new key", "--root-key-out", second)
        try #require(rolled.status == 0, "\(rolled.everything)")
        for keys in [[workspace.rootKey, second], [second, workspace.rootKey]] {
            let both = try await workspace.lethe.run(
                LetheProcess.binary,
                ["audit", "verify", "--vkey", workspace.vkey, "--require", "mac"]
                    + keys.flatMap { ["--root-key-file", $0] })
            #expect(both.status == 0, "\(both.everything)")
        }
        for key in [workspace.rootKey, second] {
            let one = try await workspace.lethe("audit", "verify", "--vkey", workspace.vkey, "--root-key-file", key)
            #expect(one.status == 3 && one.findings == ["seq=- wrong-key"], "\(one.everything)")
        }
    }

    @Test func aLostSigningKeyIsFollowedByAnotherAndBothArePinned() async throws {
        let workspace = try await SampleWorkspace()
        try FileManager.default.removeItem(at: workspace.file(SampleWorkspace.keys + "/sign.key"))
        let refused = try await workspace.lethe("audit", "seal", "--json")
        #expect(refused.status != 0, "\(refused.everything)")
        let rolled = try await workspace.lethe(
            "audit", "rollover", "--reason", "lost key", "--root-key-file", workspace.rootKey, "--json")
        let vkey = try #require(rolled.json?["vkey"] as? String, "\(rolled.everything)")
        #expect(rolled.json?["lost"] as? Int == 0)
        for vkeys in [[workspace.vkey, vkey], [vkey, workspace.vkey]] {
            let both = try await workspace.lethe.run(
                LetheProcess.binary,
                ["audit", "verify", "--root-key-file", workspace.rootKey] + vkeys.flatMap { ["--vkey", $0] })
            #expect(both.status == 0, "\(both.everything)")
        }
        let one = try await workspace.lethe("audit", "verify", "--vkey", workspace.vkey)
        #expect(one.status == 1 && one.findings.contains("seq=0 origin"), "\(one.everything)")
    }

    @Test func aRolloverAfterALossSaysHowManyRecordsAreGone() async throws {
        for isJSON in [false, true] {
            let workspace = try await SampleWorkspace()
            let backup = try workspace.backup("audit.db")
            try await workspace.placeHold()
            try backup.putBack()
            let result = try await workspace.lethe.run(
                LetheProcess.binary,
                ["audit", "rollover", "--reason", "restored", "--root-key-file", workspace.rootKey]
                    + (isJSON ? ["--json"] : []))
            #expect(result.status == 0, "\(result.everything)")
            if isJSON {
                #expect(result.json?["lost"] as? Int == 2, "\(result.everything)")
            } else {
                #expect(result.output.contains("\nlost    2 records"), "\(result.everything)")
            }
            let verify = try await workspace.verifySegments()
            #expect(verify.output.contains("\nlost         2 records before "), "\(verify.everything)")
        }
    }

    @Test func showPrintsEscapesAsTheyAreSpelt() async throws {
        let workspace = try await SampleWorkspace()
        let tool = #""tool":"\u001b[2J\u000a\u0007lethe"#
        try workspace.tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), '\"tool\":\"lethe', '\(tool)') AS BLOB) WHERE seq = 0"
        )
        let shown = try await workspace.lethe("audit", "show")
        #expect(shown.status == 1 && shown.errors.contains("NOT VERIFIED"), "\(shown.everything)")
        let lines = shown.output.split(separator: "\n")
        #expect(lines.count == 2, "\(shown.output)")
        #expect(lines[0].contains(#"tool=\u001b[2J\u000a\u0007lethe"#), "\(shown.output)")
        #expect(shown.output.utf8.allSatisfy { $0 == 10 || (0x20..<0x7F).contains($0) })
    }

    @Test func theDoctorAndVerifyWarnOfAnchorsAndStopNothing() async throws {
        let workspace = try await SampleWorkspace()
        let anchors = try workspace.anchor("there", "gone")
        try FileManager.default.removeItem(at: anchors[1])
        let stray = "\(workspace.firstSegment).999999.note"
        try Data("stray\n".utf8).write(to: anchors[0].appending(path: stray))
        try await workspace.placeHold()
        #expect(
            FileManager.default.fileExists(atPath: anchors[0].appending(path: "\(workspace.firstSegment).4.note").path))
        let verify = try await workspace.verifySegments("--require", "anchor")
        #expect(verify.status == 0, "\(verify.everything)")
        #expect(verify.output.contains("1 of 2 anchor directories missing"), "\(verify.output)")
        #expect(verify.output.contains("\(stray) is not a checkpoint"), "\(verify.output)")
        let doctor = try await workspace.lethe("doctor", "--json")
        let checks = doctor.json?["checks"] as? [[String: Any]] ?? []
        let warnings = checks.filter { $0["name"] as? String == "anchor" }
        #expect(warnings.map { $0["status"] as? String } == ["warn", "warn"], "\(doctor.everything)")
        let seal = try await workspace.lethe("audit", "seal")
        #expect(seal.status == 0 && seal.errors.contains(anchors[1].path), "\(seal.everything)")
    }
}
