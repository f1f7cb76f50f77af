import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// What goes into a bundle of a segment whose anchor folder lies in other hands.
struct ExtractTests {
    private let sample: SampleLog
    private let log: AuditLog
    private let folder: URL

    init() throws {
        sample = try SampleLog()
        log = try sample.log.open()
        folder = sample.log.folder.file("elsewhere")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func lay(_ note: [UInt8], size: Int64) throws {
        try Data(note).write(to: folder.appending(path: "\(log.origin.suffix(16)).\(size).note"))
    }

    private func extract(_ seqs: Set<Int64> = [5, 6]) throws -> LogExtract {
        try LogExtract(
            log.reader, log.reader.select { seqs.contains($0.seq) }, anchors: Anchors([folder]), key: sample.vkey)
    }

    @Test func theRecordsAreThoseThatWereChosen() throws {
        let lines = try sample.lines()
        let extract = try extract([0, 5, 6, 14])
        #expect(extract.selection.ranges == [0..<1, 5..<7, 14..<15] && extract.selection.count == 4)
        var taken: [[UInt8]] = []
        _ = try extract.proof { taken.append(Array($0)) }
        #expect(taken == [0, 5, 6, 14].map { lines[$0] })
        #expect(extract.selection.byteCount == taken.map { Int64($0.count) + 1 }.reduce(0, +))
    }

    @Test func whatIsNoCheckpointOfThisKeyIsLeftOutAndSaid() throws {
        let good = try #require(sample.checkpoints().first { $0.size == 10 })
        try lay(good.note, size: 10)
        var forged = good.note
        forged[forged.count - 20] ^= 1
        try lay(forged, size: 11)
        try lay(Array("nonsense\n".utf8), size: 12)
        let other = try Forger.checkpoint(Array(sample.lines().prefix(8)), origin: log.origin, key: .generate())
        try lay(other.note, size: 8)
        let ahead = try Forger.checkpoint(
            sample.lines() + [[1]], origin: log.origin, key: sample.log.location.directory.signingKey())
        try lay(ahead.note, size: 16)
        let extract = try extract()
        #expect(extract.anchors == [good])
        #expect(extract.strangeAnchors.count == 4, "\(extract.strangeAnchors)")
        _ = try extract.proof { _ in }
    }

    /// Left out, it would hide that the past was made anew.
    @Test func aSignedAnchorOfAnotherHistoryStopsIt() throws {
        var lines = try sample.lines().prefix(10)
        lines[5] = lines[6]
        let other = try Forger.checkpoint(
            Array(lines), origin: log.origin, key: sample.log.location.directory.signingKey())
        try lay(other.note, size: 10)
        let extract = try extract()
        let error = #expect(throws: LetheError.self) { try extract.proof { _ in } }
        #expect(error?.code == "not-a-prefix")
    }

    @Test func recordsAfterTheNewestCheckpointAreRefused() throws {
        let seqs = try log.append([.vendorSample(.init(checked: 1, present: 0))])
        let error = #expect(throws: LetheError.self) { _ = try extract(Set(seqs)) }
        #expect(error?.code == "not-sealed")
    }

    @Test func aChangedRecordIsNotHandedOut() throws {
        let extract = try extract()
        let queue = try DatabaseQueue(path: sample.log.location.database.path)
        try queue.inDatabase { db in
            try db.execute(
                sql: """
                    DROP TRIGGER entry_no_update;
                    UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'policy', 'Policy') AS BLOB) WHERE seq = 5
                    """)
        }
        try queue.close()
        let error = #expect(throws: LetheError.self) { try extract.proof { _ in } }
        #expect(error?.code == "audit-fork")
    }
}
