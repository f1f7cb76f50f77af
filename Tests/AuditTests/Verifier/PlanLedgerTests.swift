import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// A log that an operator signed with every key there is, and that contradicts itself. Both verifiers find it.
struct PlanLedgerTests {
    private let sample: SampleLog

    init() throws { sample = try SampleLog() }

    struct Contradiction: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let seq: Int
        /// In the place of the record there.
        let record: AuditRecord
        /// Where it is found, if not there.
        var found: Int?
    }

    private static let digest = TestLog.digest(7)
    private static let (a, b, c) = (SampleLog.attachments[0], SampleLog.attachments[1], SampleLog.attachments[2])

    private static func outcome(_ answer: VendorAnswer, _ final: Outcome?) -> AuditRecord {
        .deleteOutcome(.init(to: SampleLog.intent(0), answer, final: final))
    }

    private static func intent(_ run: RunID, _ rule: String) -> AuditRecord {
        .deleteIntent(.init(run: run, operation: OperationID(value: 0x10), attempt: 1, attachment: a, rule: rule))
    }

    private static func end(_ items: Int, _ deleted: Int, _ withheld: Int, _ open: Int = 0) -> AuditRecord {
        .runEnd(
            .init(
                run: SampleLog.run,
                RunCounts(items: items, deleted: deleted, absent: 0, withheld: withheld, failed: 0, open: open)))
    }

    private static let run = SampleLog.run
    private static let nothing = AuditRecord.vendorSample(.init(checked: 1, present: 0))

    static let contradictions = [
        Contradiction(testDescription: "a deletion on a 500", seq: 7, record: outcome(.http(500), .deleted)),
        Contradiction(testDescription: "an absence on a 502", seq: 7, record: outcome(.http(502), .alreadyAbsent)),
        Contradiction(testDescription: "a 204 that is no deletion", seq: 7, record: outcome(.http(204), nil)),
        Contradiction(
            testDescription: "a refusal on a 404", seq: 7, record: outcome(.http(404, code: 2003), .refusedByVendor)),
        Contradiction(
            testDescription: "an item that is called deleted without an answer", seq: 12,
            record: .itemClosed(.init(run: run, attachment: c, outcome: .deleted, reason: nil))),
        Contradiction(
            testDescription: "an item that ends twice", seq: 12,
            record: .itemClosed(.init(run: run, attachment: a, outcome: .withheldHold, reason: nil))),
        Contradiction(
            testDescription: "a deletion that failed, and no GET found it again", seq: 12,
            record: .itemClosed(.init(run: run, attachment: a, outcome: .failedUnexpected, reason: nil))),
        Contradiction(testDescription: "totals that do not add up", seq: 13, record: end(3, 2, 0)),
        Contradiction(testDescription: "totals of other outcomes", seq: 13, record: end(3, 3, 0)),
        Contradiction(testDescription: "totals that leave one open that ended", seq: 13, record: end(3, 2, 0, 1)),
        Contradiction(testDescription: "totals of another plan", seq: 13, record: end(4, 2, 1, 1)),
        Contradiction(testDescription: "a plan that was not recorded", seq: 2, record: nothing, found: 3),
        Contradiction(
            testDescription: "an approval of another digest", seq: 3,
            record: .planApproved(.init(plan: SampleLog.plan, digest: TestLog.digest(9), by: "ops", how: .cli))),
        Contradiction(testDescription: "a plan that nobody approved", seq: 3, record: nothing, found: 4),
        Contradiction(
            testDescription: "another digest than was approved", seq: 4,
            record: .runStart(.init(run: run, plan: SampleLog.plan, digest: TestLog.digest(9), policy: digest))),
        Contradiction(
            testDescription: "an intent of no run", seq: 5, record: intent(RunID(value: 9), "policy:retention-30d")),
        Contradiction(testDescription: "a drill's intent in a plan of retention", seq: 5, record: intent(run, "drill")),
        Contradiction(
            testDescription: "a release before its placing", seq: 12,
            record: .holdReleased(.init(hold: HoldID(value: 3), by: "ops", reason: nil))),
        Contradiction(
            testDescription: "an update before its opening", seq: 12,
            record: .requestUpdated(
                .init(request: RequestID(value: 4), state: .approved, due: nil, by: nil, reason: nil))),
    ]

    /// Everything is signed and keyed anew: structure, root and macs are good.
    private func sign(_ change: (inout [AuditRecord]) -> Void) throws {
        let origin = sample.log.created.origin
        let lines = try Forger(origin: origin, rootKey: sample.rootKey).rewrite(sample.lines()) { entries in
            var records = entries.map(\.record)
            change(&records)
            for index in entries.indices { entries[index].record = records[index] }
        }
        try sample.write(lines)
        let checkpoint = try Forger.checkpoint(
            lines, origin: origin, key: sample.log.location.directory.signingKey())
        try Data(checkpoint.note).write(to: sample.export.deletingLastPathComponent().appending(path: "checkpoint"))
    }

    @Test(arguments: contradictions)
    func aSignedLogThatContradictsItselfIsFound(_ contradiction: Contradiction) throws {
        try sign { $0[contradiction.seq] = contradiction.record }
        let report = try sample.verify(.keyed)
        report.shows(.ledger, seq: Int64(contradiction.found ?? contradiction.seq), exit: .failed)
        #expect(report.checks.map(\.status) == [.ok, .ok, .ok, .notChecked, .fail], "\(report.rendered)")
        #expect(report.failures.first { $0.code == .ledger }?.seq == Int64(contradiction.found ?? contradiction.seq))
    }

    @Test func whatAGetFoundAgainHasFailedAndNothingElseEndsTwice() throws {
        try sign {
            $0[10] = .deleteVerified(.init(run: Self.run, attachment: Self.a, http: 200, grade: .x))
            $0[11] = .itemClosed(
                .init(run: Self.run, attachment: Self.a, outcome: .failedUnexpected, reason: "still_there"))
            $0[13] = .runEnd(
                .init(
                    run: Self.run, RunCounts(items: 3, deleted: 0, absent: 0, withheld: 1, failed: 1, open: 1)))
        }
        let report = try sample.verify(.keyed)
        #expect(report.exit == .done, "\(report.rendered)")
    }

    @Test func theBinarySaysSoAndRequiresIt() async throws {
        let lethe = LetheProcess(in: sample.log.folder.url)
        let arguments = ["audit", "verify", "--log", sample.export.path, "--vkey", sample.vkey.text]
        let good = try await lethe.run(LetheProcess.binary, arguments + ["--require", "ledger"])
        #expect(good.status == 0 && good.output.contains("\nledger       OK   "), "\(good.output)\(good.errors)")
        try sign { $0[7] = Self.outcome(.http(500), .deleted) }
        let bad = try await lethe.run(LetheProcess.binary, arguments)
        #expect(bad.status == 1 && bad.output.contains("\nFAIL\tseq=7\tledger\t"), "\(bad.output)\(bad.errors)")
        try sample.write([])
        let empty = try await lethe.run(LetheProcess.binary, arguments + ["--require", "ledger"])
        #expect(empty.output.contains("\nledger       NOT CHECKED   "), "\(empty.output)")
    }

    /// A segment goes on where the one before it ended; alone, what it refers to may be there or not.
    @Test func aPlanOfOneSegmentIsCarriedOutInTheNext() throws {
        let (plan, run) = (PlanID(value: 7), RunID(value: 7))
        func next(_ records: [AuditRecord]) throws {
            let writer = try sample.log.open()
            sample.log.clock.advance(1_000_000)
            _ = try writer.append(records)
            try writer.seal()
        }
        try next([
            .planCreated(.init(plan: plan, kind: .drill, digest: Self.digest, items: 1, policy: Self.digest)),
            .planApproved(.init(plan: plan, digest: Self.digest, by: "ops", how: .cli)),
        ])
        _ = try AuditLog.rollover(
            sample.log.location, reason: "yearly", by: "ada", rootKey: sample.rootKey, tool: "lethe test",
            time: sample.log.clock)
        let intent = AuditRecord.Intent(
            run: run, operation: OperationID(value: 7), attempt: 1, attachment: Self.a, rule: "drill")
        try next([
            .runStart(.init(run: run, plan: plan, digest: Self.digest, policy: Self.digest)), .deleteIntent(intent),
            .deleteOutcome(.init(to: intent, .http(204), final: .deleted)),
            .runEnd(.init(run: run, RunCounts(OutcomeCounts([.deleted])))),
        ])
        func verify() throws -> SegmentsReport {
            try LogVerifier(.init(vkeys: [sample.vkey], now: sample.log.clock.now())).verify(sample.log.location)
        }
        let report = try verify()
        #expect(report.exit == .done, "\(report.rendered)")
        #expect(!report.rendered.contains("is not judged"))
        let alone = try sample.verify([], sample.log.location.database)
        #expect(alone.exit == .done && alone.rendered.contains("is not judged"), "\(alone.rendered)")
        try next([.itemClosed(.init(run: run, attachment: Self.a, outcome: .withheldHold, reason: nil))])
        try verify().segments[1].shows(.ledger, seq: 7, exit: .failed)
        #expect(try sample.verify([], sample.log.location.database).exit == .done)
    }
}
