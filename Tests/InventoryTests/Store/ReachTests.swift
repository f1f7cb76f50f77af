import Cryptography
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// An older file that is put back in place keeps path and inode: the store notices that it is not as far as it was.
struct ReachTests {
    private func hold() throws -> LegalHold {
        LegalHold(id: try Randomness.id(), scope: .all, placedAt: now, placedBy: "jo", reason: "matter 12", until: nil)
    }

    private func putBack(_ sql: String, into world: World) throws {
        try world.store.pool.write { try $0.execute(sql: sql) }
    }

    @Test(arguments: ["UPDATE hold_version SET value = value - 1", "UPDATE applied SET seq = seq - 1"])
    func aStoreThatWentBackIsNeitherReadForADeleteNorWrittenTo(older: String) throws {
        let world = try World()
        let log = FakeLog(world.store)
        try log.append(.placed(try Randomness.id()))
        try world.store.place(hold())
        _ = try world.store.factsVersion(of: attachment(1))
        try world.store.refuseReplaced()
        try putBack(older, into: world)
        #expect(code { _ = try world.store.factsVersion(of: attachment(1)) } == "older-inventory")
        #expect(code { try world.store.refuseReplaced() } == "older-inventory")
        // What this process writes next must not make it seem as far as it was.
        #expect(code { try log.append(.placed(try Randomness.id())) } == "older-inventory")
        #expect(code { try world.store.place(hold()) } == "older-inventory")
        #expect(try world.store.holds().count == 1)
    }

    /// Its own last commit is seen too, although nothing was read since.
    @Test func whatThisProcessWroteLastCounts() throws {
        let world = try World()
        try world.store.place(hold())
        try putBack("DELETE FROM hold; UPDATE hold_version SET value = 1", into: world)
        #expect(code { try world.store.refuseReplaced() } == "older-inventory")
    }

    /// Another process opens what is there.
    @Test func aProcessThatStartsAfterwardsWorksWithWhatIsThere() throws {
        let world = try World()
        try world.store.place(hold())
        try putBack("DELETE FROM hold; UPDATE hold_version SET value = 1", into: world)
        let other = try InventoryStore.open(at: world.database, keys: world.keys)
        try other.place(hold())
        try other.refuseReplaced()
    }

    /// A snapshot that began before a commit of another thread is no older file.
    @Test func readersBesideAWriterSeeNoOlderStore() async throws {
        let world = try World()
        let store = world.store
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for _ in 0..<150 { try store.place(hold()) } }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<1500 {
                        _ = try store.factsVersion(of: attachment(1))
                        try store.refuseReplaced()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try world.store.holds().count == 150)
    }
}
