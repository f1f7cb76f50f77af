import Foundation
import TestSupport
import Testing

/// Whole lives, from seeds. `LETHE_WORLDS` says how many, `LETHE_WORLD_SEED` repeats one and shows what happened in it.
@Suite struct WorldTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = UInt64(environment["LETHE_WORLDS"] ?? "") ?? 200
    private static let replay = UInt64(environment["LETHE_WORLD_SEED"] ?? "")
    private static let steps = 24

    @Test func whateverHappensWhatMustHoldHolds() async throws {
        let seeds = Self.replay.map { [$0] } ?? Array(1...Self.count)
        var coverage: [String: Int] = [:]
        for seed in seeds {
            guard let failure = await Self.failure(of: seed, &coverage) else { continue }
            let skipped = Self.replay == nil ? await Self.shrink(seed) : []
            Issue.record("seed \(seed), without steps \(skipped.sorted()): \(failure)")
            if Self.replay == nil { break }
        }
        if Self.environment["LETHE_WORLD_COVERAGE"] != nil {
            for (name, count) in coverage.sorted(by: { $0.key < $1.key }) { print("\(name)\t\(count)") }
        }
    }

    private static func failure(
        of seed: UInt64, _ coverage: inout [String: Int], skipping: Set<Int> = []
    ) async -> String? {
        do {
            let life = try SimulatedLife(seed: seed)
            defer { coverage.merge(life.coverage, uniquingKeysWith: +) }
            do {
                try await life.live(steps: steps, skipping: skipping)
                return nil
            } catch {
                return "\(error)\n" + life.trace.joined(separator: "\n")
            }
        } catch {
            return "\(error)"
        }
    }

    /// Steps without which it fails all the same.
    private static func shrink(_ seed: UInt64) async -> Set<Int> {
        var skipped: Set<Int> = []
        var ignored: [String: Int] = [:]
        for step in 0..<steps {
            let fewer = skipped.union([step])
            if await failure(of: seed, &ignored, skipping: fewer) != nil { skipped = fewer }
        }
        return skipped
    }
}
