import Cryptography
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// Plans as they are frozen, moved and read back.
struct PlanTests {
    @Test func aPlanComesBackAsItWasFrozen() throws {
        let world = try World()
        let request: RequestID = try Randomness.id()
        let items = [
            PlanItem(
                attachment: attachment(2), rule: "erasure:\(request)", line: try PhoneLine("+12025550143"),
                tier: .ephemeral, size: nil,
                withheld: Withholding(outcome: .withheldRetention, ground: "gdpr.17.3.b", ends: day(99))),
            PlanItem(attachment: attachment(1), rule: "erasure:\(request)", tier: .persistent, size: 123),
        ]
        let plan = Plan(
            id: try Randomness.id(), kind: .erasure, created: now, partner: "p",
            policyDigest: String(repeating: "0", count: 64),
            request: request, coverage: "complete", limits: Limits(maxDeletes: 5, maxPercent: 6, maxBytes: 7),
            items: items)
        let digest = try world.store.save(plan)
        #expect(digest == Hex.encode(Digest.sha256(plan.canonicalBytes)))
        let record = try world.store.plan(plan.id)
        #expect(record.plan == plan)
        #expect(record.digest == digest)
        #expect(record.state == .proposed)
        #expect(try world.store.plans().map(\.items) == [2])
    }

    @Test(arguments: [
        "UPDATE plan_item SET attachment = x'00000000000000000000000000000001'", "DELETE FROM plan_item",
        "UPDATE plan_item SET rule = 'policy:other'", "UPDATE plan SET max_deletes = 2",
        "UPDATE plan SET partner = 'q'",
        "UPDATE plan_item SET withheld = 'withheld_hold', ground = 'x'",
    ])
    func aPlanThatWasChangedIsRefused(sql: String) throws {
        let world = try World()
        let plan = try makePlan([1])
        _ = try world.store.save(plan)
        try world.store.pool.write { try $0.execute(sql: sql) }
        #expect(code { _ = try world.store.plan(plan.id) } == "plan-changed")
    }

    @Test func onlyLegalMovesAreMade() throws {
        let legal: [Plan.State: Set<Plan.State>] = [
            .proposed: [.approved, .cancelled, .expired], .approved: [.applying, .cancelled, .expired],
            .applying: [.done, .halted, .cancelled, .expired], .halted: [.applying, .done, .cancelled, .expired],
        ]
        let world = try World()
        for state in Plan.State.allCases {
            for next in Plan.State.allCases {
                let plan = try makePlan([1])
                _ = try world.store.save(plan)
                try world.store.pool.write {
                    try $0.execute(sql: "UPDATE plan SET state = ?", arguments: [state.rawValue])
                }
                let refusal = code { try world.store.move(plan.id, to: next, cause: "why") }
                let isLegal = legal[state, default: []].contains(next)
                #expect(refusal == (isLegal ? nil : "plan-state"), "\(state) to \(next)")
                #expect(try world.store.plan(plan.id).state == (isLegal ? next : state))
            }
        }
        #expect(code { try world.store.move(Randomness.id(), to: .approved) } == "unknown-plan")
    }

    @Test func anApprovalIsBoundToTheDigestAndCountsOncePerName() throws {
        let world = try World()
        let plan = try makePlan([1])
        let digest = try world.store.save(plan)
        let approval = Approval(name: "jo", how: "cli", at: now, digest: digest)
        try world.store.approve(plan.id, approval)
        try world.store.approve(plan.id, approval)
        try world.store.approve(plan.id, Approval(name: "kim", how: "cli", at: now, digest: digest))
        #expect(try world.store.plan(plan.id).approvals.map(\.name) == ["jo", "kim"])
        let wrong = Approval(name: "lou", how: "cli", at: now, digest: String(repeating: "0", count: 64))
        #expect(code { try world.store.approve(plan.id, wrong) } == "wrong-digest")
    }

    @Test func anAnsweredRequestIsNotPlannedAgainBesideAnOpenOne() throws {
        let world = try World()
        func request(_ state: ErasureRequest.State) throws -> ErasureRequest {
            ErasureRequest(
                id: try Randomness.id(), state: state, received: day(1), due: day(31), jurisdiction: .gdpr,
                scope: .sentBySubject, subjects: [try world.subject("+14155550117")], openedBy: "jo",
                coverage: .offline)
        }
        let (answered, open) = (try request(.completed), try request(.received))
        try world.store.insert(answered)
        try world.store.insert(open)
        #expect(code { try world.store.advance(answered.id, .planned) } == "request-open")
        try world.store.advance(open.id, .withdrawn)
        #expect(try world.store.advance(answered.id, .planned).state == .planned)
    }

    @Test func requestsKeepEveryField() throws {
        let world = try World()
        let people = [try world.subject("+14155550117"), try world.subject("a@example.com")].sorted()
        var request = ErasureRequest(
            id: try Randomness.id(), state: .received, received: day(1), due: day(31), jurisdiction: .uk,
            scope: .conversation, subjects: people, openedBy: "jo", channel: "mail", identityMethod: "callback",
            coverage: .offline, identityDate: day(2), identityBy: "kim", extensionReason: "complex",
            extensionToldOn: day(20), included: [.others, .unknownRecipients], ground: "none")
        try world.store.insert(request)
        #expect(try world.store.request(request.id) == request)
        let other = ErasureRequest(
            id: try Randomness.id(), state: .received, received: day(1), due: day(2), jurisdiction: .gdpr,
            scope: .sentBySubject, subjects: [people[1]], openedBy: "jo", coverage: .offline)
        #expect(code { try world.store.insert(other) } == "request-open")
        #expect(code { try world.store.refuseSecondRequest(naming: [people[1]]) } == "request-open")
        let plan = try Randomness.id(PlanKind.self)
        let refused = try world.store.advance(request.id, .refused, by: "jo", reason: "why") {
            $0.plan = plan
            $0.answered = day(30)
            $0.coverage = .complete
        }
        request.state = .refused
        request.plan = plan
        request.answered = day(30)
        request.coverage = .complete
        #expect(refused == request)
        #expect(try world.store.requests() == [request])
        #expect(code { try world.store.advance(request.id, .planned) } == "request-state")
        #expect(code { try world.store.advance(other.id, .planned) } == "unknown-request")
        try world.store.insert(other)
        var told: [String] = []
        try world.store.recordChanges { told += $0.map { "\($0.state.rawValue) \($0.isOpening) \($0.by ?? "-")" } }
        #expect(told == ["received true jo", "refused false jo", "received true jo"])
        try world.store.recordChanges { _ in Issue.record("nothing is left to be told") }
    }
}
