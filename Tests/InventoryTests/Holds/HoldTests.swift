import Cryptography
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// Holds: in force once placed, read whole or not at all.
struct HoldTests {
    private func hold(_ scope: LegalHold.Scope, until: Timestamp? = nil) throws -> LegalHold {
        LegalHold(
            id: try Randomness.id(), scope: scope, placedAt: now, placedBy: "jo", reason: "matter 12", until: until)
    }

    @Test func everyScopeComesBackAsItWasPlaced() throws {
        let world = try World()
        let people = [try world.subject("+14155550117"), try world.subject("a@example.com")].sorted()
        let scopes: [LegalHold.Scope] = [
            .all, .chat(chat(1)), .line(try PhoneLine("+12025550143")), .attachment(attachment(1)), .subject(people),
        ]
        let holds = try scopes.map { try hold($0, until: day(900)) }
        for hold in holds { try world.store.place(hold) }
        #expect(try Set(world.store.holds().map(\.id)) == Set(holds.map(\.id)))
        for hold in holds { #expect(try world.store.holds().contains(hold)) }
    }

    /// Its record would be too long for the log.
    @Test func whatCannotBeRecordedIsNotStored() throws {
        let world = try World()
        let people = (0...500).compactMap { number in
            SubjectPseudonym(bytes: (0..<32).map { UInt8(truncatingIfNeeded: number >> (8 * min($0, 7))) })
        }
        #expect(people.count == 501)
        let request = ErasureRequest(
            id: try Randomness.id(), state: .received, received: now, due: day(900), jurisdiction: .gdpr,
            scope: .sentBySubject, subjects: people, openedBy: "jo", coverage: .offline)
        #expect(code { try world.store.prepare(hold(.subject(people))) } == "too-many-handles")
        #expect(code { try world.store.insert(request) } == "too-many-handles")
        #expect(try world.store.requests().isEmpty)
    }

    @Test func everyChangeGrowsTheVersion() throws {
        let world = try World()
        var version = try world.store.factsVersion(of: attachment(1)).holds
        func grew() throws -> Bool {
            defer { version = (try? world.store.factsVersion(of: attachment(1)).holds) ?? 0 }
            return try world.store.factsVersion(of: attachment(1)).holds > version
        }
        #expect(try !grew())
        let first = try hold(.all)
        try world.store.place(first)
        #expect(try grew())
        try world.store.release(first.id, at: now)
        #expect(try grew())
        try world.store.release(first.id, at: now)
        #expect(try !grew())
        // Pending, it is not in force; with its record it is.
        let second = try hold(.all)
        try world.store.prepare(second)
        #expect(try grew() && world.store.activeHolds(at: now).isEmpty)
        try FakeLog(world.store).append(.placed(second.id))
        #expect(try grew() && world.store.activeHolds(at: now) == [second])
    }

    @Test func aVersionThatCannotBeReadThrows() throws {
        let world = try World()
        try world.store.pool.write { try $0.execute(sql: "DELETE FROM hold_version") }
        #expect(code { _ = try world.store.factsVersion(of: attachment(1)).holds } == "holds-unreadable")
        try world.store.pool.write { try $0.execute(sql: "DROP TABLE hold_version") }
        #expect(code { _ = try world.store.factsVersion(of: attachment(1)).holds } == "inventory-failed")
    }

    @Test func aDamagedHoldIsNotLeftOut() throws {
        let world = try World()
        try world.store.place(hold(.all))
        try world.store.place(hold(.chat(chat(1))))
        try world.store.pool.write { try $0.execute(sql: "UPDATE hold SET scope = 'nonsense' WHERE scope = 'all'") }
        #expect(code { _ = try world.store.activeHolds(at: now) } == "invalid-hold-scope")
    }

    @Test(arguments: [(-1, 1), (0, 0), (1, 0)] as [(Int64, Int)])
    func aHoldWithAnEndStopsAtIt(microseconds: Int64, count: Int) throws {
        let world = try World()
        try world.store.place(hold(.all, until: now))
        #expect(try world.store.activeHolds(at: now.adding(microseconds: microseconds)).count == count)
    }

    @Test func aHoldThatWasReleasedIsInForceNoMore() throws {
        let world = try World()
        let hold = try hold(.all, until: day(900))
        try world.store.place(hold)
        #expect(try world.store.activeHolds(at: now).map(\.id) == [hold.id])
        try world.store.release(hold.id, at: now)
        #expect(try world.store.activeHolds(at: now).isEmpty)
        #expect(try world.store.holds().map(\.releasedAt) == [now])
    }

    @Test func aHoldOnNobodyIsRefused() throws {
        let world = try World()
        let stranger = try #require(SubjectPseudonym(bytes: [UInt8](repeating: 7, count: 32)))
        #expect(code { try world.store.place(hold(.subject([stranger]))) } == "unknown-subject")
        #expect(code { try world.store.place(hold(.subject([]))) } == "empty-hold")
        #expect(try world.store.holds().isEmpty)
    }

    @Test func whatAHoldKeptIsDecidedAgainOnceItIsReleased() throws {
        let world = try World()
        try world.record(inbound(1))
        let page = try world.store.candidates(dueBy: now)
        try world.store.setNextCheck(page.candidates.map { NextCheck($0, at: nil) })
        let one = try hold(.attachment(attachment(1)))
        try world.store.place(one)
        try world.store.release(one.id, at: now)
        #expect(try world.store.candidates(dueBy: now).candidates.count == 1)
        try world.store.setDecisionBasis("rules", after: world.store.decisionBasis())
        let all = try hold(.line(PhoneLine("+12025550143")))
        try world.store.place(all)
        #expect(try world.store.decisionBasis().digest == "rules")
        try world.store.release(all.id, at: now)
        #expect(try world.store.decisionBasis().digest == nil)
    }

    @Test func aRecipientThatBecomesKnownUnderASubjectHoldIsDecidedAgain() throws {
        let world = try World()
        try world.record(outbound(1))
        try world.store.place(hold(.subject([world.subject("+14155550118")])))
        let page = try world.store.candidates(dueBy: now)
        try world.store.setNextCheck(page.candidates.map { NextCheck($0, at: nil) })
        try world.record(Delivery(chats: [ChatObservation(chat: chat(1), members: [Handle("+14155550117")])]))
        #expect(try world.store.candidates(dueBy: now).candidates.count == 1)
    }

    /// Its process died before the record: nobody was told that it is in force.
    @Test func whatIsPendingForADayIsDropped() throws {
        let world = try World()
        let left = LegalHold(
            id: try Randomness.id(), scope: .subject([try world.subject("+14155550117")]),
            placedAt: now.adding(seconds: -86_401), placedBy: "jo", reason: "matter 12")
        try world.store.prepare(left)
        try world.store.place(hold(.all))
        try FakeLog(world.store).append(.placed(left.id))
        #expect(try world.store.holds().count == 1)
    }

    @Test func aReleaseThatOnlyTheLogHasIsCaughtUp() throws {
        let world = try World()
        let log = FakeLog(world.store)
        let placed = try hold(.all)
        try world.store.prepare(placed)
        try log.append(.placed(placed.id))
        try log.append(.released(placed.id), at: day(400))
        #expect(try world.store.holds().map(\.releasedAt) == [day(400)])
    }

    /// Two stores on one file stand for two processes: each has its own connections and locks.
    @Test func anotherProcessMayPlaceAHoldWhileOneWorks() throws {
        let world = try World()
        let other = try InventoryStore.open(at: world.database, keys: world.keys)
        let before = try world.store.factsVersion(of: attachment(1)).holds
        let placing = Thread {
            try? other.place(
                LegalHold(id: Randomness.id(), scope: .all, placedAt: now, placedBy: "jo", reason: "matter 12"))
        }
        try world.store.write { database in
            try database.perform("INSERT INTO setting VALUES ('busy', '1')")
            placing.start()
            Thread.sleep(forTimeInterval: 0.3)
        }
        for _ in 0..<100 where try !placing.isFinished && world.store.factsVersion(of: attachment(1)).holds == before {
            Thread.sleep(forTimeInterval: 0.05)
        }
        #expect(try world.store.activeHolds(at: now).count == 1)
        #expect(try world.store.factsVersion(of: attachment(1)).holds > before)
    }

    @Test func twoProcessesThatReadAndWriteAtOnceWaitForOneAnother() async throws {
        let world = try World()
        let other = try InventoryStore.open(at: world.database, keys: world.keys)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (store, start) in [(world.store, 0), (other, 10_000)] {
                group.addTask {
                    for id in start..<start + 40 {
                        _ = try store.record([inbound(id, from: "+1415555\(1000 + id % 7)")], now: now)
                        let hold = LegalHold(
                            id: try Randomness.id(), scope: .all, placedAt: now, placedBy: "jo", reason: "matter 12")
                        try store.place(hold)
                        try store.release(hold.id, at: now)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try world.store.liveCount() == 80)
        #expect(try world.store.holds().count == 80)
        #expect(try world.store.holds().allSatisfy { $0.releasedAt == now })
        // Holds of both, each prepared, placed and released once.
        #expect(try world.store.factsVersion(of: attachment(1)).holds == 241)
    }
}
