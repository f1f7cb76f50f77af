import Audit
import Domain
import Engine
import Foundation
import Inventory
import TestSupport
import Testing

/// What waits too long is told by the log, whatever the rows of the inventory say.
@Suite struct LatenessTests {
    private let workspace: TestWorkspace
    private static let day: Int64 = 86_400

    init() throws { workspace = try TestWorkspace() }

    private var now: Timestamp { workspace.clock.now() }
    private func lateness(at instant: Timestamp? = nil) throws -> Lateness {
        try Lateness(workspace.inventory, workspace.log, at: instant ?? now)
    }

    private func open(_ digit: Character, due: Timestamp) throws -> RequestID {
        let id = try RequestID(String(repeating: digit, count: 32))
        let request = ErasureRequest(
            id: id, state: .received, received: due.adding(seconds: -30 * Self.day), due: due, jurisdiction: .gdpr,
            scope: .sentBySubject, subjects: [try SubjectPseudonym(hex: String(repeating: "a", count: 64))],
            openedBy: "alex", coverage: .partial)
        _ = try workspace.log.append([.requestOpened(.init(request))])
        return id
    }

    @Test func aRequestIsOverdueOnTheDayAfterItsDayAndNotOnIt() throws {
        let due = Timestamp("2027-03-10T09:00:00.000000Z") ?? now
        let id = try open("a", due: due)
        let days = ["2027-03-09T23:59:59.000000Z", "2027-03-10T23:59:59.000000Z", "2027-03-11T00:00:00.000000Z"]
        let found = try days.compactMap(Timestamp.init).map { try lateness(at: $0).overdue.map(\.request) }
        #expect(found == [[], [], [id]])
        let message = try lateness(at: due.adding(seconds: 2 * Self.day)).overdueMessage
        #expect(message == "request \(id) was due 2027-03-10 and not answered")
    }

    /// Neither is in the inventory: somebody may have deleted the rows.
    @Test func whatTheLogHasOpenIsOverdueAndWhatItHasEndedIsNot() throws {
        let late = now.adding(seconds: -3 * Self.day)
        let (open, ended) = (try open("a", due: late), try open("b", due: late))
        #expect(try lateness().overdue.map(\.request) == [open, ended])
        _ = try workspace.log.append([
            .requestUpdated(.init(request: ended, state: .withdrawn, due: nil, by: "alex", reason: nil))
        ])
        #expect(try workspace.inventory.requests().isEmpty)
        #expect(try lateness().overdue.map(\.request) == [open])
    }

    @Test func aNewLogHasAsLongForItsFirstRunAsBetweenTwo() throws {
        let began = try #require(try workspace.log.entries(after: -1, limit: 1).first?.time)
        let ages = [Self.day - 1, Self.day, Self.day + 1]
        let found = try ages.map { try lateness().isSilent(at: began.adding(seconds: $0), for: Self.day) }
        #expect(found == [false, false, true])
        #expect(try lateness().lastRun == nil)
    }

    @Test func aRunThatFinishedIsHeardAndOneThatWasHaltedIsNot() async throws {
        try workspace.fill(120)
        let halting = try workspace.scripted(delete: { _, _ in .http(401) }, lookUp: { _ in .http(200) })
        let halted = try await TestWorkspace.retention(workspace.context(halting)).run()
        #expect(halted.result?.halted == .unauthorized)
        #expect(try lateness().lastRun == nil)
        let vendor = try workspace.scripted(
            delete: { _, _ in .http(204) }, lookUp: { _ in .http(404, code: 2003) })
        let done = try await TestWorkspace.retention(workspace.context(vendor)).run()
        #expect(done.deletes > 0)
        let last = try #require(try lateness().lastRun)
        let ages = [Self.day - 1, Self.day, Self.day + 1]
        #expect(
            try ages.map { try lateness().isSilent(at: last.adding(seconds: $0), for: Self.day) }
                == [false, false, true])
    }

    /// A segment of version 1 has no record for it but a seal, which others make too.
    @Test func aRunWithNothingDueIsHeardAndAHeartbeatIsNot() async throws {
        _ = try workspace.log.seal()
        #expect(try lateness().lastRun == nil)
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        _ = try await TestWorkspace.retention(workspace.context(vendor)).run()
        let last = try #require(try lateness().lastRun)
        _ = try workspace.log.seal()
        #expect(try lateness().lastRun == last)
    }

    @Test func aRunThatTheInventoryMakesUpIsNone() throws {
        for text in ["\(workspace.log.origin) 0", "\(workspace.log.origin) 999", "other/0123456789abcdef 1", "x"] {
            try workspace.inventory.setBookmark("idle-run", to: text)
            #expect(try lateness().lastRun == nil, "\(text)")
        }
    }

    @Test func aSealIsOverdueADayAfterTheFirstRecordThatWaitsForIt() throws {
        _ = try workspace.log.seal()
        #expect(try SealAge(workspace.log).unsealed == 0)
        #expect(try !SealAge(workspace.log).isOverdue(at: now.adding(seconds: 100 * Self.day)))
        _ = try open("a", due: now)
        let seal = try SealAge(workspace.log)
        let since = try #require(seal.waitingSince)
        #expect(seal.unsealed == 1 && seal.last.map { $0 <= since } == true)
        let ages = [Self.day - 1, Self.day, Self.day + 1]
        #expect(ages.map { seal.isOverdue(at: since.adding(seconds: $0)) } == [false, false, true])
    }

    @Test func theNewestRecordOfATypeIsFoundFromTheEnd() throws {
        let ids = try ["a", "b"].map { try open($0, due: now) }
        let newest = try #require(try workspace.log.newest(ofTypes: ["request.opened", "vendor.sample"]))
        #expect(String(decoding: newest.line, as: UTF8.self).contains(ids[1].description))
        #expect(try workspace.log.newest(ofTypes: ["delete.verified"]) == nil)
        #expect(try workspace.log.newest(ofTypes: ["log.open"])?.seq == 0)
    }
}
