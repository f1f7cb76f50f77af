import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Simulator
import TestSupport
import Testing

@Suite struct RequestDecisionTests {
    private let workspace: TestWorkspace
    private let context: RunContext
    private let vendor: ScriptedVendor

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(40)
        vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        context = workspace.context(vendor)
    }

    private func open(
        _ law: ErasureRequest.Jurisdiction = .gdpr, daysAgo: Int64 = 0, person: Int = 0
    ) async throws -> ErasureRequest {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: person))], openedBy: "clerk")
        ask.isOffline = true
        ask.jurisdiction = law
        ask.received = workspace.clock.now().adding(seconds: -daysAgo * 86_400)
        return try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask).request
    }

    private func decide(_ reason: String) throws -> DecideRequest {
        try DecideRequest(context, rules: TestRules.none, by: "ada", reason: reason)
    }

    @Test func aRefusalAndAWithdrawalCloseTheRequestAndItsPlan() async throws {
        let (first, second) = (try await open(person: 0), try await open(person: 1))
        let refused = try await decide("identity was not shown").refuse(first.id)
        #expect(refused.state == .refused && refused.ground == "identity was not shown" && refused.answered != nil)
        let withdrawn = try await decide("by letter").withdraw(second.id)
        #expect(withdrawn.state == .withdrawn && withdrawn.ground == nil)
        for request in [refused, withdrawn] {
            #expect(try workspace.inventory.request(request.id) == request)
            let plan = try #require(request.plan)
            #expect(try workspace.inventory.plan(plan).state == .cancelled)
            await #expect(throws: LetheError.self) {
                _ = try await ApplyErasure(
                    context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings,
                    by: "officer"
                ).run(plan)
            }
            await #expect { _ = try await decide("again").withdraw(request.id) } throws: {
                ($0 as? LetheError)?.code == "request-state"
            }
        }
        #expect(vendor.deletes.isEmpty)
        #expect(
            try workspace.records().contains(
                .requestUpdated(
                    .init(
                        request: first.id, state: .refused, due: first.due, by: "ada", reason: "identity was not shown")
                )))
        _ = try await open(person: 0)
    }

    @Test func whatIsInWorkIsNotRefused() async throws {
        let request = try await open()
        let plan = try #require(request.plan)
        for state in [Plan.State.approved, .applying] { try workspace.inventory.move(plan, to: state) }
        await #expect {
            _ = try await decide("late").refuse(request.id)
        } throws: {
            ($0 as? LetheError)?.code == "request-state"
        }
        let lease = try RunLease(context.workspace)
        await #expect {
            _ = try await decide("late").withdraw(request.id)
        } throws: {
            ($0 as? LetheError)?.code == "run-lease-taken"
        }
        withExtendedLifetime(lease) {}
    }

    @Test(arguments: [(ErasureRequest.Jurisdiction.gdpr, 59...62), (.uk, 59...62), (.ccpa, 45...45)])
    func anExtensionMovesTheDeadlineOnce(law: ErasureRequest.Jurisdiction, days: ClosedRange<Int64>) async throws {
        let request = try await open(law, daysAgo: 20)
        let told = workspace.clock.now().adding(seconds: -3 * 86_400)
        let future = workspace.clock.now().adding(seconds: 86_400)
        #expect(throws: LetheError.self) {
            _ = try decide("many systems").extend(request.id, told: future)
        }
        #expect(throws: LetheError.self) {
            _ = try decide("ask 415 555 0117").extend(request.id, told: told)
        }
        let extended = try decide("many systems").extend(request.id, told: told)
        let moved = extended.due.civilDate.daysSince1970 - request.due.civilDate.daysSince1970
        #expect(days.contains(moved))
        #expect(extended.extensionToldOn == told && extended.extensionReason == "many systems")
        #expect(extended.state == .planned)
        #expect(try workspace.inventory.request(request.id) == extended)
        #expect { _ = try decide("once more").extend(request.id) } throws: {
            ($0 as? LetheError)?.code == "already-extended"
        }
    }

    @Test func thePersonMustHaveBeenToldInTime() async throws {
        let request = try await open(daysAgo: 40)
        #expect {
            _ = try decide("many systems").extend(request.id)
        } throws: {
            ($0 as? LetheError)?.code == "extension-too-late"
        }
        let told = request.received.adding(seconds: 10 * 86_400)
        let extended = try decide("many systems").extend(request.id, told: told)
        #expect(extended.due > workspace.clock.now())
    }

    @Test func aRequestWasNotReceivedInTheFuture() async throws {
        await #expect { _ = try await open(daysAgo: -1) } throws: {
            ($0 as? LetheError)?.code == "received-in-the-future"
        }
        #expect(try workspace.inventory.requests().isEmpty)
    }

    @Test func aRequestGoesOnWithTheHandlesThatItNames() async throws {
        let request = try await open(person: 0)
        let erasure = PlanErasure(context, rules: TestRules.none, limits: Limits())
        let (own, other) = (try Handle(Population.handle(of: 0)), try Handle(Population.handle(of: 1)))
        var again = PlanErasure.Repeat(request.id)
        again.isOffline = true
        for handles in [[other], [own, other]] {
            again.handles = handles
            await #expect { _ = try await erasure.run(again: again) } throws: {
                ($0 as? LetheError)?.code == "other-subject"
            }
        }
        again.handles = [own]
        _ = try await erasure.run(again: again)
    }

    @Test func whatAHaltLeavesOpenKeepsTheRequestInWork() async throws {
        let request = try await open()
        let halting = workspace.context(
            try workspace.scripted(delete: { _, _ in .http(401) }, lookUp: { _ in .http(200) }))
        let result = try await ApplyErasure(
            halting, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "officer"
        ).run(try #require(request.plan))
        #expect(result.halted == .unauthorized)
        let after = try #require(try workspace.inventory.request(request.id))
        #expect(after.state == .applying && after.answered == nil)
    }

    /// What is withheld is listed with the day on which its ground ends.
    @Test func whatIsWithheldIsListedWithItsEnd() async throws {
        let rules = TestRules.decider(
            """
            version: 1
            policies:
              - {id: claims, title: Claims, why: C., retain: 300d, legal_ground: gdpr.17.3.e}
            """)
        let until = workspace.clock.now().adding(seconds: 90 * 86_400)
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        let first = try await PlanErasure(context, rules: rules, limits: Limits()).run(ask)
        let held = try #require(first.plan.items.first?.attachment)
        _ = try PlaceHold(inventory: workspace.inventory, log: workspace.log).run(
            .attachment(held), by: "ada", reason: "matter 17", until: until, now: workspace.clock.now())
        let again = try await PlanErasure(context, rules: rules, limits: Limits())
            .run(again: PlanErasure.Repeat(first.request.id))
        #expect(again.plan.items.count > 1)
        for item in again.plan.items {
            let withheld = try #require(item.withheld)
            let created = try #require(try workspace.inventory.attachment(item.attachment)?.created)
            #expect(withheld.ends == (item.attachment == held ? until : created.adding(seconds: 300 * 86_400)))
        }
    }

    /// Also over a rollover: what the closed segment says is cited from there.
    @Test func aStatementSaysWhyAnItemWasWithheldAtTheLastMoment() async throws {
        let request = try await open()
        let plan = try workspace.inventory.plan(try #require(request.plan)).plan
        let held = try #require(plan.items.first { $0.withheld == nil }?.attachment)
        let hold = try PlaceHold(inventory: workspace.inventory, log: workspace.log).run(
            .attachment(held), by: "ada", reason: "matter 17", now: workspace.clock.now())
        _ = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "officer"
        ).run(plan.id)
        #expect(!vendor.deletes.contains(held))
        let location = TestWorkspace.location(workspace.directory)
        let before = try IssueCertificate(inventory: workspace.inventory, log: workspace.log).run(request.id)
        _ = try AuditLog.rollover(location, reason: "yearly", by: "ada", tool: "lethe test", time: workspace.clock)
        let log = try AuditLog.open(location, time: workspace.clock)
        let after = try IssueCertificate(inventory: workspace.inventory, log: log).run(request.id)
        #expect(before.records.map(\.line) == after.records.map(\.line) && !before.records.isEmpty)
        for statement in [before, after] {
            let item = try #require(statement.proved.items.first { $0.attachment == held })
            #expect(item.outcome == .withheldHold && item.withheld?.ground == "hold \(hold.id)")
        }
    }

    /// What was withheld from an answered request may go by now; but what the person asked since takes it.
    @Test func anAnsweredRequestIsNotPlannedWhileAnotherOneIsOpen() async throws {
        let honest = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(honest)
        let first = try await open()
        let plan = try #require(first.plan)
        let item = try #require(try workspace.inventory.plan(plan).plan.items.first)
        let hold = try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(.attachment(item.attachment), by: "counsel", reason: "matter 9", now: workspace.clock.now())
        _ = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "officer"
        ).run(plan)
        #expect(try workspace.inventory.request(first.id)?.state == .completedWithExceptions)
        let second = try await open()
        let again = PlanErasure(context, rules: TestRules.none, limits: Limits())
        await #expect { _ = try await again.run(again: PlanErasure.Repeat(first.id)) } throws: {
            let error = $0 as? LetheError
            return error?.code == "request-open" && error?.message.contains(second.id.description) == true
        }
        try ReleaseHold(inventory: workspace.inventory, log: workspace.log)
            .run(hold.id, by: "counsel", reason: "closed")
        let answer = try await TestWorkspace.retention(context, TestRules.none).run()
        #expect(answer.refusals.contains { $0.sentence.contains(second.id.description) })
        #expect(try workspace.inventory.request(first.id)?.plan == plan)
        _ = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "officer"
        ).run(try #require(second.plan))
        _ = try await TestWorkspace.retention(context, TestRules.none).run()
        for request in [first, second] {
            #expect(try workspace.inventory.request(request.id)?.state == .completed)
        }
    }
}
