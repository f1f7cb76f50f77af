import Foundation
import TestSupport
import Testing
import WorldSimulation

/// Whole lives of a workspace, from seeds. `LETHE_WORLDS` says how many (one in a hundred on disk, the others in memory),
/// `LETHE_WORLD_SEED` repeats one and shows what happened in it. Beside those from 1 on, some begin at a place that moves with
/// the commit.
@Suite struct WorldTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = environment["LETHE_WORLDS"].flatMap(UInt64.init) ?? 200
    private static let replay = environment["LETHE_WORLD_SEED"].flatMap(UInt64.init)

    @Test func whateverHappensTheDocsHold() async throws {
        let run = try WorldRun()
        defer { run.remove() }
        if let seed = Self.replay {
            let life = try await run.live(seed: seed, showing: true)
            print(life.map { "\($0)" } ?? "")
            #expect(life?.violations == [])
            return
        }
        let moving = Self.moving
        let seeds = Array(1...Self.count) + (0..<Self.count / 10).map { moving + $0 }
        print("worlds: seeds 1 to \(Self.count), and \(Self.count / 10) from \(moving)")
        let failures = try await run.live(seeds)
        // Shrinking takes some forty lives: the first is enough to begin with.
        for (index, failure) in failures.enumerated() {
            Issue.record("\(index == 0 ? try await run.shrunk(failure) : failure)")
        }
        guard failures.isEmpty else { return }
        #expect(run.tame(worlds: seeds.count) == [])
    }

    /// From the commit that is checked out; 1,000,000 where there is none.
    private static var moving: UInt64 {
        let head = try? Shell.run("git rev-parse HEAD", in: Paths.package)
        let digits = head.flatMap { $0.status == 0 ? UInt64($0.text.prefix(8), radix: 16) : nil }
        return 1_000_000 + (digits ?? 0)
    }
}
