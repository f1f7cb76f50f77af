import Cryptography
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// Forgetting: refused while it matters, and then without a trace in any file.
struct ForgetTests {
    private let dana = "+14155550117"

    /// One attachment that is gone.
    private func scene() throws -> World {
        let world = try World()
        try world.record(inbound(1, from: dana))
        try world.store.mark([attachment(1)], as: .gone)
        return world
    }

    @Test func aSubjectWithALiveAttachmentIsNotForgotten() throws {
        let world = try scene()
        try world.record(outbound(2))
        let person = try world.subject(dana)
        #expect(code { _ = try world.store.forget([person], now: now) } == "subject-needed")
        try world.store.mark([attachment(2)], as: .gone)
        #expect(try world.store.forget([person], now: now) == 1)
    }

    @Test func aHeldSubjectIsNotForgotten() throws {
        let world = try scene()
        let person = try world.subject(dana)
        let hold = LegalHold(
            id: try Randomness.id(), scope: .subject([person]), placedAt: now, placedBy: "jo", reason: "matter 12",
            until: day(900))
        try world.store.place(hold)
        #expect(code { _ = try world.store.forget([person], now: now) } == "subject-needed")
        #expect(
            code { _ = try world.store.forget([person], now: day(900).adding(microseconds: -1)) } == "subject-needed")
        try world.store.release(hold.id, at: now)
        #expect(try world.store.forget([person], now: now) == 1)
        #expect(try world.store.holds().map(\.scope) == [.subject([])])
    }

    @Test(arguments: ErasureRequest.State.allCases)
    func aSubjectOfAnUnfinishedRequestIsNotForgotten(state: ErasureRequest.State) throws {
        let world = try scene()
        let person = try world.subject(dana)
        try world.store.insert(
            ErasureRequest(
                id: Randomness.id(), state: state, received: day(1), due: day(30), jurisdiction: .gdpr,
                scope: .sentBySubject, subjects: [person], openedBy: "jo", coverage: .complete))
        let refusal = code { _ = try world.store.forget([person], now: now) }
        #expect(refusal == (state.isClosed ? nil : "subject-needed"))
    }

    @Test func nobodyIsRecognisedAfterwards() throws {
        let world = try scene()
        let before = try world.subject(dana)
        #expect(try world.store.forget([before], now: now) == 1)
        #expect(try world.store.forget([before], now: now) == 0)
        #expect(try world.store.pseudonym(for: Handle(dana), createIfMissing: false) == nil)
        #expect(try world.store.attachment(attachment(1))?.sightings.isEmpty == true)
        try world.record(inbound(2, from: dana))
        #expect(try world.subject(dana) != before)
        let counts = try world.store.pool.read {
            try Row.fetchAll($0, sql: "SELECT key FROM subject").map { $0[0] as Int64 }
        }
        #expect(counts == [2])
    }

    @Test func anotherProcessDoesNotGoOnWithAForgottenSubject() throws {
        let world = try scene()
        let other = try InventoryStore.open(at: world.database, keys: world.keys)
        _ = try other.record([inbound(2, from: dana)], now: now)
        try world.store.mark([attachment(2)], as: .gone)
        let before = try world.subject(dana)
        #expect(try world.store.forget([before], now: now) == 1)
        _ = try other.record([inbound(3, from: dana)], now: now)
        #expect(try world.subject(dana) != before)
        #expect(try world.store.attachment(attachment(3))?.participants == [world.subject(dana)])
    }

    /// So many that SQLite has moved rows between pages before they are deleted, and left copies of them behind.
    @Test func noByteOfAForgottenSubjectStaysInAnyFile() throws {
        let world = try World()
        let handles = try (0..<3000).map { try Handle("+1415555\(1000 + $0)") }
        let listed = ChatObservation(chat: chat(1), isGroup: true, members: handles, seenAt: day(1))
        try world.record(Delivery(chats: [listed]))
        let rows = try world.store.pool.read {
            try Row.fetchAll($0, sql: "SELECT pseudonym, lookup FROM identity ORDER BY key").map {
                (pseudonym: [UInt8]($0[0] as Data), lookup: [UInt8]($0[1] as Data))
            }
        }
        let forgotten = stride(from: 0, to: 3000, by: 2).map { rows[$0] }
        let kept = stride(from: 1, to: 3000, by: 2).map { rows[$0] }
        #expect(
            try world.store.forget(forgotten.compactMap { SubjectPseudonym(bytes: $0.pseudonym) }, now: now) == 1500)
        let bytes = [UInt8](try world.allBytes())
        #expect(Self.found(forgotten.flatMap { [$0.pseudonym, $0.lookup] }, in: bytes) == 0)
        #expect(Self.found(kept.flatMap { [$0.pseudonym, $0.lookup] }, in: bytes) == 3000)
        #expect(try FileManager.default.attributesOfItem(atPath: world.database.path + "-wal")[.size] as? Int == 0)
    }

    /// How many of these occur, by their first eight bytes: one pass over all bytes.
    private static func found(_ needles: [[UInt8]], in bytes: [UInt8]) -> Int {
        func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
            bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }
        let wanted = Set(needles.map { needle in needle.withUnsafeBytes { word($0, 0) } })
        var maybe = [Bool](repeating: false, count: 65_536)
        for value in wanted { maybe[Int(value & 0xFFFF)] = true }
        var seen: Set<UInt64> = []
        bytes.withUnsafeBytes { all in
            for offset in 0..<(all.count - 7) {
                let value = word(all, offset)
                if maybe[Int(value & 0xFFFF)], wanted.contains(value) { seen.insert(value) }
            }
        }
        return seen.count
    }

    @Test func aReaderInTheWayIsSaidAndTheNextCallFinishes() throws {
        let world = try scene()
        let person = try world.subject(dana)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: world.database.path, configuration: configuration)
        try reader.inDatabase { try $0.execute(sql: "BEGIN; SELECT count(*) FROM subject") }
        world.store.pool.writeWithoutTransaction { waitBriefly($0) }
        #expect(code { _ = try world.store.forget([person], now: now) } == "forget-unfinished")
        try reader.inDatabase { try $0.execute(sql: "COMMIT") }
        #expect(try world.store.forget([person], now: now) == 0)
        #expect(try world.allBytes().range(of: Data(person.bytes)) == nil)
    }
}

/// Waits a moment instead of ten seconds.
private func waitBriefly(_ database: Database) {
    try? database.execute(sql: "PRAGMA busy_timeout = 50")
}
