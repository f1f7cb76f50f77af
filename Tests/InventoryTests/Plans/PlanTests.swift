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
        let log = FakeLog(world.store)
        let zero = String(repeating: "0", count: 64)
        for (name, digest) in [("jo", digest), ("jo", digest), ("kim", digest), ("lou", zero)] {
            try log.append(.planApproved(.init(plan: plan.id, digest: digest, by: name, how: .cli)))
        }
        #expect(try world.store.plan(plan.id).approvals.map(\.name) == ["jo", "kim"])
        try world.store.date(day(3), approvalOf: plan.id, by: "kim")
        #expect(try world.store.plan(plan.id).approvals.map(\.at) == [day(3), now].sorted())
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
        let told = Told(world.store)
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
        #expect(
            told.changes.map { "\($0.state.rawValue) \($0.isOpening) \($0.by ?? "-")" } == [
                "refused false jo", "received true jo",
            ])
    }

    /// Nothing becomes of a request that the log does not have.
    @Test func whatCannotBeRecordedIsNotChanged() throws {
        let world = try World()
        let request = ErasureRequest(
            id: try Randomness.id(), state: .received, received: day(1), due: day(31), jurisdiction: .uk,
            scope: .conversation, subjects: [try world.subject("+14155550117")], openedBy: "jo", coverage: .offline)
        let full = LetheError("audit-write-failed", .failed, "the disk is full")
        world.store.recordChanges { (_) throws(LetheError) in throw full }
        #expect(code { try world.store.insert(request) } == full.code)
        #expect(try world.store.requests().isEmpty)
        world.store.recordChanges { _ in ("lethe.test/nowhere", []) }
        try world.store.insert(request)
        let plan = try makePlan([1], request: request.id)
        _ = try world.store.save(plan)
        world.store.recordChanges { (_) throws(LetheError) in throw full }
        #expect(code { try world.store.assign(plan.id, to: request.id) } == full.code)
        #expect(code { try world.store.advance(request.id, .withdrawn) } == full.code)
        #expect(try world.store.requests() == [request])
        // A store that no log belongs to changes none.
        let other = try InventoryStore.open(at: world.database, keys: world.keys)
        #expect(code { try other.advance(request.id, .withdrawn) } != nil)
        #expect(try other.requests() == [request])
        let moved = code { try world.store.move(plan.id, to: .cancelled) { () throws(LetheError) in throw full } }
        #expect(try moved == full.code && world.store.plan(plan.id).state == .proposed)
    }
}
