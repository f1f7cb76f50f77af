import Audit
import Domain
import Foundation
import Inventory
import Rules
import Simulator
import TestSupport
import Testing

@testable import Engine

/// What stands in the way of a request's plan, and that what `next` names then is not refused and leads to its answer.
@Suite struct NextStepTests {
    private let workspace: TestWorkspace
    private let vendor: ScriptedVendor
    private let context: RunContext

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(80)
        vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        context = workspace.context(vendor)
    }

    private func open() async throws -> ErasureRequest {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        return try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask).request
    }

    private func approve(_ plan: PlanID, by name: String, people: Int = 1) throws {
        try ApprovePlan(
            inventory: context.inventory, log: context.log, time: context.time, rules: ApprovalRule(people: people)
        ).run(plan, by: name)
    }

    private func apply(_ plan: PlanID, people: Int = 1) async throws {
        var settings = TestWorkspace.settings
        settings.approval = ApprovalRule(people: people)
        _ = try await ApplyPlan(context, rules: TestRules.none, settings: settings).run(plan)
    }

    private func code(_ work: () async throws -> Void) async -> String? {
        do { try await work() } catch { return (error as? LetheError)?.code }
        return nil
    }

    private func next(_ id: RequestID, people: Int = 1) throws -> String? {
        try NextStep(
            try #require(try context.inventory.request(id)),
            in: NextStep.Basis(
                context.inventory, log: context.log, approval: ApprovalRule(people: people),
                policyDigest: TestRules.none.policies.digest, time: context.time)
        ).command
    }

    /// As the command line does it.
    private func follow(_ command: String, by name: String, people: Int) async throws {
        let words = command.split(separator: " ").map(String.init)
        switch words[1...2] {
        case ["plan", "approve"]: try approve(PlanID(words[3]), by: name, people: people)
        case ["plan", "apply"]: try await apply(PlanID(words[3]), people: people)
        case ["plan", "cancel"]:
            try await CancelPlan(context, rules: TestRules.none, by: name).run(try PlanID(words[3]))
        case ["erase", "--resume"]:
            _ = try await PlanErasure(context, rules: TestRules.none, limits: Limits())
                .run(again: PlanErasure.Repeat(try RequestID(words[3])))
        case ["run", "--apply"]:
            _ = try await RunRetention(
                context, rules: TestRules.none, limits: Limits(), approval: ApprovalRule(people: people),
                settings: TestWorkspace.settings
            ).run()
        case ["requests", "withdraw"]:
            _ = try await DecideRequest(context, rules: TestRules.none, by: name, reason: "told")
                .withdraw(try RequestID(words[3]))
        default: Issue.record("nobody can follow \(command)")
        }
    }

    /// Does what `next` says until the request has ended. Gives the commands.
    private func followAll(_ id: RequestID, people: Int = 1) async throws -> [String] {
        var said: [String] = []
        for name in ["ada", "grace", "kim", "lin", "max", "noa"] {
            guard let command = try next(id, people: people), !command.contains("certificate") else { break }
            #expect(said.last != command || command.contains("approve"))
            said.append(command)
            try await follow(command, by: name, people: people)
        }
        let state = try context.inventory.request(id)?.state
        #expect(state?.isClosed == true, "\(said)")
        #expect(vendor.deletes.isEmpty == (state != .completed))
        return said
    }

    @Test func anApprovalThatIsTooOldIsGivenAnew() async throws {
        let request = try await open()
        let plan = try #require(request.plan)
        try approve(plan, by: "ada")
        #expect(try next(request.id) == "lethe plan apply \(plan)")
        workspace.clock.advance(seconds: 73 * 3600)
        #expect(await code { try await apply(plan) } == "approval-expired")
        let said = try await followAll(request.id)
        #expect(said.first == "lethe erase --resume \(request.id)" && said.count == 3)
    }

    @Test(arguments: [false, true]) func aPlanThatHasExpiredIsPlannedAnewByTheRun(isApproved: Bool) async throws {
        let request = try await open()
        let plan = try #require(request.plan)
        if isApproved { try approve(plan, by: "ada") }
        workspace.clock.advance(seconds: 8 * 86_400)
        #expect(try next(request.id) == "lethe run --apply")
        #expect(await code { try approve(plan, by: "kim") } == (isApproved ? "plan-state" : "plan-stale"))
        let said = try await followAll(request.id)
        #expect(said.first == "lethe run --apply" && said.count == 3)
    }

    @Test func aPlanOfOtherPoliciesIsPlannedAnewByTheRun() async throws {
        let request = try await open()
        let other = NextStep.Basis(
            context.inventory, log: context.log, approval: ApprovalRule(),
            policyDigest: TestRules.five.policies.digest, time: context.time)
        #expect(try NextStep(request, in: other).command == "lethe run --apply")
    }

    /// `approval.people` was raised after it was approved. Whoever opened the request counts for none of two.
    @Test(arguments: [("ada", 1), ("clerk", 2)]) func anApprovedPlanThatLacksPeopleTakesThem(
        first: String, missing: Int
    ) async throws {
        let request = try await open()
        let plan = try #require(request.plan)
        try approve(plan, by: first)
        #expect(await code { try approve(plan, by: "eve") } == "plan-state", "nobody is missing")
        #expect(await code { try await apply(plan, people: 2) } == "not-approved")
        let way = "lethe plan approve \(plan) --as NAME"
        #expect(try next(request.id, people: 2) == way)
        #expect(await code { try approve(plan, by: "clerk", people: 2) } == "own-request")
        for name in ["grace", "kim"].prefix(missing) {
            #expect(try next(request.id, people: 2) == way)
            #expect(await code { try await apply(plan, people: 2) } == "not-approved")
            try approve(plan, by: name, people: 2)
        }
        #expect(try await followAll(request.id, people: 2) == ["lethe plan apply \(plan)"])
    }

    @Test func oneThatLacksPeopleAndIsTooOldIsPlannedAnew() async throws {
        let request = try await open()
        let plan = try #require(request.plan)
        try approve(plan, by: "ada")
        workspace.clock.advance(seconds: 73 * 3600)
        #expect(await code { try approve(plan, by: "grace", people: 2) } == "plan-state")
        #expect(try next(request.id, people: 2) == "lethe erase --resume \(request.id)")
        let said = try await followAll(request.id, people: 2)
        #expect(said.count == 4)
    }

    /// `audit.db` was lost, and with it the record of the plan.
    @Test(arguments: [false, true]) func aPlanThatTheLogHasLostIsCancelled(isApproved: Bool) async throws {
        let request = try await open()
        let first = try context.inventory.plan(try #require(request.plan)).plan
        try await CancelPlan(context, rules: TestRules.none, by: "clerk").run(first.id)
        let plan = Plan(
            id: PlanID(value: 7), kind: .erasure, created: first.created, partner: first.partner,
            policyDigest: first.policyDigest, request: request.id, coverage: first.coverage, limits: first.limits,
            items: first.items)
        let digest = try context.inventory.save(plan)
        try context.inventory.assign(plan.id, to: request.id, by: "clerk")
        if isApproved {
            let now = workspace.clock.now().microseconds
            try change(
                "INSERT INTO approval SELECT key, digest, 'ada', 'cli', \(now) FROM plan WHERE digest = '\(digest)'")
            try context.inventory.move(plan.id, to: .approved, by: "ada")
        }
        try change("UPDATE plan SET recorded = 1")
        #expect(await code { try approve(plan.id, by: "kim") } == "plan-unrecorded")
        if isApproved { #expect(await code { try await apply(plan.id) } == "plan-unrecorded") }
        let said = try await followAll(request.id)
        #expect(said.first == "lethe plan cancel \(plan.id)")
    }

    /// Somebody changed the rows.
    @Test func aPlanWhoseItemsWereChangedIsCancelled() async throws {
        let request = try await open()
        let plan = try #require(request.plan)
        try change("UPDATE plan_item SET size = size + 1")
        #expect(await code { try approve(plan, by: "ada") } == "plan-changed")
        let said = try await followAll(request.id)
        #expect(said.first == "lethe plan cancel \(plan)")
    }

    private func change(_ sql: String) throws {
        let done = try Shell.run("sqlite3 -cmd '.timeout 20000' inventory.db \"\(sql)\"", in: workspace.directory.url)
        try #require(done.status == 0, "\(done.text)")
    }

    @Test func aRequestThatIsNotTheLogsIsWithdrawn() async throws {
        let request = try await open()
        let plan = try #require(request.plan)
        try approve(plan, by: "ada")
        try change("UPDATE request SET scope = 'conversation'")
        #expect(await code { try await apply(plan) } == "request-changed")
        let said = try await followAll(request.id)
        #expect(said == ["lethe requests withdraw \(request.id) --as NAME --reason TEXT"])
    }
}
