import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Synchronization
import TestSupport
import Testing

/// What `lethe run` shows is what `lethe run --apply` does. `WorldTests` compares the two in whole lives.
@Suite struct PreviewTests {
    private func expectSame(_ workspace: TestWorkspace, _ retention: RunRetention) async throws -> RunRetention.Answer {
        let shown = try await retention.preview()
        let done = try await retention.run()
        #expect(shown.steps.flatMap(\.items).sorted() == done.steps.flatMap(\.items).sorted())
        #expect(shown.deletes == done.deletes)
        #expect(shown.refusals.map(\.code) == done.refusals.map(\.code))
        return shown
    }

    /// A run that a signal ends after its third DELETE.
    private func interrupt(_ workspace: TestWorkspace) async throws {
        let signal = Countdown(3)
        let vendor = try workspace.scripted(
            delete: { _, _ in
                signal.count()
                return .http(204)
            }, lookUp: { _ in .http(404, code: 2003) })
        let answer = try await TestWorkspace.retention(
            workspace.context(vendor, shouldStop: { signal.isOver })
        ).run()
        #expect(answer.result?.halted == .signal)
    }

    /// All rows of the inventory, and the bytes of the log.
    private func everything(_ workspace: TestWorkspace) throws -> [String] {
        let tables = try workspace.sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return try tables.flatMap { table in try workspace.sql("SELECT * FROM \"\(table)\"") }
            + workspace.log.entries(after: -1, limit: 1_000_000).map { String(decoding: $0.line, as: UTF8.self) }
    }

    @Test func aPreviewLeavesNothingBehind() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        try CatchUp(inventory: workspace.inventory, log: workspace.log).run()
        let locked = TestRules.decider(
            """
            version: 1
            policies:
              - {id: a, title: A, why: The law asks., retain: 1d, delete_after: 30d, legal_ground: other, locked: true}
            """)
        for rules in [TestRules.five, locked] {
            for allowed in [nil, 1] as [Int?] {
                let before = try everything(workspace)
                let shown = try await TestWorkspace.retention(workspace.context(vendor), rules)
                    .preview(allowDeletes: allowed)
                #expect(
                    !shown.planned.plan.items.isEmpty && !shown.planned.isRecorded,
                    "\(shown.planned.kept) \(shown.refusals)")
                let after = try everything(workspace)
                #expect(
                    Set(after).symmetricDifference(before).isEmpty && after.count == before.count,
                    "\(Set(after).symmetricDifference(before))")
            }
        }
        #expect(vendor.deletes.isEmpty)
    }

    @Test func whatAnEarlierRunLeftIsShownAndDone() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        try await interrupt(workspace)
        workspace.clock.advance(seconds: 2 * 86_400)
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let shown = try await expectSame(workspace, TestWorkspace.retention(workspace.context(vendor)))
        #expect(shown.resumes.count == 1 && shown.deletes > 0)
    }

    @Test func whatEndsTheRunIsShownAndTheNewPlanAllTheSame() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        let due = try workspace.due().count
        let context = workspace.context(vendor)
        for (limits, above, code) in [
            (Limits(maxDeletes: 1), 5000, "over-limit"), (Limits(maxPercent: 100), 1, "approval-needed"),
        ] {
            let retention = RunRetention(
                context, rules: TestRules.five, limits: limits, approval: ApprovalRule(above: above),
                settings: TestWorkspace.settings)
            let shown = try await retention.preview()
            #expect(shown.isRefused && shown.refusals.map(\.code) == [code] && shown.deletes == 0)
            #expect(shown.planned.plan.items.count == due)
            await #expect { _ = try await retention.run() } throws: { ($0 as? LetheError)?.code == code }
        }
        let stop = workspace.directory.file("STOP")
        #expect(FileManager.default.createFile(atPath: stop.path, contents: nil))
        let shown = try await TestWorkspace.retention(context).preview(isSaved: true)
        #expect(shown.isRefused && shown.refusals.map(\.code) == ["kill-file"])
        #expect(
            try workspace.inventory.plan(shown.planned.plan.id).plan.items.count == due, "a saved plan can be approved")
        #expect(vendor.deletes.isEmpty)
    }

    /// A limit of the day counts what earlier plans of the same run delete.
    @Test func theLimitsOfTheDayCountWhatTheRunDeletesBefore() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(150)
        try await interrupt(workspace)
        let left = try workspace.due().count
        workspace.clock.advance(seconds: 2 * 86_400)
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let retention = TestWorkspace.retention(
            workspace.context(vendor), limits: .init(maxDeletes: left, maxPercent: 100))
        let shown = try await retention.preview()
        #expect(shown.isRefused && shown.refusals.map(\.code) == ["over-limit"] && shown.deletes == left)
        await #expect { _ = try await retention.run() } throws: { ($0 as? LetheError)?.code == "over-limit" }
        #expect(vendor.deletes.count == left)
    }

    @Test func aRunWithNothingDueMakesNoPlanAndLeavesOneRecord() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(20)
        let vendor = try workspace.scripted(lookUp: { _ in .http(200) })
        let retention = TestWorkspace.retention(workspace.context(vendor), TestRules.none)
        _ = try await retention.run()
        let before = try workspace.records().count
        let answer = try await retention.run()
        #expect(answer.result == nil && answer.status == .done)
        #expect(try workspace.records().dropFirst(before).map(\.type) == [.epochSeal])
        #expect(try workspace.inventory.plans().isEmpty)
    }
}

private final class Countdown: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    var isOver: Bool { left.withLock { $0 <= 0 } }
    func count() { left.withLock { $0 -= 1 } }
}
