import Domain
import Engine
import Inventory
import LinqClient
import Rules
import TestSupport
import Testing

/// What is learnt between the plan of an erasure and its DELETEs counts, and who received a file is asked before it goes.
@Suite struct ErasureScopeTests {
    private static let dana = "+14155550117"
    private static let rowan = "+14155550162"
    private static let line = TestWorkspace.lines[0]
    private static let time = TestWorkspace.start.adding(seconds: -10 * 86_400)

    private static func chat(_ number: UInt128) -> ChatID { ChatID(value: 0xC0 + number) }
    private static func attachment(_ number: UInt128) -> AttachmentID { AttachmentID(value: 0xA0 + number) }

    /// A file that we sent into a chat.
    private static func sent(
        _ number: UInt128, into chat: ChatID, group: Bool = false, members: [String]
    ) throws -> Delivery {
        Delivery(messages: [
            MessageObservation(
                message: MessageID(value: 0xB0 + number), chat: chat, isGroup: group, line: try PhoneLine(line),
                direction: .outbound, members: try members.map { try Handle($0) }, sentAt: time, envelopeTime: time,
                attachments: [ObservedAttachment(id: attachment(number), source: .message, mime: "image/png", size: 9)])
        ])
    }

    private static func received(_ number: UInt128, into chat: ChatID, from handle: String) throws -> Delivery {
        var delivery = try sent(number, into: chat, members: [])
        delivery.messages[0].direction = .inbound
        delivery.messages[0].sender = try Handle(handle)
        return delivery
    }

    private static func members(of chat: ChatID, _ handles: [String], group: Bool = false) throws -> ChatObservation {
        ChatObservation(
            chat: chat, isGroup: group, line: try PhoneLine(line), members: try handles.map { try Handle($0) },
            membersAreComplete: true, seenAt: time)
    }

    private func erase(
        _ workspace: TestWorkspace, _ vendor: ScriptedVendor, include: SharedInclusion = [], isOffline: Bool = true
    ) async throws -> (PlanErasure.Planned, RunResult) {
        let context = workspace.context(vendor)
        var ask = PlanErasure.Ask(handles: [try Handle(Self.dana)], openedBy: "clerk")
        (ask.included, ask.isOffline) = (include, isOffline)
        let planned = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask)
        let result = try await ApplyErasure(
            context, rules: TestRules.none, approval: ApprovalRule(),
            settings: .init(maxInFlight: 1, requestsPerSecond: 1000, operatorName: "tester"), by: "officer"
        ).run(planned.plan.id)
        return (planned, result)
    }

    /// While another item of the plan is deleted: the chat turns out to be a group, the file turns up in somebody else's chat, or
    /// nobody can say any more where it is from.
    private enum News: CaseIterable { case group, others, contradiction }

    @Test(arguments: News.allCases)
    private func whatLeavesTheScopeDuringTheRunStays(news kind: News) async throws {
        let workspace = try TestWorkspace()
        let (first, second) = (Self.chat(1), Self.chat(2))
        _ = try workspace.inventory.record(
            [
                try Self.received(1, into: first, from: Self.dana), try Self.sent(2, into: first, members: [Self.dana]),
            ], now: workspace.clock.now())
        let news =
            switch kind {
            case .group: Delivery(chats: [try Self.members(of: first, [Self.dana, Self.rowan], group: true)])
            case .others: try Self.sent(2, into: second, members: [Self.rowan]).with(message: 0xB9)
            case .contradiction: try Self.received(2, into: second, from: Self.rowan)
            }
        let vendor = ScriptedVendor(
            lines: [try PhoneLine(Self.line)], lookUp: { _ in .http(404, code: 2003) },
            delete: { _, number in
                if number == 1 { _ = try? workspace.inventory.record([news], now: workspace.clock.now()) }
                return .http(204)
            })
        let (_, result) = try await erase(workspace, vendor)
        #expect(vendor.deletes == [Self.attachment(1)])
        #expect(result.counts[kind == .contradiction ? .changedSincePlan : .withheldShared] == 1)
    }

    /// In a group that was never listed nobody knows who received it: its members are asked for once.
    @Test(
        arguments: [
            ([dana], SharedInclusion(), Outcome.deleted), ([dana, rowan], [], .withheldShared),
            ([dana, rowan], .others, .deleted), (nil, [], .withheldShared), (nil, .unknownRecipients, .deleted),
            (nil, .others, .withheldShared),
        ] as [([String]?, SharedInclusion, Outcome)])
    func whoReceivedAFileIsAskedBeforeItGoes(
        roster: [String]?, include: SharedInclusion, outcome: Outcome
    ) async throws {
        let workspace = try TestWorkspace()
        let (direct, group) = (Self.chat(1), Self.chat(2))
        var shared = try Self.received(1, into: direct, from: Self.dana)
        shared.messages += try Self.sent(1, into: group, group: true, members: []).with(message: 0xB9).messages
        _ = try workspace.inventory.record([shared], now: workspace.clock.now())
        let vendor = ScriptedVendor(
            lines: [try PhoneLine(Self.line)], lookUp: { _ in .http(404, code: 2003) },
            delete: { _, _ in .http(204) },
            chats: { _ in Listing(answer: .http(200), isComplete: true) },
            chat: { id in
                guard let roster, id == group, let chat = try? Self.members(of: group, roster, group: true) else {
                    return Listing(answer: .http(404))
                }
                return Listing(answer: .http(200), elements: [chat], isComplete: true)
            })
        let (planned, result) = try await erase(workspace, vendor, include: include, isOffline: false)
        #expect(result.counts[outcome] == 1)
        #expect(vendor.deletes.isEmpty == (outcome == .withheldShared))
        if roster == nil, outcome == .withheldShared {
            #expect(planned.plan.items.first?.withheld?.ground == "recipient_unknown")
        }
    }

    /// A hold ends after the request was answered: what it withheld goes, what the person sent since does not.
    @Test func whatIsSentAfterTheAnswerIsANewMatter() async throws {
        let workspace = try TestWorkspace()
        let chat = Self.chat(1)
        _ = try workspace.inventory.record(
            [try Self.received(1, into: chat, from: Self.dana)], now: workspace.clock.now())
        let hold = try PlaceHold(inventory: workspace.inventory, log: workspace.log)
            .run(.attachment(Self.attachment(1)), by: "counsel", reason: "matter 9", now: workspace.clock.now())
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let (planned, _) = try await erase(workspace, vendor)
        #expect(try workspace.inventory.request(planned.request.id)?.state == .completedWithExceptions)
        workspace.clock.advance(seconds: 86_400)
        var later = try Self.received(2, into: chat, from: Self.dana)
        later.messages[0].sentAt = workspace.clock.now()
        later.messages[0].envelopeTime = workspace.clock.now()
        _ = try workspace.inventory.record([later], now: workspace.clock.now())
        try ReleaseHold(inventory: workspace.inventory, log: workspace.log)
            .run(hold.id, by: "counsel", reason: "closed")
        _ = try await TestWorkspace.retention(workspace.context(vendor), TestRules.none).run()
        #expect(vendor.deletes == [Self.attachment(1)])
        #expect(try workspace.inventory.request(planned.request.id)?.state == .completed)
    }

    // MARK: what has left the scope

    /// Another delivery names another chat and another sender for it: nobody can say whose it is.
    private func leave(_ workspace: TestWorkspace, _ number: UInt128) throws {
        _ = try workspace.inventory.record(
            [try Self.received(number, into: Self.chat(9), from: Self.rowan)], now: workspace.clock.now())
    }

    private func again(
        _ workspace: TestWorkspace, _ vendor: ScriptedVendor, _ request: RequestID, include: SharedInclusion = [],
        isApplied: Bool = true
    ) async throws -> [Withholding?] {
        let context = workspace.context(vendor)
        var again = PlanErasure.Repeat(request)
        (again.include, again.isOffline) = (include, true)
        let planned = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(again: again)
        if isApplied {
            _ = try await ApplyErasure(
                context, rules: TestRules.none, approval: ApprovalRule(),
                settings: .init(maxInFlight: 1, requestsPerSecond: 1000, operatorName: "tester"), by: "officer"
            ).run(planned.plan.id)
        }
        return planned.plan.items.map(\.withheld)
    }

    /// What others received too goes with the plan that was approved for it, and with no later one that was not.
    @Test func whatIsIncludedIsDecidedByTheApprovalOfItsPlan() async throws {
        let workspace = try TestWorkspace()
        var shared = try Self.received(1, into: Self.chat(1), from: Self.dana)
        shared.messages += try Self.sent(1, into: Self.chat(2), group: true, members: []).with(message: 0xB9).messages
        _ = try workspace.inventory.record([shared], now: workspace.clock.now())
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let id = try await erase(workspace, vendor).0.request.id
        #expect(
            try await again(workspace, vendor, id, include: .unknownRecipients, isApplied: false) == [nil])
        #expect(try workspace.inventory.request(id)?.included.contains(.unknownRecipients) == false)
        #expect(try await again(workspace, vendor, id) != [nil])
        #expect(vendor.deletes.isEmpty)
        #expect(try await again(workspace, vendor, id, include: .unknownRecipients) == [nil])
        #expect(vendor.deletes == [Self.attachment(1)])
    }

    /// A plan withheld it; by the next one it is no more the person's, as far as is known. It is listed, and goes by a decision that
    /// was made of it, not by one that the request was opened with.
    @Test(arguments: [SharedInclusion(), [.others, .unknownRecipients]])
    func whatAPlanListedOnceDropsOutOfNoLaterOne(opened: SharedInclusion) async throws {
        let workspace = try TestWorkspace()
        let inventory = workspace.inventory
        _ = try inventory.record(
            [
                try Self.received(1, into: Self.chat(1), from: Self.dana),
                try Self.received(2, into: Self.chat(1), from: Self.dana),
            ], now: workspace.clock.now())
        let hold = try PlaceHold(inventory: inventory, log: workspace.log)
            .run(.attachment(Self.attachment(1)), by: "counsel", reason: "matter 9", now: workspace.clock.now())
        let vendor = try workspace.scripted(lookUp: { _ in .http(404, code: 2003) })
        let id = try await erase(workspace, vendor, include: opened).0.request.id
        func state() throws -> ErasureRequest.State? { try inventory.request(id)?.state }
        #expect(try state() == .completedWithExceptions)
        try leave(workspace, 1)
        try ReleaseHold(inventory: inventory, log: workspace.log)
            .run(hold.id, by: "counsel", reason: "closed")
        let unknown = Withholding(outcome: .withheldShared, ground: ErasureCandidate.recipientUnknownGround)
        #expect(try await again(workspace, vendor, id) == [unknown])
        #expect(try state() == .completedWithExceptions)
        _ = try await TestWorkspace.retention(workspace.context(vendor), TestRules.none).run()
        #expect(vendor.deletes == [Self.attachment(2)])
        // Decided, and planned once more before it was carried out.
        #expect(
            try await again(workspace, vendor, id, include: .unknownRecipients, isApplied: false) == [nil])
        #expect(try await again(workspace, vendor, id) == [unknown])
        #expect(try state() == .completedWithExceptions)
        #expect(try await again(workspace, vendor, id, include: .unknownRecipients) == [nil])
        #expect(vendor.deletes == [Self.attachment(2), Self.attachment(1)])
        #expect(try state() == .completed)
    }

    /// An earlier plan lists it too, and the request includes whatever nobody knows: nobody has decided of it as it is now.
    @Test func whatLeavesTheScopeOfASecondPlanDuringItsRunStays() async throws {
        let workspace = try TestWorkspace()
        let inventory = workspace.inventory
        let clock = workspace.clock
        _ = try inventory.record(
            [
                try Self.received(1, into: Self.chat(1), from: Self.dana),
                try Self.received(2, into: Self.chat(1), from: Self.dana),
            ], now: clock.now())
        let news = try Self.received(2, into: Self.chat(9), from: Self.rowan)
        let vendor = ScriptedVendor(
            lines: [try PhoneLine(Self.line)], lookUp: { _ in .http(404, code: 2003) },
            delete: { _, _ in
                _ = try? inventory.record([news], now: clock.now())
                return .http(204)
            })
        let context = workspace.context(vendor)
        var ask = PlanErasure.Ask(handles: [try Handle(Self.dana)], openedBy: "clerk")
        (ask.included, ask.isOffline) = ([.others, .unknownRecipients], true)
        let id = try await PlanErasure(context, rules: TestRules.none, limits: Limits()).run(ask).request.id
        _ = try await again(workspace, vendor, id)
        #expect(vendor.deletes == [Self.attachment(1)])
        let plan = try #require(try inventory.request(id)?.plan)
        #expect(try inventory.results(of: plan).map(\.outcome) == [.deleted, .changedSincePlan])
        #expect(try inventory.request(id)?.state == .completedWithExceptions)
    }
}

extension Delivery {
    fileprivate func with(message: UInt128) -> Delivery {
        var delivery = self
        delivery.messages[0].message = MessageID(value: message)
        return delivery
    }
}
