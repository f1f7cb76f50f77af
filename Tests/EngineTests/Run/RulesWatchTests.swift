import Domain
import Foundation
import Inventory
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Engine

@Suite struct RulesWatchTests {
    private func time(_ seconds: Int64) -> Timestamp { TestWorkspace.start.adding(seconds: seconds) }

    @Test func aChangeCountsOnceTwoLooksTwoSecondsApartAgree() {
        var watch = RulesWatch(expected: "a")
        #expect(watch.look("a", now: time(0)) == .same)
        #expect(watch.look("b", now: time(1)) == .pause)
        #expect(watch.look("c", now: time(2)) == .pause, "an editor saves in steps")
        #expect(watch.look("c", now: time(3)) == .pause)
        #expect(watch.look("c", now: time(4)) == .changed)
        #expect(watch.look("a", now: time(5)) == .same, "put back")
    }

    @Test(arguments: [(59, RulesWatch.Look.pause), (60, .changed), (61, .changed)] as [(Int64, RulesWatch.Look)])
    func rulesThatCannotBeLoadedPauseForAMinute(seconds: Int64, verdict: RulesWatch.Look) {
        var watch = RulesWatch(expected: "a")
        #expect(watch.look(nil, now: time(0)) == .pause)
        #expect(watch.look(nil, now: time(seconds)) == verdict)
    }

    /// Rules that cannot be loaded for a while: no DELETE leaves until they can, and then the run goes on.
    @Test func noDeleteLeavesWhileTheRulesAreInDoubt() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let due = try workspace.due().count
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        let sent = Mutex<[Int]>([])
        let context = workspace.context(
            vendor,
            rulesInForce: { () throws(LetheError) in
                let number = vendor.deletes.count
                let isDoubtful = sent.withLock { counts in
                    guard number >= 3, counts.count < 12 else { return false }
                    counts.append(number)
                    return true
                }
                if isDoubtful { throw LetheError("policies", .configuration, "half a file") }
                return TestRules.five.digest
            })
        let settings = ApplyPlan.Settings(maxInFlight: 1, requestsPerSecond: 1, usesCanary: false, operatorName: "t")
        let run = try await RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: .init(), settings: settings
        ).run()
        #expect(run.status == .done && vendor.deletes.count == due)
        let counts = sent.withLock { $0 }
        // One may have been on its way when they could not be loaded for the first time.
        #expect(counts.count == 12)
        #expect((counts.last ?? 0) - (counts.first ?? 0) <= 1, "\(counts)")
    }

    /// The rules change while the third DELETE is under way; what comes after stays, and the next run plans anew.
    @Test func rulesThatChangeDuringARunHaltItAndTheNextRunPlansAnew() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(120)
        let digest = Mutex(TestRules.five.digest)
        let vendor = try workspace.scripted(
            delete: { _, number in
                if number == 3 { digest.withLock { $0 = TestRules.none.digest } }
                return .http(204)
            }, lookUp: { _ in .http(200) })
        let context = workspace.context(vendor, rulesInForce: { () throws(LetheError) in digest.withLock { $0 } })
        let settings = ApplyPlan.Settings(maxInFlight: 1, requestsPerSecond: 1, usesCanary: false, operatorName: "t")
        let run = RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: .init(), settings: settings)
        let halted = try await run.run()
        #expect(halted.result?.halted == .policiesChanged)
        let sent = vendor.deletes.count
        #expect((3...8).contains(sent), "\(sent)")
        let next = try await RunRetention(
            context, rules: TestRules.none, limits: .init(maxPercent: 100), approval: .init(), settings: settings
        ).run()
        #expect(next.status == .done)
        #expect(vendor.deletes.count == sent)
        #expect(try workspace.inventory.plan(#require(halted.result?.plan)).state == .expired)
    }
}
