import Foundation
import TestSupport
import Testing

/// Ids by their first digits, and people by their pseudonyms.
@Suite struct TypedIDTests {
    @Test func theFirstEightDigitsNameAPlanARequestAHoldAndAnAttachment() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        let lethe = workspace.lethe
        let due = try await workspace.due()
        let attachment = try #require(due.attachments.first)
        let bare = attachment.replacing("-", with: "")
        for text in [
            String(attachment.prefix(8)), String(attachment.prefix(13)), String(bare.prefix(12)), bare, attachment,
            attachment.uppercased(),
        ] {
            let shown = try await lethe("inventory", "show", text, "--json")
            let found = (shown.json?["attachment"] as? [String: Any])?["attachment_id"] as? String
            #expect(found == attachment, "\(text): \(shown.everything)")
            let explained = try await lethe("policy", "explain", text)
            #expect(explained.status == 0, "\(text): \(explained.everything)")
        }
        let shown = try await lethe("plan", "show", String(due.plan.prefix(8)), "--json")
        #expect((shown.json?["plan"] as? [String: Any])?["id"] as? String == due.plan, "\(shown.everything)")
        let approved = try await lethe("plan", "approve", String(due.plan.prefix(9)), "--as", "alex")
        #expect(approved.output.contains(due.plan), "\(approved.everything)")

        let placed = try await lethe(
            "hold", "place", "--as", "alex", "--reason", "matter 7", "--attachment", String(bare.prefix(8)), "--json")
        let hold = try #require(placed.json?["hold"] as? [String: Any], "\(placed.everything)")
        #expect(hold["scope"] as? String == "attachment:\(attachment)")
        let id = try #require(hold["id"] as? String)
        let released = try await lethe(
            "hold", "release", String(id.prefix(8)), "--as", "alex", "--reason", "over", "--json")
        #expect((released.json?["hold"] as? [String: Any])?["id"] as? String == id, "\(released.everything)")

        let opened = try await lethe("erase", "--offline", "--json", input: "+14155550117\n")
        let request = try #require((opened.json?["request"] as? [String: Any])?["id"] as? String)
        for words in [
            ["requests", "show", String(request.prefix(8))],
            ["erase", "--offline", "--resume", String(request.prefix(8))],
            ["requests", "extend", String(request.prefix(8)), "--as", "alex", "--reason", "many systems"],
            ["requests", "withdraw", String(request.prefix(8)), "--as", "alex", "--reason", "by letter"],
        ] {
            let result = try await lethe.run(LetheProcess.binary, words)
            #expect(result.status == 0 && result.output.contains(request), "\(words): \(result.everything)")
        }
    }

    @Test func digitsOfNoneOrOfSeveralAreRefusedWithTheWayOn() async throws {
        let workspace = try await SampleWorkspace()
        let lethe = workspace.lethe
        let ids = (1...7).map { "1234567\($0)123400001234123456789abc" } + ["12345679bbbb40001234123456789abc"]
        try workspace.sql("inventory.db", ids.map { "INSERT INTO attachment (id) VALUES (x'\($0)');" }.joined())
        let several = try await lethe("inventory", "show", "1234567", "--json")
        #expect(several.status == 64 && several.error?.code == "invalid-id", "\(several.everything)")
        try workspace.sql(
            "inventory.db",
            (0...6).map { "INSERT INTO attachment (id) VALUES (x'87654321\($0)00040001234123456789abc');" }.joined())
        let many = try await lethe("inventory", "show", "87654321", "--json")
        #expect(many.status == 64 && many.error?.code == "ambiguous-id", "\(many.everything)")
        let hint = try #require(many.error?.hint)
        #expect(
            hint.matches(of: /87654321-[0-4]000-4000-1234-123456789abc/).count == 5 && hint.hasSuffix("…"), "\(hint)")
        for (words, code, list) in [
            (["inventory", "show", "ffffffff"], "unknown-attachment", "lethe inventory list"),
            (["plan", "show", "ffffffff"], "unknown-plan", "lethe plan list"),
            (["requests", "show", "4155550117"], "unknown-request", "lethe requests list"),
            (["hold", "release", "ffffffff", "--as", "a", "--reason", "b"], "unknown-hold", "lethe hold list --all"),
        ] {
            let result = try await lethe.run(LetheProcess.binary, words + ["--json"])
            #expect(result.status == 64 && result.error?.code == code, "\(words): \(result.everything)")
            #expect(result.error?.hint == list && !result.output.contains("4155550117"), "\(result.everything)")
        }
    }

    @Test func aHoldThatOnlyTheLogKnowsIsNamedByItsFirstDigitsToo() async throws {
        let workspace = try await SampleWorkspace()
        let backup = try workspace.backup("inventory.db")
        try await workspace.placeHold()
        try backup.putBack()
        let list = try await workspace.lethe("hold", "list", "--json")
        let lost = try #require((list.json?["lost"] as? [String])?.first, "\(list.everything)")
        let released = try await workspace.lethe(
            "hold", "release", String(lost.prefix(8)), "--as", "alex", "--reason", "the matter is closed")
        #expect(released.status == 0 && released.output.contains(lost), "\(released.everything)")
    }

    @Test func aPersonIsFoundByHandlesInAFileAndByPseudonymAndNeverNamed() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 12)
        let lethe = workspace.lethe
        let opened = try await lethe("erase", "--offline", "--json", input: "+14155550117\n")
        let request = try #require(
            (opened.json?["request"] as? [String: Any])?["id"] as? String, "\(opened.everything)")
        let other = try await lethe("erase", "--offline", "--json", input: "other@example.com\n")
        #expect(other.status == 0, "\(other.everything)")
        let file = workspace.folder.file("person.txt")
        try "+1 415 555-0117\n".write(to: file, atomically: true, encoding: .utf8)
        func found(_ words: String...) async throws -> [String] {
            let result = try await lethe.run(LetheProcess.binary, ["requests", "list", "--json"] + words)
            #expect(result.status == 0 && !result.everything.contains("5550117"), "\(result.everything)")
            return (result.json?["requests"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
        }
        #expect(try await found().count == 2)
        #expect(try await found("--subject-file", file.path) == [request])
        let shown = try await lethe("requests", "show", request)
        let pseudonym = try #require(shown.output.firstMatch(of: /sub_[0-9a-f]{12}/)).output
        #expect(try await found("--subject", String(pseudonym)) == [request])
        try "+14155559999\n".write(to: file, atomically: true, encoding: .utf8)
        #expect(try await found("--subject-file", file.path) == [])
        let none = try await lethe("requests", "list", "--subject-file", file.path)
        #expect(none.output == "There are no requests of this person.\n", "\(none.everything)")
        let held = try await lethe(
            "hold", "place", "--as", "alex", "--reason", "matter 7", "--subject", String(pseudonym))
        #expect(held.status == 0, "\(held.everything)")
        let listed = try await lethe("hold", "list")
        #expect(listed.output.contains(pseudonym), "\(listed.everything)")
        for text in ["+14155550117", "sub_1234", "sub_00000000"] {
            let refused = try await lethe("inventory", "list", "--subject", text, "--json")
            #expect(refused.status == 64 && !refused.everything.contains("5550117"), "\(refused.everything)")
        }
    }
}
