import Foundation
import TestSupport
import Testing

/// An earlier demo is replaced; what is somebody's is not.
@Suite struct DemoTests {
    /// As a demo leaves it, as far as the next one looks.
    private func demo() async throws -> SampleWorkspace {
        let workspace = try await SampleWorkspace()
        try workspace.write("", to: ".lethe/demo")
        for file in ["retention.yaml"] {
            try FileManager.default.removeItem(at: workspace.directory.appending(path: "policies/" + file))
        }
        return workspace
    }

    @Test(arguments: ["mine/lethe.yaml", "audit/lethe.yaml", "notes.txt", "policies/mine.yaml", "STOP"])
    func whatNoDemoMadeStopsTheNextOne(name: String) async throws {
        let workspace = try await demo()
        try workspace.write("mine", to: name)
        let again = try await workspace.lethe("demo", workspace.directory.path)
        let told = "what no demo made: \(name.prefix(3))"
        #expect(again.status == 64 && again.errors.contains(told), "\(again.everything)")
        #expect(try workspace.files(containing: "mine").contains(name))
    }

    @Test func aWorkspaceOfAnotherAccountStopsIt() async throws {
        let workspace = try await demo()
        try workspace.configure(SampleWorkspace.partner, "somebody-else")
        let again = try await workspace.lethe("demo", workspace.directory.path)
        #expect(again.status == 64 && again.errors.contains("a workspace of another account"), "\(again.everything)")
    }
}
