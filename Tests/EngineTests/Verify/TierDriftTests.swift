import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules
import Synchronization
import TestSupport
import Testing

/// The vendor names no tier: what is seen of an attachment is held against what configuration says.
@Suite struct TierDriftTests {
    private let workspace: TestWorkspace
    private let line: PhoneLine
    private let rules: Decider

    init() throws {
        workspace = try TestWorkspace()
        line = try PhoneLine(TestWorkspace.lines[2])
        let tiers = TierMap(ephemeralLines: [
            .init(line: line, since: TestWorkspace.start.adding(seconds: -86_400 * 90))
        ])
        rules = Decider(policies: TestRules.five.policies, tiers: tiers)
    }

    /// One attachment of a message on the ephemeral line, so many seconds old.
    @discardableResult
    private func add(_ number: UInt128, age: Int64, layout: URLLayout = .other) throws -> AttachmentID {
        let id = AttachmentID(value: number)
        let sent = workspace.clock.now().adding(seconds: -age)
        _ = try workspace.inventory.record(
            [
                Delivery(messages: [
                    MessageObservation(
                        message: MessageID(value: number), chat: ChatID(value: 1), line: line, direction: .inbound,
                        sentAt: sent, envelopeTime: sent,
                        attachments: [
                            ObservedAttachment(
                                id: id, source: .message, mime: "image/png", size: 1000, layout: layout)
                        ])
                ])
            ], now: workspace.clock.now())
        return id
    }

    private func plan(at: Timestamp? = nil) throws -> PlanRetention.Planned {
        try PlanRetention(
            inventory: workspace.inventory, log: workspace.log, rules: rules, partner: TestWorkspace.partner,
            limits: .init(maxPercent: 100)
        ).run(now: at ?? workspace.clock.now(), isDraft: at != nil)
    }

    private func verify(
        _ sample: Int = 100, toldBy seconds: Int64? = 0,
        _ answer: @escaping @Sendable (AttachmentID) async -> VendorAnswer
    ) async throws -> VerifyExpired.Report {
        let clock = workspace.clock
        let vendor = try workspace.scripted(lookUp: { id in
            var dated = await answer(id)
            dated.date = seconds.map { clock.now().adding(seconds: $0) }
            return dated
        })
        return try await VerifyExpired(
            workspace.context(vendor), tiers: rules.tiers, requestsPerSecond: 1000
        ).run(sample: sample)
    }

    @Test func aPersistentURLOnAnEphemeralLineIsAFindingThatStays() throws {
        let kept = try add(1, age: 100 * 3600, layout: .persistent)
        let ephemeral = try add(2, age: 100 * 3600)
        _ = try plan(at: workspace.clock.now())
        #expect(try workspace.inventory.attachment(kept)?.hasTierDrift == false)
        #expect(try plan().kept == ["expired": 1, "not_due": 1])
        #expect(try workspace.inventory.attachment(kept)?.hasTierDrift == true)
        #expect(try workspace.inventory.attachment(ephemeral)?.hasTierDrift == false)
        #expect(try workspace.inventory.tierDriftCount() == 1)
        // What expired and is then seen with a persistent URL is held again.
        #expect(try workspace.inventory.attachment(ephemeral)?.state == .expired)
        try add(2, age: 100 * 3600, layout: .persistent)
        #expect(try plan().kept["expired"] == nil)
        #expect(try workspace.inventory.attachment(ephemeral)?.state == .live)
        let again = try plan()
        #expect(again.decided <= 2 && again.plan.items.isEmpty)
        workspace.clock.advance(seconds: 120 * 86_400)
        #expect(try Set(plan().plan.items.map(\.attachment)) == [kept, ephemeral])
    }

    @Test func onAPersistentLineAPersistentURLIsNoFinding() throws {
        let early = try add(1, age: 86_400 * 100, layout: .persistent)
        _ = try plan()
        #expect(try workspace.inventory.attachment(early)?.hasTierDrift == false)
    }

    @Test func beforeADayNothingIsAskedAndBeforeTwoNothingIsABreach() async throws {
        let (day, twoDays) = (Int64(24 * 3600), Int64(48 * 3600))
        // The clock runs fast: a margin of an hour on both sides.
        try add(1, age: day - 3600)
        try add(2, age: day + 3600)
        try add(3, age: twoDays - 3600)
        let late = try add(4, age: twoDays + 3600)
        let report = try await verify { _ in .http(200) }
        #expect(report.checked == 3 && report.notYet == 2 && report.gone == 0 && report.unknown == 0)
        #expect(report.breaches == [late] && report.status == .failed)
    }

    @Test func aBreachIsPersistentFromThenOnAndDue() async throws {
        let gone = try add(1, age: 50 * 86_400)
        let kept = try add(2, age: 50 * 86_400)
        _ = try plan()
        #expect(try workspace.inventory.attachment(kept)?.state == .expired)
        let report = try await verify { $0 == gone ? .http(404, code: 2003) : .http(200) }
        #expect(report.checked == 2 && report.gone == 1 && report.breaches == [kept])
        let attachment = try #require(try workspace.inventory.attachment(kept))
        #expect(attachment.hasTierDrift && attachment.state == .live && rules.tiers.tier(of: attachment) == .persistent)
        #expect(try workspace.records().contains(.vendorSample(.init(checked: 2, present: 1))))
        workspace.clock.advance(seconds: 70 * 86_400)
        #expect(try plan().plan.items.map(\.attachment) == [kept])
        #expect(try workspace.inventory.foundAbsent(gone) != nil)
        #expect(try workspace.inventory.foundAbsent(kept) == nil)
        let again = try await verify { _ in .http(404, code: 2003) }
        #expect(again.checked == 1 && again.gone == 1 && again.status == .done)
    }

    @Test func whatWasFoundBeforeTheKeyWasRefusedStays() async throws {
        for number in 1...6 as ClosedRange<UInt128> { try add(number, age: 100 * 3600) }
        let asked = Mutex(0)
        await #expect {
            _ = try await verify { _ in
                switch asked.withLock({
                    $0 += 1
                    return $0
                }) {
                case 1, 2: .http(200)
                case 3: .http(404, code: 2003)
                default: .http(401)
                }
            }
        } throws: {
            ($0 as? LetheError)?.code == "unauthorized"
        }
        #expect(try workspace.inventory.tierDriftCount() == 2)
        #expect(try workspace.records().contains(.vendorSample(.init(checked: 3, present: 2))))
    }

    @Test func aDeletedOneThatIsStillThereAfterTwoDaysIsAFindingToo() async throws {
        let id = try add(1, age: 100 * 3600)
        let intent = AuditRecord.Intent(
            run: RunID(value: 9), operation: OperationID(value: 1), attempt: 1, attachment: id, rule: "erasure:1")
        let answer = AuditRecord.Answer(
            operation: OperationID(value: 1), attempt: 1, attachment: id, answer: .deleted, http: 204, final: .deleted)
        _ = try workspace.log.append([.deleteIntent(intent), .deleteOutcome(answer)])
        let now = workspace.clock.now()
        let vendor = try workspace.scripted(
            lookUp: { _ in VendorAnswer(.http(status: 200, code: nil), date: now) })
        let context = workspace.context(vendor)
        let report = try await VerifyDeletions(context, tiers: rules.tiers, requestsPerSecond: 1000).run()
        #expect(report.stillThere == [id])
        let attachment = try #require(try workspace.inventory.attachment(id))
        #expect(attachment.hasTierDrift && attachment.state == .live)
    }

    @Test func onlyAClearAnswerCounts() async throws {
        for number in 1...20 as ClosedRange<UInt128> { try add(number, age: 100 * 3600) }
        try add(30, age: 30 * 3600)
        let some = try await verify(5) { _ in .http(404, code: 2003) }
        #expect(some.checked == 5 && some.gone == 5 && some.status == .done)
        let unclear = try await verify { id in
            switch id.value {
            case 30: .http(200)
            case 1: .http(404, code: 2007)
            default: .http(404, code: 2003)
            }
        }
        #expect(unclear.checked == 21 && unclear.gone == 19 && unclear.unknown == 1 && unclear.notYet == 1)
        #expect(unclear.status == .notVerified)
        #expect(try workspace.records().contains(.vendorSample(.init(checked: 19, present: 0))))
        let samples = try workspace.log.entries(after: -1, limit: 1000).filter {
            if case .vendorSample = $0.record { true } else { false }
        }
        #expect(samples.count == 2)
        for sample in samples {
            #expect(try workspace.inventory.isExpiredSample(origin: workspace.log.origin, seq: sample.seq))
        }
        await #expect { _ = try await verify { _ in .http(401) } } throws: {
            ($0 as? LetheError)?.code == "unauthorized"
        }
        #expect(try workspace.inventory.tierDriftCount() == 0)
    }

    /// A clock that is days ahead would make a persistent attachment, for good, of a file of two hours.
    @Test func withoutTheVendorsTimeNothingIsABreach() async throws {
        let id = try add(1, age: 49 * 3600)
        let untold = try await verify(toldBy: nil) { _ in .http(200) }
        #expect(untold.breaches.isEmpty && untold.undated == 1 && untold.unknown == 1 && untold.notYet == 0)
        #expect(untold.status == .notVerified)
        let early = try await verify(toldBy: -2 * 3600) { _ in .http(200) }
        #expect(early.breaches.isEmpty && early.notYet == 1)
        #expect(try workspace.inventory.tierDriftCount() == 0)
        #expect(try await verify { _ in .http(200) }.breaches == [id])
    }
}
