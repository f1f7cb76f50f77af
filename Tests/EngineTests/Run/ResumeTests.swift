import Audit
import Cryptography
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Simulator
import Synchronization
import TestSupport
import Testing

/// What a crash, a signal or a halt leaves, and how the next run goes on.
@Suite struct ResumeTests {
    private func retention(_ context: RunContext) -> RunRetention {
        RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: ApprovalRule(),
            settings: .init(maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester"))
    }

    /// A plan whose process died after these intents were durable.
    private func crash(_ workspace: TestWorkspace, intents: Int) throws -> Plan {
        let planned = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five,
            partner: TestWorkspace.partner, limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now())
        let plan = planned.plan
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(plan.id, by: "ada")
        try workspace.inventory.move(plan.id, to: .applying)
        let run: RunID = try Randomness.id()
        var records: [AuditRecord] = [
            .runStart(.init(run: run, plan: plan.id, digest: planned.digest, policy: plan.policyDigest))
        ]
        for item in plan.items.prefix(intents) {
            records.append(
                .deleteIntent(
                    .init(
                        run: run, operation: try Randomness.id(), attempt: 1, attachment: item.attachment,
                        rule: item.rule)))
        }
        _ = try workspace.log.append(records)
        return plan
    }

    /// Before a segment is closed: answers belong in the segment of their intents.
    @Test func whatWasAnnouncedIsSettledWithoutADelete() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(20)
        let plan = try crash(workspace, intents: 2)
        let vendor = try workspace.scripted(lookUp: { id in
            id == plan.items[0].attachment ? .http(404, code: 2003) : .http(200)
        })
        try await SettleIntents(workspace.context(vendor), rules: TestRules.five).run()
        #expect(try workspace.inventory.openIntents().isEmpty && vendor.deletes.isEmpty)
        let closed = try workspace.records().contains {
            if case .itemClosed(let closing) = $0 { closing.attachment == plan.items[0].attachment } else { false }
        }
        #expect(closed)
        // With nothing open the vendor is not asked for anything: this one refuses the key.
        try await SettleIntents(workspace.context(ScriptedVendor(lines: [])), rules: TestRules.five).run()
    }

    /// The limits were lowered after it was begun: the other plans are carried out, and its items wait with it.
    @Test func aPlanThatTodaysLimitsDoNotAllowStopsNoOther() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(100)
        let plan = try crash(workspace, intents: 1)
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let person = try Handle(Population.handle(of: 0))
        var ask = PlanErasure.Ask(handles: [person], openedBy: "clerk")
        ask.isOffline = true
        let planned = try await PlanErasure(context, rules: TestRules.five, limits: Limits()).run(ask)
        let wanted = planned.plan.items.filter { $0.withheld == nil }.map(\.attachment)
        let settings = ApplyPlan.Settings(requestsPerSecond: 1000, operatorName: "tester")
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(planned.plan.id, by: "ada")
        try workspace.inventory.move(planned.plan.id, to: .applying)
        let limits = Limits(maxDeletes: wanted.count, maxPercent: 100)
        #expect(plan.items.count > wanted.count + 1 && !wanted.isEmpty)
        let answer = try await RunRetention(
            context, rules: TestRules.five, limits: limits, approval: ApprovalRule(), settings: settings
        ).run()
        #expect(answer.status == .incomplete)
        let way = "lethe plan apply \(plan.id) --allow-deletes \(plan.items.count)"
        #expect(
            answer.refusals.contains {
                $0.sentence.contains(way) && $0.sentence.contains("lethe plan cancel \(plan.id)")
            })
        #expect(Set(vendor.deletes) == Set(wanted))
        #expect(answer.planned.plan.items.isEmpty)
        #expect(try workspace.inventory.plan(plan.id).state == .applying)
    }

    @Test func openIntentsAreSettledByGetAndThePlanIsFinished() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(100)
        let plan = try crash(workspace, intents: 3)
        let (gone, present, unknown) = (plan.items[0], plan.items[1], plan.items[2])
        let vendor = try workspace.scripted(lookUp: { id in
            switch id {
            case gone.attachment: .http(404, code: 2003)
            case present.attachment: .http(200)
            default: .http(404, code: 2007)
            }
        })
        let answer = try await retention(workspace.context(vendor)).run()
        let resumed = try #require(answer.resumed.first)
        #expect(resumed.plan == plan.id)
        #expect(resumed.counts[.alreadyAbsent as Outcome] == 1)
        #expect(resumed.counts[.notAttempted as Outcome] == 1)
        #expect(resumed.counts[.deleted as Outcome] == plan.items.count - 2)
        #expect(resumed.status == .incomplete)
        #expect(!vendor.deletes.contains(gone.attachment) && !vendor.deletes.contains(unknown.attachment))
        #expect(try workspace.inventory.plan(plan.id).state == .applying)
        let attempts = try workspace.records().compactMap { record in
            if case .deleteIntent(let intent) = record, intent.attachment == present.attachment {
                intent.attempt
            } else {
                nil as Int?
            }
        }
        #expect(attempts == [1, 2])
        #expect(
            try workspace.records().contains {
                if case .itemClosed(let closing) = $0, closing.attachment == gone.attachment,
                    closing.outcome == .alreadyAbsent, closing.reason == "settled_after_crash"
                {
                    true
                } else {
                    false
                }
            })
    }

    @Test func what404AfterAnIntentThatGotNoAnswerAndWasStillThereIsOurs() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let plan = try crash(workspace, intents: 1)
        let first = plan.items[0].attachment
        let vendor = GoneOnceAsked(first, lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        let answer = try await retention(workspace.context(vendor)).run()
        #expect(answer.resumed.first?.counts[.deletedAfterRetry as Outcome] == 1)
        #expect(answer.resumed.first?.status == .done)
        #expect(try workspace.inventory.plan(plan.id).state == .done)
    }

    /// It asks, and deletes nothing.
    @Test func aPlanIsSettledAndCancelledUnderTheKillFile() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let plan = try crash(workspace, intents: 2)
        try Data().write(to: workspace.directory.file("STOP"))
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let ended = try await CancelPlan(workspace.context(vendor), rules: TestRules.five, by: "ada").run(plan.id)
        #expect(ended.state == .cancelled && vendor.deletes.isEmpty)
    }

    @Test func theKillFileHaltsAndTheNextRunResumes() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(100)
        let stop = workspace.directory.file("STOP")
        let vendor = try workspace.scripted { _, number in
            if number == 4 { try? Data().write(to: stop) }
            return .http(204)
        }
        let due = try workspace.due()
        let halted = try await retention(workspace.context(vendor)).run()
        #expect(halted.result?.halted == .killFile && halted.status == .incomplete)
        #expect(vendor.deletes.count == 4)
        try FileManager.default.removeItem(at: stop)
        let resumed = try await retention(
            workspace.context(try workspace.scripted(lookUp: { _ in .http(200) }))
        ).run()
        #expect(resumed.resumed.first?.counts[.deleted as Outcome] == due.count)
        #expect(resumed.status == .done)
    }

    /// What a person is to look at is taken by no other plan, whoever approved that one.
    @Test func whatIsHaltedForReviewIsTakenByNoOtherPlan() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        let planner = PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100))
        let saved = try planner.run(now: workspace.clock.now()).plan
        let approve = ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule())
        try approve.run(saved.id, by: "ada")
        let absent = try workspace.scripted(
            delete: { _, _ in .http(404, code: 2003) }, lookUp: { _ in .http(404, code: 2003) })
        let halted = try await retention(workspace.context(absent)).run()
        #expect(halted.result?.halted == .tooManyAbsent)
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        let apply = ApplyPlan(workspace.context(vendor), rules: TestRules.five, settings: TestWorkspace.settings)
        await #expect { _ = try await apply.run(saved.id) } throws: { ($0 as? LetheError)?.code == "plan-halted" }
        #expect(try planner.run(now: workspace.clock.now()).plan.items.isEmpty)
        #expect(vendor.deletes.isEmpty)
    }

    /// A person who knows that others deleted 12 % is through in one command, and nobody is asked again in the next run of the plan.
    @Test func whatIsAcceptedAsAbsentHaltsNoRunOfThePlan() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(300)
        let due = try workspace.due().sorted()
        let away = Set(due.indices.filter { $0 % 8 == 0 }.map { due[$0] })
        let vendor = try workspace.scripted(
            delete: { id, _ in away.contains(id) ? .http(404, code: 2003) : .http(204) },
            lookUp: { away.contains($0) ? .http(404, code: 2003) : .http(200) })
        let log = try workspace.rollOver()
        func context(_ shouldStop: @escaping @Sendable () -> Bool = { false }) -> RunContext {
            RunContext(
                inventory: workspace.inventory, log: log, vendor: vendor, time: workspace.clock,
                partner: TestWorkspace.partner, workspace: workspace.directory.url, clockTolerance: nil,
                shouldStop: shouldStop)
        }
        let settings = ApplyPlan.Settings(
            maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "robin")
        let retention = RunRetention(
            context(), rules: TestRules.five, limits: .init(maxPercent: 100), approval: ApprovalRule(above: 5000),
            settings: settings)
        let halted = try await retention.run()
        #expect(halted.result?.halted == .tooManyAbsent)
        let plan = try #require(halted.result?.plan)
        func apply(_ accepted: Int, _ shouldStop: @escaping @Sendable () -> Bool = { false }) async throws -> RunResult
        {
            try await ApplyPlan(
                context(shouldStop), rules: TestRules.five, settings: settings, reason: "support removed them",
                acceptedAbsences: accepted
            ).run(plan)
        }
        let half = away.count / 2
        let few = try await apply(half)
        #expect(few.halted == .tooManyAbsent && few.counts[.absent as Outcome.Group] == half + 1)
        let sent = vendor.deletes.count
        let interrupted = try await apply(away.count) { vendor.deletes.count > sent }
        #expect(interrupted.halted == .signal)
        let rest = try await retention.run()
        #expect(rest.resumed.first?.counts[.open as Outcome.Group] == 0 && rest.status == .done)
        let accepted = try log.entries(after: -1, limit: 10_000).compactMap { entry in
            if case .absenceAccepted(let acceptance) = entry.record { acceptance } else { nil }
        }
        #expect(accepted.map(\.most) == [half, away.count] && accepted.allSatisfy { $0.by == "robin" })
    }

    @Test func aSurpriseAsksForAReason() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        let absent = try workspace.scripted(
            delete: { _, _ in .http(404, code: 2003) }, lookUp: { _ in .http(404, code: 2003) })
        let halted = try await retention(workspace.context(absent)).run()
        #expect(halted.result?.halted == .tooManyAbsent)
        #expect(absent.deletes.count == 20)
        let away = Set(absent.deletes)
        let vendor = try workspace.scripted(
            delete: { id, _ in away.contains(id) ? .http(404, code: 2003) : .http(204) },
            lookUp: { away.contains($0) ? .http(404, code: 2003) : .http(200) })
        await #expect { _ = try await retention(workspace.context(vendor)).run() } throws: {
            let error = $0 as? LetheError
            return error?.status == .refused && error?.hint?.contains("--reason") == true
        }
        let apply = ApplyPlan(
            workspace.context(vendor), rules: TestRules.five,
            settings: .init(requestsPerSecond: 1000, operatorName: "tester"), reason: "the vendor cleaned up")
        let result = try await apply.run(#require(halted.result?.plan))
        #expect(result.halted == nil)
        #expect(result.counts[.alreadyAbsent as Outcome] == 20)
    }

    @Test func aPlanThatWasHaltedForReviewAndIsStaleIsClosedByItsReviewAndPlannedAnew() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        let absent = try workspace.scripted(
            delete: { _, _ in .http(404, code: 2003) }, lookUp: { _ in .http(404, code: 2003) })
        let halted = try #require(await retention(workspace.context(absent)).run().result)
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        let edited = TestRules.decider(
            """
            version: 1
            policies:
              - {id: other, title: Other, why: Edited meanwhile., delete_after: 150d}
            """)
        let apply = ApplyPlan(
            workspace.context(vendor), rules: edited,
            settings: .init(requestsPerSecond: 1000, operatorName: "tester"), reason: "the vendor cleaned up")
        await #expect { _ = try await apply.run(halted.plan) } throws: {
            ($0 as? LetheError)?.code == "plan-stale" && ($0 as? LetheError)?.hint?.contains("lethe run") == true
        }
        #expect(try workspace.inventory.plan(halted.plan).state == .expired)
        #expect(try await TestWorkspace.retention(workspace.context(vendor), edited).run().status == .done)
    }

    /// Its plan is closed, and nothing says how the DELETE ended whose answer was lost: the next plan's 404 does.
    @Test func aLostAnswerOfAnEarlierPlanExplainsAnAbsence() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        let plan = try crash(workspace, intents: 1)
        let first = plan.items[0].attachment
        try CatchUp(inventory: workspace.inventory, log: workspace.log).run()
        let run = try #require(try workspace.inventory.runs(of: plan.id).last?.id)
        let intent = try #require(try workspace.inventory.openIntents().first)
        _ = try workspace.log.append([
            .deleteOutcome(
                .init(
                    operation: intent.op, attempt: 1, attachment: first, answer: .unknown, http: 504,
                    final: .failedExhausted)),
            .runHalt(.init(run: run, cause: HaltCause.signal.rawValue)),
        ])
        let vendor = GoneOnceAsked(first, lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        try CatchUp(inventory: workspace.inventory, log: workspace.log).run()
        try ClosePlan(workspace.context(vendor)).cancel(plan.id, by: "ada")
        let answer = try await retention(workspace.context(vendor)).run()
        #expect(answer.result?.plan != plan.id)
        #expect(answer.result?.counts[.deletedAfterRetry as Outcome] == 1)
    }

    @Test func aSignalLeavesTheRestForTheNextRun() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(100)
        let vendor = try workspace.scripted { _, _ in .http(204) }
        let context = workspace.context(vendor, shouldStop: { vendor.deletes.count >= 2 })
        let halted = try await retention(context).run()
        #expect(halted.result?.halted == .signal)
        let rest = try await retention(workspace.context(try workspace.scripted(lookUp: { _ in .http(200) }))).run()
        #expect(rest.resumed.first?.counts[.open as Outcome.Group] == 0)
        #expect(try workspace.due().isEmpty)
    }
}

/// Holds everything, and does not hold `first` any more once a DELETE of it was answered 404.
private final class GoneOnceAsked: QuietVendor {
    private let first: AttachmentID
    private let lines: [PhoneLine]
    private let isGone = Mutex(false)

    init(_ first: AttachmentID, lines: [PhoneLine]) {
        self.first = first
        self.lines = lines
    }

    func delete(_ id: AttachmentID) async -> VendorAnswer {
        guard id == first else { return .http(204) }
        isGone.withLock { $0 = true }
        return .http(404, code: 2003)
    }

    func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
        AttachmentLookup(answer: isGone.withLock { $0 } && id == first ? .http(404, code: 2003) : .http(200))
    }

    func phoneLines() async -> Listing<PhoneLine> { Listing(answer: .http(200), elements: lines, isComplete: true) }
}
