import Domain
import Foundation
import TestSupport

@testable import Audit

/// A log on disk in a folder of its own.
struct TestLog {
    let folder: TemporaryDirectory
    let location: AuditLog.Location
    let clock = HandClock()
    let created: AuditLog.Created

    init() throws {
        folder = try TemporaryDirectory()
        let anchor = folder.file("anchor")
        try FileManager.default.createDirectory(at: anchor, withIntermediateDirectories: true)
        location = AuditLog.Location(
            database: folder.file("audit.db"), keys: folder.file("keys"), anchors: [anchor])
        created = try AuditLog.create(location, name: "lethe.example.org", tool: "lethe test", time: clock)
    }

    func open() throws -> AuditLog { try AuditLog.open(location, time: clock) }

    static func digest(_ byte: UInt8) -> String { Hex.encode([UInt8](repeating: byte, count: 32)) }
}
