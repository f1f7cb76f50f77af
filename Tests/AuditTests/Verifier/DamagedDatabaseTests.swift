import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Audit

/// A database that something else than Lethe wrote to, or that was cut in the middle of its work: while it begins as SQLite's
/// files do it is judged, and never merely unreadable.
struct DamagedDatabaseTests {
    private let sample: SampleLog
    private var database: URL { sample.log.location.database }

    init() throws { sample = try SampleLog() }

    private func sql(_ statements: String) throws {
        let queue = try DatabaseQueue(path: database.path)
        try queue.inDatabase { try $0.execute(sql: statements) }
        try queue.close()
    }

    private static let updateTrigger = LogStore.triggers[0]

    /// What the table of tables is made to say.
    static let poisons = [
        "UPDATE sqlite_schema SET type = 'view' WHERE name = 'entry'",
        "UPDATE sqlite_schema SET type = 'index' WHERE name = 'entry_no_update'",
        "UPDATE sqlite_schema SET name = 'entries', tbl_name = 'entries' WHERE name = 'entry'",
        "UPDATE sqlite_schema SET name = 'Entry' WHERE name = 'entry'",
        "UPDATE sqlite_schema SET tbl_name = 'checkpoint' WHERE name = 'entry_no_update'",
        "UPDATE sqlite_schema SET rootpage = 9999 WHERE name = 'entry'",
        "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'entry'",
        "UPDATE sqlite_schema SET sql = 'garbage' WHERE name = 'entry'",
        "UPDATE sqlite_schema SET sql = NULL WHERE type = 'table'",
        "UPDATE sqlite_schema SET sql = replace(sql, 'BLOB', 'ANY') WHERE name = 'entry'",
        "UPDATE sqlite_schema SET sql = sql || ' ' WHERE name = 'checkpoint'",
        "UPDATE sqlite_schema SET type = NULL WHERE name = 'entry_no_update'",
        "UPDATE sqlite_schema SET tbl_name = NULL WHERE name = 'entry_no_update'",
        "UPDATE sqlite_schema SET tbl_name = x'ff' WHERE name = 'entry_no_update'",
        "INSERT INTO sqlite_schema VALUES (NULL, NULL, NULL, NULL, NULL)",
        "DELETE FROM sqlite_schema WHERE name = 'entry'",
        "DELETE FROM sqlite_schema",
        "INSERT INTO sqlite_schema VALUES ('index', 'i', 'entry', 3, NULL)",
        // An index under the name and with the text of a trigger.
        """
        CREATE INDEX poison ON entry(line); DROP TRIGGER entry_no_update; PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET name = '\(updateTrigger.name)', sql = '\(updateTrigger.sql.replacing("'", with: "''"))'
        WHERE name = 'poison'
        """,
    ]

    @Test(arguments: poisons)
    func aPoisonedTableOfTablesIsASchemaFinding(_ poison: String) throws {
        try sql("PRAGMA writable_schema = ON; " + poison)
        let report = try sample.verify([.keyed, .held], database)
        report.shows(.schema, seq: nil, exit: .failed)
        #expect(!report.has(.empty) && report.rendered.contains("TAMPERED"), "\(report.rendered)")
        #expect(throws: LetheError.self) { try sample.log.open() }
    }

    /// The records of one table under the name of the other.
    @Test func tablesThatChangedPlacesAreFound() throws {
        try sql(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'checkpoint')
            WHERE name = 'entry'
            """)
        try sample.verify([], database).shows(.json, seq: 0, exit: .failed)
    }

    /// Two pages of the tree have changed places: the lowest seq is the highest.
    @Test func rowsThatAreNotInOrderAreAFinding() throws {
        var bytes = Array(try Data(contentsOf: database))
        let pages = stride(from: 4096, to: bytes.count, by: 4096).filter { start in
            // A leaf of the table of records.
            bytes[start] == 13 && bytes[start..<start + 4096].firstRange(of: Array("{\"v\":1,\"seq\":".utf8)) != nil
        }
        func page(of seq: Int) throws -> Int {
            let needle = Array("{\"v\":1,\"seq\":\(seq),".utf8)
            return try #require(pages.first { bytes[$0..<$0 + 4096].firstRange(of: needle) != nil })
        }
        let (first, last) = try (page(of: 0), page(of: 14))
        try #require(first != last)
        let (low, high) = (Array(bytes[first..<first + 4096]), Array(bytes[last..<last + 4096]))
        bytes.replaceSubrange(first..<first + 4096, with: high)
        bytes.replaceSubrange(last..<last + 4096, with: low)
        try Data(bytes).write(to: database)
        try sample.verify([.keyed, .held], database).shows(.schema, seq: nil, exit: .failed)
        #expect(throws: LetheError.self) { try sample.log.open() }
    }

    @Test func aFileCutToAnyNumberOfPagesIsAFinding() throws {
        let whole = try Data(contentsOf: database)
        let pageSize = 4096
        try #require(whole.count > 3 * pageSize)
        for pages in 1..<whole.count / pageSize {
            for extra in [-1, 0, 1] {
                try whole.prefix(pages * pageSize + extra).write(to: database)
                let report = try sample.verify([.keyed, .held], database)
                report.shows(.schema, seq: nil, exit: .failed)
                #expect(!report.has(.empty), "\(pages) pages: \(report.rendered)")
            }
        }
    }

    /// The first hundred bytes say how the rest is to be read.
    @Test func anyByteOfTheHeaderIsJudged() throws {
        let whole = try Data(contentsOf: database)
        for offset in 16..<100 {
            for byte in [0, 2, 0xFF] as [UInt8] {
                var changed = whole
                changed[offset] = byte
                try changed.write(to: database)
                let report = try sample.verify([.keyed, .held], database)
                #expect([.done, .failed].contains(report.exit), "byte \(offset): \(report.rendered)")
                #expect(!report.has(.empty), "byte \(offset): \(report.rendered)")
            }
        }
    }

    @Test func randomBytesInPagesAreJudgedAndPassOnlyWhereNoRecordIs() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let whole = try Data(contentsOf: database)
        let lines = try sample.lines()
        for round in 0..<150 {
            var changed = whole
            let start = Int.random(in: 100..<whole.count, using: &random)
            for offset in start..<min(whole.count, start + Int.random(in: 1...600, using: &random)) {
                changed[offset] = UInt8.random(in: 0...255, using: &random)
            }
            try changed.write(to: database)
            let report = try sample.verify([.keyed, .held], database)
            #expect(!report.has(.empty), "seed \(seed), round \(round): \(report.rendered)")
            guard report.exit == .done else { continue }
            let store = try LogStore(database, writable: false)
            #expect(try (0..<15).map { try store.line(Int64($0)) } == lines, "seed \(seed), round \(round)")
        }
    }

    @Test func aFileWithoutTheMagicIsUnreadableWhateverItsLength() throws {
        for bytes in [[], [0], Array("SQLite format 4\0".utf8) + [UInt8](repeating: 7, count: 5000)] as [[UInt8]] {
            try Data(bytes).write(to: database)
            let error = #expect(throws: LetheError.self) { try sample.verify([], database) }
            #expect(error?.status == .unreadable, "\(bytes.count) bytes")
        }
    }

    /// A transaction that a crash left half done: pages in the file, what they were before in the journal.
    @Test(arguments: [1, 400])
    func aHotJournalIsUndoneInACopyAndTheEvidenceStays(_ rows: Int) throws {
        let copy = sample.log.folder.file("copy.db")
        let journal = copy.path + "-journal"
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            // So small a cache that pages are written before the end.
            try db.execute(sql: "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; PRAGMA cache_spill = 1")
        }
        let queue = try DatabaseQueue(path: database.path, configuration: configuration)
        try queue.inDatabase { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            for row in 0..<rows {
                try db.execute(
                    sql: "INSERT INTO entry(seq, line) VALUES (?, zeroblob(3000))", arguments: [15 + row])
            }
            try FileManager.default.copyItem(at: database, to: copy)
            try FileManager.default.copyItem(atPath: database.path + "-journal", toPath: journal)
            try db.execute(sql: "ROLLBACK")
        }
        let (before, log) = try (Data(contentsOf: copy), Data(contentsOf: URL(filePath: journal)))
        if rows > 1 {
            #expect(before != (try Data(contentsOf: database)), "the transaction must have reached the file")
        }
        let report = try sample.verify([.keyed, .held], copy)
        #expect(report.exit == .done && report.records == 15, "\(report.rendered)")
        #expect(try Data(contentsOf: copy) == before)
        #expect(try Data(contentsOf: URL(filePath: journal)) == log)
    }

    /// What is no journal of this file undoes nothing.
    @Test func aStrangeJournalChangesNothing() throws {
        let copy = sample.log.folder.file("copy.db")
        try FileManager.default.copyItem(at: database, to: copy)
        let journal = URL(filePath: copy.path + "-journal")
        for bytes in [[1], Array("not a journal".utf8), [UInt8](repeating: 0xD9, count: 9000)] as [[UInt8]] {
            try Data(bytes).write(to: journal)
            let report = try sample.verify([.keyed, .held], copy)
            #expect(report.exit == .done, "\(bytes.count) bytes: \(report.rendered)")
            #expect(try Array(Data(contentsOf: journal)) == bytes)
        }
    }

    /// In WAL mode records would be taken from another file, and reading would lay files beside the evidence.
    @Test func aDatabaseInWALModeIsAFindingAndNothingIsLaidBesideIt() throws {
        let folder = sample.log.folder.file("evidence")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var bytes = Array(try Data(contentsOf: database))
        bytes.replaceSubrange(18..<20, with: [2, 2])
        let copy = folder.appending(path: "audit.db")
        try Data(bytes).write(to: copy)
        try sample.verify([.keyed, .held], copy).shows(.schema, seq: nil, exit: .failed)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["audit.db"])
        #expect(try Array(Data(contentsOf: copy)) == bytes)
    }

    // MARK: - Bounds and names

    /// `audit.db.bak` and `.sqlite` are databases by their first bytes; an export is none by its name.
    @Test func aDatabaseIsToldByItsFirstBytes() throws {
        for name in ["audit.db.bak", "audit.sqlite", "audit", "log.jsonl"] {
            let copy = sample.log.folder.file(name)
            try FileManager.default.copyItem(at: database, to: copy)
            let report = try sample.verify([.keyed, .held], copy)
            #expect(report.exit == .done && report.records == 15, "\(name): \(report.rendered)")
        }
        let named = sample.log.folder.file("export.db")
        try FileManager.default.copyItem(at: sample.export, to: named)
        let error = #expect(throws: LetheError.self) { try sample.verify([], named) }
        #expect(error?.status == .unreadable && error?.hint?.contains("log.jsonl") == true)
    }
}
