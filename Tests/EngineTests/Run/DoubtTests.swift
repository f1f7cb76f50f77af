import Audit
import Domain
import Engine
import Foundation
import Inventory
import LinqClient
import Rules
import Synchronization
import TestSupport
import Testing

/// What came to be doubtful between an attempt and the next is asked for, not assumed.
@Suite struct DoubtTests {
    private let workspace: TestWorkspace

    init() throws {
        workspace = try TestWorkspace()
        try workspace.fill(60)
    }

    /// The DELETE took effect or did not, its answer was lost, and a hold came before the next attempt.
    @Test(
        arguments: [
            (VendorAnswer.http(404, code: 2003), Outcome.deletedAfterRetry), (.http(200), .withheldHold),
        ] as [(VendorAnswer, Outcome)])
    func aGETTellsWhetherWhatIsHeldNowIsStillThere(found: VendorAnswer, outcome: Outcome) async throws {
        let id = try #require(try workspace.due().sorted().first)
        let held = Held(id, in: workspace)
        let vendor = try workspace.scripted(
            delete: { asked, _ in held.answer(asked) },
            lookUp: { asked in asked == id ? found : .http(404, code: 2003) })
        let answer = try await TestWorkspace.retention(workspace.context(vendor)).run()
        #expect(answer.result?.counts[outcome] == 1)
        #expect(vendor.deletes.count { $0 == id } == 1)
        #expect(try workspace.inventory.attachment(id)?.state == (outcome == .withheldHold ? .live : .gone))
    }

    /// Its answer was lost, the run was halted, and another plan removed it meanwhile: it is not unproven.
    @Test func whatAnotherPlanRemovedIsNotCalledUnproven() async throws {
        let id = try #require(try workspace.due().sorted().first)
        let lost = Lost(id)
        let first = try workspace.scripted(
            delete: { asked, _ in lost.answer(asked) }, lookUp: { _ in .http(503) })
        let halted = try #require(
            await TestWorkspace.retention(workspace.context(first, shouldStop: { lost.isAsked })).run().result)
        #expect(halted.halted == .signal)
        // Another plan's 204.
        let run: RunID = RunID(value: 0xABCD)
        let operation = OperationID(value: 0xABCE)
        let other = Plan(
            id: PlanID(value: 0xABCC), kind: .retention, created: workspace.clock.now(), partner: TestWorkspace.partner,
            policyDigest: TestRules.none.policies.digest, coverage: "inventory", limits: Limits(), items: [])
        let digest = try RecordPlan(inventory: workspace.inventory, log: workspace.log).run(other)
        _ = try workspace.log.append([
            .runStart(.init(run: run, plan: other.id, digest: digest, policy: other.policyDigest)),
            .deleteIntent(.init(run: run, operation: operation, attempt: 1, attachment: id, rule: "policy:default")),
            .deleteOutcome(
                .init(operation: operation, attempt: 1, attachment: id, answer: .deleted, http: 204, final: .deleted)),
        ])
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let answer = try await TestWorkspace.retention(workspace.context(vendor)).run()
        let results = try workspace.inventory.results(of: halted.plan)
        #expect(answer.resumed.first?.plan == halted.plan)
        #expect(results.first { $0.attachment == id }?.outcome == .changedSincePlan)
        #expect(!vendor.deletes.contains(id))
    }

    /// The GET before the DELETE of an erasure says that it was made later than the messages do.
    @Test func theTimeThatAGETTellsCountsBeforeTheDELETE() async throws {
        let rules = TestRules.decider(
            """
            version: 1
            policies:
              - {id: disputes, title: Disputes, why: Claims., retain: 30d, legal_ground: gdpr.17.3.e}
            """)
        let now = workspace.clock.now()
        let (young, old) = (AttachmentID(value: 0xA1), AttachmentID(value: 0xA2))
        for id in [young, old] {
            _ = try workspace.inventory.record(
                [
                    Delivery(messages: [
                        MessageObservation(
                            message: MessageID(value: id.value), chat: ChatID(value: 1), isGroup: false,
                            line: try PhoneLine(TestWorkspace.lines[0]), direction: .inbound,
                            sender: try Handle("+14155559999"), sentAt: now.adding(seconds: -40 * 86_400),
                            attachments: [ObservedAttachment(id: id, source: .message)])
                    ])
                ], now: now)
        }
        let vendor = Telling(
            [young: now.adding(seconds: -20 * 86_400), old: now.adding(seconds: -40 * 86_400)],
            lines: try TestWorkspace.lines.map { try PhoneLine($0) })
        let context = workspace.context(vendor)
        var ask = PlanErasure.Ask(handles: [try Handle("+14155559999")], openedBy: "clerk")
        ask.isOffline = true
        let planned = try await PlanErasure(context, rules: rules, limits: Limits()).run(ask)
        #expect(planned.plan.items.allSatisfy { $0.withheld == nil })
        let result = try await ApplyErasure(
            context, rules: rules, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "ada"
        ).run(planned.plan.id)
        #expect(vendor.deleted == [old])
        #expect(result.counts[.withheldRetention as Outcome] == 1)
    }

    /// The vendor names somebody else's file as what the drill uploaded.
    @Test(arguments: [(Int64(5555), "text/plain", "drill-other-file"), (nil, "text/plain", "drill-other-file")])
    func theDrillDeletesNothingButWhatItUploaded(size: Int64?, mime: String, code: String) async throws {
        let vendor = Telling(
            [AttachmentID(value: 0xD1): workspace.clock.now()],
            lines: try TestWorkspace.lines.map { try PhoneLine($0) },
            upload: AttachmentID(value: 0xD1), size: size, mime: mime)
        let drill = Drill(workspace.context(vendor), rules: TestRules.none, settings: TestWorkspace.settings)
        await #expect { _ = try await drill.run() } throws: { ($0 as? LetheError)?.code == code }
        #expect(vendor.deleted.isEmpty)
        #expect(try workspace.inventory.attachment(AttachmentID(value: 0xD1)) == nil, "it is not ours")
    }

    @Test func nothingIsDrilledUnderAHoldOnEverything() async throws {
        _ = try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(.all, by: "counsel", reason: "matter 9", now: workspace.clock.now())
        let vendor = Telling([:], lines: [], upload: AttachmentID(value: 0xD1))
        let drill = Drill(workspace.context(vendor), rules: TestRules.none, settings: TestWorkspace.settings)
        await #expect { _ = try await drill.run() } throws: { ($0 as? LetheError)?.code == "drill-held" }
    }

    /// Somebody begins the plan between the look at its state and its end.
    @Test func aPlanThatIsBegunMeanwhileIsNotClosedUnderItsRun() async throws {
        let due = try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: TestRules.five, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: workspace.clock.now())
        try ApprovePlan(
            inventory: workspace.inventory, log: workspace.log, time: workspace.clock, rules: ApprovalRule()
        ).run(due.plan.id, by: "ada")
        try workspace.inventory.move(due.plan.id, to: .applying)
        let context = workspace.context(try workspace.scripted())
        #expect {
            try ClosePlan(context).cancel(due.plan.id, by: "ada", from: [.proposed, .approved])
        } throws: { ($0 as? LetheError)?.code == "plan-state" }
        #expect(try workspace.inventory.plan(due.plan.id).state == .applying)
        // And whoever applies what was closed stops.
        #expect(try !workspace.inventory.isAskedToStop(due.plan.id))
        try workspace.inventory.move(due.plan.id, to: .cancelled)
        #expect(try workspace.inventory.isAskedToStop(due.plan.id))
    }
}

/// Loses the answer about one attachment, on which a hold is placed meanwhile.
private struct Held: Sendable {
    let id: AttachmentID
    let workspace: TestWorkspace

    init(_ id: AttachmentID, in workspace: TestWorkspace) {
        self.id = id
        self.workspace = workspace
    }

    func answer(_ asked: AttachmentID) -> VendorAnswer {
        guard asked == id else { return .http(204) }
        #expect(throws: Never.self) {
            try PlaceHold(inventory: workspace.inventory, log: workspace.log)
                .run(.attachment(id), by: "counsel", reason: "matter 9", now: workspace.clock.now())
        }
        return VendorAnswer(.failure(.timeout))
    }
}

/// Loses the answer about one attachment, and remembers that it was asked.
private final class Lost: Sendable {
    private let id: AttachmentID
    private let asked = Mutex(false)

    init(_ id: AttachmentID) { self.id = id }

    var isAsked: Bool { asked.withLock { $0 } }

    func answer(_ one: AttachmentID) -> VendorAnswer {
        guard one == id else { return .http(204) }
        asked.withLock { $0 = true }
        return VendorAnswer(.failure(.timeout))
    }
}

/// Finds what it is told to hold, with the time it was made, and deletes it.
private final class Telling: QuietVendor {
    private let times: [AttachmentID: Timestamp]
    private let lines: [PhoneLine]
    private let uploaded: AttachmentID?
    private let size: Int64?
    private let mime: String?
    private let gone = Mutex<[AttachmentID]>([])

    init(
        _ times: [AttachmentID: Timestamp], lines: [PhoneLine], upload: AttachmentID? = nil, size: Int64? = nil,
        mime: String? = nil
    ) {
        self.times = times
        self.lines = lines
        uploaded = upload
        self.size = size
        self.mime = mime
    }

    var deleted: [AttachmentID] { gone.withLock { $0 } }

    func delete(_ id: AttachmentID) async -> VendorAnswer {
        gone.withLock { $0.append(id) }
        return .http(204)
    }

    func lookUp(_ id: AttachmentID) async -> AttachmentLookup {
        guard let time = times[id], !deleted.contains(id) else {
            return AttachmentLookup(answer: .http(404, code: 2003))
        }
        return AttachmentLookup(
            answer: .http(200),
            found: ObservedAttachment(id: id, source: .message, mime: mime, size: size, apiCreated: time))
    }

    func head(_ url: DownloadURL) async -> VendorAnswer { .http(404) }
    func phoneLines() async -> Listing<PhoneLine> { Listing(answer: .http(200), elements: lines, isComplete: true) }
    func upload(
        _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
    ) async -> UploadAnswer {
        _ = uploaded.map(mayGoOn)
        return UploadAnswer(answer: .http(201), id: uploaded)
    }
}
