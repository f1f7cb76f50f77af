import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit

/// A log on disk in a folder of its own.
struct TestLog {
    let folder: TemporaryDirectory
    let location: AuditLog.Location
    let clock = HandClock()
    let created: AuditLog.Created

    init() throws {
        folder = try TemporaryDirectory()
        location = Self.location(folder)
        try FileManager.default.createDirectory(at: folder.file("anchor"), withIntermediateDirectories: true)
        created = try AuditLog.create(location, name: "lethe.example.org", tool: "lethe test", time: clock)
    }

    /// A copy of `other` in a folder of its own, at the time of its clock.
    init(copying other: TestLog) throws {
        folder = try TemporaryDirectory()
        location = Self.location(folder)
        created = other.created
        clock.set(other.clock.now())
        for name in try FileManager.default.contentsOfDirectory(atPath: other.folder.url.path) {
            try FileManager.default.copyItem(at: other.folder.file(name), to: folder.file(name))
        }
    }

    private static func location(_ folder: TemporaryDirectory) -> AuditLog.Location {
        AuditLog.Location(
            database: folder.file("audit.db"), keys: folder.file("keys"), anchors: [folder.file("anchor")])
    }

    func open() throws -> AuditLog { try AuditLog.open(location, time: clock) }

    static func digest(_ byte: UInt8) -> String { Hex.encode([UInt8](repeating: byte, count: 32)) }
}
