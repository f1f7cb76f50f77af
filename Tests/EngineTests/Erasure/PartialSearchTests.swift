import Domain
import Engine
import Inventory
import Rules
import Testing

/// A search of everything of a person that is not read whole: what is asked of whoever answers the request.
@Suite struct PartialSearchTests {
    private let workspace: TestWorkspace
    private static let chat = ChatID(value: 1)
    private static let message = MessageID(value: 2)

    init() throws { workspace = try TestWorkspace() }

    private enum Listed: CaseIterable {
        case whole, unreadable, brokenOff
    }

    private func context(_ listed: Listed, shouldStop: @escaping @Sendable () -> Bool = { false }) throws -> RunContext
    {
        let line = try PhoneLine(TestWorkspace.lines[0])
        let dana = try Handle("+14155550117")
        let vendor = ScriptedVendor(
            lines: [line],
            chats: { _ in
                let chat = ChatObservation(
                    chat: Self.chat, isGroup: false, line: line, members: [dana], membersAreComplete: true, seenAt: nil)
                return Listing(answer: .http(200), elements: [chat], isComplete: true)
            },
            messages: { _ in
                let observation = MessageObservation(message: Self.message, chat: Self.chat, attachments: [])
                let odd = ListedMessage(observation: observation, unreadableParts: listed == .unreadable ? 2 : 0)
                return Listing(
                    answer: .http(listed == .brokenOff ? 400 : 200), elements: listed == .brokenOff ? [] : [odd],
                    isComplete: listed != .brokenOff)
            })
        return workspace.context(vendor, shouldStop: shouldStop)
    }

    /// Opened, or resumed with the handles, approved, and carried out.
    @discardableResult
    private func answer(_ listed: Listed, again id: RequestID? = nil) async throws -> ErasureRequest {
        try await answer(try context(listed), again: id)
    }

    @discardableResult
    private func answer(_ context: RunContext, again id: RequestID? = nil) async throws -> ErasureRequest {
        let handles = [try Handle("+14155550117")]
        let planner = PlanErasure(context, rules: TestRules.none, limits: Limits())
        let planned: PlanErasure.Planned
        if let id {
            var again = PlanErasure.Repeat(id)
            again.handles = handles
            planned = try await planner.run(again: again)
        } else {
            planned = try await planner.run(PlanErasure.Ask(handles: handles, openedBy: "clerk"))
        }
        _ = try await ApplyErasure(
            try self.context(.whole), rules: TestRules.none, approval: ApprovalRule(), settings: TestWorkspace.settings,
            by: "officer"
        ).run(planned.plan.id)
        return try #require(try workspace.inventory.request(planned.request.id))
    }

    private func next(_ request: ErasureRequest) throws -> String? {
        let basis = NextStep.Basis(
            workspace.inventory, log: workspace.log, approval: ApprovalRule(),
            policyDigest: TestRules.none.policies.digest, time: workspace.clock)
        return try NextStep(request, in: basis).command
    }

    private func statusOfARun() async throws -> Domain.ExitStatus {
        try await TestWorkspace.retention(try context(.whole)).run().status
    }

    @Test func aPartThatCannotBeReadIsNoReasonToSearchAgain() async throws {
        let request = try await answer(.unreadable)
        #expect(request.state == .completedWithExceptions && request.coverage == .partial)
        #expect(try next(request) == "lethe requests certificate \(request.id)")
        #expect(try await statusOfARun() == .done)
        let facts = try IssueCertificate(inventory: workspace.inventory, log: workspace.log).run(request.id)
        #expect(facts.coverage.unreadable == [UnreadableParts(message: Self.message, chat: Self.chat, parts: 2)])
        // Whoever searches again all the same, and finds it readable, has seen everything.
        let whole = try await answer(.whole, again: request.id)
        #expect(whole.state == .completed && whole.coverage == .complete)
    }

    @Test(arguments: [(86_300, true), (86_500, false)] as [(Int64, Bool)])
    func whatBrokeOffIsRepeatedUntilADayAfterTheAnswer(seconds: Int64, isAskedForAgain: Bool) async throws {
        let first = try await answer(.brokenOff)
        let again = "lethe erase --resume \(first.id) --subject-file FILE"
        #expect(try next(first) == again)
        #expect(try await statusOfARun() == .incomplete)
        workspace.clock.advance(seconds: seconds)
        let second = try await answer(.brokenOff, again: first.id)
        #expect(second.state == .completedWithExceptions && second.coverage == .partial)
        #expect(try next(second) == (isAskedForAgain ? again : "lethe requests certificate \(first.id)"))
        #expect(try await statusOfARun() == (isAskedForAgain ? .incomplete : .done))
    }

    @Test func aSearchThatWasInterruptedIsRepeated() async throws {
        let first = try await answer(.brokenOff)
        workspace.clock.advance(seconds: 2 * 86_400)
        let second = try await answer(try context(.whole, shouldStop: { true }), again: first.id)
        #expect(try next(second) == "lethe erase --resume \(first.id) --subject-file FILE")
    }
}
