import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// A database as it is on disk: who may read it, whose it is, which version.
struct OpeningTests {
    @Test func aNewInventoryIsReadableByItsOwnerOnly() throws {
        let world = try World()
        try world.record(inbound(1))
        for name in ["inventory.db", "inventory.db-wal", "inventory.db-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: world.folder.file(name).path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
        }
    }

    @Test func commitsAreSyncedDeletionsOverwrittenAndReferencesEnforced() throws {
        let world = try World()
        let values = try world.store.pool.write { database in
            try ["synchronous", "secure_delete", "foreign_keys", "journal_mode", "application_id", "user_version"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)") ?? ""
            }
        }
        #expect(values == ["2", "1", "1", "wal", "1279611976", "8"])
    }

    @Test(arguments: [
        "CREATE TRIGGER zz AFTER INSERT ON run BEGIN UPDATE hold SET released_at = 1; END", "DROP TRIGGER hold_update",
        "CREATE VIEW held AS SELECT * FROM hold",
        "DROP TRIGGER hold_update; CREATE TRIGGER hold_update AFTER UPDATE OF until ON hold BEGIN SELECT 1; END",
    ])
    func triggersAndViewsOfOthersAreRefused(statement: String) throws {
        let world = try World()
        #expect(code { _ = try InventoryStore.open(at: world.database, keys: world.keys) } == nil)
        try world.store.pool.write { try $0.execute(sql: statement) }
        #expect(code { _ = try InventoryStore.open(at: world.database, keys: world.keys) } == "inventory-schema")
    }

    @Test func everyTableIsStrict() throws {
        let world = try World()
        let loose = try world.store.pool.read {
            try String.fetchAll(
                $0,
                sql: """
                    SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'
                    AND name <> 'grdb_migrations'
                    """)
        }
        #expect(loose == [])
    }

    @Test func aMissingInventoryIsNamedWithWhatToDo() throws {
        let world = try World()
        do {
            _ = try InventoryStore.open(at: world.folder.file("other.db"), keys: world.keys)
            Issue.record("opened")
        } catch {
            #expect(error.code == "no-inventory")
            #expect(error.hint?.contains("put back") == true)
        }
    }

    @Test func anInventoryIsNeverMadeOverAnother() throws {
        let world = try World()
        #expect(code { _ = try InventoryStore.create(at: world.database, keys: world.keys) } == "inventory-exists")
    }

    @Test func aNewerDatabaseIsRefusedUntouched() throws {
        let world = try World()
        try world.store.pool.write { try $0.execute(sql: "PRAGMA user_version = 99") }
        try world.store.pool.close()
        let before = try Data(contentsOf: world.database)
        #expect(code { _ = try InventoryStore.open(at: world.database, keys: world.keys) } == "newer-database")
        #expect(try Data(contentsOf: world.database) == before)
    }

    @Test func anotherProgramsDatabaseIsRefused() throws {
        let world = try World()
        let other = world.folder.file("other.db")
        try DatabaseQueue(path: other.path).write { try $0.execute(sql: "CREATE TABLE t (a); PRAGMA user_version = 1") }
        #expect(code { _ = try InventoryStore.open(at: other, keys: world.keys) } == "not-an-inventory")
        try Data("no database, but long enough to be looked at as one: \(String(repeating: "x", count: 500))".utf8)
            .write(to: other)
        #expect(code { _ = try InventoryStore.open(at: other, keys: world.keys) } == "inventory-damaged")
    }

    @Test func aDatabaseOfTheFirstVersionOpens() throws {
        let world = try World()
        let old = world.folder.file("old.db")
        let queue = try DatabaseQueue(path: old.path)
        try InventorySchema.migrator(first: 1).migrate(queue)
        try queue.write {
            try $0.execute(sql: "INSERT INTO attachment (id) VALUES (x'000000000000000000000000A0000001')")
        }
        try queue.close()
        let store = try InventoryStore.open(at: old, keys: world.keys)
        #expect(try store.attachment(attachment(1))?.state == .live)
        #expect(try store.liveCount() == 1)
    }

    @Test func whatIsCommittedIsThereAfterOpeningAgain() throws {
        let world = try World()
        try world.record(inbound(1))
        try world.store.pool.close()
        let again = try InventoryStore.open(at: world.database, keys: world.keys)
        #expect(try again.attachment(attachment(1)) != nil)
    }

    @Test func errorsOfSQLiteCarryNoValues() throws {
        let world = try World()
        let failure = #expect(throws: LetheError.self) {
            try world.store.write { database in
                try database.perform("INSERT INTO setting VALUES (?, ?)", "name-of-a-thing", "+14155550117")
                try database.perform("INSERT INTO setting VALUES (?, ?)", "name-of-a-thing", "+14155550117")
            }
        }
        #expect(failure?.message.contains("UNIQUE") == true)
        #expect(failure?.message.contains("4155550117") == false)
        #expect(failure?.message.contains("name-of-a-thing") == false)
    }
}
