import Foundation
import TestSupport
import Testing

/// Somebody writes in the workspace and has no key. Whatever is edited, what must stay is not deleted, what nobody did is not signed, and nothing
/// is told as the truth that the log does not bear out.
///
/// `LETHE_WORKSPACE_EDITS` says how many edits at random (`make tamper`: 200), `LETHE_TAMPER_SEED` the first one's seed: each has its own, so that with
/// one edit it is replayed alone.
@Suite(.serialized) struct WorkspaceTamperTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["LETHE_WORKSPACE_EDITS"].flatMap(Int.init) ?? 6
    private static let seed =
        environment["LETHE_TAMPER_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64(UInt32.max))

    @Test func untouchedCopiesDoAsTheyShould() async throws {
        let judge = try await TamperJudge.made.value
        let isSound = judge.isSound
        #expect(isSound, "\(judge.statuses)")
    }

    @Test func noRandomEditMakesWhatIsNotSo() async throws {
        let judge = try await TamperJudge.made.value
        var failures = 0
        try await withThrowingTaskGroup(of: [(WorkspaceEdit, UInt64, [TamperJudge.Finding])].self) { group in
            for worker in 0..<2 {
                group.addTask {
                    var results: [(WorkspaceEdit, UInt64, [TamperJudge.Finding])] = []
                    var vendor: SimulatedVendor?
                    for round in stride(from: worker, to: Self.rounds, by: 2) {
                        let seed = Self.seed &+ UInt64(round)
                        var generator = EditGenerator(seed: seed)
                        let edit = generator.next()
                        let used = if let vendor { vendor } else { try await judge.story.vendor() }
                        let after = try await Aftermath(of: edit, in: judge.story, used)
                        vendor = after.deletes.isEmpty ? used : nil
                        results.append((edit, seed, judge.findings(after)))
                    }
                    return results
                }
            }
            for try await results in group {
                for (edit, seed, found) in results {
                    for one in found {
                        failures += 1
                        Issue.record(
                            "LETHE_TAMPER_SEED=\(seed) LETHE_WORKSPACE_EDITS=1\n\(edit.names)\n\(edit)\n\(one)")
                    }
                }
            }
        }
        print("workspace edits: \(Self.rounds) from seed \(Self.seed), \(failures) findings")
    }
}
