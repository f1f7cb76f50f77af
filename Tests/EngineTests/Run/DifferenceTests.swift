import Audit
import Domain
import Foundation
import Inventory
import Rules
import Simulator
import TestSupport
import Testing

@testable import Engine

/// Who writes in the workspace and has no key: nothing that the log does not have, or has as ended, is done.
@Suite struct DifferenceTests {
    private let workspace: TestWorkspace
    private let vendor: ScriptedVendor
    private let context: RunContext

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
        vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        context = workspace.context(vendor)
    }

    private var planner: PlanErasure { PlanErasure(context, rules: TestRules.none, limits: Limits()) }

    private func open() async throws -> PlanErasure.Planned {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        return try await planner.run(ask)
    }

    private func approve(_ id: PlanID) throws {
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(id, by: "ada")
    }

    private func code(_ work: () async throws -> Void) async -> String? {
        do {
            try await work()
            return nil
        } catch {
            return (error as? LetheError)?.code
        }
    }

    private func found() throws -> [Difference] {
        try RecordedTruth(workspace.log).differences(in: workspace.inventory, at: workspace.clock.now())
    }

    private func decide() throws -> DecideRequest {
        try DecideRequest(context, rules: TestRules.none, by: "ada", reason: "taken back")
    }

    /// One that was planned and approved, and taken back: its rows are made to say that it is still to be carried out.
    @Test(arguments: [
        "UPDATE plan SET state = 'approved'; UPDATE request SET state = 'approved', answered = NULL",
        "UPDATE plan SET state = 'applying'; UPDATE request SET state = 'applying', answered = NULL",
        "UPDATE request SET state = 'received', answered = NULL, plan = NULL",
    ])
    func aRequestThatWasWithdrawnIsNotRevived(statements: String) async throws {
        let planned = try await open()
        try approve(planned.plan.id)
        _ = try await decide().withdraw(planned.request.id)
        #expect(try found().isEmpty)
        try workspace.sql(statements)
        let request = planned.request.id
        #expect(try found().first == Difference(subject: .request(request), kind: .unrecorded))
        #expect(await code { _ = try await TestWorkspace.retention(context).run() } == "request-changed")
        #expect(await code { _ = try await planner.run(again: .init(request)) } == "request-changed")
        let apply = ApplyPlan(context, rules: TestRules.none, settings: TestWorkspace.settings)
        #expect(await code { _ = try await apply.run(planned.plan.id) } != nil)
        #expect(vendor.deletes.isEmpty)
        let ended = try workspace.records().compactMap { record in
            if case .requestUpdated(let update) = record, update.request == request { update.state } else { nil }
        }
        #expect(ended.last == .withdrawn)
    }

    /// The same of a plan that nobody may begin any more.
    @Test func aPlanThatWasCancelledIsNotRevived() async throws {
        let plan = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now()).plan.id
        try approve(plan)
        try ClosePlan(context).cancel(plan, by: "ada")
        #expect(try found().isEmpty)
        try workspace.sql("UPDATE plan SET state = 'approved'")
        #expect(try found() == [Difference(subject: .plan(plan), kind: .unrecorded)])
        let apply = ApplyPlan(context, rules: TestRules.five, settings: TestWorkspace.settings)
        #expect(await code { _ = try await apply.run(plan) } == "plan-unrecorded")
        #expect(await code { _ = try await TestWorkspace.retention(context).run() } == "plan-unrecorded")
        #expect(vendor.deletes.isEmpty)
        // The way out that it names.
        try await CancelPlan(context, rules: TestRules.five, by: "ada").run(plan)
        #expect(try await TestWorkspace.retention(context).run().status == .done)
    }

    @Test func aHoldThatNobodyPlacedIsNone() async throws {
        try workspace.sql(
            """
            INSERT INTO hold (id, scope, placed_at, placed_by, reason, recorded)
                VALUES (X'00000000000000000000000000000007', 'all', 1, 'eve', 'x', 1);
            INSERT INTO hold (id, scope, placed_at, placed_by, reason, recorded)
                VALUES (X'00000000000000000000000000000008', 'all', 1, 'eve', 'x', 0);
            """)
        #expect(try found() == [Difference(subject: .hold(HoldID(value: 7)), kind: .unrecorded)])
        #expect(await code { _ = try await TestWorkspace.retention(context).run() } == "hold-unresolved")
        let placed = try workspace.records().contains { if case .holdPlaced = $0 { true } else { false } }
        #expect(!placed && vendor.deletes.isEmpty)
    }

    @Test func whatTheLogHasAsGoneIsInNoPlan() async throws {
        let erasure = PlanErasure(context, rules: TestRules.five, limits: Limits(maxPercent: 100))
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        let planned = try await erasure.run(ask)
        try approve(planned.plan.id)
        _ = try await TestWorkspace.retention(context).run()
        let gone = Set(vendor.deletes)
        let twice = gone.intersection(planned.plan.items.filter { $0.withheld == nil }.map(\.attachment))
        #expect(gone.count == vendor.deletes.count && !twice.isEmpty)
        try workspace.sql("UPDATE attachment SET state = 0, outcome = NULL, next_check = 0 WHERE state = 1")
        let again = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: Limits()
        ).run(now: workspace.clock.now())
        #expect(try #require(again.kept["gone_on_record"]) > 0)
        #expect(gone.isDisjoint(with: again.plan.items.map(\.attachment)))
        let apply = ApplyPlan(context, rules: TestRules.five, settings: TestWorkspace.settings)
        #expect(try await apply.run(planned.plan.id).counts[.changedSincePlan as Outcome] >= twice.count)
        #expect(Set(vendor.deletes).count == vendor.deletes.count)
    }

    @Test(arguments: ["outcome = 'withheld_hold', closed_at = 1", "outcome = 'not_attempted', closed_at = 1"])
    func aPlanWhoseItemsEndedOtherwiseIsNotGoneOnWith(_ change: String) async throws {
        let planned = try await open()
        try approve(planned.plan.id)
        let size = try workspace.log.size()
        try workspace.sql(
            "UPDATE plan_item SET \(change) WHERE attachment = (SELECT min(attachment) FROM plan_item)")
        let apply = ApplyPlan(context, rules: TestRules.none, settings: TestWorkspace.settings)
        #expect(await code { _ = try await apply.run(planned.plan.id) } == "inventory-changed")
        #expect(try vendor.deletes.isEmpty && workspace.log.size() == size)
    }

    /// What only a row calls gone is not gone: nobody signs that the request is answered by it.
    @Test(arguments: [
        (
            "UPDATE attachment SET state = 1, next_check = NULL, outcome = 'deleted', grade = 'A', outcome_at = 1 WHERE state = 0",
            "absence-unrecorded"
        ),
        ("UPDATE plan_item SET outcome = 'deleted', grade = 'A', http = 204, closed_at = 1", "inventory-changed"),
    ])
    func whatOnlyTheInventoryCallsGoneAnswersNoRequest(statements: String, refusal: String) async throws {
        let planned = try await open()
        #expect(!planned.plan.items.isEmpty)
        try approve(planned.plan.id)
        try workspace.sql(statements)
        let apply = ApplyPlan(context, rules: TestRules.none, settings: TestWorkspace.settings)
        #expect(await code { _ = try await apply.run(planned.plan.id) } == refusal)
        #expect(vendor.deletes.isEmpty)
        let answered = try workspace.records().contains { record in
            if case .requestUpdated(let update) = record { update.state.isAnswered } else { false }
        }
        #expect(!answered)
    }

    /// Rows that come to nothing of the log are no act of anybody.
    @Test func nothingThatSomebodyWroteInTheInventoryIsSigned() async throws {
        let before = try workspace.log.size()
        let request = try await open().request.id
        let records = try workspace.log.size()
        #expect(records > before)
        try workspace.sql("UPDATE request SET recorded = 0; UPDATE request SET opened_by = 'eve', state = 'completed'")
        #expect(try found() == [Difference(subject: .request(request), kind: .missing)])
        #expect(await code { _ = try await TestWorkspace.retention(context).run() } == "request-unresolved")
        #expect(try workspace.log.size() == records)
    }
}
