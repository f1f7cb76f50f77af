import Foundation
import TestSupport
import Testing

/// A record in the middle of the live segment was edited: nobody decides anything over it, and a hold is placed all the same.
@Suite struct TamperedLogTests {
    /// An edit of the first hold's placing, far enough from the end that the writer does not read it again.
    private func tamper(_ workspace: SampleWorkspace) async throws {
        var size = 0
        // The writer reads the last complete subtree: of an odd number of records that is the last one.
        while size < 6 || size.isMultiple(of: 2) {
            let seal = try await workspace.lethe("audit", "seal", "--json")
            size = try #require(seal.json?["size"] as? Int, "\(seal.everything)")
        }
        try workspace.tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'matter 7', 'matter 8') AS BLOB) WHERE seq < 4")
    }

    @Test func nobodyDecidesOverALogThatWasEdited() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 40)
        let placed = try await workspace.lethe(
            "hold", "place", "--line", "+12025550100", "--as", "a", "--reason", "matter 7", "--json")
        let hold = try #require((placed.json?["hold"] as? [String: Any])?["id"] as? String, "\(placed.everything)")
        #expect(placed.status == 0 && placed.json?["tampered"] is NSNull, "\(placed.everything)")
        let planned = try await workspace.lethe("run", "--save", "--json")
        let plan = try #require((planned.json?["plan"] as? [String: Any])?["id"] as? String, "\(planned.everything)")
        let opened = try await workspace.lethe("erase", "--subject", "+12025550199", "--offline", "--json")
        let request = try #require(
            (opened.json?["request"] as? [String: Any])?["id"] as? String, "\(opened.everything)")
        try await tamper(workspace)
        let who = ["--as", "a", "--reason", "r"]
        let decisions = [
            ["plan", "approve", plan, "--as", "a"], ["plan", "cancel", plan], ["plan", "apply", plan],
            ["requests", "withdraw", request] + who, ["requests", "refuse", request] + who,
            ["requests", "extend", request] + who, ["hold", "release", hold] + who, ["run"], ["run", "--apply"],
            ["erase", "--subject", "+12025550198", "--offline"], ["audit", "seal"],
        ]
        for command in decisions {
            let result = try await workspace.lethe.run(LetheProcess.binary, command + ["--json"])
            #expect(result.status == 1 && result.error?.code == "audit-fork", "\(command) \(result.everything)")
            #expect(result.error?.hint?.contains("lethe audit rollover --reason TEXT") == true, "\(result.everything)")
        }
        // What came of them: nothing.
        let types = try await workspace.lethe("audit", "show", "--limit", "100")
        for type in [
            "plan.approved", "plan.cancel", "state=withdrawn", "state=refused", "state=extended", "hold.released",
        ] {
            #expect(!types.output.contains(type), "\(types.output)")
        }
        #expect(try await vendor.attachments("deleted").isEmpty)
    }

    @Test func aHoldIsPlacedOverALogThatWasEditedAndSaysSo() async throws {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        try await tamper(workspace)
        let placed = try await workspace.lethe(
            "hold", "place", "--line", "+12025550143", "--as", "counsel", "--reason", "matter 9", "--json")
        let hold = try #require((placed.json?["hold"] as? [String: Any])?["id"] as? String, "\(placed.everything)")
        #expect(placed.status == 1 && placed.json?["tampered"] is String, "\(placed.everything)")
        let text = try await workspace.lethe("hold", "place", "--all", "--as", "counsel", "--reason", "matter 10")
        #expect(
            text.status == 1 && text.output.contains("is in force") && text.output.contains("\nTAMPERED: "),
            "\(text.everything)")
        let shown = try await workspace.lethe("audit", "show", "--type", "hold.placed")
        #expect(shown.output.contains("hold=\(hold) scope=line:+12025550143"), "\(shown.everything)")
        // In the segment after it the hold is in force.
        try await workspace.rollOver()
        let held = try await workspace.lethe("hold", "list", "--json")
        #expect(held.output.contains(hold), "\(held.everything)")
    }

    /// The records that the hold would rest on are read by whoever writes: at the end nothing is signed.
    @Test func overAnEditedEndNotEvenAHoldIsSigned() async throws {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        try workspace.tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'counsel', 'council') AS BLOB)")
        let placed = try await workspace.lethe("hold", "place", "--all", "--as", "a", "--reason", "r", "--json")
        #expect(placed.status == 1 && placed.error?.code == "audit-fork", "\(placed.everything)")
    }
}
