import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// Section 7 of the format: attacks on the database itself.
struct DatabaseAttackTests {
    private let sample: SampleLog
    private var database: URL { sample.log.location.database }

    init() throws { sample = try SampleLog() }

    private func sql(_ statements: String) throws {
        let queue = try DatabaseQueue(path: database.path)
        try queue.inDatabase { try $0.execute(sql: statements) }
        try queue.close()
    }

    /// Drops the triggers, does its worst, and puts them back as they were.
    private func tamper(_ statements: String) throws {
        let names = ["entry_no_update", "entry_no_delete", "checkpoint_no_update", "checkpoint_no_delete"]
        let drops = names.map { "DROP TRIGGER \($0)" }
        try sql((drops + [statements] + LogStore.triggers.map(\.sql)).joined(separator: ";\n"))
    }

    @Test func theUntouchedDatabaseVerifies() throws {
        let report = try sample.verify([.keyed, .held], database)
        #expect(report.exit == .done, "\(report.rendered)")
        #expect(report.lines.contains("checkpoint   OK   size 15, signature and root match, covers all records"))
    }

    @Test func aFileThatIsNoDatabaseIsUnreadable() throws {
        let file = sample.log.folder.file("junk.db")
        try Data(
            "not a database, but longer than a header of one hundred bytes. ".utf8 + [UInt8](repeating: 65, count: 999)
        )
        .write(to: file)
        let error = #expect(throws: LetheError.self) { try sample.verify([], file) }
        #expect(error?.status == .unreadable)
    }

    @Test func theTriggersStopASlip() throws {
        #expect(throws: DatabaseError.self) { try sql("DELETE FROM entry WHERE seq = 3") }
        #expect(throws: DatabaseError.self) { try sql("UPDATE entry SET line = x'00' WHERE seq = 3") }
    }

    @Test func aDeletedRowIsFound() throws {
        try tamper("DELETE FROM entry WHERE seq = 6")
        let report = try sample.verify([], database)
        report.shows(.seq, seq: 6, exit: .failed)
    }

    @Test func aMovedRowIsFound() throws {
        try tamper("UPDATE entry SET seq = 99 WHERE seq = 14")
        let report = try sample.verify([], database)
        report.shows(.seq, seq: 14, exit: .failed)
    }

    @Test func rowsFarAwayDoNotMakeVerifyRunForLong() throws {
        try tamper("INSERT INTO entry SELECT 9223372036854775807, line FROM entry WHERE seq = 3")
        try sample.verify([], database).shows(.seq, seq: 15, exit: .failed)
        #expect(throws: LetheError.self) { try sample.log.open() }
        try tamper("UPDATE entry SET seq = -9223372036854775808 WHERE seq = 9223372036854775807")
        try sample.verify([], database).shows(.seq, seq: 0, exit: .failed)
    }

    @Test func anEditedRowIsFound() throws {
        try tamper(
            "UPDATE entry SET line = CAST(replace(CAST(line AS TEXT), 'deleted', 'deletex') AS BLOB) WHERE seq = 7")
        #expect(throws: (any Error).self) { try sample.log.open().reader.records(of: SampleLog.attachments[0]) }
        try sample.verify([], database).shows(.schema, seq: 7, exit: .failed)
        try sample.verify(.held, database).shows(.notAPrefix, seq: 2, exit: .failed)
    }

    @Test func aTruncatedTableIsShorterThanItsCheckpoint() throws {
        try tamper("DELETE FROM entry WHERE seq > 11")
        let report = try sample.verify([], database)
        report.shows(.shorterThanCheckpoint, seq: 12, exit: .failed)
    }

    @Test func aTruncatedTableWithItsCheckpointIsFoundByTheAnchors() throws {
        try tamper("DELETE FROM entry WHERE seq > 9; DELETE FROM checkpoint WHERE size > 10")
        #expect(try sample.verify([], database).exit == .done)
        let report = try sample.verify([], database) { $0.anchors = sample.log.location.anchors }
        report.shows(.shorterThanCheckpoint, seq: 10, exit: .failed)
    }

    @Test(arguments: [
        "ALTER TABLE entry RENAME TO real; CREATE VIEW entry AS SELECT * FROM real",
        "DROP TRIGGER entry_no_delete", "CREATE INDEX poison ON entry(line)",
        "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM checkpoint; END", "CREATE TABLE extra(x)",
    ])
    func anotherSchemaIsFoundAndNothingIsReadFromIt(_ statements: String) throws {
        try sql(statements)
        let report = try sample.verify([], database)
        report.shows(.schema, seq: nil, exit: .failed)
        let error = #expect(throws: LetheError.self) { try sample.log.open() }
        #expect(error?.code == "audit-schema")
    }

    @Test func aMissingAnchorVolumeIsAWarningInTheReport() throws {
        let missing = sample.log.folder.file("unmounted")
        let report = try sample.verify([], database) {
            $0.anchors = Anchors([sample.log.folder.file("anchor"), missing])
        }
        #expect(report.exit == .done)
        #expect(
            report.checks.contains { $0.name == "anchors" && $0.detail.hasSuffix("1 of 2 anchor directories missing") })
    }

    @Test func aLiveLogIsVerifiedWhileItIsWritten() throws {
        let writer = try sample.log.open()
        _ = try writer.append([.vendorSample(.init(checked: 1, present: 0))])
        let report = try sample.verify(.keyed, database)
        report.shows(.tailNotCovered, seq: 15, exit: .notVerified)
        try writer.seal()
        #expect(try sample.verify(.keyed, database).exit == .done)
    }
}
