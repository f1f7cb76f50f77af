import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Simulator
import Synchronization
import TestSupport
import Testing

/// From every state of a request there is a way on, and it leads to its answer.
@Suite struct RequestWayTests {
    private let workspace: TestWorkspace

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(200)
    }

    private func open(_ context: RunContext, _ rules: Decider = TestRules.none) async throws -> ErasureRequest {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        return try await PlanErasure(context, rules: rules, limits: Limits()).run(ask).request
    }

    private func apply(
        _ context: RunContext, _ request: ErasureRequest, _ rules: Decider = TestRules.none, by name: String = "ada",
        people: Int = 1
    ) async throws -> RunResult {
        try await ApplyErasure(
            context, rules: rules, approval: ApprovalRule(people: people), settings: TestWorkspace.settings, by: name
        ).run(try #require(request.plan))
    }

    private func state(_ request: ErasureRequest) throws -> ErasureRequest.State? {
        try workspace.inventory.request(request.id)?.state
    }

    private func next(
        _ request: ErasureRequest, people: Int = 1, rules: Decider = TestRules.none
    ) throws -> NextStep {
        try NextStep(
            try #require(try workspace.inventory.request(request.id)),
            in: NextStep.Basis(
                workspace.inventory, log: workspace.log, approval: ApprovalRule(people: people),
                policyDigest: rules.policies.digest, time: workspace.clock))
    }

    /// Answers 204 up to a number of DELETEs, then stops the run.
    private final class Stopping: Sendable {
        let after: Int
        let isStopped = Mutex(false)

        init(after: Int) { self.after = after }

        func answer(_ number: Int) -> VendorAnswer {
            if number >= after { isStopped.withLock { $0 = true } }
            return .http(204)
        }
    }

    private func interrupted(_ rules: Decider = TestRules.none) async throws -> (ErasureRequest, ScriptedVendor) {
        let stopping = Stopping(after: 1)
        let vendor = try workspace.scripted(
            delete: { _, number in stopping.answer(number) }, lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor, shouldStop: { stopping.isStopped.withLock { $0 } })
        let request = try await open(context, rules)
        #expect(try workspace.inventory.plan(try #require(request.plan)).plan.items.count > 2)
        #expect(try await apply(context, request, rules).halted == .signal)
        #expect(try state(request) == .applying)
        return (request, vendor)
    }

    @Test func aHaltedErasureWhosePoliciesChangeIsPlannedAnewWithItsApprovalsAndAnswered() async throws {
        let (request, _) = try await interrupted()
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let edited = TestRules.decider(
            """
            version: 1
            policies:
              - {id: other, title: Other, why: Edited meanwhile., delete_after: 3650d}
            """)
        let answer = try await TestWorkspace.retention(workspace.context(vendor), edited).run()
        #expect(answer.status == .done && answer.resumed.count == 1)
        #expect(try state(request) == .completed)
        let plan = try #require(try workspace.inventory.request(request.id)?.plan)
        #expect(plan != request.plan)
        let approvals = try workspace.inventory.plan(plan).approvals
        #expect(approvals.map(\.name) == ["ada"] && approvals.map(\.how) == ["schedule"])
        #expect(try workspace.inventory.plan(try #require(request.plan)).state == .expired)
    }

    @Test func aCancelledPlanLeavesARequestThatTheNextRunPlansAnew() async throws {
        let (request, _) = try await interrupted()
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        try await CancelPlan(context, rules: TestRules.none, by: "ada", reason: "by mistake")
            .run(try #require(request.plan))
        #expect(vendor.deletes.isEmpty)
        #expect(try state(request) == .received)
        // A DELETE was sent under it: it is not refused any more, whatever its state.
        let decide = try DecideRequest(context, rules: TestRules.none, by: "ada", reason: "not ours")
        await #expect { _ = try await decide.refuse(request.id) } throws: {
            ($0 as? LetheError)?.code == "request-state"
        }
        #expect(try state(request) == .received)
        let step = try next(request)
        #expect(step.command == "lethe erase --resume \(request.id)")
        _ = try await TestWorkspace.retention(context, TestRules.none).run()
        #expect(try state(request) == .completed)
    }

    /// The process died after it stored the plan and before the log had it.
    @Test func aPlanThatTheLogNeverGotIsPlannedAnew() async throws {
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let request = try await open(context)
        let plan = try #require(request.plan)
        #expect(
            try Shell.run(
                "sqlite3 -cmd '.timeout 20000' inventory.db 'UPDATE plan SET recorded = 0'", in: workspace.directory.url
            ).status == 0)
        #expect {
            try ApprovePlan(inventory: context.inventory, log: context.log, time: context.time, rules: ApprovalRule())
                .run(plan, by: "ada")
        } throws: {
            let error = $0 as? LetheError
            return error?.code == "plan-unrecorded" && error?.hint?.contains("erase --resume \(request.id)") == true
        }
        let step = try next(request)
        #expect(step.command == "lethe erase --resume \(request.id)")
        _ = try await PlanErasure(context, rules: TestRules.none, limits: Limits())
            .run(again: PlanErasure.Repeat(request.id))
        _ = try await apply(context, try #require(try workspace.inventory.request(request.id)))
        #expect(try state(request) == .completed)
    }

    @Test func whatIsBeingAppliedIsNotPlannedASecondTime() async throws {
        let (request, vendor) = try await interrupted()
        await #expect {
            _ = try await PlanErasure(workspace.context(vendor), rules: TestRules.none, limits: Limits())
                .run(again: PlanErasure.Repeat(request.id))
        } throws: {
            ($0 as? LetheError)?.code == "request-state" && ($0 as? LetheError)?.hint?.contains("run --apply") == true
        }
        #expect(try workspace.inventory.plans().filter { $0.request == request.id }.count == 1)
    }

    /// 204, then a GET that finds it, then a halt: not forgotten, and not called deleted in the end.
    @Test func whatAGetFoundAfterItsDeleteIsNotAnswered() async throws {
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        let context = workspace.context(vendor)
        let request = try await open(context)
        #expect(try await apply(context, request).halted == .stillThere)
        let honest = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let result = try await ApplyPlan(
            workspace.context(honest), rules: TestRules.none, settings: TestWorkspace.settings,
            reason: "the vendor looked at it"
        ).run(try #require(request.plan))
        #expect(result.status == .incomplete && result.counts[.failedUnexpected] > 0)
        let answered = try #require(try workspace.inventory.request(request.id))
        #expect(answered.state == .completedWithExceptions)
        #expect(try next(answered).command == "lethe erase --resume \(request.id)")
        let again = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let planned = try await PlanErasure(workspace.context(again), rules: TestRules.none, limits: Limits())
            .run(again: PlanErasure.Repeat(request.id))
        #expect(try await apply(workspace.context(again), planned.request).status == .done)
        #expect(!again.deletes.isEmpty)
        #expect(try state(request) == .completed)
    }

    /// A file from before the answer reopens; nobody has approved it, so it waits for as many people as any request.
    @Test(arguments: [1, 2]) func whatIsFoundAfterTheAnswerWaitsForItsOwnApproval(people: Int) async throws {
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let request = try await open(context)
        for name in ["ada", "grace"].prefix(people) {
            _ = try? await apply(context, request, by: name, people: people)
        }
        #expect(try state(request) == .completed)
        let (before, after) = (Self.file(1), Self.file(2))
        let answered = try #require(try workspace.inventory.request(request.id)?.answered)
        let reopened = try workspace.inventory.record(
            [
                try Self.delivery(before, at: answered.adding(seconds: -86_400)),
                try Self.delivery(after, at: answered.adding(seconds: 60)),
            ], now: workspace.clock.now())
        #expect(reopened.reopens == [request.id])
        let sent = vendor.deletes.count
        let retention = RunRetention(
            context, rules: TestRules.none, limits: Limits(), approval: ApprovalRule(people: people),
            settings: TestWorkspace.settings)
        let answer = try await retention.run()
        #expect(answer.status == .incomplete && answer.refusals.contains { $0.sentence.contains("plan approve") })
        #expect(vendor.deletes.count == sent)
        let waiting = try #require(try workspace.inventory.request(request.id))
        #expect(waiting.state == .planned)
        #expect(try workspace.inventory.plan(try #require(waiting.plan)).plan.items.map(\.attachment) == [before])
        for name in ["ada", "grace"].prefix(people) {
            _ = try? await apply(context, waiting, by: name, people: people)
        }
        #expect(try state(request) == .completed && vendor.deletes.last == before)
        #expect(!vendor.deletes.contains(after))
        let log = try workspace.records().compactMap { record -> ErasureRequest.State? in
            guard case .requestUpdated(let update) = record, update.request == request.id else { return nil }
            return update.state
        }
        #expect(log.suffix(5) == [.received, .planned, .approved, .applying, .completed])
    }

    /// Something answered for the vendor, and what became of a DELETE is not known: no second plan announces another.
    @Test func whatAnotherPlanAnnouncedIsLeftToIt() async throws {
        let gateway = try workspace.scripted(
            delete: { _, _ in VendorAnswer(.http(status: 404, code: nil)) },
            lookUp: { _ in VendorAnswer(.http(status: 404, code: nil)) })
        let all = TestRules.decider(
            """
            version: 1
            policies:
              - {id: all, title: All, why: Nothing is kept., delete_after: 1d}
            """)
        let context = workspace.context(gateway)
        let result = try #require(await TestWorkspace.retention(context, all).run().result)
        #expect(result.halted == .notTheVendor)
        // Then a run of it died with the next DELETE under way.
        let run = try #require(try workspace.inventory.runs(of: result.plan).last?.id)
        for item in try workspace.inventory.plan(result.plan).plan.items {
            _ = try workspace.log.append([
                .deleteIntent(
                    .init(
                        run: run, operation: OperationID(value: .random(in: 0 ... .max)), attempt: 9,
                        attachment: item.attachment, rule: item.rule))
            ])
        }
        try CatchUp(inventory: workspace.inventory, log: workspace.log).run()
        let announced = Set(try workspace.inventory.openIntents().map(\.op))
        let request = try await open(context, all)
        _ = try await apply(context, request, all)
        for intent in try workspace.inventory.openIntents() where !announced.contains(intent.op) {
            let others = try workspace.inventory.openIntents().filter { $0.attachment == intent.attachment }
            #expect(others.count == 1)
        }
        #expect(!announced.isEmpty)
    }

    @Test func aFileThatArrivesDuringTheRunIsNotPassedOver() async throws {
        let inventory = workspace.inventory
        let clock = workspace.clock
        let vendor = try workspace.scripted(
            delete: { _, _ in
                _ = try? inventory.record([try Self.delivery(Self.file(3), at: clock.now())], now: clock.now())
                return .http(204)
            }, lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let request = try await open(context)
        #expect(try await apply(context, request).isMoreFound)
        #expect(try state(request) == .received)
    }

    private static func file(_ number: UInt64) -> AttachmentID { AttachmentID(value: 0xFEED_0000 + UInt128(number)) }

    private static func delivery(_ id: AttachmentID, at time: Timestamp) throws -> Delivery {
        Delivery(messages: [
            MessageObservation(
                message: MessageID(value: id.value), chat: ChatID(value: id.value), isGroup: false,
                line: try PhoneLine(TestWorkspace.lines[0]), direction: .inbound,
                sender: try Handle(Population.handle(of: 0)), sentAt: time,
                attachments: [ObservedAttachment(id: id, source: .message)])
        ])
    }
}
