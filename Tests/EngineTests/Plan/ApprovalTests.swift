import Audit
import Domain
import Inventory
import Rules
import TestSupport
import Testing

@testable import Engine

/// What stands between a plan and its first DELETE, where people approve it: names, hours, digests, limits.
@Suite struct ApprovalTests {
    private let workspace: TestWorkspace
    private let vendor: ScriptedVendor
    private let context: RunContext

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
        vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        context = workspace.context(vendor)
    }

    private func plan(_ limits: Limits = .init(maxPercent: 100)) throws -> PlanRetention.Planned {
        try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: limits
        ).run(now: workspace.clock.now())
    }

    private func approve(_ id: PlanID, by name: String, people: Int = 1, digest: String? = nil) throws {
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: .init(people: people)
        ).run(id, by: name, digest: digest)
    }

    private func apply(_ id: PlanID, _ context: RunContext? = nil) async throws -> RunResult {
        try await ApplyPlan(context ?? self.context, rules: TestRules.five, settings: TestWorkspace.settings).run(id)
    }

    private func refused(_ code: String, _ work: () async throws -> Void) async {
        await #expect { try await work() } throws: {
            ($0 as? LetheError)?.code == code && ($0 as? LetheError)?.status == .refused
        }
        #expect(vendor.deletes.isEmpty)
    }

    /// `approval.above`: one more item than that, exactly as many, one less.
    @Test(arguments: [(-1, false), (0, true), (1, true)])
    func aPlanOfMoreItemsThanThatWaitsForAPerson(more: Int, isAutomatic: Bool) async throws {
        let due = try workspace.due().count
        let run = RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: .init(above: due + more),
            settings: TestWorkspace.settings)
        if isAutomatic {
            #expect(try await run.run().status == .done)
            #expect(vendor.deletes.count == due)
        } else {
            await refused("approval-needed") { _ = try await run.run() }
        }
    }

    /// One person has one name, however it is spelt.
    @Test func oneNameInTwoSpellingsIsOnePerson() async throws {
        let id = try plan().plan.id
        for name in ["Ada", "ada.", "a-d_a"] {
            try approve(id, by: name, people: 2)
            #expect(try workspace.inventory.plan(id).state == .proposed)
        }
        try approve(id, by: "grace", people: 2)
        #expect(try workspace.inventory.plan(id).state == .approved)
        #expect(throws: LetheError.self) { try approve(id, by: "NAME", people: 2) }
    }

    /// The clock runs fast: a margin of an hour before.
    @Test(arguments: [(71, true), (72, false)] as [(Int64, Bool)])
    func theFirstOfTwoApprovalsIsUnder72HoursOld(hours: Int64, isFresh: Bool) async throws {
        let id = try plan().plan.id
        try approve(id, by: "ada", people: 2)
        workspace.clock.advance(seconds: hours * 3600)
        try approve(id, by: "grace", people: 2)
        if isFresh {
            #expect(try await apply(id).status == .done)
        } else {
            await refused("approval-expired") { _ = try await apply(id) }
        }
    }

    @Test func aPlanIsNotApprovedAfterSevenDays() async throws {
        let planned = try plan().plan
        #expect(planned.expires == planned.created.adding(seconds: 7 * 86_400))
        workspace.clock.advance(seconds: 7 * 86_400 + 60)
        await refused("plan-stale") { try approve(planned.id, by: "ada") }
    }

    @Test(arguments: [(6 * 86_400 + 82_800, true), (7 * 86_400, false)] as [(Int64, Bool)])
    func aPlanIsNotAppliedAfterSevenDays(seconds: Int64, isFresh: Bool) async throws {
        let id = try plan().plan.id
        workspace.clock.advance(seconds: 6 * 86_400)
        try approve(id, by: "ada")
        workspace.clock.advance(seconds: seconds - 6 * 86_400)
        if isFresh {
            #expect(try await apply(id).status == .done)
        } else {
            await refused("plan-stale") { _ = try await apply(id) }
        }
    }

    @Test func aPlanOfAnotherPartnerIsStale() async throws {
        let id = try plan().plan.id
        try approve(id, by: "ada")
        let other = RunContext(
            inventory: workspace.inventory, log: workspace.log, vendor: vendor, time: workspace.clock,
            partner: String(TestWorkspace.partner.reversed()), workspace: workspace.directory.url, clockTolerance: nil)
        await refused("plan-stale") { _ = try await apply(id, other) }
        #expect(try await apply(id).status == .done)
    }

    @Test func thePersonMayNameTheDigestThatTheyApprove() async throws {
        let planned = try plan()
        let other = String(planned.digest.reversed())
        await refused("wrong-digest") { try approve(planned.plan.id, by: "ada", digest: other) }
        #expect(try workspace.inventory.plan(planned.plan.id).approvals.isEmpty)
        try approve(planned.plan.id, by: "ada", digest: planned.digest)
    }

    /// An approval lifts no limit; `--allow-deletes` does, for as many items as it says and no fewer.
    @Test func aPlanThatAPersonApprovedIsHeldAgainstTheLimitsToo() async throws {
        let due = try workspace.due().count
        let id = try plan(.init(maxDeletes: due - 1, maxPercent: 100)).plan.id
        try approve(id, by: "ada")
        await refused("over-limit") { _ = try await apply(id) }
        let allow = AllowDeletes(inventory: workspace.inventory, log: workspace.log)
        await refused("over-limit") { try allow.run(id, atMost: due - 1, by: "ada") }
        try allow.run(id, atMost: due, by: "ada")
        #expect(try await apply(id).status == .done)
        #expect(vendor.deletes.count == due)
    }

    /// Its age counts from a time that is not come yet: it would outlive seven days by as much.
    @Test(arguments: [(60 * 86_400, false), (600, false), (200, true)] as [(Int64, Bool)])
    func aPlanOfAClockThatWasAheadIsNotBelieved(seconds: Int64, isBelieved: Bool) async throws {
        workspace.clock.advance(seconds: seconds)
        let (approved, waiting) = (try plan().plan.id, try plan().plan.id)
        try approve(approved, by: "ada")
        workspace.clock.advance(seconds: -seconds)
        if isBelieved {
            try approve(waiting, by: "ada")
            #expect(try await apply(approved).status == .done)
        } else {
            await refused("plan-stale") { try approve(waiting, by: "ada") }
            await refused("approval-expired") { _ = try await apply(approved) }
            // Nor is it once its time has come.
            workspace.clock.advance(seconds: seconds)
            await refused("plan-closed") { _ = try await apply(approved) }
            workspace.clock.advance(seconds: -seconds)
            let record = try workspace.inventory.plan(waiting)
            let why = try ApplyPlan(context, rules: TestRules.five, settings: TestWorkspace.settings)
                .staleness(of: record)
            #expect(why?.contains("clock that was ahead") == true)
        }
    }

    /// Nobody looked at it while it was from after now: the log has that the clock went back.
    @Test(arguments: [(600, false), (200, true)] as [(Int64, Bool)])
    func aPlanOfAClockThatWasAheadIsNotBelievedLaterEither(seconds: Int64, isBelieved: Bool) async throws {
        workspace.clock.advance(seconds: seconds)
        let id = try plan().plan.id
        try approve(id, by: "ada")
        workspace.clock.advance(seconds: -seconds)
        _ = try workspace.log.append([.operatorAct(.init(act: .keyRotate, ref: "key", by: "ada", reason: nil))])
        workspace.clock.advance(seconds: seconds + 60)
        if isBelieved {
            #expect(try await apply(id).status == .done)
        } else {
            await refused("approval-expired") { _ = try await apply(id) }
            #expect(try workspace.inventory.plan(id).state == .expired)
        }
    }

    @Test func theScheduledRunClosesWhatAClockThatWasAheadApproved() async throws {
        let id = try plan().plan.id
        workspace.clock.advance(seconds: 3 * 86_400)
        try approve(id, by: "ada")
        workspace.clock.advance(seconds: -3 * 86_400)
        #expect(try await TestWorkspace.retention(context).run().status == .done)
        #expect(try workspace.inventory.plan(id).state == .expired)
    }

    @Test func anApprovalOfAClockThatWasAheadIsNotBelieved() async throws {
        let id = try plan().plan.id
        try approve(id, by: "ada", people: 2)
        workspace.clock.advance(seconds: 3 * 86_400)
        try approve(id, by: "grace", people: 2)
        workspace.clock.advance(seconds: -3 * 86_400)
        await refused("approval-expired") { _ = try await apply(id) }
    }

    /// Those of `lethe.yaml` as it is now, where they are smaller: also for a plan that was made, approved or begun before.
    @Test func theSmallerOfThePlansLimitsAndTodaysCount() async throws {
        let due = try workspace.due().count
        let id = try plan().plan.id
        try approve(id, by: "ada")
        func apply(_ limits: Limits) async throws -> RunResult {
            var settings = TestWorkspace.settings
            settings.limits = limits
            return try await ApplyPlan(context, rules: TestRules.five, settings: settings).run(id)
        }
        for limits in [
            Limits(maxDeletes: 0, maxPercent: 100), Limits(maxDeletes: due - 1, maxPercent: 100),
            Limits(maxPercent: 100, maxBytes: 1),
        ] {
            await #expect { _ = try await apply(limits) } throws: {
                ($0 as? LetheError)?.code == "over-limit"
                    && ($0 as? LetheError)?.hint?.contains("lethe plan apply \(id) --allow-deletes \(due)") == true
            }
        }
        #expect(vendor.deletes.isEmpty)
        try AllowDeletes(inventory: workspace.inventory, log: workspace.log).run(id, atMost: due, by: "ada")
        #expect(try await apply(Limits(maxDeletes: 0)).status == .done)
    }

    @Test func largerLimitsOfTodayLiftNone() async throws {
        let id = try plan(Limits(maxDeletes: 1, maxPercent: 100)).plan.id
        try approve(id, by: "ada")
        var settings = TestWorkspace.settings
        settings.limits = Limits(maxDeletes: 1000, maxPercent: 100)
        await refused("over-limit") {
            _ = try await ApplyPlan(context, rules: TestRules.five, settings: settings).run(id)
        }
    }
}
