import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import TestSupport
import Testing

@Suite struct PlanningTests {
    private func plan(
        _ workspace: TestWorkspace, _ rules: Decider = TestRules.five
    ) throws -> PlanRetention.Planned {
        try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: rules, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now())
    }

    @Test func candidatesGiveWhatDecidingEverythingGives() throws {
        let workspace = try TestWorkspace()
        try workspace.fill(200)
        #expect(try plan(workspace).decided == 200)
        for days in [1, 3, 10, 20, 45] as [Int64] {
            workspace.clock.advance(seconds: days * 86_400)
            let due = try workspace.due()
            let planned = try plan(workspace)
            #expect(Set(planned.plan.items.map(\.attachment)) == due)
            #expect(planned.decided <= 200)
        }
        #expect(try plan(workspace).decided < 200)
        let changed = TestRules.decider("version: 1\npolicies:\n  - {id: a, title: A, why: B., delete_after: 1d}\n")
        #expect(try plan(workspace, changed).plan.items.count == 200)
    }

    /// A dry run after a change of the rules takes nothing away from the run that applies it.
    @Test func whatNewRulesMakeDueIsDueInEveryPlanUntilItIsGone() throws {
        let workspace = try TestWorkspace()
        try workspace.fill(100)
        _ = try plan(workspace)
        let changed = TestRules.decider("version: 1\npolicies:\n  - {id: a, title: A, why: B., delete_after: 5d}\n")
        let due = try workspace.due(changed)
        #expect(due.count > (try workspace.due().count))
        for _ in 1...3 { #expect(try Set(plan(workspace, changed).plan.items.map(\.attachment)) == due) }
    }

    @Test func aPlanOverALimitIsRefusedWholeAndMayBeAllowed() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        let due = try workspace.due().count
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let retention = TestWorkspace.retention(context, limits: .init(maxDeletes: due - 1, maxPercent: 100))
        let error = await #expect(throws: LetheError.self) { _ = try await retention.run() }
        #expect(error?.code == "over-limit" && error?.status == .refused)
        #expect(error?.hint?.contains("--allow-deletes \(due)") == true)
        await #expect(throws: LetheError.self) { _ = try await retention.run(allowDeletes: due - 1) }
        #expect(vendor.deletes.isEmpty)
        let answer = try await retention.run(allowDeletes: due)
        #expect(answer.status == .done && vendor.deletes.count == due)
        #expect(try workspace.inventory.deletedVolume(since: TestWorkspace.start).deletes == 0)
        #expect(
            try workspace.records().contains {
                if case .operatorAct(let act) = $0, act.act == .limitRaise, act.by == "tester",
                    act.ref == answer.planned.plan.id.description
                {
                    true
                } else {
                    false
                }
            })
        #expect(try workspace.inventory.plans(in: [.cancelled]).count == 2)
    }

    /// Two runs on one day, each within the limit and together over it: the second waits until the day is over.
    @Test(arguments: [false, true])
    func whatARunOfTheLastDayDeletedCountsInTheNext(inBytes: Bool) async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let later = TestRules.decider("version: 1\npolicies:\n  - {id: a, title: A, why: B., delete_after: 20d}\n")
        let (first, both) = (try workspace.due(), try workspace.due().union(workspace.due(later)))
        #expect(first.count > 1 && both.count > first.count)
        let sizes = try both.map { try workspace.inventory.attachment($0)?.size ?? LimitCheck.unknownSize }
        let limits =
            inBytes
            ? Limits(maxPercent: 100, maxBytes: sizes.reduce(0, +) - 1)
            : Limits(maxDeletes: both.count - 1, maxPercent: 100)
        #expect(try await TestWorkspace.retention(context, limits: limits).run().status == .done)
        #expect(Set(vendor.deletes) == first)
        workspace.clock.advance(seconds: 23 * 3600)
        let error = await #expect(throws: LetheError.self) {
            _ = try await TestWorkspace.retention(context, later, limits: limits).run()
        }
        #expect(error?.code == "over-limit" && error?.message.contains("with the last 24 hours") == true)
        #expect(Set(vendor.deletes) == first)
        workspace.clock.advance(seconds: 2 * 3600)
        #expect(try await TestWorkspace.retention(context, later, limits: limits).run().status == .done)
        #expect(Set(vendor.deletes).isSuperset(of: both))
    }

    @Test func aLargePlanWaitsForAPerson() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let vendor = try workspace.scripted()
        let context = workspace.context(vendor)
        let retention = RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: ApprovalRule(above: 3),
            settings: TestWorkspace.settings)
        let error = await #expect(throws: LetheError.self) { _ = try await retention.run() }
        #expect(error?.code == "approval-needed")
        let id = try #require(try workspace.inventory.plans(in: [.proposed]).first?.id)
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(id, by: "ada")
        workspace.clock.advance(seconds: 72 * 3600)
        let apply = ApplyPlan(context, rules: TestRules.five, settings: TestWorkspace.settings)
        await #expect { _ = try await apply.run(id) } throws: { ($0 as? LetheError)?.code == "approval-expired" }
        #expect(vendor.deletes.isEmpty)
        try ClosePlan(context).cancel(id, by: "ada", reason: "too late")
        #expect(try workspace.inventory.plan(id).state == .cancelled)
    }

    @Test func closingAHaltedPlanEndsEveryItem() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        let vendor = try workspace.scripted { _, _ in .http(409) }
        let context = workspace.context(vendor)
        let halted = try await RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: ApprovalRule(),
            settings: .init(maxInFlight: 3, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester")
        ).run()
        #expect(halted.result?.halted == .tooManyFailures)
        let id = try #require(halted.result?.plan)
        // How many intents were durable and unsent when the halt came depends on who was faster.
        let open = try workspace.inventory.openIntents().count
        if open > 0 {
            #expect { try ClosePlan(context).cancel(id, by: "ada") } throws: {
                ($0 as? LetheError)?.code == "open-intents"
            }
        }
        let settled = try workspace.scripted(lookUp: { _ in .http(200) })
        let summary = try await ReconcileIntents(workspace.context(settled), rules: TestRules.five)
            .run(accountLines: [])
        #expect(summary.open == 0 && summary.present == open)
        try ClosePlan(context).cancel(id, by: "ada")
        let results = try workspace.inventory.results(of: id)
        #expect(results.allSatisfy { $0.outcome != nil })
        let failed = results.count { $0.outcome == .failedUnexpected }
        #expect((20...22).contains(failed))
        let totals = try #require(try workspace.inventory.runs(of: id).last?.counts)
        #expect(totals.items == results.count && totals.open == results.count - failed && totals.failed == failed)
    }
}
