import Audit
import Cryptography
import Domain
import Foundation
import Inventory
import Rules
import Simulator
import TestSupport
import Testing

@testable import Engine

/// The rows of `inventory.db` are no proof of themselves: what people ordered is in the log, and counts as the log has it.
@Suite struct RecordedTruthTests {
    private let workspace: TestWorkspace
    private let vendor: ScriptedVendor
    private let context: RunContext

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
        vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        context = workspace.context(vendor)
    }

    private func refused(_ code: String, _ status: Domain.ExitStatus = .refused, _ work: () async throws -> Void) async
    {
        await #expect("\(code)") { try await work() } throws: {
            ($0 as? LetheError)?.code == code && ($0 as? LetheError)?.status == status
        }
        #expect(vendor.deletes.isEmpty)
    }

    private func plan() throws -> PlanID {
        try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now()).plan.id
    }

    private func approve(_ id: PlanID, by name: String, people: Int = 2) throws {
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: .init(people: people)
        ).run(id, by: name)
    }

    private func apply(_ id: PlanID, people: Int = 2) async throws {
        var settings = TestWorkspace.settings
        settings.approval = ApprovalRule(people: people, above: 0)
        _ = try await ApplyPlan(context, rules: TestRules.five, settings: settings).run(id)
    }

    static let forged = "INSERT INTO approval SELECT key, digest, 'bob', 'cli', created FROM plan;"

    @Test(arguments: [
        (0, forged + forged.replacing("bob", with: "eve") + "UPDATE plan SET state = 'approved'"),
        (1, forged + "UPDATE plan SET state = 'approved'"), (1, "UPDATE plan SET state = 'approved'"),
        (2, "UPDATE approval SET name = 'eve' WHERE name = 'grace'"),
    ])
    func approvalsThatAreNotInTheLogAreNone(real: Int, statements: String) async throws {
        let id = try plan()
        for name in ["ada", "grace"].prefix(real) { try approve(id, by: name) }
        try workspace.sql(statements)
        await refused("not-approved") { try await apply(id) }
    }

    @Test func aForgedApprovalDoesNotMakeTwoOfOne() async throws {
        let id = try plan()
        try workspace.sql(Self.forged)
        try approve(id, by: "ada")
        #expect(try workspace.inventory.plan(id).state == .proposed)
        try approve(id, by: "grace")
        try await apply(id)
        #expect(!vendor.deletes.isEmpty)
    }

    @Test func anApprovalIsAsOldAsTheLogHasIt() async throws {
        let id = try plan()
        try approve(id, by: "ada", people: 1)
        workspace.clock.advance(seconds: 73 * 3600)
        try workspace.sql("UPDATE approval SET at = at + 72 * 3600000000")
        await refused("approval-expired") { try await apply(id, people: 1) }
    }

    @Test func aPlanWhoseDigestIsNotInTheLogIsNeverBegun() async throws {
        let id = try plan()
        for name in ["ada", "grace"] { try approve(id, by: name) }
        let record = try workspace.inventory.plan(id)
        let items = Array(record.plan.items.dropLast())
        let changed = Plan(
            id: id, kind: .retention, created: record.plan.created, partner: record.plan.partner,
            policyDigest: record.plan.policyDigest, coverage: record.plan.coverage, limits: record.plan.limits,
            items: items)
        let digest = Hex.encode(Digest.sha256(changed.canonicalBytes))
        try workspace.sql(
            """
            DELETE FROM plan_item WHERE attachment = (SELECT max(attachment) FROM plan_item);
            UPDATE plan SET digest = '\(digest)', items = \(items.count); UPDATE approval SET digest = '\(digest)';
            """)
        #expect(try workspace.inventory.plan(id).digest == digest)
        await refused("plan-unrecorded") { try await apply(id) }
        await refused("plan-unrecorded") {
            try workspace.sql("UPDATE plan SET state = 'applying'")
            try await apply(id)
        }
    }

    @Test(arguments: [
        """
        UPDATE request_subject SET subject =
            (SELECT max(key) FROM identity WHERE key NOT IN (SELECT subject FROM request_subject))
        """,
        "UPDATE request SET scope = 'conversation'", "UPDATE request SET opened_by = 'zed'",
        "UPDATE request SET received = received - 1",
        "UPDATE request SET jurisdiction = 'ccpa'",
    ])
    func aRequestThatIsNotTheLogsIsNotCarriedOut(statements: String) async throws {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        let planner = PlanErasure(context, rules: TestRules.none, limits: Limits())
        let request = try await planner.run(ask).request.id
        let plan = try #require(try workspace.inventory.request(request)?.plan)
        try approve(plan, by: "ada", people: 1)
        try workspace.sql(statements)
        await refused("request-changed", .failed) { _ = try await planner.run(again: PlanErasure.Repeat(request)) }
        await refused("request-changed", .failed) {
            _ = try await ApplyPlan(context, rules: TestRules.none, settings: TestWorkspace.settings).run(plan)
        }
        await refused("request-changed", .failed) {
            _ = try IssueCertificate(inventory: workspace.inventory, log: workspace.log).run(request)
        }
    }

    /// While a plan is carried out.
    @Test(arguments: [
        "UPDATE hold SET released_at = placed_at + 1", "DELETE FROM hold_subject; DELETE FROM hold",
        "UPDATE hold SET until = placed_at + 1",
    ])
    func aHoldThatIsEditedDuringTheRunStopsIt(statements: String) async throws {
        let last = try #require(try workspace.due().sorted().last)
        _ = try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(.attachment(last), by: "counsel", reason: "matter 7", now: workspace.clock.now())
        let vendor = try workspace.scripted { _, number in
            if number == 3 { _ = try? workspace.sql(statements) }
            return .http(204)
        }
        let plan = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 1000)
        ).run(now: workspace.clock.now()).plan
        try approve(plan.id, by: "ada", people: 1)
        let settings = ApplyPlan.Settings(
            maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester")
        let result = try await ApplyPlan(workspace.context(vendor), rules: TestRules.five, settings: settings)
            .run(plan.id)
        #expect(!vendor.deletes.contains(last) && vendor.deletes.count < plan.items.count - 1)
        #expect(result.halted == .holdsUnreadable, "\(result)")
    }

    /// The log has it, and its row and the counter of changes are as if it had never come: what somebody leaves who takes both back at once.
    @Test func aHoldPlacedDuringTheRunCountsThoughItsRowIsTakenAway() async throws {
        let log = try AuditLog.open(TestWorkspace.location(workspace.directory), time: workspace.clock)
        let placing = AuditRecord.HoldPlacing(
            hold: HoldID(value: 0xFEED), scope: .all, until: nil, by: "zed", reason: "urgent")
        let vendor = try workspace.scripted { _, number in
            if number == 1 { _ = try? log.append([.holdPlaced(placing)]) }
            return .http(204)
        }
        let plan = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 1000)
        ).run(now: workspace.clock.now()).plan
        try approve(plan.id, by: "ada", people: 1)
        let settings = ApplyPlan.Settings(
            maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester")
        let result = try await ApplyPlan(workspace.context(vendor), rules: TestRules.five, settings: settings)
            .run(plan.id)
        #expect(vendor.deletes.count == 1 && result.halted != nil, "\(vendor.deletes.count) \(result)")
    }

    @Test(arguments: [
        "DELETE FROM hold_subject; DELETE FROM hold", "DELETE FROM hold_subject",
        "UPDATE hold SET released_at = placed_at + 1", "UPDATE hold SET until = placed_at + 1",
        "UPDATE hold SET scope = 'line:+12025550188'",
    ])
    func aHoldThatTheInventoryLostOrHasOtherwiseStopsEveryApplyUntilItIsReleased(statements: String) async throws {
        let person = try workspace.inventory.pseudonym(for: Handle(Population.handle(of: 0)), createIfMissing: true)
        let hold = try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(.subject([#require(person)]), by: "ada", reason: "matter", now: workspace.clock.now())
        try workspace.sql(statements)
        await refused("hold-unresolved") { _ = try await TestWorkspace.retention(context).run() }
        let truth = RecordedTruth(workspace.log)
        #expect(try truth.differences(in: workspace.inventory, at: workspace.clock.now()).map(\.lostHold) == [hold.id])
        try ReleaseHold(inventory: workspace.inventory, log: workspace.log)
            .run(hold.id, by: "ada", reason: "over")
        #expect(try truth.differences(in: workspace.inventory, at: workspace.clock.now()).isEmpty)
        #expect(try await TestWorkspace.retention(context).run().status == .done)
    }

    /// Nobody misses what has ended.
    @Test func aLostHoldThatHasEndedStopsNothing() async throws {
        _ = try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(
                .all, by: "ada", reason: "matter", until: workspace.clock.now().adding(seconds: 3600),
                now: workspace.clock.now())
        try workspace.sql("DELETE FROM hold")
        await refused("hold-unresolved") { _ = try await TestWorkspace.retention(context).run() }
        workspace.clock.advance(seconds: 3600)
        #expect(try await TestWorkspace.retention(context).run().status == .done)
    }

    @Test func aRequestWhoseRowIsGoneStopsEveryApplyUntilTheLossIsOnRecord() async throws {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        let request = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask).request.id
        try workspace.sql("UPDATE plan SET state = 'cancelled'; DELETE FROM request_subject; DELETE FROM request")
        await refused("request-unresolved") { _ = try await TestWorkspace.retention(context).run() }
        try DecideRequest(context, rules: TestRules.none, by: "ada", reason: "lost").recordLoss(of: request)
        #expect(try await TestWorkspace.retention(context).run().status == .done)
    }

    @Test(arguments: [
        "DELETE FROM locked_policy", "DELETE FROM locked_policy; DELETE FROM locked_form", "DELETE FROM locked_form",
        "UPDATE locked_policy SET sha256 = '\(String(repeating: "0", count: 64))'",
    ])
    func aLockedPolicyCountsAsTheLogHasIt(statements: String) async throws {
        let locks = LockedPolicies(inventory: workspace.inventory, log: workspace.log)
        #expect(try locks.remember(LockedPolicyTests.rules().policies).isEmpty)
        try workspace.sql(statements)
        let weaker = LockedPolicyTests.rules { $0.replacing("retain: 100d", with: "retain: 99d") }
        await refused("locked-policy") { _ = try await TestWorkspace.retention(context, weaker).run() }
        // The very same policy is as it was.
        #expect(try locks.remember(LockedPolicyTests.rules().policies).isEmpty)
        await refused("locked-policy") { _ = try await TestWorkspace.retention(context, weaker).run() }
        _ = try locks.unlock("kyc", to: weaker.policies, by: "ada", reason: "the law changed")
        #expect(try locks.remember(weaker.policies).isEmpty)
    }

    @Test func aPlanWhoseItemsWereChangedCanBeCancelled() async throws {
        let id = try plan()
        try workspace.sql("UPDATE plan_item SET size = 1")
        await refused("plan-changed", .failed) { try await apply(id) }
        let ended = try await CancelPlan(context, rules: TestRules.five, by: "ada").run(id)
        #expect(ended.state == .cancelled && !ended.isWhole)
        #expect(try await TestWorkspace.retention(context).run().status == .done)
    }

    /// Whatever was recorded since by the clock that went back.
    @Test func theLatestTimeOfTheLogIsTheGreatestOfAll() throws {
        let first = try #require(try workspace.log.fold().latest)
        workspace.clock.advance(seconds: 7200)
        _ = try workspace.log.append([.operatorAct(.init(act: .planCancel, ref: "x", by: "ada", reason: nil))])
        let ahead = try #require(try workspace.log.fold().latest)
        #expect(first.adding(seconds: 7200) <= ahead)
        workspace.clock.advance(seconds: -7200)
        _ = try workspace.log.append([.operatorAct(.init(act: .planCancel, ref: "x", by: "ada", reason: nil))])
        #expect(try workspace.log.fold().latest == ahead)
    }

    /// What people type into a reason is no key and no type.
    @Test func theTextOfAValueIsNotTakenForARecord() throws {
        let text = #"a ","type":"hold.placed" b"#
        _ = try workspace.log.append([.operatorAct(.init(act: .planCancel, ref: "x", by: "ada", reason: text))])
        #expect(try workspace.log.records(containing: [#""type":"hold."#]).isEmpty)
        #expect(try workspace.log.reader.entries(ofTypes: ["hold.placed"]).isEmpty)
        #expect(try workspace.log.reader.entries(ofTypes: ["operator.act"]).count == 1)
        #expect(try workspace.log.records(containing: [#""ref":"x""#]).count == 1)
    }
}
