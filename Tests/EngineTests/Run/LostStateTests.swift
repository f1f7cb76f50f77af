import Audit
import Domain
import Foundation
import Inventory
import Rules
import Simulator
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// An older `inventory.db` was put back: what it lacks and the log has is named, and stands in the way until it is back or its
/// loss is on record.
@Suite struct LostStateTests {
    private let workspace: TestWorkspace

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(80)
    }

    private var keys: LookupKeys {
        get throws { try LookupKeys.load(from: workspace.directory.file("keys").appending(path: "lookup.key")) }
    }

    /// Nobody writes meanwhile, so that the files as they are make a copy.
    private func backUp() throws -> URL {
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(
                at: workspace.directory.file("inventory.db" + suffix), to: workspace.directory.file("older.db" + suffix)
            )
        }
        return workspace.directory.file("older.db")
    }

    private func context(_ backup: URL, _ vendor: any VendorAPI) throws -> RunContext {
        RunContext(
            inventory: try InventoryStore.open(at: backup, keys: keys), log: workspace.log, vendor: vendor,
            time: workspace.clock, partner: TestWorkspace.partner, workspace: workspace.directory.url,
            clockTolerance: nil)
    }

    @Test func aLostRequestIsNamedAndStopsEveryApplyUntilTheLossIsOnRecord() async throws {
        let backup = try backUp()
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        let request = try await PlanErasure(workspace.context(vendor), rules: TestRules.none, limits: Limits())
            .run(ask).request
        let restored = try context(backup, vendor)
        await #expect { _ = try await TestWorkspace.retention(restored).run() } throws: {
            let error = $0 as? LetheError
            return error?.code == "request-unresolved" && error?.message.contains("\(request.id)") == true
        }
        #expect(vendor.deletes.isEmpty)
        let decide = try DecideRequest(
            restored, rules: TestRules.none, by: "ada", reason: "the disk of the host was lost")
        #expect { try decide.recordLoss(of: RequestID(value: 5)) } throws: {
            ($0 as? LetheError)?.code == "unknown-request"
        }
        try decide.recordLoss(of: request.id)
        #expect(try await TestWorkspace.retention(restored).run().status == .done)
        #expect(!vendor.deletes.isEmpty)
    }

    /// What was ended stays ended, whatever an older inventory says of it.
    @Test func aRestoreRevivesNeitherARequestThatWasWithdrawnNorAPlanThatWasCancelled() async throws {
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let live = workspace.context(vendor)
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        let request = try await PlanErasure(live, rules: TestRules.none, limits: Limits()).run(ask).request
        let plan = try #require(request.plan)
        try ApprovePlan(inventory: live.inventory, log: live.log, time: live.time, rules: ApprovalRule())
            .run(plan, by: "ada")
        let backup = try backUp()
        _ = try await DecideRequest(live, rules: TestRules.none, by: "ada", reason: "taken back").withdraw(request.id)
        let restored = try context(backup, vendor)
        #expect(try restored.inventory.request(request.id)?.state == .approved)
        await #expect {
            _ = try await ApplyPlan(restored, rules: TestRules.none, settings: TestWorkspace.settings).run(plan)
        } throws: { ($0 as? LetheError)?.code == "plan-closed" }
        #expect(try restored.inventory.request(request.id)?.state == .withdrawn)
        #expect(try await TestWorkspace.retention(restored, TestRules.none).run().status == .done)
        #expect(vendor.deletes.isEmpty)
    }

    /// The same where the plan was in work: it is closed, and nothing more of it is sent.
    @Test(arguments: [HaltCause.signal, .stillThere])
    func aPlanInWorkIsClosedOnceItsRequestIsWithdrawnElsewhere(cause: HaltCause) async throws {
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let live = workspace.context(vendor)
        let planned = try await planErasure(live)
        let plan = planned.plan.id
        try ApprovePlan(inventory: live.inventory, log: live.log, time: live.time, rules: ApprovalRule())
            .run(plan, by: "ada")
        let older = try context(try backUp(), vendor)
        for state in [Plan.State.applying, .halted] {
            try live.inventory.move(plan, to: state, cause: state == .halted ? cause.rawValue : nil)
        }
        _ = try await DecideRequest(older, rules: TestRules.none, by: "ada", reason: "taken back")
            .withdraw(planned.request.id)
        #expect(try await TestWorkspace.retention(live, TestRules.none).run().status == .done)
        #expect(try live.inventory.request(planned.request.id)?.state == .withdrawn)
        #expect(try live.inventory.plan(plan).state.isClosed)
        #expect(vendor.deletes.isEmpty)
        #expect(try await TestWorkspace.retention(live, TestRules.none).run().status == .done)
    }

    /// The log has its run: nobody is asked to approve it again.
    @Test func aPlanFromBeforeItsApprovalIsClosedByTheNextRun() async throws {
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let live = workspace.context(vendor)
        let plan = try PlanRetention(
            inventory: live.inventory, log: live.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: Limits(maxPercent: 100)
        ).run(now: workspace.clock.now()).plan
        let restored = try context(try backUp(), vendor)
        try ApprovePlan(inventory: live.inventory, log: live.log, time: live.time, rules: ApprovalRule())
            .run(plan.id, by: "ada")
        _ = try await ApplyPlan(live, rules: TestRules.five, settings: TestWorkspace.settings).run(plan.id)
        let deletes = vendor.deletes.count
        #expect(deletes > 0)
        #expect(try await TestWorkspace.retention(restored).run().status == .done)
        #expect(try restored.inventory.plan(plan.id).state.isClosed)
        #expect(vendor.deletes.count == deletes)
    }

    private func planErasure(_ context: RunContext) async throws -> PlanErasure.Planned {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        return try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask)
    }

    private func apply(_ plan: PlanID, _ context: RunContext) async throws -> RunResult {
        try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "ada"
        ).run(plan)
    }

    @Test func aRestoreForgetsNeitherThatARequestWasAnsweredNorThatItIsOpenAgain() async throws {
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let live = workspace.context(vendor)
        let planned = try await planErasure(live)
        let before = try context(try backUp(), vendor)
        _ = try await apply(planned.plan.id, live)
        let answered = try #require(try live.inventory.request(planned.request.id))
        #expect(answered.state == .completed)

        try CatchUp(inventory: before.inventory, log: live.log).run()
        let known = try #require(try before.inventory.request(planned.request.id))
        #expect(known.state == .completed)
        #expect(known.answered.map { $0 >= planned.plan.created } == true)
        let deletes = vendor.deletes.count
        _ = try await TestWorkspace.retention(before, TestRules.none).run()
        #expect(try before.inventory.plan(planned.plan.id).state.isClosed)
        #expect(try before.inventory.request(planned.request.id)?.state == .completed)
        #expect(vendor.deletes.count == deletes)

        try live.inventory.advance(planned.request.id, .reopened, reason: "more")
        try CatchUp(inventory: before.inventory, log: live.log).run()
        #expect(try before.inventory.request(planned.request.id)?.state == .received)
        #expect(try before.inventory.request(planned.request.id)?.answered == nil)
    }

    /// The log has the answer, and an older inventory does not: what was sent after it stays a new matter.
    @Test func aRestoreDoesNotForgetWhenARequestWasAnswered() async throws {
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let live = workspace.context(vendor)
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: 0))], openedBy: "clerk")
        ask.isOffline = true
        let planned = try await PlanErasure(live, rules: TestRules.none, limits: Limits()).run(ask)
        let backup = try backUp()
        _ = try await ApplyErasure(
            live, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "ada"
        ).run(planned.plan.id)
        let answered = try #require(try workspace.inventory.request(planned.request.id)?.answered)
        let restored = try context(backup, vendor)
        try CatchUp(inventory: restored.inventory, log: restored.log).run()
        let later = AttachmentID(value: 0xFEED)
        _ = try restored.inventory.record(
            [
                Delivery(messages: [
                    MessageObservation(
                        message: MessageID(value: 0xFEED), chat: ChatID(value: 0xFEED), isGroup: false,
                        line: try PhoneLine(TestWorkspace.lines[0]), direction: .inbound,
                        sender: try Handle(Population.handle(of: 0)), sentAt: answered.adding(seconds: 60),
                        attachments: [ObservedAttachment(id: later, source: .message)])
                ])
            ], now: workspace.clock.now())
        await #expect {
            _ = try await PlanErasure(restored, rules: TestRules.none, limits: Limits())
                .run(again: PlanErasure.Repeat(planned.request.id))
        } throws: { ($0 as? LetheError)?.code == "nothing-left" }
    }

    /// A run was killed, and the inventory from before its plan was put back.
    @Test func openIntentsOfALostPlanAreSettledByGET() async throws {
        let backup = try backUp()
        let planned = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now())
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(planned.plan.id, by: "ada")
        let run = RunID(value: .random(in: 0 ... .max))
        _ = try workspace.log.append(
            [
                .runStart(
                    .init(run: run, plan: planned.plan.id, digest: planned.digest, policy: planned.plan.policyDigest))
            ]
                + planned.plan.items.prefix(3).map { item in
                    .deleteIntent(
                        .init(
                            run: run, operation: OperationID(value: .random(in: 0 ... .max)), attempt: 1,
                            attachment: item.attachment, rule: item.rule))
                })
        let restored = try context(backup, try workspace.scripted(lookUp: { _ in .http(404, code: 2003) }))
        try CatchUp(inventory: restored.inventory, log: restored.log).run()
        let open = try restored.inventory.openIntents()
        #expect(!open.isEmpty)
        let lines = Set(try TestWorkspace.lines.map { try PhoneLine($0) })
        let summary = try await ReconcileIntents(restored, rules: TestRules.five).run(accountLines: lines)
        #expect(summary.closed == open.count && summary.open == 0)
        let outcomes = Set(try open.compactMap { try restored.inventory.record(of: $0.attachment)?.outcome })
        #expect(outcomes == [.alreadyAbsent])
    }

    @Test func anInventoryOfAnotherLogIsRefused() throws {
        let other = try TestWorkspace()
        try other.fill(5)
        _ = try PlaceHold(inventory: other.inventory, log: other.log)
            .run(.line(try PhoneLine(TestWorkspace.lines[0])), by: "ada", reason: "matter", now: other.clock.now())
        #expect { try CatchUp(inventory: other.inventory, log: workspace.log).run() } throws: {
            ($0 as? LetheError)?.code == "other-log"
        }
    }

    /// The open epoch alone is lost, so keys and head fit both.
    @Test func anOlderLogIsRefusedBeforeAnythingIsWrittenOrSent() async throws {
        try CatchUp(inventory: workspace.inventory, log: workspace.log).run()
        let copy = workspace.directory.file("older-audit.db")
        try FileManager.default.copyItem(at: workspace.directory.file("audit.db"), to: copy)
        let hold = PlaceHold(inventory: workspace.inventory, log: workspace.log)
        func place() throws {
            _ = try hold.run(.all, by: "ada", reason: "matter", now: workspace.clock.now())
        }
        try place()
        let older = try AuditLog.open(
            .init(database: copy, keys: workspace.directory.file("keys")), time: workspace.clock)
        let size = try older.size()
        let vendor = try workspace.scripted()
        let context = RunContext(
            inventory: workspace.inventory, log: older, vendor: vendor, time: workspace.clock,
            partner: TestWorkspace.partner, workspace: workspace.directory.url, clockTolerance: nil)
        await #expect { _ = try await TestWorkspace.retention(context).run() } throws: {
            let error = $0 as? LetheError
            return error?.code == "older-log" && error?.status == .failed
        }
        #expect { try CatchUp(inventory: workspace.inventory, log: older).follow() } throws: {
            ($0 as? LetheError)?.code == "older-log"
        }
        #expect(try older.size() == size)
        #expect(vendor.deletes.isEmpty)
        try place()
    }

    @Test func theSegmentBeforeTheOneThatWasFollowedIsAnOlderLog() throws {
        let segments = workspace.directory.file("audit")
        try CatchUp(inventory: workspace.inventory, log: workspace.log).run()
        let copies = ["audit.db", "keys"].map { ($0, workspace.directory.file("older-" + $0)) }
        for (name, copy) in copies { try FileManager.default.copyItem(at: workspace.directory.file(name), to: copy) }
        let location = TestWorkspace.location(workspace.directory)
        _ = try AuditLog.rollover(location, reason: "yearly", by: "ada", tool: "lethe test", time: workspace.clock)
        let next = try AuditLog.open(location, time: workspace.clock)
        // A closed segment that is moved away leaves its name in the one after it.
        try FileManager.default.removeItem(at: segments)
        #expect { try CatchUp(inventory: workspace.inventory, log: next).run() } throws: {
            ($0 as? LetheError)?.code == "missing-segment"
        }
        try next.recordLoss(of: workspace.log.origin, by: "ada", reason: "moved away")
        try CatchUp(inventory: workspace.inventory, log: next).run()
        // The inventory has not seen how the older one was closed.
        let older = try AuditLog.open(
            .init(database: copies[0].1, keys: copies[1].1), time: workspace.clock)
        #expect { try CatchUp(inventory: workspace.inventory, log: older).run() } throws: {
            ($0 as? LetheError)?.code == "older-log"
        }
    }

    @Test func theInventoryIsOfOnePartner() throws {
        try workspace.inventory.bind(partner: "a")
        try workspace.inventory.bind(partner: "a")
        #expect { try workspace.inventory.bind(partner: "b") } throws: { ($0 as? LetheError)?.code == "other-partner" }
    }
}
