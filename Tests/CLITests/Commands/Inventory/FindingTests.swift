import Foundation
import TestSupport
import Testing

/// What an operator looks for: files by what becomes of them, holds and requests by who did what.
@Suite struct FindingTests {
    private func world() async throws -> (SimulatedVendor, SampleWorkspace) {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 40)
        return (vendor, workspace)
    }

    private func ids(_ workspace: SampleWorkspace, _ words: String...) async throws -> [String: [String: Any]] {
        let result = try await workspace.lethe.run(
            LetheProcess.binary, ["inventory", "list", "--json", "--limit", "1000"] + words)
        let rows = try #require(result.json?["attachments"] as? [[String: Any]], "\(words): \(result.everything)")
        return Dictionary(uniqueKeysWithValues: rows.map { ($0["attachment_id"] as? String ?? "", $0) })
    }

    @Test func filesAreFoundByWhatTheRulesMakeOfThem() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let all = try await ids(workspace)
        let due = try await workspace.due().attachments
        #expect(all.count == 40 && !due.isEmpty && due.count < 40)
        #expect(Set(try await ids(workspace, "--verdict", "delete").keys) == due)
        #expect(Set(try await ids(workspace, "--verdict", "keep").keys) == Set(all.keys).subtracting(due))
        #expect(Set(try await ids(workspace, "--policy", "default").keys) == Set(all.keys))
        let later = ISO8601DateFormatter().string(from: Date.now.addingTimeInterval(20 * 86_400 + 31_234))
        let preview = try await workspace.lethe("run", "--at", later, "--json")
        let soon = try await ids(workspace, "--due-before", later, "--policy", "default")
        #expect(soon.count > due.count && soon.count < 40)
        let previewed = (preview.json?["plan"] as? [String: Any])?["items"] as? Int
        #expect(previewed == soon.count, "\(preview.everything)")
        let waiting = try await ids(workspace, "--due-before", later, "--verdict", "keep")
        #expect(Set(waiting.keys) == Set(soon.keys).subtracting(due))
        #expect(try await ids(workspace, "--due-before", "2020-01-01").isEmpty)

        let held = try #require(due.first)
        let placed = try await workspace.lethe(
            "hold", "place", "--as", "alex", "--reason", "matter 7", "--attachment", held)
        #expect(placed.status == 0)
        #expect(Set(try await ids(workspace, "--verdict", "delete").keys) == due.subtracting([held]))
        let run = try await workspace.lethe("run", "--apply")
        #expect(run.status == 0, "\(run.everything)")
        #expect(try await ids(workspace, "--verdict", "delete").isEmpty)
    }

    /// A subject hold is known to cover only where the people of a file are read.
    @Test func whatAPersonsHoldCoversIsNotDue() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let due = try await workspace.due().attachments
        var sender: String?
        for id in due.sorted() where sender == nil {
            let shown = try await workspace.lethe("inventory", "show", id, "--json")
            sender = (shown.json?["sightings"] as? [[String: Any]])?.compactMap { $0["sender"] as? String }.first
        }
        let person = try #require(sender)
        let placed = try await workspace.lethe(
            "hold", "place", "--as", "alex", "--reason", "matter 7", "--subject", person)
        #expect(placed.status == 0, "\(placed.everything)")
        let rest = Set(try await ids(workspace, "--verdict", "delete").keys)
        #expect(rest == (try await workspace.due().attachments) && rest.count < due.count && !rest.isEmpty)
    }

    @Test func filesAreFoundByTypeAndSize() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let all = try await ids(workspace)
        let types = Dictionary(grouping: all.values.compactMap { $0["mime"] as? String }) { $0 }
        let type = try #require(types.keys.sorted().first)
        #expect(try await ids(workspace, "--mime", type.uppercased()).count == types[type]?.count)
        let images = try await ids(workspace, "--mime", "image/*")
        #expect(images.count == types.filter { $0.key.hasPrefix("image/") }.values.joined().count && !images.isEmpty)
        let sizes = all.values.compactMap { $0["size"] as? Int }.sorted()
        let middle = try #require(sizes.dropFirst(sizes.count / 2).first)
        #expect(try await ids(workspace, "--larger-than", "\(middle)B").count == sizes.count { $0 > middle })
        for words in [
            ["--mime", "png"], ["--mime", "*/png"], ["--larger-than", "10"], ["--verdict", "maybe"],
            ["--due-before", "soon"], ["--policy", "none-such"],
        ] {
            let refused = try await workspace.lethe.run(LetheProcess.binary, ["inventory", "list"] + words)
            #expect(refused.status == 64 && refused.errors.contains("Error: "), "\(words): \(refused.everything)")
        }
    }

    @Test func aHoldNamesItsMatterWhoPlacedItAndWhoReleasedIt() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let lethe = workspace.lethe
        let held = try #require(try await workspace.due().attachments.first)
        var holds: [String] = []
        for (name, matter) in [("alex", "matter 2026-17"), ("kim", "matter 2026-18")] {
            let placed = try await lethe(
                "hold", "place", "--as", name, "--reason", matter, "--attachment", held, "--json")
            holds.append(try #require((placed.json?["hold"] as? [String: Any])?["id"] as? String))
        }
        let explained = try await lethe("policy", "explain", held)
        for text in ["by alex", "by kim", "matter 2026-17", "matter 2026-18"] {
            #expect(explained.output.contains(text), "\(explained.everything)")
        }
        let released = try await lethe(
            "hold", "release", holds[0], "--as", "robin", "--reason", "settled on 2026-11-20")
        #expect(released.status == 0)
        let list = try await lethe("hold", "list", "--all", "--json")
        let rows = try #require(list.json?["holds"] as? [[String: Any]])
        let row = try #require(rows.first { $0["id"] as? String == holds[0] })
        #expect(row["released_by"] as? String == "robin", "\(list.everything)")
        #expect(row["release_reason"] as? String == "settled on 2026-11-20", "\(list.everything)")
        let text = try await lethe("hold", "list", "--all").output
        #expect(text.contains("by robin: settled on 2026-11-20") && text.contains("by alex: matter 2026-17"), "\(text)")
    }

    @Test func aRequestShowsItsIdentityCheckAndEveryStep() async throws {
        let (vendor, workspace) = try await world()
        defer { withExtendedLifetime(vendor) {} }
        let lethe = workspace.lethe
        let person = "+12005550100"
        let opened = try await lethe(
            "erase", "--apply", "--as", "alex", "--identity", "call back", "--channel", "letter", "--json",
            input: person + "\n")
        let id = try #require((opened.json?["request"] as? [String: Any])?["id"] as? String, "\(opened.everything)")
        let shown = try await lethe("requests", "show", id, "--json")
        let steps = try #require(shown.json?["steps"] as? [[String: Any]], "\(shown.everything)")
        let names = steps.compactMap { $0["step"] as? String }
        #expect(names.first == "opened" && names.contains("plan approved"), "\(names)")
        #expect(steps.first?["by"] as? String == "alex" && steps.allSatisfy { $0["at"] is String }, "\(steps)")
        let text = try await lethe("requests", "show", id).output
        #expect(text.contains("identity  checked by call back"), "\(text)")
        #expect(text.contains("opened by alex") && text.contains("plan approved by alex"), "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains(" lethe ") }, "\(text)")
        #expect(text.contains("created") && text.contains("type") && text.contains("+12025550143"), "\(text)")
        let confirmed = try await lethe("confirmations")
        #expect(confirmed.output.hasPrefix("attachment"), "\(confirmed.everything)")
    }
}
