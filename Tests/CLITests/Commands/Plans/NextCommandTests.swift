import Foundation
import TestSupport
import Testing

/// What stands in the way of a request's plan by the time somebody goes on with it: `next` names a command that the binary takes,
/// and so on until the request is answered.
@Suite struct NextCommandTests {
    enum Obstacle: String, CaseIterable {
        case oldApproval, morePeople, policies, lostPlan, lostDraft
    }

    @Test(arguments: Obstacle.allCases) func whatNextNamesIsTaken(obstacle: Obstacle) async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 24)
        let opened = try await workspace.lethe("erase", "--as", "clerk", "--json", input: "+12005550100\n")
        try #require(opened.status == 0, "\(opened.everything)")
        let id = try #require(try await request(workspace)["id"] as? String)
        let log = try workspace.backup("audit.db")
        _ = try await workspace.lethe("erase", "--resume", id)
        let plan = try #require(try await request(workspace)["plan"] as? String)
        if obstacle != .lostDraft { _ = try await workspace.lethe("plan", "approve", plan, "--as", "clerk") }
        switch obstacle {
        case .oldApproval: try workspace.sql("inventory.db", "UPDATE approval SET at = at - 73 * 3600000000;")
        case .morePeople: try workspace.configure("people: 1, above: 1000", "people: 2, above: 1000")
        case .policies:
            try workspace.write(SampleWorkspace.policy.replacing("47d", with: "48d"), to: "policies/retention.yaml")
        case .lostPlan, .lostDraft:
            try log.putBack()
            try await workspace.rollOver()
        }
        let first = try #require(try await request(workspace)["next"] as? String)
        if obstacle == .lostDraft {
            #expect(try await workspace.lethe("plan", "approve", plan, "--as", "kim").status == 4)
        } else if obstacle != .policies {
            #expect(try await workspace.lethe("plan", "apply", plan).status == 4)
        }
        #expect(!first.contains("plan apply"))
        #expect(try await request(workspace)["next"] as? String == first)
        var said: [String] = []
        for name in ["ada", "grace", "kim", "lin", "max", "noa"] {
            let found = try await request(workspace)
            guard let next = found["next"] as? String, !next.contains("certificate") else { break }
            said.append(next)
            let words = next.replacing("NAME", with: name).split(separator: " ").dropFirst().map(String.init)
            let result = try await workspace.lethe.run(LetheProcess.binary, words)
            // 2: it was done, and something waits for a person.
            #expect([0, 2].contains(result.status), "\(next): \(result.everything)")
        }
        #expect(try await request(workspace)["state"] as? String == "completed", "\(said)")
        #expect(try await !vendor.deletes().isEmpty)
    }

    private func request(_ workspace: SampleWorkspace) async throws -> [String: Any] {
        let list = try await workspace.lethe("requests", "list", "--json")
        return try #require((list.json?["requests"] as? [[String: Any]])?.first, "\(list.everything)")
    }
}
