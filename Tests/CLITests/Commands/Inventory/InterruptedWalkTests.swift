import Foundation
import TestSupport
import Testing

/// Ctrl-C while the vendor is asked: what was done is told, soon, and never as if it were all.
@Suite struct InterruptedWalkTests {
    /// Starts it, lets it ask for a while, makes the vendor say nothing any more, and interrupts it.
    private func interrupt(
        _ arguments: [String], latency: String, _ vendor: SimulatedVendor, _ workspace: SampleWorkspace
    ) async throws -> LetheProcess.Result {
        try await vendor.setFaults(["get.latency:\(latency)"])
        let running = try workspace.lethe.start(arguments: arguments + ["--json"])
        try await Task.sleep(for: .seconds(4))
        try await vendor.setFaults(["get.hang:1"])
        try await Task.sleep(for: .milliseconds(300))
        let clock = ContinuousClock()
        let start = clock.now
        kill(running.process.processIdentifier, SIGINT)
        let result = try await running.result()
        // A second, and some more for a machine that is busy with other tests.
        #expect(clock.now - start < .seconds(2), "\(arguments): \(clock.now - start)")
        #expect(result.status == 2, "\(arguments): \(result.everything)")
        #expect(result.json?["interrupted"] as? Bool == true, "\(arguments): \(result.everything)")
        try await vendor.setFaults([])
        return result
    }

    @Test func aSyncEndsWithWhatItReadAndTheNextOneReadsTheRest() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 400, takesIn: false)
        let cut = try await interrupt(["sync"], latency: "250ms", vendor, workspace)
        #expect(cut.json?["coverage"] as? String == "partial", "\(cut.everything)")
        let messages = try #require(cut.json?["messages"] as? Int)
        #expect(messages > 0 && messages < 400, "\(cut.everything)")
        let whole = try await workspace.lethe("sync", "--json")
        #expect(whole.status == 0 && whole.json?["interrupted"] as? Bool == false, "\(whole.everything)")
        let stats = try await workspace.lethe("inventory", "stats", "--json")
        let total = (stats.json?["total"] as? [String: Any])?["attachments"] as? Int
        #expect(total == 400, "\(stats.everything)")
    }

    @Test func aVerifyEndsWithWhatItFound() async throws {
        let vendor = try await SimulatedVendor()
        let workspace = try await SampleWorkspace(vendor: vendor)
        try await workspace.fill(vendor, attachments: 400)
        let run = try await workspace.lethe("run", "--apply")
        try #require(run.status == 0, "\(run.everything)")
        let cut = try await interrupt(["verify", "--all"], latency: "60ms", vendor, workspace)
        let (checked, gone) = (cut.json?["checked"] as? Int ?? 0, cut.json?["gone"] as? Int ?? 0)
        #expect(checked > 0 && gone == checked && cut.json?["unknown"] as? Int == 0, "\(cut.everything)")
        let whole = try await workspace.lethe("verify", "--all", "--json")
        #expect(whole.status == 0 && (whole.json?["checked"] as? Int ?? 0) > checked, "\(whole.everything)")
    }
}
