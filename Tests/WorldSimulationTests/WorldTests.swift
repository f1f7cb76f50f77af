import Testing
import WorldSimulation

@Suite struct WorldTests {
    @Test func whateverHappensTheDocsHold() async throws {
        let run = try WorldRun()
        defer { run.remove() }
        for seed in UInt64(1)...50 {
            let failure = try await run.live(seed: seed)
            #expect(failure == nil, "seed \(seed): \(failure?.violations ?? [])")
        }
    }
}
