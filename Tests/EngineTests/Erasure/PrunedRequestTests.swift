import Audit
import Domain
import Foundation
import Inventory
import Simulator
import TestSupport
import Testing

@testable import Engine

/// What a removed segment said of requests is said again before it goes: who opened each for whom, and what became of it.
@Suite struct PrunedRequestTests {
    private let workspace: TestWorkspace
    private let vendor: ScriptedVendor

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(80)
        vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
    }

    private var location: AuditLog.Location { TestWorkspace.location(workspace.directory) }

    private func open(_ context: RunContext, person: Int = 0) async throws -> ErasureRequest {
        var ask = PlanErasure.Ask(handles: [try Handle(Population.handle(of: person))], openedBy: "clerk")
        ask.isOffline = true
        return try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask).request
    }

    /// As it is at this moment.
    private func backUp() throws -> URL {
        let copied = try Shell.run("sqlite3 inventory.db '.backup older.db'", in: workspace.directory.url)
        #expect(copied.status == 0, "\(copied.text)")
        return workspace.directory.file("older.db")
    }

    /// Seven years later.
    private func prune() throws -> AuditLog {
        workspace.clock.advance(seconds: 1)
        _ = try AuditLog.rollover(location, reason: "yearly", by: "ada", tool: "lethe test", time: workspace.clock)
        workspace.clock.advance(seconds: 7 * 365 * 86_400)
        let log = try AuditLog.open(location, time: workspace.clock)
        #expect(try log.removeSegments(closedBefore: workspace.clock.now(), by: "ops", reason: nil).count == 1)
        return log
    }

    private func context(_ log: AuditLog, _ inventory: URL? = nil) throws -> RunContext {
        let keys = try LookupKeys.load(from: workspace.directory.file("keys").appending(path: "lookup.key"))
        return RunContext(
            inventory: try inventory.map { try InventoryStore.open(at: $0, keys: keys) } ?? workspace.inventory,
            log: log, vendor: vendor, time: workspace.clock, partner: TestWorkspace.partner,
            workspace: workspace.directory.url, clockTolerance: nil)
    }

    @Test(arguments: [ErasureRequest.State.withdrawn, .refused])
    func whatEndedInAPrunedSegmentHasEndedForARestoredInventory(state: ErasureRequest.State) async throws {
        let live = try context(workspace.log)
        let request = try await open(live)
        let plan = try #require(request.plan)
        try ApprovePlan(inventory: live.inventory, log: live.log, time: live.time, rules: ApprovalRule())
            .run(plan, by: "ada")
        let older = try backUp()
        let decide = try DecideRequest(live, rules: TestRules.none, by: "ada", reason: "not ours")
        if state == .refused {
            _ = try await decide.refuse(request.id)
        } else {
            _ = try await decide.withdraw(request.id)
        }
        let restored = try context(prune(), older)
        await #expect(throws: LetheError.self) {
            _ = try await ApplyPlan(restored, rules: TestRules.none, settings: TestWorkspace.settings).run(plan)
        }
        #expect(try restored.inventory.request(request.id)?.state == state)
        _ = try await TestWorkspace.retention(restored, TestRules.none).run()
        #expect(vendor.deletes.isEmpty)
    }

    /// It is open still, and carried out: the log says for whom it was opened.
    @Test func anOpenRequestOfAPrunedSegmentIsCarriedOut() async throws {
        let request = try await open(context(workspace.log))
        let later = try context(prune())
        let again = try await PlanErasure(later, rules: TestRules.none, limits: Limits())
            .run(again: PlanErasure.Repeat(request.id)).plan.id
        try ApprovePlan(inventory: later.inventory, log: later.log, time: later.time, rules: ApprovalRule())
            .run(again, by: "ada")
        let result = try await ApplyPlan(later, rules: TestRules.none, settings: TestWorkspace.settings).run(again)
        #expect(result.status == .done && !vendor.deletes.isEmpty)
    }

    /// A segment that an older version removed took the opening with it.
    @Test func aRequestWhoseOpeningIsGoneIsNotCarriedOutAndHasAWayOn() async throws {
        let context = try context(workspace.log)
        let request = try await open(context)
        let plan = try #require(request.plan)
        try ApprovePlan(inventory: context.inventory, log: context.log, time: context.time, rules: ApprovalRule())
            .run(plan, by: "ada")
        let record = try context.inventory.plan(plan)
        workspace.clock.advance(seconds: 1)
        _ = try AuditLog.rollover(location, reason: "yearly", by: "ada", tool: "lethe test", time: workspace.clock)
        let log = try AuditLog.open(location, time: workspace.clock)
        // What is left of it after that: its plan, and nobody who asked for it.
        _ = try log.append([
            .planCreated(
                .init(
                    plan: plan, kind: .erasure, digest: record.digest, items: record.plan.items.count,
                    policy: record.plan.policyDigest)),
            .planApproved(.init(plan: plan, digest: record.digest, by: "ada", how: .cli)),
        ])
        for segment in try log.segments() where !segment.isLive {
            let file = try #require(segment.file)
            let reader = try LogReader(file)
            let note = try #require(try reader.checkpoint()).note
            try Data(note).write(to: file.deletingPathExtension().appendingPathExtension("note"))
            _ = try log.append([.operatorAct(.init(act: .segmentRemove, ref: segment.origin, by: "ada", reason: nil))])
            try log.seal()
            try FileManager.default.removeItem(at: file)
        }
        // That version kept no fold.
        let keys = try FileManager.default.contentsOfDirectory(at: location.keys, includingPropertiesForKeys: nil)
        for fold in keys where fold.lastPathComponent.hasPrefix("fold.") {
            try FileManager.default.removeItem(at: fold)
        }
        let later = try self.context(AuditLog.open(location, time: workspace.clock))
        let error = await #expect(throws: LetheError.self) {
            _ = try await ApplyPlan(later, rules: TestRules.none, settings: TestWorkspace.settings).run(plan)
        }
        #expect(error?.code == "request-changed")
        #expect(error?.hint?.contains("lethe requests withdraw \(request.id)") == true)
        #expect(vendor.deletes.isEmpty)
        _ = try await DecideRequest(later, rules: TestRules.none, by: "ada", reason: "opened anew")
            .withdraw(request.id)
        let anew = try await open(later)
        #expect(anew.id != request.id)
    }

    /// The state comes after the opening, and is the last that any segment has.
    @Test func whatIsRecordedAgainLeavesARequestAsItIs() async throws {
        let context = try context(workspace.log)
        let ids = try await (0..<3).asyncMap { try await open(context, person: $0).id }
        _ = try await DecideRequest(context, rules: TestRules.none, by: "ada", reason: "taken back").withdraw(ids[0])
        workspace.clock.advance(seconds: 1)
        _ = try AuditLog.rollover(location, reason: "yearly", by: "ada", tool: "lethe test", time: workspace.clock)
        let middle = try self.context(AuditLog.open(location, time: workspace.clock))
        _ = try DecideRequest(middle, rules: TestRules.none, by: "ada", reason: "too late").extend(ids[1])
        _ = try await DecideRequest(middle, rules: TestRules.none, by: "ada", reason: "taken back").withdraw(ids[2])
        let due = try #require(try middle.inventory.request(ids[1])?.due)
        let before = try RecordedTruth(middle.log).fold()
        workspace.clock.advance(seconds: 7 * 365 * 86_400)
        let log = try AuditLog.open(location, time: workspace.clock)
        _ = try log.removeSegments(closedBefore: workspace.clock.now(), by: "ops", reason: nil)
        let after = try RecordedTruth(log).fold()
        #expect(after.requests == before.requests && after.requests == [ids[1]])
        #expect(after.opened[ids[0]]?.state == .withdrawn)
        #expect(after.opened[ids[1]]?.due == due && after.opened[ids[1]]?.state == before.opened[ids[1]]?.state)
        #expect(after.opened[ids[1]]?.opening == before.opened[ids[1]]?.opening)
        // A second removal says it once more and no more than once.
        try CatchUp(inventory: middle.inventory, log: log).run()
        #expect(try middle.inventory.request(ids[1])?.state == .planned)
        #expect(try RecordedTruth(log).differences(in: middle.inventory, at: workspace.clock.now()).isEmpty)
    }
}

extension Sequence where Self: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
