import Audit
import Domain
import Engine
import Foundation
import LinqClient
import Rules
import TestSupport
import Testing

/// What the preflight refuses and a person accepts: on record, and no further than that.
@Suite struct AcceptTests {
    private let workspace: TestWorkspace

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
    }

    private func context(_ vendor: any VendorAPI, _ overrides: RunContext.Overrides) -> RunContext {
        RunContext(
            inventory: workspace.inventory, log: workspace.log, vendor: vendor, time: workspace.clock,
            partner: TestWorkspace.partner, workspace: workspace.directory.url, overrides: overrides)
    }

    private func acts() throws -> [AuditRecord.OperatorAct.Kind] {
        try workspace.records().compactMap {
            if case .operatorAct(let act) = $0, act.by == "ada" { act.act } else { nil }
        }
    }

    /// The vendor's clock is 30 days behind: what became due since is not due by it.
    @Test func anAcceptedClockIsRecordedAndTheEarlierOneCounts() async throws {
        let vendor = AnsweringAt(
            TestWorkspace.start.adding(seconds: -30 * 86_400), lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        await #expect { _ = try await TestWorkspace.retention(context(vendor, .init())).run() } throws: {
            ($0 as? LetheError)?.code == "clock-doubtful"
                && ($0 as? LetheError)?.hint?.contains("--accept-clock") == true
        }
        let due = try workspace.due()
        let answer = try await TestWorkspace.retention(context(vendor, .init(acceptsClock: true, by: "ada"))).run()
        #expect(try acts() == [.clockAccept])
        #expect(answer.warnings.contains { $0.contains("accepted by ada") })
        #expect(answer.planned.plan.items.count < due.count && !answer.planned.plan.items.isEmpty)
        #expect(answer.result?.halted == nil)
    }

    /// Under another account's key every 404 would seem to be ours.
    @Test func underAnAccountThatNothingProvesNoAbsenceIsCalledGone() async throws {
        let vendor = ScriptedVendor(
            lines: [], lookUp: { _ in .http(404, code: 2003) }, delete: { _, _ in .http(404, code: 2003) })
        await #expect { _ = try await TestWorkspace.retention(context(vendor, .init())).run() } throws: {
            ($0 as? LetheError)?.code == "foreign-key"
                && ($0 as? LetheError)?.hint?.contains("--accept-account") == true
        }
        #expect(vendor.deletes.isEmpty)
        let answer = try await TestWorkspace.retention(context(vendor, .init(acceptsAccount: true, by: "ada"))).run()
        #expect(try acts() == [.accountAccept])
        #expect(!vendor.deletes.isEmpty)
        #expect(answer.result?.counts[.absent as Outcome.Group] == 0)
        #expect(answer.result?.counts[.notFoundUnproven as Outcome] ?? 0 > 0)
    }

    /// What comes up during the run is let pass too: another plan's numbers, a clock that is set.
    @Test func whatIsAcceptedIsOnRecordBeforeTheRunAlsoWhereNothingStoodAgainstIt() async throws {
        let vendor = AnsweringAt(workspace.clock.now(), lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        let overrides = RunContext.Overrides(acceptsClock: true, acceptsAccount: true, by: "ada")
        let answer = try await TestWorkspace.retention(context(vendor, overrides)).run()
        #expect(try acts() == [.clockAccept, .accountAccept])
        #expect(answer.warnings.count { $0.contains("accepted by ada") } == 2)
        let records = try workspace.records()
        let last = records.lastIndex { if case .operatorAct(let act) = $0 { act.by == "ada" } else { false } }
        let start = records.firstIndex { if case .runStart = $0 { true } else { false } }
        #expect(try #require(last) < #require(start))
    }

    /// The request is opened, planned and carried out by one command.
    @Test func anErasureWithAnAcceptedClockIsRecordedOnceAndReceivedByTheEarlierClock() async throws {
        let time = TestWorkspace.start.adding(seconds: -30 * 86_400)
        let vendor = AnsweringAt(time, lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        let context = context(vendor, .init(acceptsClock: true, by: "ada"))
        let planner = PlanErasure(context, rules: TestRules.none, limits: Limits())
        let planned = try await planner.run(.init(handles: [try Handle("+14155550117")], openedBy: "ada"))
        #expect(planned.warnings.contains { $0.contains("accepted by ada") })
        #expect(planned.request.received < time.adding(seconds: 3600))
        let settings = ApplyPlan.Settings(requestsPerSecond: 1000, operatorName: "ada")
        _ = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: settings, by: "ada"
        ).run(planned.plan.id)
        #expect(try acts() == [.clockAccept])
    }

    /// A hint names no flag that the command lacks.
    @Test func whereNothingCanBeAcceptedNothingIsOffered() async throws {
        let far = AnsweringAt(TestWorkspace.start, lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        workspace.clock.advance(seconds: 3600)
        let foreign = AnsweringAt(workspace.clock.now(), lines: [])
        for (vendor, code) in [(far, "clock-doubtful"), (foreign, "foreign-key")] {
            let context = RunContext(
                inventory: workspace.inventory, log: workspace.log, vendor: vendor, time: workspace.clock,
                partner: TestWorkspace.partner, workspace: workspace.directory.url)
            await #expect { _ = try await VerifyDeletions(context, tiers: TierMap()).run() } throws: {
                ($0 as? LetheError)?.code == code && ($0 as? LetheError)?.hint?.contains("--accept") == false
            }
        }
    }
}

/// Deletes everything, and tells a time of its own.
private struct AnsweringAt: QuietVendor {
    let time: Timestamp
    let lines: [PhoneLine]

    init(_ time: Timestamp, lines: [PhoneLine]) {
        self.time = time
        self.lines = lines
    }

    private func answer(_ status: Int, code: Int? = nil) -> VendorAnswer {
        VendorAnswer(.http(status: status, code: code), date: time)
    }

    func delete(_ id: AttachmentID) async -> VendorAnswer { answer(204) }
    func lookUp(_ id: AttachmentID) async -> AttachmentLookup { AttachmentLookup(answer: answer(404, code: 2003)) }
    func head(_ url: DownloadURL) async -> VendorAnswer { answer(404) }
    func phoneLines() async -> Listing<PhoneLine> { Listing(answer: answer(200), elements: lines, isComplete: true) }
}
