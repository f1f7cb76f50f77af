import Foundation
import Synchronization

/// Lives through worlds and says what went wrong.
package final class WorldRun: Sendable {
    package struct Failure: Sendable {
        package let seed: UInt64
        package let violations: [String]
        package let trace: [String]
    }

    private let parent: URL
    private let template: Template
    private let coverage = Mutex(Coverage())

    package var counts: [String: Int] { coverage.withLock { $0.counts } }

    package init() throws {
        let shared = URL(filePath: "/dev/shm", directoryHint: .isDirectory)
        let isThere = FileManager.default.isWritableFile(atPath: shared.path)
        parent = (isThere ? shared : FileManager.default.temporaryDirectory)
            .appending(path: "lethe-worlds-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        template = try Template(in: parent)
    }

    package func remove() { try? FileManager.default.removeItem(at: parent) }

    /// `nil` = nothing went against the docs.
    package func live(seed: UInt64, showing: Bool = false) async throws -> Failure? {
        let world = try World(seed: seed, template: template, in: parent)
        let violations = await world.live(WorldEvent.life(seed: seed))
        coverage.withLock { $0.add(world.vendor.stage.withLock { $0.coverage }) }
        guard !violations.isEmpty || showing else { return nil }
        return Failure(seed: seed, violations: violations, trace: world.trace)
    }
}
