import Audit
import Cryptography
import Domain
import Engine
import Foundation
import Inventory
import Rules
import TestSupport
import Testing

/// The invariants of `docs/architecture.md` over a real log and a real inventory.
@Suite struct InvariantTests {
    private static let one = ApplyPlan.Settings(
        maxInFlight: 1, requestsPerSecond: 1000, usesCanary: false, operatorName: "tester")

    private func retention(_ context: RunContext) -> RunRetention {
        RunRetention(
            context, rules: TestRules.five, limits: .init(maxPercent: 100), approval: ApprovalRule(),
            settings: Self.one)
    }

    @Test func withoutTheLogNothingIsSent() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(40)
        let log = workspace.directory.file("audit.db")
        let aside = workspace.directory.file("aside.db")
        let vendor = try workspace.scripted(onPhoneLines: { try? FileManager.default.moveItem(at: log, to: aside) })
        await #expect(throws: LetheError.self) { _ = try await retention(workspace.context(vendor)).run() }
        #expect(vendor.deletes.isEmpty)
    }

    @Test func whenTheLogFailsDuringARunOnlyWhatItHoldsWasSent() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(120)
        let due = try workspace.due()
        let log = workspace.directory.file("audit.db")
        let aside = workspace.directory.file("aside.db")
        let vendor = try workspace.scripted { _, number in
            if number == 3 { try? FileManager.default.moveItem(at: log, to: aside) }
            return .http(204)
        }
        let answer = try? await retention(workspace.context(vendor)).run()
        #expect(answer?.result?.halted == nil || answer?.result?.halted == .auditWriteFailed)
        var announced: Set<AttachmentID> = []
        for entry in try LogReader(aside).entries(after: -1, limit: 10_000) {
            if case .deleteIntent(let intent) = entry.record { announced.insert(intent.attachment) }
        }
        #expect(!vendor.deletes.isEmpty)
        #expect(Set(vendor.deletes).isSubset(of: announced))
        #expect(vendor.deletes.count < due.count)
    }

    /// Announced a hundred at a time, sent one after the other: what the halt overtook cannot have acted.
    @Test func whatHadNotLeftWhenTheRunHaltedIsNoDeleteThatMayHaveActed() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        for _ in 0..<2 {
            let refused = try workspace.scripted { _, _ in .http(401, code: 2004) }
            _ = try? await retention(workspace.context(refused)).run()
            #expect(!refused.deletes.isEmpty)
            #expect(try workspace.inventory.openIntents().isEmpty)
        }
        var unsent = 0
        try LogReader(TestWorkspace.location(workspace.directory).database).forEachEntry { entry in
            guard case .deleteOutcome(let answer) = entry.record, answer.error == .halted else { return }
            unsent += 1
            if answer.answer != .notSent || answer.final != nil { Issue.record("\(answer)") }
        }
        #expect(unsent > 0)
        // Somebody else removes them before the key is good again.
        let gone = try workspace.scripted(
            delete: { _, _ in .http(404, code: 2003) }, lookUp: { _ in .http(404, code: 2003) })
        _ = try? await retention(workspace.context(gone)).run()
        let outcomes = try workspace.inventory.plans().flatMap { plan in
            try workspace.inventory.results(of: plan.id).compactMap(\.outcome)
        }
        #expect(!outcomes.contains(.deletedAfterRetry) && outcomes.contains(.alreadyAbsent))
    }

    @Test func aHoldPlacedDuringTheRunIsSeenBeforeTheNextDelete() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(120)
        let due = try workspace.due()
        let vendor = try workspace.scripted { _, number in
            if number == 3 {
                _ = try? PlaceHold(inventory: workspace.inventory, log: workspace.log)
                    .run(.all, by: "counsel", reason: "matter 7", now: workspace.clock.now())
            }
            return .http(204)
        }
        let answer = try await retention(workspace.context(vendor)).run()
        #expect(vendor.deletes.count == 3)
        #expect(answer.result?.counts[.deleted as Outcome] == 3)
        #expect(answer.result?.counts[.withheldHold as Outcome] == due.count - 3)
        #expect(answer.status == .done)
        #expect(try workspace.inventory.openIntents().isEmpty)
        let plan = try workspace.inventory.plan(#require(answer.result?.plan))
        #expect(plan.state == .done)
    }

    @Test func aHoldThatOnlyTheLogKnowsStopsEveryApplyUntilItIsReleased() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(40)
        let lost: HoldID = try Randomness.id()
        _ = try workspace.log.append([
            .holdPlaced(.init(hold: lost, scope: .all, until: nil, by: "counsel", reason: "matter 8"))
        ])
        let vendor = try workspace.scripted()
        let error = await #expect(throws: LetheError.self) {
            _ = try await retention(workspace.context(vendor)).run()
        }
        #expect(error?.code == "hold-unresolved" && error?.status == .refused)
        #expect(vendor.deletes.isEmpty)
        try ReleaseHold(inventory: workspace.inventory, log: workspace.log)
            .run(lost, by: "counsel", reason: "store restored")
        #expect(try await retention(workspace.context(vendor)).run().status == .done)
    }

    /// Pending it is without effect, and nobody was told otherwise; with its record it is in force, whoever projects that.
    @Test(arguments: [false, true])
    func aHoldWhoseProcessDiedIsInForceOnceItIsRecorded(isRecorded: Bool) async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(40)
        let hold = LegalHold(
            id: try Randomness.id(), scope: .all, placedAt: workspace.clock.now(), placedBy: "counsel",
            reason: "matter 9")
        try workspace.inventory.prepare(hold)
        if isRecorded {
            _ = try workspace.log.append([
                .holdPlaced(.init(hold: hold.id, scope: .all, until: nil, by: "counsel", reason: "matter 9"))
            ])
        }
        let vendor = try workspace.scripted()
        #expect(try await retention(workspace.context(vendor)).run().planned.plan.items.isEmpty == isRecorded)
        #expect(vendor.deletes.isEmpty == isRecorded)
        // Nobody signs for what somebody else left half done.
        let placements = try workspace.records().count { if case .holdPlaced = $0 { true } else { false } }
        #expect(placements == (isRecorded ? 1 : 0))
        #expect(try workspace.inventory.holds().map(\.id) == (isRecorded ? [hold.id] : []))
    }

    @Test func onlyAnApprovedPlanWithARecordedDigestIsApplied() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(40)
        let vendor = try workspace.scripted()
        let apply = ApplyPlan(workspace.context(vendor), rules: TestRules.five, settings: Self.one)
        let planned = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five,
            partner: TestWorkspace.partner, limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now())
        let id = planned.plan.id
        await #expect { _ = try await apply.run(id) } throws: { ($0 as? LetheError)?.code == "not-approved" }
        let unrecorded = Plan(
            id: try Randomness.id(PlanKind.self), kind: .retention, created: workspace.clock.now(),
            partner: TestWorkspace.partner, policyDigest: planned.plan.policyDigest, coverage: "inventory",
            limits: planned.plan.limits, items: planned.plan.items)
        _ = try workspace.inventory.save(unrecorded)
        await #expect { _ = try await apply.run(unrecorded.id) } throws: {
            ($0 as? LetheError)?.code == "plan-unrecorded"
        }
        #expect(vendor.deletes.isEmpty)
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(id, by: "ada", digest: planned.digest)
        let stale = ApplyPlan(workspace.context(vendor), rules: TestRules.none, settings: Self.one)
        await #expect { _ = try await stale.run(id) } throws: { ($0 as? LetheError)?.code == "plan-stale" }
        #expect(vendor.deletes.isEmpty)
        #expect(try await apply.run(id).status == .done)
        #expect(Set(vendor.deletes) == Set(planned.plan.items.map(\.attachment)))
    }

    @Test func oneLineOfTheCodeSendsADelete() throws {
        let sources = Paths.package.appending(path: "Sources")
        var callers: [String] = []
        for room in try FileManager.default.contentsOfDirectory(atPath: sources.path) {
            let folder = sources.appending(path: room).resolvingSymlinksInPath()
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
            for case let file as URL in files where file.pathExtension == "swift" {
                let text = try String(contentsOf: file, encoding: .utf8)
                let calls = text.ranges(of: "vendor.delete(").count + text.ranges(of: "client.delete(").count
                callers += [String](repeating: file.lastPathComponent, count: calls)
            }
        }
        #expect(callers == ["PlanDriver.swift"])
    }

    @Test func onlyOneProcessApplies() async throws {
        let workspace = try TestWorkspace()
        let vendor = try workspace.scripted()
        let lease = try RunLease(workspace.context(vendor).workspace)
        await #expect { _ = try await retention(workspace.context(vendor)).run() } throws: {
            ($0 as? LetheError)?.code == "run-lease-taken"
        }
        withExtendedLifetime(lease) {}
    }
}
