import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import TestSupport
import Testing

/// What is read between a plan and each of its DELETEs, and what an absence says then.
@Suite struct RedecisionTests {
    private static let one = ApplyPlan.Settings(
        maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester")

    private func retention(_ context: RunContext) async throws -> RunResult {
        let answer = try await RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: ApprovalRule(), settings: Self.one
        ).run()
        return try #require(answer.result)
    }

    private func approved(_ workspace: TestWorkspace) throws -> Plan {
        let plan = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 1000)
        ).run(now: workspace.clock.now()).plan
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(plan.id, by: "ada")
        return plan
    }

    /// Two plans of the same items: what the first deleted the second does not ask for again.
    @Test func whatIsGoneAlreadyIsNotDeletedAgain() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let (first, second) = (try approved(workspace), try approved(workspace))
        let vendor = try workspace.scripted()
        let apply = ApplyPlan(workspace.context(vendor), rules: TestRules.five, settings: Self.one)
        _ = try await apply.run(first.id)
        let result = try await apply.run(second.id)
        #expect(vendor.deletes.count == first.items.count)
        #expect(result.counts[.changedSincePlan as Outcome] == second.items.count)
    }

    /// A message on a line that the key does not list is no proof that this account ever held the file.
    @Test func seenIsAMessageOnALineOfTheAccount() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(25)
        let plan = try approved(workspace)
        let listed = try PhoneLine(TestWorkspace.lines[0])
        #expect((2...19).contains(plan.items.count))
        let vendor = ScriptedVendor(
            lines: [listed], lookUp: { _ in .http(404, code: 2003) }, delete: { _, _ in .http(404, code: 2003) })
        _ = try await ApplyPlan(workspace.context(vendor), rules: TestRules.five, settings: Self.one).run(plan.id)
        var outcomes: Set<Outcome> = []
        for item in try workspace.inventory.results(of: plan.id) {
            let attachment = try #require(try workspace.inventory.attachment(item.attachment))
            let wasSeen = attachment.sightings.contains { $0.line == listed }
            #expect(item.outcome == (wasSeen ? .alreadyAbsent : .notFoundUnproven))
            if let outcome = item.outcome { outcomes.insert(outcome) }
        }
        #expect(outcomes == [.alreadyAbsent, .notFoundUnproven])
    }

    /// The version of the holds cannot be read any more once the third DELETE is under way.
    @Test func whereTheHoldsCannotBeReadNothingMoreIsSent() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(120)
        let vendor = try workspace.scripted { _, number in
            if number == 3 {
                _ = try? Shell.run(
                    "sqlite3 -cmd '.timeout 20000' inventory.db 'DELETE FROM hold_version'", in: workspace.directory.url
                )
            }
            return .http(204)
        }
        let result = try await retention(workspace.context(vendor))
        #expect(result.halted == .holdsUnreadable)
        #expect(vendor.deletes.count == 3)
    }

    /// Nobody knows what it covers: another process found it in the log, and not in the inventory that was put back.
    @Test func whileTheLogHasAHoldThatTheInventoryLacksNothingMoreIsSent() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(120)
        let (inventory, log) = (workspace.inventory, workspace.log)
        let vendor = try workspace.scripted { _, number in
            if number == 3 {
                _ = try? log.append([
                    .holdPlaced(.init(hold: HoldID(value: 7), scope: .all, until: nil, by: "ada", reason: "matter"))
                ])
                _ = try? CatchUp(inventory: inventory, log: log).run()
            }
            return .http(204)
        }
        let result = try await retention(workspace.context(vendor))
        #expect(result.halted == .holdsUnreadable)
        #expect(vendor.deletes.count == 3)
    }

    /// Whoever looks five times a second sleeps here: the look before the DELETE alone can see the kill file.
    private struct Sleepy: TimeSource {
        let clock: FastClock

        func now() -> Timestamp { clock.now() }
        func sleep(microseconds: Int64) async {
            if microseconds == 200_000 { try? await Task.sleep(for: .seconds(60)) }
            await clock.sleep(microseconds: microseconds)
        }
    }

    @Test func theKillFileIsReadRightBeforeEachDelete() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(100)
        let stop = workspace.directory.file("STOP")
        let vendor = try workspace.scripted { _, number in
            if number == 3 { try? Data().write(to: stop) }
            return .http(204)
        }
        let context = RunContext(
            inventory: workspace.inventory, log: workspace.log, vendor: vendor, time: Sleepy(clock: workspace.clock),
            partner: TestWorkspace.partner, workspace: workspace.directory.url, clockTolerance: nil)
        let result = try await retention(context)
        #expect(result.halted == .killFile)
        #expect(vendor.deletes.count == 3)
    }

    /// Above a hundred items a run without the canary says so in the log.
    @Test(arguments: [(100, 0), (101, 1)])
    func aRunWithoutTheCanaryIsOnRecord(items: Int, records: Int) async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(items)
        let rules = TestRules.decider("version: 1\npolicies:\n  - {id: a, title: A, why: B., delete_after: 1h}\n")
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        var settings = TestWorkspace.settings
        settings.usesCanary = false
        let run = RunRetention(
            workspace.context(vendor), rules: rules, limits: .init(maxPercent: 100), approval: ApprovalRule(),
            settings: settings)
        #expect(try await run.run().planned.plan.items.count == items)
        let skips = try workspace.records().count {
            if case .operatorAct(let act) = $0 { act.act == .canarySkip && act.by == "tester" } else { false }
        }
        #expect(skips == records)
    }
}
