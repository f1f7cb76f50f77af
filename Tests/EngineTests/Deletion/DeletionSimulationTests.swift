import Domain
import Engine
import Foundation
import TestSupport
import Testing

/// The machine in a world where everything goes wrong. `LETHE_SIMULATIONS` says how many seeds (100 unless told),
/// `LETHE_SIMULATION_SEED` replays one.
@Suite struct DeletionSimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let replay = environment["LETHE_SIMULATION_SEED"].flatMap(UInt64.init)
    private static let seeds: [UInt64] =
        replay.map { [$0] } ?? (1...(environment["LETHE_SIMULATIONS"].flatMap(UInt64.init) ?? 100)).map { $0 }

    @Test func invariantsHoldWhateverTheVendorTheDiskAndTheClockDo() {
        for seed in Self.seeds {
            var shape = SeededGenerator(seed: seed &* 77)
            let settings = DeletionMachine.Settings(
                maxInFlight: .random(in: 1...12, using: &shape), requestsPerSecond: .random(in: 1...500, using: &shape),
                provesEach: Bool.random(using: &shape), usesCanary: Bool.random(using: &shape))
            var world = SimulatedWorld(
                seed: seed, items: .random(in: 1...260, using: &shape), faults: .init(), settings: settings)
            let isDone = world.runUntilDone()
            #expect(world.violations.isEmpty, "seed \(seed): \(Set(world.violations).sorted())")
            // One seed tells it all: a broken machine may be slow in each.
            guard isDone, world.violations.isEmpty else {
                if !isDone { Issue.record("seed \(seed): the plan never came to its end") }
                return
            }
            #expect(world.progress.closed.count + world.progress.open.count == world.plan.items.count, "seed \(seed)")
        }
    }

    @Test func withoutFaultsEachItemIsDeletedByOneRequest() {
        var world = SimulatedWorld(
            seed: 1, items: 1000, faults: .none, settings: .init(requestsPerSecond: 1000, usesCanary: true))
        let isDone = world.runUntilDone()
        #expect(isDone)
        #expect(world.violations.isEmpty)
        #expect(world.deletesSent == 973)
        #expect(OutcomeCounts(world.progress.closed.values)[.deleted as Outcome] == 973)
        #expect(OutcomeCounts(world.progress.closed.values)[.withheldShared as Outcome] == 27)
    }
}
