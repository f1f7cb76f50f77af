import Audit
import Domain
import Foundation
import TestSupport

/// A log of two segments with an anchor: in the first an intent and its outcome, in the second another two.
struct SampleSegments {
    let folder: TemporaryDirectory
    let location: AuditLog.Location
    let clock = StepClock(SampleReport.time("2026-01-10T03:00:00Z"))
    let vkey: VerifierKey
    private let rootKey: RootKey

    init() throws {
        folder = try TemporaryDirectory()
        let anchor = folder.file("anchor")
        try FileManager.default.createDirectory(at: anchor, withIntermediateDirectories: true)
        location = AuditLog.Location(
            database: folder.file("audit.db"), keys: folder.file("keys"), anchors: [anchor])
        let created = try AuditLog.create(location, name: "lethe.example.org", tool: "lethe test", time: clock)
        vkey = try VerifierKey(created.vkey)
        rootKey = created.rootKey
        try append(1, to: location)
        let before = folder.file("before")
        try FileManager.default.createDirectory(at: before, withIntermediateDirectories: true)
        for file in [location.database, location.keys] {
            try FileManager.default.copyItem(at: file, to: before.appending(path: file.lastPathComponent))
        }
        try rollOver(location)
        try append(2, to: location)
        try append(3, to: location)
    }

    /// A copy of the first segment, and of its keys, as it was before it was closed.
    func fork() throws -> AuditLog.Location {
        let copy = folder.file("fork-\(UUID())")
        try FileManager.default.copyItem(at: folder.file("before"), to: copy)
        return AuditLog.Location(database: copy.appending(path: "audit.db"), keys: copy.appending(path: "keys"))
    }

    @discardableResult
    func rollOver(_ location: AuditLog.Location, reason: String = "yearly") throws -> AuditLog.Created {
        try AuditLog.rollover(
            location, reason: reason, by: "ada", rootKey: rootKey, tool: "lethe test", time: clock)
    }

    func append(_ number: Int, to location: AuditLog.Location, isSealed: Bool = true) throws {
        let log = try AuditLog.open(location, time: clock)
        let intent = AuditRecord.Intent(
            run: SampleReport.run(1), operation: OperationID(value: UInt128(number)), attempt: 1,
            attachment: SampleReport.attachment(number), rule: "policy:retention-30d")
        let answer = VendorAnswer(.http(status: 204, code: nil), trace: "t-\(number)")
        _ = try log.append([.deleteIntent(intent), .deleteOutcome(.init(to: intent, answer, final: .deleted))])
        if isSealed { _ = try log.seal() }
    }

    /// Closed first.
    func readers(_ location: AuditLog.Location? = nil) throws -> [LogReader] {
        let location = location ?? self.location
        return try AuditLog.segments(location).compactMap(\.file).map { try LogReader($0) }
    }
}
