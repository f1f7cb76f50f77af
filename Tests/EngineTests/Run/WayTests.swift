import Audit
import Domain
import Engine
import Foundation
import Inventory
import TestSupport
import Testing

/// By which way something was done, as the log says it: a person's act, or nobody's.
struct WayTests {
    private let workspace: TestWorkspace
    private let log: AuditLog

    /// A log of v2, whose acts say so.
    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
        log = try workspace.rollOver()
    }

    private func context(clockTolerance: Int64? = nil) throws -> RunContext {
        RunContext(
            inventory: workspace.inventory, log: log, vendor: try workspace.scripted(lookUp: { _ in .http(404) }),
            time: workspace.clock, partner: TestWorkspace.partner, workspace: workspace.directory.url,
            clockTolerance: clockTolerance, shouldStop: { false })
    }

    private func records() throws -> [AuditRecord] { try log.entries(after: -1, limit: 100_000).map(\.record) }

    private func acts(_ act: AuditRecord.OperatorAct.Kind) throws -> [AuditRecord.OperatorAct] {
        try records().compactMap { if case .operatorAct(let record) = $0, record.act == act { record } else { nil } }
    }

    private func propose() throws -> PlanID {
        try PlanRetention(
            inventory: workspace.inventory, log: log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now()).plan.id
    }

    @Test func whatARunDecidesByItselfIsNoActOfAPerson() async throws {
        let left = try propose()
        _ = try await TestWorkspace.retention(context(clockTolerance: RunContext.usualClockTolerance)).run()
        let approvals = try records().compactMap {
            if case .planApproved(let approval) = $0 { approval } else { nil }
        }
        #expect(approvals.map(\.how) == [.schedule] && approvals[0].by == "tester")
        let cancelled = try acts(.planCancel)
        #expect(cancelled.map(\.ref) == [left.description] && cancelled[0].how == .schedule)
        let clock = try acts(.clockAccept)
        #expect(clock.map(\.how) == [.schedule] && clock[0].by == "lethe")
    }

    @Test func whatAPersonOrdersCameByTheCommandLine() async throws {
        let plan = try propose()
        try ApprovePlan(
            inventory: workspace.inventory, log: log, time: workspace.clock, rules: ApprovalRule()
        ).run(plan, by: "ada")
        _ = try await CancelPlan(context(), rules: TestRules.five, by: "ada").run(plan)
        #expect(try acts(.planCancel).map(\.how) == [.cli])
        let approval = try records().compactMap {
            if case .planApproved(let approval) = $0 { approval } else { nil }
        }
        #expect(approval.map(\.how) == [.cli])
    }

    @Test func aPlanThatIsStaleIsEndedByNobody() throws {
        let plan = try propose()
        try ClosePlan(context()).expire(plan, reason: "test")
        let expired = try acts(.planExpire)
        #expect(expired.map(\.how) == [.schedule] && expired[0].by == "lethe")
    }
}
