import Domain
import Foundation
import TestSupport

@testable import Reports

/// A made-up month of a made-up bank: everything that a report can show, and the same on every run.
enum SampleReport {
    enum Name: String, CaseIterable {
        case rich, empty

        var values: SampleValues { self == .rich ? SampleReport.rich : SampleReport.empty }
    }

    static let now = time("2026-02-01T06:00:00Z")
    static let period = ReportValues.Period(from: time("2026-01-01T00:00:00Z"), to: time("2026-02-01T00:00:00Z"))
    static let lines = ["+12025550143", "+12025550162", "+12025550188"].map { line($0) }
    static let partner = "0d9c1f8e-5b7a-4c3d-9e2f-1a6b8c4d7e50"

    static func time(_ text: String) -> Timestamp { Timestamp(text) ?? Timestamp(seconds: 0) }
    static func line(_ text: String) -> PhoneLine {
        do { return try PhoneLine(text) } catch { fatalError("the sample's line is not a line") }
    }
    static func attachment(_ number: Int) -> AttachmentID {
        AttachmentID(value: 0x01c0_ffee_0000_7000_8000_0000_0000_0000 + UInt128(number) * 0x9e37_79b9)
    }
    static func plan(_ number: Int) -> PlanID { PlanID(value: spread(number, 0xa1)) }
    static func run(_ number: Int) -> RunID { RunID(value: spread(number, 0xb2)) }
    static func request(_ number: Int) -> RequestID { RequestID(value: spread(number, 0xc3)) }
    /// Numbers that look drawn at random and are always the same.
    static func spread(_ number: Int, _ salt: UInt128) -> UInt128 {
        (UInt128(number) + salt << 32) &* 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835
    }
    static func subject(_ number: UInt8) -> SubjectPseudonym {
        SubjectPseudonym(bytes: Array(repeating: number, count: 32)) ?? subject(0)
    }

    static var empty: SampleValues {
        SampleValues(
            ReportValues(
                period: period, generated: now, tool: "lethe 0.1.0",
                account: ReportValues.Account(partner: partner, defaultTier: .persistent, tiersStated: false, lines: [])
            ))
    }

    static var rich: SampleValues {
        var values = SampleValues(
            ReportValues(
                period: period, generated: now, tool: "lethe 0.1.0",
                account: ReportValues.Account(
                    partner: partner, defaultTier: .persistent, tiersStated: true,
                    tiersWritten: time("2025-12-01T09:00:00Z"),
                    lines: [
                        ReportValues.Line(number: lines[0], tier: .persistent),
                        ReportValues.Line(number: lines[1], tier: .persistent),
                        ReportValues.Line(number: lines[2], tier: .ephemeral, since: time("2026-01-01T00:00:00Z")),
                    ])))
        values.holdings = holdings
        (values.plans, values.runs, values.items) = work()
        values.openIntents = [
            ReportValues.OpenIntent(
                op: OperationID(value: spread(1, 0xd4)), attachment: attachment(9001), run: run(30),
                rule: "policy:identity-documents", at: time("2026-01-31T03:15:09Z"), tries: 2, lastAnswer: "timeout")
        ]
        values.requests = requests(values.items)
        values.holds = holds
        values.policies = policies
        values.forecast = forecast
        values.logs = [log(deleted: values.items.count { $0.outcome == .deleted })]
        values.coverage = ReportValues.Coverage(
            unaddressable: 14, unreadableParts: 2, namedAgain: 1, recipientUnknown: 6,
            lastCompleteSync: time("2026-01-28T02:00:00Z"), newestEvent: time("2026-02-01T05:41:00Z"))
        values.evidence = ReportValues.Evidence(
            egress: ReportValues.Egress(
                domains: ["cdn.linqapp.com"], checkedAt: time("2026-01-30T08:00:00Z"), source: "doctor"),
            samples: [
                ReportValues.Sample(at: time("2026-01-31T04:00:00Z"), kind: .deleted, checked: 400, present: 0),
                ReportValues.Sample(at: time("2026-01-31T04:10:00Z"), kind: .expired, checked: 50, present: 0),
            ])
        return values
    }

    private static var holdings: ReportValues.Holdings {
        let held = [
            ReportValues.Held(
                line: lines[0], tier: .persistent, attachments: 4_812, bytes: 9_644_120_331, sizeUnknown: 3),
            ReportValues.Held(line: lines[1], tier: .persistent, attachments: 11_930, bytes: 21_077_482_019),
            ReportValues.Held(line: lines[2], tier: .ephemeral, attachments: 143, bytes: 388_201_772),
            ReportValues.Held(line: lines[2], tier: .persistent, attachments: 61, bytes: 74_209_118),
            ReportValues.Held(line: nil, tier: .persistent, attachments: 18, bytes: 2_118_340, sizeUnknown: 18),
        ]
        return ReportValues.Holdings(
            held: held,
            total: ReportValues.Amount(
                attachments: held.map(\.attachments).reduce(0, +), bytes: held.map(\.bytes).reduce(0, +)),
            known: 21_306, urlSeen: 16_870,
            overdue: ReportValues.Overdue(attachments: 2, bytes: 3_114_020, oldestDue: time("2026-02-01T01:12:00Z")),
            drift: [])
    }

    /// A retention run on each day, and two erasure plans.
    private static func work() -> ([ReportValues.Plan], [ReportValues.Run], [ReportValues.Item]) {
        var generator = SeededGenerator(seed: 7)
        var plans: [ReportValues.Plan] = []
        var runs: [ReportValues.Run] = []
        var items: [ReportValues.Item] = []
        for day in 1...31 {
            let start = period.from.adding(seconds: Int64(day - 1) * 86_400 + 3 * 3600 + 900)
            let erasure = day == 9 || day == 20
            let number = erasure ? 3 + day : Int(generator.next() % 9) + (day % 7 == 0 ? 12 : 2)
            var made: [ReportValues.Item] = []
            for index in 0..<number {
                made.append(item(day: day, index: index, start: start, erasure: erasure, &generator))
            }
            items += made
            let counts = OutcomeCounts(made.map(\.outcome))
            let bytes = made.compactMap(\.bytes).reduce(0, +)
            let approval = ReportValues.Approval(
                by: erasure ? "m.okafor" : "scheduler", how: erasure ? "cli" : "schedule", at: start)
            plans.append(
                ReportValues.Plan(
                    id: plan(day), kind: erasure ? .erasure : .retention, state: .done,
                    digest: String(repeating: Hex.encode([UInt8(day)]), count: 32), created: start,
                    request: erasure ? request(day) : nil, items: number, bytes: bytes, approvals: [approval],
                    outcomes: counts))
            runs.append(
                ReportValues.Run(
                    id: run(day), plan: plan(day), start: start, end: start.adding(seconds: Int64(number) + 4),
                    haltCause: day == 17 ? "share_of_failures" : nil,
                    counts: RunCounts(
                        items: number, deleted: counts[Outcome.Group.deleted], absent: counts[.absent],
                        withheld: counts[.withheld], failed: counts[.failed], open: counts[.open]),
                    afterRetry: counts[.deletedAfterRetry]))
        }
        return (plans, runs, items)
    }

    private static func item(
        day: Int, index: Int, start: Timestamp, erasure: Bool, _ generator: inout SeededGenerator
    ) -> ReportValues.Item {
        let dice = generator.next() % 100
        let outcome: Outcome
        switch dice {
        case _ where day == 17 && index == 0: outcome = .failedExhausted
        case _ where day == 17 && index == 1: outcome = .refusedByVendor
        case 0..<4: outcome = .deletedAfterRetry
        case 4..<7: outcome = .alreadyAbsent
        case 7: outcome = .expiredByVendor
        case 8..<11: outcome = erasure ? .withheldShared : .withheldHold
        case 13..<16 where erasure: outcome = .withheldRetention
        default: outcome = .deleted
        }
        let rules = ["policy:identity-documents", "policy:support-media", "policy:marketing"]
        let grade: EvidenceGrade? =
            switch outcome {
            case .deleted: erasure ? .a : dice < 60 ? .b : .c
            case .deletedAfterRetry, .alreadyAbsent, .expiredByVendor: .d
            default: nil
            }
        let answers: [Outcome: String] = [
            .deleted: "204", .deletedAfterRetry: "404", .alreadyAbsent: "404", .expiredByVendor: "404",
            .failedExhausted: "503", .refusedByVendor: "403",
        ]
        return ReportValues.Item(
            attachment: attachment(day * 200 + index), at: start.adding(seconds: Int64(index) + 2), plan: plan(day),
            run: run(day), request: erasure ? request(day) : nil,
            rule: erasure ? "erasure:\(request(day))" : rules[Int(generator.next() % 3)],
            line: lines[Int(generator.next() % 3)], tier: dice == 7 ? .ephemeral : .persistent,
            bytes: dice == 50 ? nil : Int64(generator.next() % 4_000_000) + 10_000, outcome: outcome, grade: grade,
            attempts: outcome == .failedExhausted
                ? 10 : outcome == .deletedAfterRetry ? 2 : answers[outcome] == nil ? 0 : 1,
            lastAnswer: answers[outcome],
            trace: answers[outcome] == nil ? nil : "tr-" + Hex.encode([UInt8(day), UInt8(index)]))
    }
}
