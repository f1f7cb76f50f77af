import Foundation
import TestSupport
import Testing

/// A backup that is put back, or a segment that is dropped, is noticed before anything is deleted.
@Suite struct RestoredWorkspaceTests {
    private func world(anchored: Bool = false) async throws -> (SimulatedVendor, SampleWorkspace) {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        if anchored { try workspace.anchor("anchor") }
        try await workspace.fill(vendor, attachments: 24)
        return (vendor, workspace)
    }

    @Test func aHoldOfAClosedSegmentStopsEveryApplyOnARestoredInventory() async throws {
        let (vendor, workspace) = try await world()
        let plan = try await workspace.due().plan
        let approved = try await workspace.lethe("plan", "approve", plan, "--as", "alex")
        try #require(approved.status == 0, "\(approved.everything)")
        let backup = try workspace.backup("inventory.db")
        try await workspace.placeHold()
        try await workspace.rollOver()
        try await workspace.rollOver()
        try backup.putBack()
        let applies = [["run", "--apply"], ["plan", "apply", plan], ["erase", "--apply", "--as", "alex"]]
        for arguments in applies {
            let result = try await workspace.lethe.run(
                LetheProcess.binary, arguments + ["--json"], input: Data("+12005550100\n".utf8))
            #expect(result.status == 4, "\(arguments): \(result.everything)")
            #expect(result.error?.code == "hold-unresolved", "\(arguments): \(result.everything)")
        }
        #expect(try await vendor.deletes().isEmpty)
    }

    @Test(arguments: [true, false])
    func droppedNewestSegmentsAreFound(anchored: Bool) async throws {
        let (vendor, workspace) = try await world(anchored: anchored)
        defer { withExtendedLifetime(vendor) {} }
        try await workspace.rollOver()
        let files = FileManager.default
        try files.removeItem(at: workspace.file("audit.db"))
        try files.moveItem(
            at: workspace.file("audit/\(workspace.firstSegment).db"), to: workspace.file("audit.db"))
        let result = try await workspace.verifySegments()
        #expect(result.status == (anchored ? 1 : 3), "\(result.everything)")
        #expect(result.findings == (anchored ? ["seq=4 link"] : ["seq=- link"]), "\(result.everything)")
        let required = try await workspace.verifySegments("--require", "mac,anchor")
        #expect(required.status == (anchored ? 1 : 3), "\(required.everything)")
    }

    /// `forgetful`: the anchor has lost the notes of the old segment itself, and knows only the one after it.
    @Test(arguments: [false, true])
    func databaseAndKeysOfAnOldSegmentPutBackAreRefusedBehindAnAnchor(forgetful: Bool) async throws {
        let (vendor, workspace) = try await world(anchored: true)
        let backup = try workspace.backup("audit.db", SampleWorkspace.keys, "inventory.db")
        try await workspace.rollOver()
        try FileManager.default.moveItem(at: workspace.file("audit"), to: workspace.folder.file("aside"))
        try backup.putBack()
        let anchor = workspace.folder.file("anchor")
        for name in try FileManager.default.contentsOfDirectory(atPath: anchor.path)
        where forgetful && name.hasPrefix(workspace.firstSegment) && !name.hasSuffix(".next.note") {
            try FileManager.default.removeItem(at: anchor.appending(path: name))
        }
        for arguments in [
            ["run", "--apply"], ["audit", "seal"], ["hold", "place", "--all", "--as", "a", "--reason", "b"],
        ] {
            let result = try await workspace.lethe.run(LetheProcess.binary, arguments + ["--json"])
            #expect(result.status == 1, "\(arguments): \(result.everything)")
            #expect(result.error?.code == "audit-rollback", "\(arguments): \(result.everything)")
        }
        #expect(try await vendor.deletes().isEmpty)
        let verify = try await workspace.verifySegments()
        #expect(verify.status == 1, "\(verify.everything)")
        #expect(verify.findings.contains("seq=2 link"), "\(verify.everything)")
    }

    /// Section 7: an older database put back, in the hands of the binary.
    @Test func anOlderDatabasePutBackSendsNoDeleteAndAHeldCheckpointFindsIt() async throws {
        let (vendor, workspace) = try await world()
        let backup = try workspace.backup("audit.db")
        try await workspace.placeHold()
        let export = workspace.folder.file("export")
        _ = try await workspace.lethe("audit", "export", "-o", export.path)
        try backup.putBack()
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 1 && run.error?.code == "audit-rollback", "\(run.everything)")
        #expect(try await vendor.deletes().isEmpty)
        let alone = try await workspace.verifySegments()
        #expect(alone.status == 0, "nothing in the database shows it: \(alone.everything)")
        let held = try await workspace.verifySegments("--checkpoint", export.appending(path: "checkpoint").path)
        #expect(held.status == 1, "\(held.everything)")
        #expect(held.findings == ["seq=2 shorter-than-checkpoint"], "\(held.everything)")
    }

    /// Database and keys go together, as a backup has them, and no anchor knows better: the inventory does.
    @Test func anOlderLogIsFoundByTheInventoryAndNothingIsWritten() async throws {
        let (vendor, workspace) = try await world()
        let plan = try await workspace.due().plan
        let backup = try workspace.backup("audit.db", SampleWorkspace.keys)
        try await workspace.placeHold()
        try backup.putBack()
        let bytes = try Data(contentsOf: workspace.file("audit.db"))
        for arguments in [
            ["run", "--apply"], ["run"], ["plan", "approve", plan, "--as", "a"], ["plan", "cancel", plan],
            ["hold", "place", "--all", "--as", "a", "--reason", "b"], ["sync"], ["verify"], ["audit", "seal"],
            ["doctor"],
        ] {
            let result = try await workspace.lethe.run(LetheProcess.binary, arguments + ["--json"])
            #expect(result.status == 1, "\(arguments): \(result.everything)")
            let isNamed = result.error?.code == "older-log" || result.output.contains("an older audit.db was put back")
            #expect(isNamed, "\(arguments): \(result.everything)")
        }
        #expect(try Data(contentsOf: workspace.file("audit.db")) == bytes)
        #expect(try await vendor.deletes().isEmpty)
        let list = try await workspace.lethe("hold", "list")
        #expect(list.status == 0 && list.errors.contains("an older audit.db"), "\(list.everything)")
    }

    @Test func whatOnlyTheLogHasIsNamedAsLostWithTheWayOn() async throws {
        let (vendor, workspace) = try await world()
        try await workspace.placeHold()
        try workspace.sql("inventory.db", "DELETE FROM hold;")
        let list = try await workspace.lethe("hold", "list", "--json")
        let lost = try #require(list.json?["lost"] as? [String], "\(list.everything)")
        #expect(lost.count == 1)
        let hold = lost.first ?? ""
        let text = try await workspace.lethe("hold", "list")
        #expect(text.output.contains("lethe hold release \(hold)"), "\(text.everything)")
        let doctor = try await workspace.lethe("doctor")
        #expect(doctor.status == 1 && doctor.output.contains(hold), "\(doctor.everything)")
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 4 && run.error?.code == "hold-unresolved", "\(run.everything)")
        #expect(try await vendor.deletes().isEmpty)
        let release = try await workspace.lethe("hold", "release", hold, "--as", "alex", "--reason", "closed")
        #expect(release.status == 0, "\(release.everything)")
        #expect((try await workspace.lethe("hold", "list", "--json")).json?["lost"] as? [String] == [])
    }

    @Test func aReportTellsWhatTheInventoryThatWasPutBackLacks() async throws {
        let (vendor, workspace) = try await world()
        let backup = try workspace.backup("inventory.db")
        let run = try await workspace.lethe("run", "--apply", "--allow-deletes", "24")
        #expect(run.status == 0, "\(run.everything)")
        let sent = try await vendor.deletes().count
        try await workspace.placeHold()
        let whole = try await workspace.lethe("report", "--format", "json", "-o", "-")
        #expect(whole.status == 0 && whole.json?["differs"] as? [String] == [], "\(whole.everything)")
        try backup.putBack()
        let report = try await workspace.lethe("report", "--format", "md", "-o", "-")
        #expect(report.status == 1 && report.output.contains("**DIFFERS: "), "\(report.everything)")
        #expect(sent > 0 && report.output.contains("| Deleted | \(sent) |"), "\(report.everything)")
        let json = try await workspace.lethe("report", "--format", "json", "-o", "-").json
        #expect((json?["differs"] as? [String])?.count == 2 && (json?["holds"] as? [Any])?.count == 1)
        // The hold is made again, the plan with its items is lost, and that is on record.
        let rebuilt = try await workspace.lethe(
            "inventory", "rebuild", "--as", "alex", "--reason", "restored", "--root-key-file", workspace.rootKey)
        #expect(rebuilt.status == 0, "\(rebuilt.everything)")
        let after = try await workspace.lethe("report", "--format", "json", "-o", "-")
        #expect(after.status == 0 && (after.json?["differs"] as? [String])?.isEmpty == true, "\(after.everything)")
        #expect((after.json?["lost"] as? [String])?.count == 1, "\(after.everything)")
        let list = try await workspace.lethe("plan", "list", "--json").json
        #expect((list?["differs"] as? [String])?.isEmpty == true, "\(String(describing: list))")
    }

    /// Records are lost, and the segment after them owns up to it.
    @Test func aReportsVerdictOnALogWithALossIsTheVerifiers() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let backup = try workspace.backup("audit.db")
        try await workspace.placeHold()
        try backup.putBack()
        let rollover = try await workspace.lethe(
            "audit", "rollover", "--reason", "lost", "--root-key-file", workspace.rootKey)
        #expect(rollover.status == 0, "\(rollover.everything)")
        let verified = try await workspace.verifySegments()
        #expect(verified.status == 3, "\(verified.everything)")
        let report = try await workspace.lethe("report", "--format", "json", "-o", "-")
        let results = (report.json?["logs"] as? [[String: Any]])?.compactMap { $0["result"] as? String }
        #expect(results?.sorted() == ["not_verified", "verified"], "\(report.everything)")
    }

    @Test func aMissingInventoryIsPutBackAndNotMadeAnew() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(at: workspace.file("inventory.db" + suffix))
        }
        let run = try await workspace.lethe("run", "--apply", "--json")
        #expect(run.status == 78 && run.error?.code == "no-inventory", "\(run.everything)")
        #expect(run.error?.hint?.contains("newest copy") == true && run.error?.hint?.contains("init") == false)
        try Data(repeating: 7, count: 8192).write(to: workspace.file("inventory.db"))
        let damaged = try await workspace.lethe("hold", "list", "--json")
        #expect(damaged.status == 78 && damaged.error?.code == "inventory-damaged", "\(damaged.everything)")
    }

    /// The plan that answered it is lost, with what it withheld and what was searched for it.
    @Test(arguments: [false, true])
    func aRequestWhosePlanIsLostIsSearchedAgainBeforeItIsCompleted(isHeld: Bool) async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let person = "+12005550100\n"
        func lethe(_ arguments: String..., input: String = "") async throws -> LetheProcess.Result {
            try await workspace.lethe.run(LetheProcess.binary, arguments, input: Data(input.utf8))
        }
        func request() async throws -> [String: Any] {
            let list = try await lethe("requests", "list", "--json")
            return try #require((list.json?["requests"] as? [[String: Any]])?.first, "\(list.everything)")
        }
        let opened = try await lethe("erase", "--json", input: person)
        let items = try #require(opened.json?["items"] as? [[String: Any]], "\(opened.everything)")
        if isHeld {
            let id = try #require(items.first?["attachment_id"] as? String, "\(opened.everything)")
            let hold = try await lethe("hold", "place", "--attachment", id, "--as", "counsel", "--reason", "matter")
            #expect(hold.status == 0, "\(hold.everything)")
        }
        let id = try #require(try await request()["id"] as? String)
        let backup = try workspace.backup("inventory.db")
        let erased = try await lethe("erase", "--resume", id, "--apply", "--as", "alex", input: person)
        #expect(erased.status == 0, "\(erased.everything)")
        let answer = isHeld ? "completed_with_exceptions" : "completed"
        try await #require(request()["state"] as? String == answer)
        try backup.putBack()
        let next = "lethe erase --resume \(id) --subject-file FILE"
        let known = try await request()
        #expect(known["state"] as? String == answer && known["coverage"] as? String == "partial", "\(known)")
        #expect(known["next"] as? String == next, "\(known)")
        for _ in 0..<2 {
            let run = try await lethe("run", "--apply")
            #expect(run.status == 2 && run.everything.contains(next), "\(run.everything)")
        }
        #expect(try await request()["coverage"] as? String == "partial")
        let again = try await lethe("erase", "--resume", id, "--apply", "--as", "alex", input: person)
        #expect(again.status == 0, "\(again.everything)")
        let after = try await request()
        #expect(after["state"] as? String == answer && after["coverage"] as? String == "complete", "\(after)")
        #expect(after["next"] as? String == "lethe requests certificate \(id)", "\(after)")
        let run = try await lethe("run", "--apply")
        #expect(run.status == 0, "\(run.everything)")
    }
}
