import Domain
import GRDB
import GRDBSQLite
import TestSupport
import Testing

@testable import Inventory

/// One statement of each text is kept on a connection, and nobody may notice.
struct PreparedTests {
    @Test func aQuestionCanBeAskedAgainWhileItsRowsAreRead() throws {
        let world = try World()
        for id in 1...4 { try world.record(inbound(id)) }
        let sql = "SELECT key FROM attachment WHERE key > ? ORDER BY key"
        let pairs = try world.store.read { database in
            try database.all(sql, Int64(0)) { outer in
                let key = outer.int(0) ?? 0
                return try (key, database.all(sql, key) { $0.int(0) ?? 0 })
            }
        }
        #expect(pairs.map(\.0) == [1, 2, 3, 4])
        #expect(pairs.map(\.1) == [[2, 3, 4], [3, 4], [4], []])
    }

    @Test func aQuestionThatWasLeftHalfwayHoldsNothing() throws {
        let world = try World()
        for id in 1...2 { try world.record(inbound(id)) }
        let sql = "SELECT key FROM attachment ORDER BY key"
        try world.store.write { database in
            do {
                _ = try database.all(sql) { _ in throw Missing() }
                Issue.record("nothing was thrown")
            } catch is Missing {}
            let kept = try database.cachedStatement(sql: sql).sqliteStatement
            #expect(sqlite3_stmt_busy(kept) == 0)
            let keys = try database.all(sql) { $0.int(0) }
            #expect(keys == [1, 2])
        }
    }

    @Test func nothingThatWasBoundIsKept() throws {
        let world = try World()
        try world.store.write { database in
            let sql = "SELECT ?1 IS NULL, ?2 IS NULL"
            func nulls(_ values: [String]) throws -> [Bool] {
                let row = try Prepared(database, sql)
                try row.bind(all: values)
                _ = try row.step()
                return [row.bool(0), row.bool(1)]
            }
            let (both, one) = try (nulls(["a person", "another"]), nulls(["a person"]))
            #expect(both == [false, false])
            #expect(one == [false, true])
        }
    }
}
