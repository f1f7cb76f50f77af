import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// What is on disk when the process dies, and what many rows cost.
struct CrashTests {
    /// The files as a killed process leaves them in the middle of a batch, when pages of it have gone to disk already.
    @Test func aKilledBatchLeavesNothingOfItself() throws {
        let world = try World()
        try world.record(inbound(1))
        let wreck = try TemporaryDirectory()
        let size = try world.store.write { database in
            try database.execute(sql: "PRAGMA cache_spill = 1; PRAGMA cache_size = 5")
            let subjects = try SubjectRegister(database, keys: world.keys, cache: SubjectCache())
            var recorder = try DeliveryRecorder(database, now: now, subjects: subjects)
            for id in 2..<2000 { _ = try recorder.record(inbound(id, from: "+1415555\(1000 + id)", chat: id)) }
            _ = try recorder.finish()
            for name in ["inventory.db", "inventory.db-wal"] {
                try FileManager.default.copyItem(at: world.folder.file(name), to: wreck.file(name))
            }
            return try Data(contentsOf: wreck.file("inventory.db-wal")).count
        }
        #expect(size > 100_000, "the batch never went to disk, so this proves nothing")
        #expect(try world.store.liveCount() == 1999)
        let found = try InventoryStore.open(at: wreck.file("inventory.db"), keys: world.keys)
        #expect(try found.liveCount() == 1)
        #expect(try found.attachments(limit: 10).attachments.map(\.id) == [attachment(1)])
        #expect(try found.record((1..<2000).map { try inbound($0) }, now: now).new == 1998)
    }

    /// `LETHE_TEST_ROWS` scales it.
    @Test func manyRowsAreTakenInAndFoundByWhatIsDue() throws {
        let rows = ProcessInfo.processInfo.environment["LETHE_TEST_ROWS"].flatMap { Int($0) } ?? 10_000
        let world = try World()
        for start in stride(from: 0, to: rows, by: 2000) {
            let batch = try (start..<start + 2000).map {
                try inbound($0, from: "+1415555\(1000 + $0 % 500)", chat: $0 % 500)
            }
            #expect(try world.store.record(batch, now: now).new == 2000)
        }
        var checks: [NextCheck] = []
        try world.store.forEachAttachment { candidate in
            checks.append(NextCheck(candidate, at: checks.count % 100 == 0 ? day(1) : day(9999)))
            return true
        }
        try world.store.setNextCheck(checks)
        var due = 0
        var cursor: CandidateCursor?
        repeat {
            let page = try world.store.candidates(dueBy: now, after: cursor, limit: 16)
            due += page.candidates.count
            cursor = page.next
        } while cursor != nil
        #expect(due == rows / 100)
        #expect(try world.store.liveCount() == rows)
    }

    /// The queries that must not grow with the inventory.
    @Test(arguments: [
        "SELECT next_check FROM attachment a WHERE next_check > 5 AND next_check <= 9 ORDER BY next_check, key LIMIT 5",
        "SELECT next_check FROM attachment a WHERE next_check = 5 AND next_check <= 9 AND key > 3 ORDER BY next_check, key",
        "SELECT 1 FROM sighting WHERE chat = x'00'", "SELECT 1 FROM intent WHERE answered_at IS NULL",
        "SELECT 1 FROM sighting WHERE chat = x'00' AND line IS NULL",
        "SELECT 1 FROM sighting WHERE chat IS NULL AND sender = 1", "SELECT 1 FROM plan_item WHERE closed_at > 5",
        "SELECT chat FROM chat_member WHERE subject = 5",
    ])
    func anIndexIsUsed(sql: String) throws {
        let world = try World()
        let plan = try world.store.pool.read {
            try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }.joined(
                separator: "; ")
        }
        #expect(plan.contains("INDEX"), "\(plan)")
        #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
    }
}
