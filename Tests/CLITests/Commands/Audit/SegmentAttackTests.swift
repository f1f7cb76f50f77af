import Foundation
import TestSupport
import Testing

/// Somebody who can write in the workspace and has no key: what was closed cannot be taken away, changed or added to unnoticed.
@Suite struct SegmentAttackTests {
    private let files = FileManager.default

    /// Verification, the doctor, a report, a bundle and an apply: the status of each, and the code where it is an error's.
    private func everyReader(_ workspace: SampleWorkspace) async throws -> [String] {
        let commands = [
            ["audit", "verify", "--vkey", workspace.vkey, "--root-key-file", workspace.rootKey, "--require", "mac"],
            ["doctor"], ["report", "-o", "report.html"],
            ["audit", "bundle", "--from", "2020-01-01", "-o", "bundle.tar"],
            ["run", "--apply"],
        ]
        var answers: [String] = []
        for command in commands {
            let result = try await workspace.lethe.run(LetheProcess.binary, command + ["--json"])
            let failures = (result.json?["failures"] as? [[String: Any]] ?? []).compactMap { $0["code"] as? String }
            let found = failures + [result.error?.code].compactMap { $0 }
            answers.append(([command[0], "\(result.status)"] + found).joined(separator: " "))
        }
        return answers
    }

    @Test func aSegmentThatWasTakenAwayIsMissingForEverybodyWhoReadsTheLog() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 40)
        try await workspace.placeHold()
        try await workspace.rollOver()
        let segment = "audit/\(workspace.firstSegment)"
        let kept = workspace.folder.file("kept.db")
        // The segment's own newest checkpoint in the place of that of one that was removed.
        let note = workspace.file(segment + ".note").path
        try workspace.sql(
            segment + ".db",
            "SELECT writefile('\(note)', note) FROM checkpoint ORDER BY size DESC LIMIT 1;")
        try files.moveItem(at: workspace.file(segment + ".db"), to: kept)
        let refused = [
            "audit 1 missing-segment", "doctor 1", "report 1 missing-segment", "audit 1 missing-segment",
            "run 1 missing-segment",
        ]
        #expect(try await everyReader(workspace) == refused)
        let doctor = try await workspace.lethe("doctor")
        #expect(doctor.output.contains("/\(workspace.firstSegment) of the audit log is missing"), "\(doctor.output)")
        try files.removeItem(at: workspace.file(segment + ".note"))
        #expect(try await everyReader(workspace) == refused, "without the checkpoint too")
        #expect(try await vendor.attachments("deleted").isEmpty)
        // Put back, all is well; lost for good, somebody says so on record, and it is not verified any more.
        try files.copyItem(at: kept, to: workspace.file(segment + ".db"))
        let whole = try await workspace.verifySegments()
        #expect(whole.status == 0, "\(whole.everything)")
        let origin = String(workspace.vkey.prefix { $0 != "+" })
        let loss = ["audit", "prune", "--as", "ops", "--lost", origin, "--reason", "the disk is gone"]
        let early = try await workspace.lethe.run(LetheProcess.binary, loss + ["--json"])
        #expect(early.status == 4 && early.error?.code == "not-missing", "\(early.everything)")
        try files.removeItem(at: workspace.file(segment + ".db"))
        let said = try await workspace.lethe.run(LetheProcess.binary, loss)
        #expect(said.status == 0, "\(said.everything)")
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.error?.code != "missing-segment", "\(run.everything)")
        let verify = try await workspace.verifySegments()
        #expect(verify.status == 1 && verify.findings == ["seq=0 link"], "\(verify.everything)")
    }

    @Test func aPlantedSegmentReleasesNoHold() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 40)
        let placed = try await workspace.lethe("hold", "place", "--all", "--as", "counsel", "--reason", "m", "--json")
        let hold = try #require((placed.json?["hold"] as? [String: Any])?["id"] as? String, "\(placed.everything)")
        try files.createDirectory(at: workspace.file("audit"), withIntermediateDirectories: true)
        let planted = "audit/0000000000000001.db"
        try files.copyItem(at: workspace.file("audit.db"), to: workspace.file(planted))
        let zeros = String(repeating: "0", count: 64)
        let line = """
            {"v":1,"seq":1,"t":"2026-01-02T03:04:05.000000Z","ep":0,"prev":"\(zeros)","type":"hold.released","hold":"\(hold)",\
            "by":"counsel","reason":null,"mac":"\(zeros)"}
            """
        try workspace.tamper(
            """
            DELETE FROM checkpoint; DELETE FROM entry WHERE seq > 0; INSERT INTO entry VALUES (1, CAST('\(line)' AS BLOB));
            UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), '\(workspace.firstSegment)', '0000000000000001') AS BLOB)
            WHERE seq = 0
            """, in: planted)
        let answers = try await everyReader(workspace)
        #expect(answers.first?.hasPrefix("audit 1 ") == true, "\(answers)")
        let refused = "4 unadmitted-segment"
        #expect(answers.dropFirst() == ["doctor 1", "report \(refused)", "audit \(refused)", "run \(refused)"])
        let doctor = try await workspace.lethe("doctor")
        #expect(doctor.output.contains(planted), "\(doctor.output)")
        #expect(try await vendor.attachments("deleted").isEmpty)
        // What only shows does not show it either.
        let shown = try await workspace.lethe("audit", "show", "--type", "hold.released", "--json")
        #expect((shown.json?["records"] as? [Any])?.isEmpty == true, "\(shown.everything)")
        try files.removeItem(at: workspace.file(planted))
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 0, "\(run.everything)")
        #expect(try await vendor.attachments("deleted").isEmpty, "the hold is in force")
    }

    /// A record in the middle, which the writer itself does not read again, and the row that it speaks of.
    @Test func aHoldThatIsEditedOutOfTheLiveSegmentStopsWhatWouldBeDeleted() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 40)
        try await workspace.placeHold()
        for _ in 0..<8 { _ = try await workspace.lethe("run", "--save") }
        #expect(try await workspace.lethe("run", "--apply").status == 0)
        #expect(try await vendor.attachments("deleted").isEmpty)
        try workspace.tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'hold.placed', 'hold.replaced') AS BLOB)")
        try workspace.tamper(
            """
            UPDATE entry SET line = CAST(replace(replace(CAST(line AS TEXT), 'hold.replaced', 'hold.placed'),
            '"scope":"all"', '"scope":"line:+12025550100"') AS BLOB)
            """)
        try workspace.sql("inventory.db", "UPDATE hold SET scope = 'line:+12025550100';")
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 1 && run.error?.code == "audit-fork", "\(run.everything)")
        #expect(try await vendor.attachments("deleted").isEmpty)
        let doctor = try await workspace.lethe("doctor")
        #expect(doctor.status == 1 && doctor.output.contains("fail audit log"), "\(doctor.output)")
    }

    /// The first record names the segment before: who edits it has a chain of his own.
    @Test func aSegmentThatIsNamedInPlaceOfTheOneBeforeIsNotBelieved() async throws {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        try await workspace.rollOver()
        // Six records: the writer itself looks at the last two of what its head counts.
        for _ in 0..<2 { try await workspace.placeHold() }
        let (first, planted) = ("audit/\(workspace.firstSegment).db", "audit/0000000000000001.db")
        try files.moveItem(at: workspace.file(first), to: workspace.file(planted))
        for file in ["audit.db", planted] {
            try workspace.tamper(
                "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), '\(workspace.firstSegment)', '0000000000000001') "
                    + "AS BLOB) WHERE seq = 0", in: file)
        }
        let seal = try await workspace.lethe("audit", "seal", "--json")
        #expect(seal.status == 1 && seal.error?.code == "audit-fork", "\(seal.everything)")
    }

    /// In its length, its last record and its size on disk it is what it was.
    @Test func aClosedSegmentIsHeldAgainstItsRootUntilItIsTheSameFileAsBefore() async throws {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        try await workspace.rollOver()
        let segment = "audit/\(workspace.firstSegment).db"
        let seen = workspace.file(SampleWorkspace.keys + "/segments.seen")
        func seal() async throws -> LetheProcess.Result { try await workspace.lethe("audit", "seal", "--json") }
        #expect(try await seal().status == 0)
        try await Task.sleep(for: .seconds(3.2))
        #expect(try await seal().status == 0)
        #expect(try String(contentsOf: seen, encoding: .utf8).contains("closed lethe.local/\(workspace.firstSegment) "))
        let times = workspace.folder.file("times").path
        #expect(try Shell.run("touch -r \(segment) \(times)", in: workspace.directory).status == 0)
        try workspace.tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'matter 7', 'matter 8') AS BLOB) WHERE seq = 2",
            in: segment)
        #expect(try Shell.run("touch -r \(times) \(segment)", in: workspace.directory).status == 0)
        let refused = try await seal()
        #expect(refused.status == 1 && refused.error?.code == "segment-changed", "\(refused.everything)")
    }
}
