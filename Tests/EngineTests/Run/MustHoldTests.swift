import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Simulator
import TestSupport
import Testing

/// What must hold of the main job, over real HTTP with the full mix of faults. `LETHE_ATTACHMENTS` scales it (300 unless told).
@Suite struct MustHoldTests {
    private static let count =
        ProcessInfo.processInfo.environment["LETHE_ATTACHMENTS"].flatMap { Int($0) } ?? 300
    private static let faults = ["500:0.20", "429:0.02:1", "lost:0.05", "reset:0.03", "502html:0.02", "cut:0.02"]

    @Test func exactlyWhatIsDueDisappearsAndAddsUp() async throws {
        let workspace = try TestWorkspace(faults: Self.faults)
        let report = try workspace.fill(Self.count)
        #expect(report.attachmentsNew == Self.count)
        let due = try workspace.due()
        #expect(due.count > 50 && due.count < Self.count)
        try await workspace.server.serve { url in
            let client = try TestWorkspace.client(url)
            let context = workspace.context(client)
            let answer = try await TestWorkspace.retention(context, limits: .init(maxDeletes: 5000, maxPercent: 100))
                .run()
            #expect(answer.result?.halted == nil)
            #expect(answer.status == .done)
            #expect(answer.result?.counts.total == due.count)
            #expect(answer.result?.counts[.deleted as Outcome.Group] == due.count)
            #expect(workspace.deleted == due)
            let sent = workspace.account.deletions.count
            let second = try await TestWorkspace.retention(context).run()
            #expect(second.planned.plan.items.isEmpty && second.status == .done)
            #expect(workspace.account.deletions.count == sent)
            await client.shutdown()
        }
        try expectEachItemEndsOnce(workspace, due)
        _ = try workspace.log.seal()
        try workspace.log.verifyHead()
    }

    private func expectEachItemEndsOnce(_ workspace: TestWorkspace, _ due: Set<AttachmentID>) throws {
        var ends: [AttachmentID: Int] = [:]
        var intents: Set<String> = []
        for record in try workspace.records() {
            if case .deleteIntent(let intent) = record { intents.insert("\(intent.operation) \(intent.attempt)") }
            if case .deleteOutcome(let answer) = record {
                #expect(intents.contains("\(answer.operation) \(answer.attempt)"))
            }
            if let attachment = record.attachment, record.finalOutcome != nil { ends[attachment, default: 0] += 1 }
        }
        #expect(Set(ends.keys) == due)
        #expect(ends.values.allSatisfy { $0 == 1 })
        #expect(try workspace.inventory.openIntents().isEmpty)
    }

    @Test func aDryRunSendsNoDeleteAndAnotherInstantWritesNothing() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(100)
        let plan = PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: Limits())
        let records = try workspace.records().count
        let later = try plan.run(now: workspace.clock.now().adding(seconds: 400 * 86_400), isDraft: true)
        #expect(later.plan.items.count == 100 && !later.isRecorded)
        #expect(try workspace.records().count == records)
        #expect(try workspace.inventory.plans().isEmpty)
        let now = try plan.run(now: workspace.clock.now())
        #expect(Set(now.plan.items.map(\.attachment)) == (try workspace.due()))
        #expect(try workspace.inventory.plans().map(\.state) == [.proposed])
        #expect(workspace.account.deletions.isEmpty)
    }

    @Test func aWrongKeyStopsWithNothingDeletedAndAHint() async throws {
        let workspace = try TestWorkspace()
        try workspace.fill(60)
        try await workspace.server.serve { url in
            for (key, status) in [("not-a-key", ExitStatus.failed), ("other-key", .refused)] {
                let client = try TestWorkspace.client(url, key: key)
                let error = await #expect(throws: LetheError.self) {
                    _ = try await TestWorkspace.retention(workspace.context(client)).run()
                }
                #expect(error?.status == status)
                #expect(error?.hint?.contains("LINQ_API_V3_API_KEY") == true)
                await client.shutdown()
            }
        }
        #expect(workspace.account.deletions.isEmpty)
        #expect(try workspace.inventory.plans().isEmpty)
    }
}
