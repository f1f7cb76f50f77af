import Audit
import Domain
import Engine
import Inventory
import Rules
import Synchronization
import TestSupport
import Testing

/// What a GET of ours missed before our first DELETE is not our doing, whichever workflow asked and whichever plan deletes.
@Suite struct MissTests {
    private static let dana = "+14155550117"
    private static let file = AttachmentID(value: 0xA1)
    private let workspace: TestWorkspace

    /// `isDated`: else the API is asked when it was made.
    private func fill(isDated: Bool = true, lines: [String] = [TestWorkspace.lines[1]]) throws {
        let time = isDated ? TestWorkspace.start.adding(seconds: -200 * 86_400) : nil
        for (index, line) in lines.enumerated() {
            let file = ObservedAttachment(
                id: AttachmentID(value: 0xA1 + UInt128(index)), source: .message, mime: "image/png", size: 9)
            _ = try workspace.inventory.record(
                [
                    Delivery(messages: [
                        MessageObservation(
                            message: MessageID(value: 0xB1 + UInt128(index)),
                            chat: ChatID(value: 0xC1 + UInt128(index)),
                            isGroup: false, line: try PhoneLine(line), direction: .inbound,
                            sender: try Handle(Self.dana),
                            sentAt: time, envelopeTime: time, attachments: [file])
                    ])
                ], now: workspace.clock.now())
        }
    }

    init() throws { workspace = try TestWorkspace() }

    /// An account without the file: of each attachment DELETEs and GETs are answered by these, in turn, then by 404.
    private func vendor(
        _ deletes: [VendorAnswer] = [.http(500)], lookUps: [VendorAnswer] = [], lines: [String] = TestWorkspace.lines
    ) throws -> ScriptedVendor {
        let script = Script(deletes: deletes, lookUps: lookUps)
        return ScriptedVendor(
            lines: try lines.map { try PhoneLine($0) }, lookUp: { script.lookUp($0) },
            delete: { id, _ in script.delete(id) }, chats: { _ in Listing(answer: .http(200), isComplete: true) },
            chat: { Listing(answer: .http(200), elements: [ChatObservation(chat: $0)], isComplete: true) })
    }

    private func retain(_ vendor: ScriptedVendor, _ rules: Decider = TestRules.five) async throws {
        _ = try await TestWorkspace.retention(workspace.context(vendor), rules).run()
    }

    private func sync(_ vendor: ScriptedVendor) async throws {
        _ = try await SyncFromAPI(workspace.context(vendor), requestsPerSecond: 1000).run()
    }

    private func erase(_ vendor: ScriptedVendor) async throws -> RequestID {
        let context = workspace.context(vendor)
        var ask = PlanErasure.Ask(handles: [try Handle(Self.dana)], openedBy: "clerk")
        ask.isOffline = true
        let planned = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask)
        _ = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings, by: "officer"
        ).run(planned.plan.id)
        return planned.request.id
    }

    private var outcome: Outcome? { get throws { try workspace.inventory.record(of: Self.file)?.outcome } }

    @Test func whatNoGETMissedIsOurDoing() async throws {
        try fill()
        try await retain(try vendor())
        #expect(try outcome == .deletedAfterRetry)
    }

    /// The number was released: before the run three of its attachments are asked for.
    @Test func whatThePreflightMissedIsNotOurDoing() async throws {
        try fill(lines: [TestWorkspace.lines[1], TestWorkspace.lines[0]])
        try await retain(try vendor(lines: [TestWorkspace.lines[0]]))
        #expect(try outcome == .alreadyAbsent)
    }

    /// Under another account's key every attachment is missed: that says nothing.
    @Test func whatAnotherAccountsKeyMissedCountsForNothing() async throws {
        try fill()
        let foreign = try ScriptedVendor(
            lines: [PhoneLine("+13035550100")], lookUp: { _ in .http(404, code: 2003) })
        await #expect { try await retain(foreign) } throws: { ($0 as? LetheError)?.code == "foreign-key" }
        try await retain(try vendor())
        #expect(try outcome == .deletedAfterRetry)
    }

    /// `lethe sync` asks when an attachment was made. A GET that finds it takes the miss back.
    @Test(arguments: [(false, Outcome.alreadyAbsent), (true, .deletedAfterRetry)])
    func whatSyncMissedIsNotOurDoing(isFoundAgain: Bool, outcome: Outcome) async throws {
        try fill(isDated: false)
        try await sync(try vendor())
        if isFoundAgain { try await sync(try vendor(lookUps: [.http(200)])) }
        _ = try await erase(try vendor(lookUps: [.http(503)]))
        #expect(try self.outcome == outcome)
    }

    /// The erasure's GET missed it, the vendor asked to wait, and the person took it back.
    @Test func whatAnEarlierPlanMissedIsNotTheDoingOfALaterOne() async throws {
        try fill()
        let request = try await erase(try vendor([Self.waitLong]))
        let context = workspace.context(try vendor())
        _ = try await DecideRequest(context, rules: TestRules.none, by: "clerk", reason: "taken back").withdraw(request)
        try await retain(try vendor())
        #expect(try outcome == .alreadyAbsent)
    }

    /// A lost answer of ours comes before the miss: it may be why.
    @Test func whatIsMissedAfterALostAnswerStaysOurs() async throws {
        try fill(isDated: false)
        _ = try await erase(try vendor([.http(500), Self.waitLong], lookUps: [.http(200)]))
        try await sync(try vendor())
        try await retain(try vendor([]), TestRules.none)
        #expect(try outcome == .deletedAfterRetry)
    }

    /// The vendor asks to wait for so long that the run halts.
    private static var waitLong: VendorAnswer {
        var answer = VendorAnswer.http(429)
        answer.retryAfter = .seconds(400)
        return answer
    }

    private final class Script: Sendable {
        private let answers: (deletes: [VendorAnswer], lookUps: [VendorAnswer])
        private let asked = Mutex<(deletes: [AttachmentID: Int], lookUps: [AttachmentID: Int])>(([:], [:]))

        init(deletes: [VendorAnswer], lookUps: [VendorAnswer]) { answers = (deletes, lookUps) }

        func lookUp(_ id: AttachmentID) -> VendorAnswer {
            let number = asked.withLock { asked in
                defer { asked.lookUps[id, default: 0] += 1 }
                return asked.lookUps[id] ?? 0
            }
            return number < answers.lookUps.count ? answers.lookUps[number] : .http(404, code: 2003)
        }

        func delete(_ id: AttachmentID) -> VendorAnswer {
            let number = asked.withLock { asked in
                defer { asked.deletes[id, default: 0] += 1 }
                return asked.deletes[id] ?? 0
            }
            return number < answers.deletes.count ? answers.deletes[number] : .http(404, code: 2003)
        }
    }
}
