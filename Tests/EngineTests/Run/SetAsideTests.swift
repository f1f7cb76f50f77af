import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Synchronization
import TestSupport
import Testing

/// What for a week got no answer but a gateway's is set aside: listed, tried once a run, and ended by a person alone.
@Suite struct SetAsideTests {
    private let workspace: TestWorkspace

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
    }

    /// Something answers for the vendor, for one attachment alone.
    private func vendor(_ voice: Voice) throws -> ScriptedVendor {
        try workspace.scripted(
            delete: { asked, _ in voice.answer(asked) ?? .http(204) },
            lookUp: { asked in voice.answer(asked) ?? .http(404, code: 2003) })
    }

    /// Whatever plan it is in by now.
    private func setAside() throws -> Set<AttachmentID> {
        try workspace.inventory.plans(in: [.applying, .halted]).reduce(into: []) {
            $0.formUnion(try workspace.inventory.setAside(in: $1.id))
        }
    }

    @Test func aWeekOfForeignAnswersSetsAsideAndAPersonClosesIt() async throws {
        let id = try #require(try workspace.due().sorted().first)
        let voice = Voice(id)
        let vendor = try vendor(voice)
        let context = workspace.context(vendor)
        let first = try await TestWorkspace.retention(context).run()
        #expect(first.status == .incomplete)
        #expect(vendor.deletes.count == first.planned.plan.items.count - 1 + vendor.deletes.count { $0 == id })
        let plan = try #require(first.result?.plan)
        #expect(try workspace.inventory.setAside(in: plan).isEmpty)
        let close = try CloseSetAside(context, rules: TestRules.five, by: "ada", reason: "the vendor lost it")
        #expect { _ = try close.run(plan) } throws: { ($0 as? LetheError)?.code == "nothing-set-aside" }

        // The same plan goes on with it the next day, and no second one takes it up.
        workspace.clock.advance(seconds: 86_400)
        let second = try await TestWorkspace.retention(context).run()
        #expect(second.resumed.map(\.plan) == [plan])
        #expect(!second.planned.plan.items.contains { $0.attachment == id })

        // A week in which nobody asked says nothing; the answer after it does. An item takes its week along to another plan.
        workspace.clock.advance(seconds: 7 * 86_400)
        #expect(try workspace.inventory.answeredByOthers().isEmpty)
        #expect(try await TestWorkspace.retention(context).run().status == .incomplete)
        let last = try #require(
            try workspace.inventory.plans(in: [.applying, .halted]).map(\.id).first {
                try workspace.inventory.setAside(in: $0) == [id]
            })
        let before = voice.asked
        let warned = try await TestWorkspace.retention(context).run()
        #expect(voice.asked == before + 1)
        #expect(warned.warnings.contains { $0.contains("lethe plan close \(last)") })

        #expect(try close.run(last) == [id])
        #expect(try workspace.inventory.plan(last).state == .done)
        let outcome = try workspace.inventory.results(of: last).first { $0.attachment == id }?.outcome
        #expect(outcome == .notFoundUnproven)
        #expect(try workspace.inventory.attachment(id)?.state == .live)
        #expect(
            try workspace.records().contains(
                .operatorAct(
                    .init(act: .planClose, ref: last.description, by: "ada", reason: "the vendor lost it"))))
        // A new week begins.
        let again = try await TestWorkspace.retention(context).run()
        #expect(try workspace.inventory.setAside(in: #require(again.result?.plan)).isEmpty)
    }

    /// `nil`: nobody asks in the meantime.
    @Test(arguments: [nil, .http(503), .http(404, code: 2007), .http(404, code: 9999)] as [VendorAnswer?])
    func aWordOfTheVendorsOwnKeepsItInWork(word: VendorAnswer?) async throws {
        let id = try #require(try workspace.due().sorted().first)
        let voice = Voice(id)
        let context = workspace.context(try vendor(voice))
        _ = try await TestWorkspace.retention(context).run()
        workspace.clock.advance(seconds: 4 * 86_400)
        voice.say(word, times: 1)
        if word != nil { _ = try await TestWorkspace.retention(context).run() }
        workspace.clock.advance(seconds: 4 * 86_400)
        #expect(try setAside().isEmpty)
        let answer = try await TestWorkspace.retention(context).run()
        #expect(try setAside() == (word == nil ? [id] : []))
        let warnings = answer.warnings + (answer.result?.warnings ?? [])
        #expect(warnings.contains { $0.contains("set aside") } == (word == nil))
    }

    @Test func oneTryARunIsOneRequestAndNoNewsOfTheVendor() {
        let ids = (1...6).map { MachineHarness.id($0) }
        var progress = PlanProgress()
        progress.setAside(Set(ids))
        var harness = MachineHarness(items: 6, progress: progress)
        harness.answer = { _, _ in VendorAnswer(.http(status: 404, code: nil)) }
        harness.run()
        #expect(harness.machine.isFinished && harness.machine.halted == nil)
        #expect(harness.deletes.map(\.id).sorted() == ids && harness.lookUps.isEmpty)
    }

    @Test func aTryThatReachedNobodyIsLeftToTheNextRunToo() {
        for failure in TransportFailure.allCases {
            var progress = PlanProgress()
            progress.setAside([MachineHarness.id(1)])
            var harness = MachineHarness(items: 1, progress: progress)
            harness.answer = { _, _ in VendorAnswer(.failure(failure)) }
            harness.run()
            #expect(harness.machine.isFinished && harness.deletes.count == 1, "\(failure)")
        }
    }

    @Test func aWordOfTheVendorsOwnMakesItAnItemLikeAnyOther() {
        for word in [VendorAnswer.http(503), .http(404, code: 2007)] {
            var progress = PlanProgress()
            progress.setAside([MachineHarness.id(1)])
            var harness = MachineHarness(items: 1, progress: progress)
            harness.answer = { _, attempt in attempt < 3 ? word : .http(204) }
            harness.run()
            #expect(harness.deletes.count == 3 && harness.machine.counts[.deleted as Outcome] == 1)
        }
    }

    /// What probes ask for: those that are not set aside, where there are any.
    @Test func theBreakerProbesWithOtherItems() {
        var progress = PlanProgress()
        progress.setAside([MachineHarness.id(1)])
        var harness = MachineHarness(items: 8, progress: progress)
        let asked = Mutex<[AttachmentID]>([])
        harness.answer = { id, attempt in
            id.value == 1 ? VendorAnswer(.http(status: 404, code: nil)) : attempt == 1 ? .http(503) : .http(204)
        }
        harness.lookUp = { id, _ in
            asked.withLock { $0.append(id) }
            return .http(200)
        }
        harness.run()
        #expect(harness.deletes.count { $0.id.value == 1 } == 1)
        let probed = asked.withLock { $0 }
        #expect(!probed.isEmpty && !probed.contains(MachineHarness.id(1)), "\(probed)")
    }

    /// A crash left it: it is asked for by GET, and no DELETE leaves before that is answered.
    @Test func anIntentWithoutAnAnswerIsAskedForOnceARunToo() async throws {
        let planned = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now())
        let (plan, id) = (planned.plan.id, try #require(planned.plan.items.first).attachment)
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(plan, by: "ada")
        try workspace.inventory.move(plan, to: .applying)
        let run = RunID(value: 7)
        _ = try workspace.log.append([
            .runStart(.init(run: run, plan: plan, digest: planned.digest, policy: planned.plan.policyDigest)),
            .deleteIntent(
                .init(run: run, operation: OperationID(value: 7), attempt: 1, attachment: id, rule: "policy:p")),
        ])
        let voice = Voice(id)
        let context = workspace.context(try vendor(voice))
        _ = try await TestWorkspace.retention(context).run()
        // Silence for a week is none of anybody's answers.
        workspace.clock.advance(seconds: 8 * 86_400)
        #expect(try workspace.inventory.setAside(in: plan).isEmpty)
        _ = try await TestWorkspace.retention(context).run()
        #expect(try workspace.inventory.setAside(in: plan) == [id])
        let before = voice.asked
        _ = try await TestWorkspace.retention(context).run()
        #expect(voice.asked == before + 1)
        let close = try CloseSetAside(context, rules: TestRules.five, by: "ada", reason: "the vendor lost it")
        #expect(try close.run(plan) == [id])
        #expect(try workspace.inventory.openIntents().isEmpty)
    }
}

/// Something else answers for one attachment, but for what the vendor is told to say.
private final class Voice: Sendable {
    private let id: AttachmentID
    private let words = Mutex<[VendorAnswer]>([])
    private let count = Mutex(0)

    init(_ id: AttachmentID) { self.id = id }

    /// How often that attachment was asked for, or to be deleted.
    var asked: Int { count.withLock { $0 } }

    func say(_ word: VendorAnswer?, times: Int) {
        guard let word else { return }
        words.withLock { $0 = Array(repeating: word, count: times) }
    }

    /// `nil`: it is another one.
    func answer(_ asked: AttachmentID) -> VendorAnswer? {
        guard asked == id else { return nil }
        count.withLock { $0 += 1 }
        return words.withLock { $0.popLast() } ?? VendorAnswer(.http(status: 404, code: nil))
    }
}
