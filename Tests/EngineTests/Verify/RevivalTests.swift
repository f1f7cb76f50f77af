import Audit
import Domain
import Engine
import Inventory
import Rules
import TestSupport
import Testing

/// What was called gone and is named again: only a GET that answers 200 brings it back, and with it the request.
@Suite struct RevivalTests {
    private static let dana = "+14155550117"
    private static let rowan = "+14155550162"

    private let workspace: TestWorkspace
    /// Dana's, completed: her file was deleted.
    private let request: RequestID
    private let erased = AttachmentID(value: 0xA1)

    private static func delivery(_ number: UInt128, from handle: String) throws -> Delivery {
        let time = TestWorkspace.start.adding(seconds: -10 * 86_400)
        let file = ObservedAttachment(
            id: AttachmentID(value: 0xA0 + number), source: .message, mime: "image/png", size: 9)
        return Delivery(messages: [
            MessageObservation(
                message: MessageID(value: 0xB0 + number), chat: ChatID(value: 0xC0 + number),
                line: try PhoneLine(TestWorkspace.lines[0]), direction: .inbound, sender: try Handle(handle),
                sentAt: time, envelopeTime: time, attachments: [file])
        ])
    }

    private static func erase(
        _ handle: String, in workspace: TestWorkspace, _ answer: VendorAnswer
    ) async throws -> RequestID {
        let vendor = try workspace.scripted(delete: { _, _ in answer }, lookUp: { _ in .http(404, code: 2003) })
        let context = workspace.context(vendor)
        var ask = PlanErasure.Ask(handles: [try Handle(handle)], openedBy: "clerk")
        ask.isOffline = true
        let planned = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask)
        _ = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "officer"
        ).run(planned.plan.id)
        return planned.request.id
    }

    init() async throws {
        workspace = try TestWorkspace()
        _ = try workspace.inventory.record([try Self.delivery(1, from: Self.dana)], now: workspace.clock.now())
        request = try await Self.erase(Self.dana, in: workspace, .http(204))
    }

    private func state() throws -> (AttachmentState?, ErasureRequest.State?) {
        (try workspace.inventory.attachment(erased)?.state, try workspace.inventory.request(request)?.state)
    }

    @Test func aNameAloneBringsNothingBack() throws {
        #expect(try state() == (.gone, .completed))
        _ = try workspace.inventory.record([try Self.delivery(1, from: Self.dana)], now: workspace.clock.now())
        #expect(try state() == (.gone, .completed))
        #expect(try workspace.inventory.namedAgain() == [erased])
    }

    @Test(
        arguments: [
            // Deleted anew under its request, and found again: the run is halted.
            (VendorAnswer.http(200), AttachmentState.live, .applying, false),
            (.http(404, code: 2003), .gone, .completed, false), (.http(404), .gone, .completed, true),
            (.http(404, code: 2007), .gone, .completed, true), (.http(410), .gone, .completed, true),
        ] as [(VendorAnswer, AttachmentState, ErasureRequest.State, Bool)])
    func onlyAGETThatFindsItDoes(
        answer: VendorAnswer, object: AttachmentState, after: ErasureRequest.State, isAskedAgain: Bool
    ) async throws {
        _ = try workspace.inventory.record([try Self.delivery(1, from: Self.dana)], now: workspace.clock.now())
        let vendor = try workspace.scripted(lookUp: { _ in answer })
        do {
            let run = try await TestWorkspace.retention(workspace.context(vendor), TestRules.none).run()
            #expect(object == .gone && run.warnings.allSatisfy { !$0.contains("still there") })
        } catch {
            #expect(object == .live && error.code == "halted")
        }
        #expect(try state() == (object, after))
        #expect(try workspace.inventory.namedAgain() == (isAskedAgain ? [erased] : []))
        let refuted = try workspace.records().contains {
            if case .deleteVerified(let found) = $0 { found.attachment == erased && found.grade == .x } else { false }
        }
        #expect(refuted == (object == .live))
    }

    /// `lethe verify` finds by itself what is still there, what was absent included.
    @Test func whatVerifyFindsIsLiveAndItsRequestIsOpenAgain() async throws {
        _ = try workspace.inventory.record([try Self.delivery(2, from: Self.rowan)], now: workspace.clock.now())
        let other = try await Self.erase(Self.rowan, in: workspace, .http(404, code: 2003))
        let absent = AttachmentID(value: 0xA2)
        #expect(try workspace.inventory.request(other)?.state == .completed)
        #expect(try workspace.inventory.record(of: absent)?.outcome == .alreadyAbsent)
        let context = workspace.context(try workspace.scripted(lookUp: { _ in .http(200) }))
        let report = try await VerifyDeletions(context, tiers: TierMap(), requestsPerSecond: 1000).run()
        #expect(Set(report.stillThere) == [erased, absent] && report.status == .failed)
        #expect(try state() == (.live, .received))
        #expect(try workspace.inventory.attachment(absent)?.state == .live)
        #expect(try workspace.inventory.request(other)?.state == .received)
    }
}
