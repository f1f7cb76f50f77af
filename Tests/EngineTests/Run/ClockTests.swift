import Audit
import Domain
import Engine
import Inventory
import LinqClient
import Rules
import Synchronization
import TestSupport
import Testing

/// Everything that ends, ends by the clock: one that is far from the vendor's deletes nothing.
@Suite struct ClockTests {
    private final class Vendor: QuietVendor {
        private let sent = Mutex(0)
        private let date: @Sendable () -> Timestamp?

        private let deleted: @Sendable (AttachmentID) -> VendorAnswer

        init(
            deleted: @escaping @Sendable (AttachmentID) -> VendorAnswer = { _ in .http(204) },
            date: @escaping @Sendable () -> Timestamp?
        ) {
            self.date = date
            self.deleted = deleted
        }

        var deletes: Int { sent.withLock { $0 } }

        func delete(_ id: AttachmentID) async -> VendorAnswer {
            sent.withLock { $0 += 1 }
            return deleted(id)
        }

        func phoneLines() async -> Listing<PhoneLine> {
            let lines = TestWorkspace.lines.compactMap { try? PhoneLine($0) }
            return Listing(
                answer: VendorAnswer(.http(status: 200, code: nil), date: date()), elements: lines, isComplete: true)
        }

        func lookUp(_ id: AttachmentID) async -> AttachmentLookup { AttachmentLookup(answer: .http(200)) }
    }

    /// The clock is set ahead while the run goes on: what has not ended by the vendor's clock stays.
    @Test func aClockThatJumpsAheadDuringTheRunEndsNoHold() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let due = try workspace.due().sorted()
        let held = try #require(due.last)
        let clock = workspace.clock
        _ = try PlaceHold(inventory: workspace.inventory, log: workspace.log).run(
            .attachment(held), by: "counsel", reason: "matter 9", until: clock.now().adding(seconds: 30 * 86_400),
            now: clock.now())
        let isSet = Mutex(false)
        let all = Mutex<Set<AttachmentID>>([])
        let start = (clock.now(), clock.ticks())
        let vendor = Vendor(
            deleted: { id in
                _ = all.withLock { $0.insert(id) }
                let isFirst = isSet.withLock { isSet in
                    defer { isSet = true }
                    return !isSet
                }
                if isFirst { clock.advance(seconds: 400 * 86_400) }
                return .http(204)
            }, date: { start.0.adding(microseconds: clock.ticks() - start.1) })
        _ = try await RunRetention(
            workspace.context(vendor, clockTolerance: 300), rules: TestRules.five, limits: .init(maxPercent: 100),
            approval: ApprovalRule(),
            settings: .init(maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester")
        ).run()
        #expect(all.withLock { $0.isSubset(of: due) && !$0.contains(held) && !$0.isEmpty })
    }

    /// An answer in the middle of a run shows a clock that is far away.
    @Test func aClockThatTurnsOutWrongDuringTheRunHaltsIt() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let clock = workspace.clock
        let vendor = Vendor(
            deleted: { _ in VendorAnswer(.http(status: 204, code: nil), date: clock.now().adding(seconds: 3600)) },
            date: { clock.now() })
        let answer = try await RunRetention(
            workspace.context(vendor, clockTolerance: 300), rules: TestRules.five, limits: .init(maxPercent: 100),
            approval: ApprovalRule(),
            settings: .init(maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester")
        ).run()
        #expect(answer.result?.halted == .clockDoubtful && answer.status == .incomplete)
    }

    /// The host's clock is set ahead, and the vendor's answers tell the right time: the run halts, and nothing is dated by it.
    @Test func aHostThatJumpsAheadOfTheVendorsAnswersHaltsTheRun() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let clock = workspace.clock
        let start = (clock.now(), clock.ticks())
        let isSet = Mutex(false)
        let vendor = Vendor(
            deleted: { _ in
                let isFirst = isSet.withLock { isSet in
                    defer { isSet = true }
                    return !isSet
                }
                if isFirst { clock.advance(seconds: 400 * 86_400) }
                return VendorAnswer(
                    .http(status: 204, code: nil), date: start.0.adding(microseconds: clock.ticks() - start.1))
            }, date: { start.0.adding(microseconds: clock.ticks() - start.1) })
        let answer = try await RunRetention(
            workspace.context(vendor, clockTolerance: 300), rules: TestRules.five, limits: .init(maxPercent: 100),
            approval: ApprovalRule(),
            settings: .init(maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester")
        ).run()
        #expect(answer.result?.halted == .clockDoubtful)
        #expect(vendor.deletes <= 3)
    }

    /// Seconds by which the vendor's clock is away: far to either side is refused, two minutes are not.
    @Test(
        arguments: [
            (-400 * 86_400, false), (-600, false), (-120, true), (0, true), (120, true), (600, false),
            (400 * 86_400, false),
        ] as [(Int64, Bool)])
    func aClockFarFromTheVendorsDeletesNothing(seconds: Int64, isAccepted: Bool) async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let clock = workspace.clock
        let vendor = Vendor { clock.now().adding(seconds: seconds) }
        let run = TestWorkspace.retention(workspace.context(vendor, clockTolerance: 300))
        if isAccepted {
            #expect(try await run.run().status == .done)
            #expect(vendor.deletes > 0)
        } else {
            await #expect { _ = try await run.run() } throws: {
                ($0 as? LetheError)?.code == "clock-doubtful" && ($0 as? LetheError)?.status == .refused
            }
            #expect(vendor.deletes == 0)
        }
    }

    /// Without a time of the vendor's the log is the witness.
    @Test func aClockBehindTheLogDeletesNothingWhereTheVendorTellsNoTime() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let vendor = Vendor { nil }
        let first = try await TestWorkspace.retention(workspace.context(vendor, clockTolerance: 300)).run()
        #expect(first.warnings.contains { $0.contains("tells no time") })
        let sent = vendor.deletes
        workspace.clock.advance(seconds: -3600)
        await #expect {
            _ = try await TestWorkspace.retention(workspace.context(vendor, clockTolerance: 300)).run()
        } throws: {
            ($0 as? LetheError)?.code == "clock-doubtful"
        }
        #expect(vendor.deletes == sent)
    }

    /// What is received in the future is due too late, and holds up the right request of the person.
    @Test(arguments: [-600, 600, 400 * 86_400] as [Int64])
    func aClockFarFromTheVendorsOpensNoRequest(seconds: Int64) async throws {
        let workspace = try TestWorkspace()
        let clock = workspace.clock
        let vendor = Vendor { clock.now().adding(seconds: seconds) }
        let planner = PlanErasure(
            workspace.context(vendor, clockTolerance: 300), rules: TestRules.none, limits: Limits())
        await #expect {
            _ = try await planner.run(.init(handles: [try Handle("+14155550117")], openedBy: "ada"))
        } throws: {
            ($0 as? LetheError)?.code == "clock-doubtful"
        }
        #expect(try workspace.inventory.requests().isEmpty)
    }

    /// Offline a clock that is ahead is told by nobody but the log: it must have heard of the last week.
    @Test(arguments: [(7 * 86_400 - 60, true), (7 * 86_400 + 60, false), (400 * 86_400, false)] as [(Int64, Bool)])
    func aLogThatIsSilentForAWeekIsNoWitnessOffline(seconds: Int64, isBelieved: Bool) async throws {
        let workspace = try TestWorkspace()
        let vendor = try workspace.scripted()
        _ = try workspace.log.append([.operatorAct(.init(act: .keyRotate, ref: "key", by: "ada", reason: nil))])
        workspace.clock.advance(seconds: seconds)
        var ask = PlanErasure.Ask(handles: [try Handle("+14155550117")], openedBy: "ada")
        ask.isOffline = true
        let planner = PlanErasure(
            workspace.context(vendor, clockTolerance: 300), rules: TestRules.none, limits: Limits())
        guard !isBelieved else {
            _ = try await planner.run(ask)
            return
        }
        let refused = ask
        await #expect { _ = try await planner.run(refused) } throws: {
            let error = $0 as? LetheError
            return error?.code == "clock-doubtful" && error?.status == .refused
                && error?.hint?.contains("without --offline") == true
        }
        #expect(try workspace.inventory.requests().isEmpty)
    }

    @Test func offlineTheLogIsTheWitness() async throws {
        let workspace = try TestWorkspace()
        let vendor = try workspace.scripted()
        _ = try workspace.log.append([.operatorAct(.init(act: .keyRotate, ref: "key", by: "ada", reason: nil))])
        workspace.clock.advance(seconds: -3600)
        // What the wrong clock records since is no better witness.
        _ = try workspace.log.append([.operatorAct(.init(act: .keyRotate, ref: "key", by: "ada", reason: nil))])
        let now = workspace.clock.now()
        guard case .behindLog = try ClockCheck(workspace.log).verdict(at: now, vendor: nil) else {
            Issue.record("a clock behind the log is believed")
            return
        }
        #expect(try ClockCheck(workspace.log).verdict(at: now.adding(seconds: 3600), vendor: nil) == .uncompared)
        var ask = PlanErasure.Ask(handles: [try Handle("+14155550117")], openedBy: "ada")
        ask.isOffline = true
        let planner = PlanErasure(
            workspace.context(vendor, clockTolerance: 300), rules: TestRules.none, limits: Limits())
        let refused = ask
        await #expect { _ = try await planner.run(refused) } throws: { ($0 as? LetheError)?.code == "clock-doubtful" }
        workspace.clock.advance(seconds: 3600)
        #expect(try await planner.run(ask).warnings.isEmpty)
    }
}
