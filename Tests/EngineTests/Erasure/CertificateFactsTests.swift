import Audit
import Domain
import Inventory
import LinqClient
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Engine
@testable import Simulator

/// What a certificate says where a request had more than one plan, or none that listed anything.
@Suite struct CertificateFactsTests {
    private static let dana = "+14155550117"

    private func tell(_ workspace: TestWorkspace) throws -> [AttachmentID] {
        let line = try PhoneLine(TestWorkspace.lines[0])
        let time = TestWorkspace.start.adding(seconds: -10 * 86_400)
        let chat = try workspace.account.addChat(on: line, with: [try Handle(Self.dana)], at: time)
        var files: [AttachmentID] = []
        for number in 1...3 {
            files += try workspace.account.addMessage(
                in: chat, from: try Handle(Self.dana), at: time,
                files: [SimulatedFile(name: "\(number).jpg", mime: "image/jpeg", size: 1_000_000)])
        }
        try workspace.ingest()
        return files
    }

    private func place(_ workspace: TestWorkspace, on file: AttachmentID) throws -> LegalHold {
        try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(.attachment(file), by: "counsel", reason: "matter 9", now: workspace.clock.now())
    }

    private func release(_ hold: LegalHold, _ workspace: TestWorkspace) throws {
        try ReleaseHold(inventory: workspace.inventory, log: workspace.log)
            .run(hold.id, by: "counsel", reason: "matter closed")
    }

    private func plan(
        _ context: RunContext, _ rules: Decider = TestRules.none, of handle: String = dana
    ) async throws -> PlanErasure.Planned {
        var ask = PlanErasure.Ask(handles: [try Handle(handle)], openedBy: "clerk")
        ask.isOffline = true
        return try await PlanErasure(context, rules: rules, limits: Limits()).run(ask)
    }

    private func apply(_ context: RunContext, _ plan: PlanID, _ rules: Decider = TestRules.none) async throws {
        _ = try await ApplyErasure(
            context, rules: rules, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "officer"
        ).run(plan)
    }

    private func certificate(_ workspace: TestWorkspace, _ request: RequestID) throws -> CertificateFacts {
        try IssueCertificate(inventory: workspace.inventory, log: workspace.log).run(request)
    }

    private func facts(_ workspace: TestWorkspace, _ request: RequestID) throws -> ProvedRequest {
        let certificate = try certificate(workspace, request)
        #expect(certificate.proved.unproved.isEmpty && certificate.proved.lostPlans == 0)
        return certificate.proved
    }

    /// A policy removes what the request withheld: it is not kept any more, and the request is not waiting for it.
    @Test func whatAnotherPlanRemovedIsNotCalledKept() async throws {
        let workspace = try TestWorkspace()
        let files = try tell(workspace)
        let rules = TestRules.decider(
            """
            version: 1
            policies:
              - {id: all, title: All, why: Nothing is kept., delete_after: 1d}
            """)
        let hold = try place(workspace, on: files[0])
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(404, code: 2003) }))
        let first = try await plan(context, rules)
        try await apply(context, first.plan.id, rules)
        #expect(
            try facts(workspace, first.request.id).items.first { $0.attachment == files[0] }?.outcome == .withheldHold)
        try release(hold, workspace)
        let due = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: rules, partner: TestWorkspace.partner,
            limits: Limits(maxPercent: 100)
        ).run(now: workspace.clock.now())
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(due.plan.id, by: "ada")
        _ = try await ApplyPlan(context, rules: rules, settings: TestWorkspace.settings).run(due.plan.id)
        let item = try #require(try facts(workspace, first.request.id).items.first { $0.attachment == files[0] })
        #expect(item.outcome == .deleted && item.withheld == nil && item.rule.hasPrefix("policy:"))
        _ = try await TestWorkspace.retention(context, rules).run()
        #expect(try workspace.inventory.request(first.request.id)?.state == .completed)
        #expect(try facts(workspace, first.request.id).items.allSatisfy { $0.outcome == .deleted })
    }

    /// The second plan would let the held one go, and is cancelled: nothing that it lists has a new end.
    @Test func aPlanThatWasNotCarriedOutTakesNoWordBackAndNoApproval() async throws {
        let workspace = try TestWorkspace()
        let files = try tell(workspace)
        let rules = TestRules.decider(
            """
            version: 1
            policies:
              - {id: disputes, title: Disputes, why: Claims., retain: 30d, legal_ground: gdpr.17.3.e}
            """)
        let hold = try place(workspace, on: files[0])
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(404, code: 2003) }))
        let first = try await plan(context, rules)
        try await apply(context, first.plan.id, rules)
        let before = try facts(workspace, first.request.id)
        try release(hold, workspace)
        workspace.clock.advance(seconds: 60)
        var again = PlanErasure.Repeat(first.request.id)
        again.isOffline = true
        let second = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(again: again)
        #expect(second.plan.items.allSatisfy { $0.withheld == nil } && second.plan.items.count == 3)
        try ClosePlan(context).cancel(second.plan.id, by: "ada", reason: "too early")
        let after = try facts(workspace, first.request.id)
        #expect(try certificate(workspace, first.request.id).plans.last?.plan.id == second.plan.id)
        #expect(after.items == before.items && after.approvals == before.approvals)
        let held = try #require(after.items.first { $0.attachment == files[0] })
        #expect(held.outcome == .withheldHold && held.withheld?.ground == "hold \(hold.id)")
        let kept = try #require(after.items.first { $0.attachment == files[1] })
        #expect(kept.outcome == .withheldRetention && kept.withheld?.ground == "gdpr.17.3.e")
        #expect(kept.withheld?.ends != nil)
    }

    @Test func eachPlanThatDeletedKeepsItsApprovals() async throws {
        let workspace = try TestWorkspace()
        let files = try tell(workspace)
        let hold = try place(workspace, on: files[0])
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(404, code: 2003) }))
        let first = try await plan(context)
        try await apply(context, first.plan.id)
        try release(hold, workspace)
        workspace.clock.advance(seconds: 60)
        var again = PlanErasure.Repeat(first.request.id)
        again.isOffline = true
        let second = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(again: again)
        _ = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "ada"
        ).run(second.plan.id)
        let facts = try facts(workspace, first.request.id)
        #expect(facts.items.allSatisfy { $0.outcome == .deleted })
        #expect(facts.approvals.map(\.plan) == [first.plan.id, second.plan.id])
        #expect(facts.approvals.map(\.by) == ["officer", "ada"])
    }

    @Test func whatItsOwnGetFoundAgainIsOfGradeXWithTheAnswerThatWasWrong() async throws {
        let workspace = try TestWorkspace()
        _ = try tell(workspace)
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(200) }))
        let planned = try await plan(context)
        try await apply(context, planned.plan.id)
        let facts = try facts(workspace, planned.request.id)
        let failed = facts.items.filter { $0.outcome == .failedUnexpected }
        #expect(!failed.isEmpty)
        #expect(failed.allSatisfy { $0.grade == .x && $0.http == 204 && $0.attempts == 1 })
    }

    @Test func whoseFilesHadGoneBeforeIsKnownHereAndAStrangerIsNot() async throws {
        let workspace = try TestWorkspace()
        let files = try tell(workspace)
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(404, code: 2003) }))
        let rules = TestRules.decider(
            """
            version: 1
            policies:
              - {id: default, title: All, why: All., delete_after: 5d}
            """)
        _ = try await TestWorkspace.retention(context, rules).run()
        workspace.clock.advance(seconds: 60)
        for (handle, isUnseen, gone) in [(Self.dana, false, files.count), ("+14155550188", true, 0)] {
            let planned = try await plan(context, of: handle)
            try await apply(context, planned.plan.id)
            let facts = try facts(workspace, planned.request.id)
            let certificate = try certificate(workspace, planned.request.id)
            #expect(facts.items.isEmpty && certificate.isUnseen == isUnseen)
            #expect(certificate.goneBefore[Outcome.deleted] == gone && certificate.goneBefore.total == gone)
        }
    }
}

/// A certificate is made of its records: without one of them it is another, or it is said that one is missing.
extension CertificateFactsTests {
    @Test func noRecordCanBeLeftOutUnnoticed() async throws {
        let workspace = try TestWorkspace()
        let files = try tell(workspace)
        let hold = try place(workspace, on: files[0])
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(404, code: 2003) }))
        let first = try await plan(context)
        try await apply(context, first.plan.id)
        try release(hold, workspace)
        workspace.clock.advance(seconds: 60)
        _ = try await TestWorkspace.retention(context, TestRules.none).run()
        let whole = try certificate(workspace, first.request.id)
        #expect(whole.proved.items.allSatisfy { $0.outcome == .deleted } && whole.plans.count == 2)
        let entries = try whole.records.map { try LogEntry(line: Array($0.line.utf8)) }
        let (request, plans) = (whole.proved.request, whole.plans.map(\.plan))
        func again(_ entries: [LogEntry], _ plans: [Plan]) throws -> ProvedRequest {
            let items = Dictionary(uniqueKeysWithValues: whole.proved.items.map { ($0.attachment, $0) })
            return try ProvedRequest(.init(request: request, items: items), plans: plans, entries: entries)
        }
        #expect(try again(entries, plans) == whole.proved)
        for index in entries.indices {
            var rest = entries
            let entry = rest.remove(at: index)
            #expect(try again(rest, plans) != whole.proved, "\(entry.record)")
        }
        for plan in plans {
            let rest = plans.filter { $0.id != plan.id }
            #expect(try !again(entries, rest).contradictions.isEmpty)
        }
        let other = try #require(plans.first)
        let forged = Plan(
            id: other.id, kind: other.kind, created: other.created, partner: other.partner,
            policyDigest: other.policyDigest, request: other.request, coverage: other.coverage, limits: other.limits,
            items: Array(other.items.dropLast()))
        #expect(try !again(entries, [forged] + plans.dropFirst()).contradictions.isEmpty)
    }
}

/// What a certificate and a report say of what other plans did, and of what came on record since the answer.
extension CertificateFactsTests {
    /// Two plans at once: retention removes what the request's plan, made before, was to keep.
    @Test func whatWasToBeKeptAndIsGoneWhenThePlanIsCarriedOutIsNotCalledKept() async throws {
        let workspace = try TestWorkspace()
        let files = try tell(workspace)
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(404, code: 2003) }))
        let hold = try place(workspace, on: files[0])
        let planned = try await plan(context, Self.oneDay)
        try release(hold, workspace)
        try await remove(context)
        try await apply(context, planned.plan.id, Self.oneDay)
        let result = try #require(
            try workspace.inventory.results(of: planned.plan.id).first { $0.attachment == files[0] })
        #expect(result.outcome == .changedSincePlan)
        #expect(try workspace.inventory.request(planned.request.id)?.state == .completed)
        let item = try #require(try facts(workspace, planned.request.id).items.first { $0.attachment == files[0] })
        #expect(item.outcome == .deleted && item.attempts == 1)
    }

    @Test func eachChangeOnRecordSinceTheAnswerIsAnotherIssue() async throws {
        let workspace = try TestWorkspace()
        let files = try tell(workspace)
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        let hold = try place(workspace, on: files[0])
        let planned = try await plan(context, Self.oneDay)
        try await apply(context, planned.plan.id, Self.oneDay)
        let first = try facts(workspace, planned.request.id)
        #expect(try facts(workspace, planned.request.id).issue == 1 && first.issue == 1)
        try release(hold, workspace)
        workspace.clock.advance(seconds: 60)
        try await remove(context)
        let second = try facts(workspace, planned.request.id)
        #expect(second.items != first.items && second.issue > first.issue)
        _ = try await TestWorkspace.retention(context, Self.oneDay).run()
        let third = try facts(workspace, planned.request.id)
        #expect(third.request.state == .completed && third.issue > second.issue)
        #expect(third.firstAnswer == first.firstAnswer && third.request.answered != first.request.answered)
    }

    /// It had gone before the request, and a GET finds it after the answer.
    @Test func whatHadGoneBeforeAndIsFoundAgainIsAnItemThatFailed() async throws {
        let workspace = try TestWorkspace()
        let files = try tell(workspace)
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(404, code: 2003) }))
        try await remove(context)
        workspace.clock.advance(seconds: 60)
        let planned = try await plan(context)
        try await apply(context, planned.plan.id)
        #expect(try certificate(workspace, planned.request.id).goneBefore.total == files.count)
        let there = workspace.context(try workspace.scripted(lookUp: { _ in .http(200) }))
        _ = try await VerifyDeletions(there, tiers: TierMap()).run()
        let facts = try facts(workspace, planned.request.id)
        #expect(try certificate(workspace, planned.request.id).goneBefore.total == 0)
        #expect(facts.items.map(\.attachment) == files.sorted())
        #expect(facts.items.allSatisfy { $0.outcome == .failedUnexpected && $0.grade == .x && $0.attempts == 1 })
        // Line, tier and size are those that the plan which removed it had.
        #expect(
            facts.items.allSatisfy { $0.planned.line?.number == TestWorkspace.lines[0] && $0.planned.size == 1_000_000 }
        )
        let edit =
            "UPDATE plan_item SET tier = 1 WHERE plan IN (SELECT key FROM plan WHERE kind = 'retention')"
        let done = try Shell.run("sqlite3 -cmd '.timeout 5000' inventory.db \"\(edit)\"", in: workspace.directory.url)
        try #require(done.status == 0, "\(done.text)")
        #expect(try self.facts(workspace, planned.request.id).items.allSatisfy { $0.planned.tier == .ephemeral })
    }

    /// Its first answer was lost before it was sent, then the vendor answered 503, then 204.
    @Test func anAttemptIsADELETEThatWasSent() async throws {
        let workspace = try TestWorkspace()
        let file = try tell(workspace)[0]
        let answers = Answers(of: file, [.init(.failure(.connectionRefused)), .http(503), .http(204)])
        let context = workspace.context(
            try workspace.scripted(delete: answers.answer, lookUp: { _ in .http(404, code: 2003) }))
        let planned = try await plan(context)
        try await apply(context, planned.plan.id)
        let item = try #require(try facts(workspace, planned.request.id).items.first { $0.attachment == file })
        #expect(item.outcome == .deleted && item.attempts == 2)
    }

    private static var oneDay: Decider {
        TestRules.decider(
            """
            version: 1
            policies:
              - {id: all, title: All, why: Nothing is kept., delete_after: 1d}
            """)
    }

    /// A retention plan takes everything that is not held.
    private func remove(_ context: RunContext) async throws {
        let due = try PlanRetention(
            inventory: context.inventory, log: context.log, rules: Self.oneDay, partner: TestWorkspace.partner,
            limits: Limits(maxPercent: 100)
        ).run(now: context.time.now())
        try ApprovePlan(
            inventory: context.inventory, log: context.log, time: context.time, rules: ApprovalRule()
        ).run(due.plan.id, by: "ada")
        _ = try await ApplyPlan(context, rules: Self.oneDay, settings: TestWorkspace.settings).run(due.plan.id)
    }
}

/// Answers to the DELETEs of one attachment, in order.
private final class Answers: Sendable {
    private let attachment: AttachmentID
    private let rest: Mutex<[VendorAnswer]>

    init(of attachment: AttachmentID, _ answers: [VendorAnswer]) {
        self.attachment = attachment
        rest = Mutex(answers)
    }

    @Sendable func answer(_ id: AttachmentID, _ number: Int) async -> VendorAnswer {
        guard id == attachment else { return .http(204) }
        return rest.withLock { $0.isEmpty ? .http(204) : $0.removeFirst() }
    }
}
