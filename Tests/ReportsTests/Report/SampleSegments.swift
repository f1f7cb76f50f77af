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

    init() throws {
        folder = try TemporaryDirectory()
        let anchor = folder.file("anchor")
        try FileManager.default.createDirectory(at: anchor, withIntermediateDirectories: true)
        location = AuditLog.Location(
            database: folder.file("audit.db"), keys: folder.file("keys"), anchors: [anchor])
        let created = try AuditLog.create(location, name: "lethe.example.org", tool: "lethe test", time: clock)
        vkey = try VerifierKey(created.vkey)
        try append(1)
        _ = try AuditLog.rollover(
            location, reason: "yearly", by: "ada", rootKey: created.rootKey, tool: "lethe test", time: clock)
        try append(2)
        try append(3)
    }

    private func append(_ number: Int) throws {
        let log = try AuditLog.open(location, time: clock)
        let intent = AuditRecord.Intent(
            run: SampleReport.run(1), operation: OperationID(value: UInt128(number)), attempt: 1,
            attachment: SampleReport.attachment(number), rule: "policy:retention-30d")
        let answer = VendorAnswer(.http(status: 204, code: nil), trace: "t-\(number)")
        _ = try log.append([.deleteIntent(intent), .deleteOutcome(.init(to: intent, answer, final: .deleted))])
        _ = try log.seal()
    }

    /// Closed first.
    func readers() throws -> [LogReader] {
        try AuditLog.segments(location).compactMap(\.file).map { try LogReader($0) }
    }
}
