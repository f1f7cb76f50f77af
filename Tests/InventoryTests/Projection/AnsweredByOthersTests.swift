import Domain
import TestSupport
import Testing

@testable import Inventory

/// Since when something else answers for an attachment.
struct AnsweredByOthersTests {
    private static let foreign = VendorAnswer(.http(status: 404, code: nil))
    private let world: World
    private let plan: Plan

    init() throws {
        world = try World()
        try world.record(inbound(1))
        plan = try makePlan([1])
        _ = try world.store.save(plan)
    }

    private func note(_ answer: VendorAnswer, after days: Int64, seconds: Int64 = 0) throws {
        try world.store.note(answer, of: attachment(1), at: now.adding(seconds: days * 86_400 + seconds))
    }

    @Test(arguments: [(-1, false), (0, true), (1, true)] as [(Int64, Bool)])
    func itTakesTwoAnswersAWeekApart(seconds: Int64, isSo: Bool) throws {
        try note(Self.foreign, after: 0)
        #expect(try world.store.answeredByOthers().isEmpty)
        try note(Self.foreign, after: 7, seconds: seconds)
        #expect(try world.store.answeredByOthers().isEmpty != isSo)
    }

    @Test(
        "anything in the vendor's own voice starts the count again, and silence does not",
        arguments: [
            (.http(200), false), (.http(204), false), (.http(503), false), (.http(404, code: 2007), false),
            (.http(404, code: 2003), false), (.http(404, code: 9999), false), (.init(.failure(.timeout)), true),
            (.init(.failure(.connectionRefused)), true),
        ] as [(VendorAnswer, Bool)])
    func voices(answer: VendorAnswer, isSilent: Bool) throws {
        try note(Self.foreign, after: 0)
        try note(answer, after: 5)
        try note(Self.foreign, after: 8)
        #expect(try world.store.answeredByOthers().isEmpty == !isSilent)
        try note(Self.foreign, after: 15)
        #expect(try world.store.answeredByOthers() == [attachment(1)])
        try note(answer, after: 16)
        #expect(try world.store.answeredByOthers().isEmpty == !isSilent)
    }

    @Test(
        "what the log has of it counts in an inventory that was put back",
        arguments: [
            (.unknown, 503, nil, false), (.notReady, 404, nil, false), (.absent, 404, .alreadyAbsent, false),
            (.unknown, 404, nil, true), (.unknown, 0, nil, true), (.notSent, 0, nil, true),
        ] as [(AnswerClass, Int, Outcome?, Bool)])
    func records(answer: AnswerClass, http: Int, final: Outcome?, stays: Bool) throws {
        try note(Self.foreign, after: 0)
        try note(Self.foreign, after: 8)
        let log = FakeLog(world.store)
        let (run, op) = (RunID(value: 1), OperationID(value: 1))
        let later = now.adding(seconds: 9 * 86_400)
        try log.append(.start(run, plan.id), at: later)
        try log.append(
            .deleteIntent(
                .init(run: run, operation: op, attempt: 1, attachment: attachment(1), rule: "policy:p")), at: later)
        try log.append(
            .deleteOutcome(
                .init(
                    operation: op, attempt: 1, attachment: attachment(1), answer: answer, http: http, final: final)),
            at: later)
        #expect(try world.store.answeredByOthers().isEmpty == !stays)
    }

    @Test func anEndStartsItAgainAndACancelledPlanDoesNot() throws {
        let log = FakeLog(world.store)
        let later = now.adding(seconds: 9 * 86_400)
        try log.append(.start(RunID(value: 1), plan.id), at: later)
        for (outcome, stays) in [(Outcome.notAttempted, true), (.notFoundUnproven, false)] {
            try note(Self.foreign, after: 0)
            try note(Self.foreign, after: 8)
            try log.append(
                .itemClosed(.init(run: RunID(value: 1), attachment: attachment(1), outcome: outcome, reason: nil)),
                at: later)
            #expect(try world.store.answeredByOthers().isEmpty == !stays)
        }
    }
}
