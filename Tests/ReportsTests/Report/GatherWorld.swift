import Audit
import Cryptography
import Domain
import Foundation
import Inventory
import Rules
import TestSupport

@testable import Reports

/// A workspace with a store and a log on disk: two lines, seven attachments, a retention plan and an erasure.
struct GatherWorld {
    let folder: TemporaryDirectory
    let store: InventoryStore
    let log: AuditLog
    let location: AuditLog.Location
    let clock = StepClock(SampleReport.time("2026-01-10T03:00:00Z"))
    let plan: Plan
    let erasure: Plan
    let request: ErasureRequest
    let run = SampleReport.run(1)

    static let handle = "+14155550117"

    init() throws {
        folder = try TemporaryDirectory()
        location = AuditLog.Location(database: folder.file("audit.db"), keys: folder.file("keys"))
        store = try InventoryStore.create(
            at: folder.file("inventory.db"), keys: LookupKeys.create(at: folder.file("lookup.key")))
        _ = try AuditLog.create(location, name: "lethe.example.org", tool: "lethe test", time: clock)
        log = try AuditLog.open(location, time: clock)
        _ = try store.record((1...7).map(Self.delivery), now: clock.now())
        let subject = try store.pseudonym(for: Handle(Self.handle), createIfMissing: true)
        plan = Self.plan(1, .retention, [1, 2, 3, 4], rule: "policy:support-media")
        erasure = Self.plan(
            2, .erasure, [5, 6], rule: "erasure:\(SampleReport.request(1))", request: SampleReport.request(1))
        request = ErasureRequest(
            id: SampleReport.request(1), state: .completed, received: SampleReport.time("2026-01-09T00:00:00Z"),
            due: SampleReport.time("2026-02-09T00:00:00Z"), jurisdiction: .gdpr, scope: .sentBySubject,
            subjects: [subject].compactMap { $0 }, openedBy: "m.okafor", coverage: .complete, plan: erasure.id,
            answered: SampleReport.time("2026-01-11T00:00:00Z"))
        var opened = request
        opened.state = .planned
        opened.answered = nil
        store.recordChanges { _ in ("lethe.test/nowhere", []) }
        try store.insert(opened)
        _ = try store.save(plan)
        _ = try store.save(erasure)
    }

    /// Inbound, one file, line by parity.
    private static func delivery(_ number: Int) throws -> Delivery {
        Delivery(
            event: EventID(value: UInt128(number)),
            messages: [
                MessageObservation(
                    message: MessageID(value: 0xB0 + UInt128(number)), chat: ChatID(value: 0xC0 + UInt128(number % 2)),
                    isGroup: false, line: SampleReport.lines[number % 2], direction: .inbound,
                    sender: try Handle(handle),
                    sentAt: SampleReport.time("2025-11-01T00:00:00Z").adding(seconds: Int64(number) * 86_400),
                    attachments: [
                        ObservedAttachment(
                            id: SampleReport.attachment(number), source: .message, mime: "image/jpeg",
                            size: 1000 * Int64(number))
                    ])
            ])
    }

    static func plan(_ number: Int, _ kind: Plan.Kind, _ items: [Int], rule: String, request: RequestID? = nil)
        -> Plan
    {
        Plan(
            id: SampleReport.plan(number), kind: kind, created: SampleReport.time("2026-01-10T02:59:00Z"),
            partner: SampleReport.partner, policyDigest: String(repeating: "0", count: 64), request: request,
            coverage: "complete", limits: Limits(),
            items: items.map {
                PlanItem(
                    attachment: SampleReport.attachment($0), rule: rule, line: SampleReport.lines[$0 % 2],
                    tier: .persistent,
                    size: 1000 * Int64($0))
            })
    }

    /// A hold that a log has, whichever.
    func place(_ hold: LegalHold) throws {
        try store.prepare(hold)
        let origin = "lethe.test/holds"
        let seq = try store.appliedSeq(origin: origin) + 1
        try store.apply(
            [
                LoggedRecord(
                    seq: seq, at: hold.placedAt,
                    record: .holdPlaced(
                        .init(hold: hold.id, scope: hold.scope, until: hold.until, by: hold.placedBy, reason: nil)))
            ], origin: origin, after: seq - 1,
            through: seq)
    }

    /// Runs both plans: a deletion, one after an unknown answer, a failure and one that stays open; then the erasure.
    func work() throws {
        let second = SampleReport.run(2)
        var records: [AuditRecord] = [.requestOpened(.init(request))]
        records += [plan, erasure].map {
            .planCreated(
                .init(
                    plan: $0.id, kind: $0.kind, digest: digest($0), items: $0.items.count, policy: $0.policyDigest))
        }
        records += [
            .planApproved(.init(plan: plan.id, digest: digest(plan), by: "scheduler", how: .schedule)),
            .runStart(.init(run: run, plan: plan.id, digest: digest(plan), policy: plan.policyDigest)),
        ]
        records += send(run, 1, try: 1, .http(204), .deleted)
        records += send(run, 2, try: 1, VendorAnswer(.failure(.timeout)), nil)
        records += send(run, 2, try: 2, .http(404, code: 2003), .deletedAfterRetry)
        records += send(run, 3, try: 1, .http(403), .refusedByVendor)
        records += [send(run, 4, try: 1, .http(204), nil)[0], .runHalt(.init(run: run, cause: "signal"))]
        records += [
            request(is: .planned), request(is: .approved), request(is: .applying),
            .planApproved(.init(plan: erasure.id, digest: digest(erasure), by: "j.lindqvist", how: .cli)),
            .runStart(.init(run: second, plan: erasure.id, digest: digest(erasure), policy: erasure.policyDigest)),
        ]
        records += send(second, 5, try: 1, .http(204), .deleted, rule: erasure.items[0].rule)
        records += [
            .deleteVerified(.init(run: second, attachment: SampleReport.attachment(5), http: 404, grade: .a)),
            .itemClosed(
                .init(
                    run: second, attachment: SampleReport.attachment(6), outcome: .withheldHold, reason: "hold placed")),
            .runEnd(.init(run: second, RunCounts(OutcomeCounts([.deleted, .withheldHold])))),
            request(is: .completed),
        ]
        for record in records {
            clock.step()
            _ = try log.append([record])
        }
        for plan in [plan.id, erasure.id] {
            try store.move(plan, to: .approved)
            try store.move(plan, to: .applying)
        }
        try store.finish(erasure.id, .erased, now: SampleReport.time("2026-01-11T00:00:00Z"))
        _ = try log.seal()
    }

    /// What every command does before it reports: the store is told how items ended.
    func follow() throws {
        let types: Set<RecordType> = [.runStart, .deleteIntent, .deleteOutcome, .itemClosed, .deleteVerified, .runEnd]
        let entries = try log.entries(after: -1, limit: 1000)
        try store.apply(
            entries.filter { types.contains($0.record.type) }.map {
                LoggedRecord(seq: $0.seq, at: $0.time, record: $0.record)
            }, origin: log.origin, after: -1, through: entries.last?.seq ?? 0)
    }

    private func request(is state: ErasureRequest.State) -> AuditRecord {
        .requestUpdated(.init(request: request.id, state: state, due: nil, by: nil, reason: nil))
    }

    /// An intent and its answer.
    func send(
        _ run: RunID, _ number: Int, try attempt: Int, _ answer: VendorAnswer, _ final: Outcome?,
        rule: String = "policy:support-media"
    ) -> [AuditRecord] {
        let intent = AuditRecord.Intent(
            run: run, operation: OperationID(value: 0x0b + UInt128(number)), attempt: attempt,
            attachment: SampleReport.attachment(number), rule: rule)
        return [.deleteIntent(intent), .deleteOutcome(.init(to: intent, answer, final: final))]
    }

    private func digest(_ plan: Plan) -> String { Hex.encode(Digest.sha256(plan.canonicalBytes)) }

    func sources() throws -> ReportSources {
        let verifier = LogVerifier(.init(vkeys: [try VerifierKey(log.vkey)], now: clock.now()))
        let policy = Policy(
            id: "support-media", title: "Support", why: "Of no use after 60 days.",
            deleteAfter: Period(count: 60, unit: .days))
        return ReportSources(
            inventory: store,
            logs: [
                ReportSources.VerifiedLog(reader: log.reader, verification: try verifier.verify(location.database))
            ],
            policies: PolicySet([policy]), tiers: TierMap(), tiersStated: true, partner: SampleReport.partner,
            tool: "lethe test")
    }
}
