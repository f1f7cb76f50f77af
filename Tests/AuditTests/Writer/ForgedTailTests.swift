import Cryptography
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit

/// Who writes in `audit.db` and has no key: nothing of theirs is ever signed.
struct ForgedTailTests {
    private let sample: SampleLog
    private var log: TestLog { sample.log }

    init() throws { sample = try SampleLog() }

    private static let deletion = AuditRecord.itemClosed(
        .init(
            run: SampleLog.run, attachment: AttachmentID(value: 7), outcome: .deleted, reason: nil))

    /// Appends well-formed lines that go on from the last one, under a key of one's own.
    private func forge(_ records: AuditRecord...) throws {
        let authenticator = try HMACSHA256(key: [UInt8](repeating: 7, count: 32))
        let database = try DatabaseQueue(path: log.location.database.path)
        try database.write { db in
            for record in records {
                let last = try #require(try Data.fetchOne(db, sql: "SELECT line FROM entry ORDER BY seq DESC LIMIT 1"))
                let entry = try LogEntry(line: Array(last))
                let isAfterSeal = entry.record.type == .epochSeal
                var encoder = RecordEncoder()
                _ = try encoder.encode(
                    record, seq: entry.seq + 1, time: log.clock.now(), epoch: entry.epoch + (isAfterSeal ? 1 : 0),
                    previous: try #require(Hex.decode(entry.mac).flatMap { Digest32($0) }), with: authenticator)
                try db.execute(
                    sql: "INSERT INTO entry(seq, line) VALUES (?, ?)", arguments: [entry.seq + 1, Data(encoder.line)])
            }
        }
    }

    /// Every file of the keys and the anchors.
    private func signed() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for folder in ["keys", "anchor"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: log.folder.file(folder).path) {
                files["\(folder)/\(name)"] = try Data(contentsOf: log.folder.file(folder).appending(path: name))
            }
        }
        return files
    }

    private func refusal(_ body: () throws -> Void) -> String? {
        #expect(throws: LetheError.self, performing: body)?.code
    }

    @Test func aForgedSealBetweenTwoCommandsIsNotTakenForOneThatWasCutShort() throws {
        let before = try signed()
        try forge(Self.deletion, .epochSeal(.init(records: 2)))
        let error = #expect(throws: LetheError.self) { try log.open() }
        #expect(error?.code == "audit-head-broken")
        #expect(error?.message.contains("record 15") == true)
        #expect(try signed() == before)
    }

    @Test(arguments: [false, true])
    func forgedRecordsBesideAWriterAreNotSigned(isSealed: Bool) throws {
        let writer = try log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        let before = try signed()
        try forge(Self.deletion)
        if isSealed { try forge(.epochSeal(.init(records: 3))) }
        #expect(
            refusal { _ = try writer.append([.vendorSample(.init(checked: 2, present: 0))]) } == "audit-head-broken")
        #expect(refusal { try writer.seal() } == "audit-head-broken")
        #expect(refusal { try writer.sealIfNeeded() } == "audit-head-broken")
        #expect(refusal { try writer.verifyHead() } == "audit-head-broken")
        #expect(try signed() == before)
        #expect(try writer.size() == (isSealed ? 18 : 17))
    }

    @Test func forgedRecordsBehindARealSealAreNotSigned() throws {
        let writer = try log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        try writer.seal()
        let before = try signed()
        try forge(Self.deletion)
        #expect(
            refusal { _ = try writer.append([.vendorSample(.init(checked: 2, present: 0))]) } == "audit-head-broken")
        #expect(refusal { _ = try log.open() } == "audit-head-broken")
        #expect(try signed() == before)
    }

    @Test func whatThisProcessWroteIsSignedAndNotWhatTheFileHasInItsPlace() throws {
        let writer = try log.open()
        _ = try writer.append([
            .vendorSample(.init(checked: 1, present: 0)), .vendorSample(.init(checked: 2, present: 0)),
        ])
        try writer.reader.store.run("x") { db in
            try db.execute(
                sql: """
                    DROP TRIGGER entry_no_update;
                    UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), '"present":0', '"present":1') AS BLOB)
                    WHERE seq = 15;
                    """ + LogStore.triggers[0].sql)
        }
        try writer.seal()
        let report = try LogVerifier(LogVerifier.Options(vkeys: [sample.vkey], now: log.clock.now()))
            .verify(log.location)
        #expect(report.result == .tampered)
    }

    /// The root of its last complete subtree tells it from what the head counts.
    @Test func theLastRecordOfTheHeadIsHeldAgainstIt() throws {
        let database = try DatabaseQueue(path: log.location.database.path)
        try database.write { db in
            try db.execute(
                sql: """
                    DROP TRIGGER entry_no_update;
                    UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), '"n":', '"n":1') AS BLOB) WHERE seq = 14;
                    """ + LogStore.triggers[0].sql)
        }
        #expect(refusal { _ = try log.open() } == "audit-fork")
    }

    /// Somebody without a key appended records; the log goes on after the last that is its own.
    @Test(arguments: [false, true]) func whatSomebodyAppendedIsSetAside(isSealed: Bool) throws {
        let writer = try log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        try forge(Self.deletion)
        if isSealed { try forge(.epochSeal(.init(records: 3))) }
        #expect(
            refusal {
                _ = try AuditLog.rollover(
                    log.location, reason: "forged", by: "ada", rootKey: sample.rootKey, tool: "lethe test",
                    time: log.clock)
            } == "audit-head-broken")
        let rejected = try #require(try AuditLog.rejectTail(log.location, time: log.clock))
        #expect(rejected.seq == 16 && rejected.records == (isSealed ? 2 : 1))
        #expect(FileManager.default.fileExists(atPath: rejected.file.path))
        #expect(try AuditLog.rejectTail(log.location, time: log.clock) == nil)
        let next = try log.open()
        #expect(try next.size() == 16)
        try next.seal()
        _ = try AuditLog.rollover(
            log.location, reason: "forged", by: "ada", rootKey: sample.rootKey, tool: "lethe test", time: log.clock)
        let report = try LogVerifier(.init(vkeys: [sample.vkey], rootKeys: [sample.rootKey], now: log.clock.now()))
            .verify(log.location)
        #expect(report.segments.allSatisfy { $0.failures.isEmpty }, "\(report)")
    }
}
