import Foundation
import Synchronization

/// Lives through worlds, two at a time, and says what went wrong.
package final class WorldRun: Sendable {
    package struct Failure: Sendable {
        package let seed: UInt64
        package let violations: [String]
        /// What happened, event by event.
        package let trace: [String]
        /// Events that were left out because it fails without them all the same.
        package var skipped: Set<Int> = []
    }

    private let memory: URL
    private let disk: URL
    private let templates: [URL: Template]
    private let coverage = Mutex(Coverage())

    /// One world in so many is on disk, the others are in memory.
    private static let onDisk: UInt64 = 100

    package init() throws {
        let name = "lethe-worlds-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString.prefix(8))"
        let temporary = FileManager.default.temporaryDirectory
        let shared = URL(filePath: "/dev/shm", directoryHint: .isDirectory)
        disk = temporary.appending(path: name)
        memory =
            FileManager.default.isWritableFile(atPath: shared.path)
            ? shared.appending(path: name) : temporary.appending(path: name + "-m")
        var templates: [URL: Template] = [:]
        for parent in [memory, disk] {
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            templates[parent] = try Template(in: parent)
        }
        self.templates = templates
    }

    package func remove() {
        for parent in [memory, disk] { try? FileManager.default.removeItem(at: parent) }
    }

    /// How often each thing came.
    package var counts: [String: Int] { coverage.withLock { $0.counts } }

    /// What fell short of its floor: a world in which nothing happens finds nothing.
    package func tame(worlds: Int) -> [String] { coverage.withLock { $0.tame(worlds: worlds) } }

    /// Ends early after `most` failures.
    package func live(_ seeds: [UInt64], most: Int = 3) async throws -> [Failure] {
        var failures: [Failure] = []
        try await withThrowingTaskGroup(of: Failure?.self) { group in
            var left = seeds[...]
            for _ in 0..<2 {
                if let seed = left.popFirst() { group.addTask { try await self.live(seed: seed) } }
            }
            while let result = try await group.next() {
                if let result { failures.append(result) }
                if failures.count < most, let seed = left.popFirst() {
                    group.addTask { try await self.live(seed: seed) }
                }
            }
        }
        return failures.sorted { $0.seed < $1.seed }
    }

    /// `nil` = nothing went against the docs; `showing`: the trace is wanted all the same.
    package func live(
        seed: UInt64, skipping: Set<Int> = [], showing: Bool = false
    ) async throws -> Failure? {
        let parent = seed % Self.onDisk == 0 ? disk : memory
        guard let template = templates[parent] else { return nil }
        let world = try World(seed: seed, template: template, in: parent)
        let events = WorldEvent.life(seed: seed).enumerated().filter { !skipping.contains($0.offset) }.map(\.element)
        let violations = await world.live(events)
        if skipping.isEmpty { coverage.withLock { $0.add(world.vendor.stage.withLock { $0.coverage }) } }
        guard !violations.isEmpty || showing else { return nil }
        return Failure(seed: seed, violations: violations, trace: world.trace, skipped: skipping)
    }

    /// The same failure with as few events as one pass finds.
    package func shrunk(_ failure: Failure) async throws -> Failure {
        var least = failure
        for index in WorldEvent.life(seed: failure.seed).indices.reversed() {
            let fewer = least.skipped.union([index])
            guard let again = try await live(seed: failure.seed, skipping: fewer),
                again.violations.first?.prefix(20) == failure.violations.first?.prefix(20)
            else { continue }
            least = again
        }
        return least
    }
}

extension WorldRun.Failure: CustomStringConvertible {
    package var description: String {
        let left =
            skipped.isEmpty ? "" : ", without its events \(skipped.sorted().map(String.init).joined(separator: " "))"
        return (["seed \(seed)\(left)"] + trace + violations.map { "AGAINST THE DOCS: \($0)" })
            .joined(separator: "\n")
    }
}
