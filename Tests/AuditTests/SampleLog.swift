import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

extension EpochKey {
    /// To look for it, and to work out what it makes.
    var bytes: [UInt8] { secret.withUnsafeBytes { Array($0) } }
}

/// A log of 15 records and 3 epochs, on disk and exported, with a checkpoint of size 10 in other hands:
///
///     0 log.open  1 seal | 2 plan.created  3 plan.approved  4 run.start  5 intent a  6 intent b  7 outcome a
///     8 outcome b (unknown)  9 seal | 10 intent b  11 outcome b  12 item.closed c  13 run.end  14 seal
struct SampleLog {
    let log: TestLog
    /// The exported file, its `checkpoint` beside it.
    let export: URL
    /// Held by somebody else, size 10.
    let held: URL
    let vkey: VerifierKey
    let rootKey: RootKey

    static let attachments = (1...3).map {
        AttachmentID(value: 0xa1b2_c3d4_0000_4000_8000_0000_0000_0000 + UInt128($0))
    }
    static let run = RunID(value: 1)
    static let plan = PlanID(value: 2)

    static func intent(_ index: Int, attempt: Int = 1) -> AuditRecord.Intent {
        AuditRecord.Intent(
            run: run, operation: OperationID(value: UInt128(0x10 + index)), attempt: attempt,
            attachment: attachments[index], rule: "policy:retention-30d")
    }

    static var firstEpoch: [AuditRecord] {
        let digest = TestLog.digest(7)
        return [
            .planCreated(.init(plan: plan, kind: .retention, digest: digest, items: 3, policy: TestLog.digest(8))),
            .planApproved(.init(plan: plan, digest: digest, by: "reviewer-é\"\\\u{1F600}", how: .cli)),
            .runStart(.init(run: run, plan: plan, digest: digest, policy: TestLog.digest(8))),
            .deleteIntent(intent(0)), .deleteIntent(intent(1)),
            .deleteOutcome(
                .init(to: intent(0), VendorAnswer(.http(status: 204, code: nil), trace: "t-1"), final: .deleted)),
            .deleteOutcome(.init(to: intent(1), VendorAnswer(.failure(.timeout)), final: nil)),
        ]
    }

    static var secondEpoch: [AuditRecord] {
        [
            .deleteIntent(intent(1, attempt: 2)),
            .deleteOutcome(.init(to: intent(1, attempt: 2), .http(404, code: 2003), final: .deletedAfterRetry)),
            .itemClosed(.init(run: run, attachment: attachments[2], outcome: .withheldHold, reason: "hold")),
            end([.deleted, .deletedAfterRetry, .withheldHold]),
        ]
    }

    /// Totals of these outcomes.
    static func end(_ outcomes: [Outcome]) -> AuditRecord {
        .runEnd(.init(run: run, RunCounts(OutcomeCounts(outcomes))))
    }

    private static let template = Result { try SampleLog(building: ()) }

    /// A copy of one log that is built once.
    init() throws {
        log = try TestLog(copying: Self.template.get().log)
        vkey = try VerifierKey(log.created.vkey)
        rootKey = log.created.rootKey
        held = log.folder.file("held.note")
        export = log.folder.file("export").appending(path: "log.jsonl")
    }

    private init(building: Void) throws {
        log = try TestLog()
        vkey = try VerifierKey(log.created.vkey)
        rootKey = log.created.rootKey
        let writer = try log.open()
        for record in Self.firstEpoch { try Self.append(record, writer, log.clock) }
        let checkpoint = try writer.seal()
        held = log.folder.file("held.note")
        try Data(checkpoint.note).write(to: held)
        for record in Self.secondEpoch { try Self.append(record, writer, log.clock) }
        try writer.seal()
        let summary = try LogExport().write(
            writer.reader, to: log.folder.file("export"), anchors: log.location.anchors)
        export = summary.files[0]
    }

    private static func append(_ record: AuditRecord, _ writer: AuditLog, _ clock: HandClock) throws {
        clock.advance(1_000_001)
        _ = try writer.append([record])
    }

    /// Those kept beside the records, smallest first.
    func checkpoints() throws -> [Checkpoint] {
        var found: [Checkpoint] = []
        try log.open().reader.store.checkpointNotes { _, note in found.append(try Checkpoint(note: note)) }
        return found
    }

    /// Lines without their LF.
    func lines() throws -> [[UInt8]] { try Data(contentsOf: export).split(separator: 10).map(Array.init) }

    func write(_ lines: [[UInt8]]) throws {
        try Data(lines.flatMap { $0 + [10] }).write(to: export)
    }

    struct Evidence: OptionSet {
        let rawValue: Int
        /// The root key.
        static let keyed = Evidence(rawValue: 1)
        /// The checkpoint in other hands.
        static let held = Evidence(rawValue: 2)
    }

    /// Verifies the export, or `file`, with the pinned key and what else the reviewer has. Of an export the second verifier
    /// must say the same, with the same evidence.
    func verify(
        _ evidence: Evidence = [], _ file: URL? = nil, location: SourceLocation = #_sourceLocation,
        change: (inout LogVerifier.Options) -> Void = { _ in }
    ) throws -> VerificationReport {
        var options = LogVerifier.Options(vkeys: [vkey], now: log.clock.now())
        if evidence.contains(.keyed) { options.rootKeys = [rootKey] }
        if evidence.contains(.held) { options.checkpoints = [held] }
        change(&options)
        let report = try LogVerifier(options).verify(file ?? export)
        // It knows no ages, no requirements and no databases.
        if file == nil, options.notBefore == nil, options.require.isEmpty, options.rootKeys.count < 2 {
            let request = SecondVerifier.Request(
                log: export, vkey: options.vkeys.first, rootKey: options.rootKeys.first,
                checkpoints: options.checkpoints)
            let answer = try SecondVerifier.judge([request], in: log.folder.url)
            #expect(
                answer.first?.agrees(with: report) == true,
                "the second verifier differs: \(answer)\n\(report.rendered)",
                sourceLocation: location)
        }
        return report
    }

    /// Changes the export's lines as an attacker would, and verifies.
    func attack(
        _ evidence: Evidence = [], location: SourceLocation = #_sourceLocation,
        _ change: (inout [[UInt8]]) throws -> Void
    ) throws -> VerificationReport {
        var lines = try lines()
        try change(&lines)
        try write(lines)
        return try verify(evidence, location: location)
    }
}

/// What somebody can do who has keys: chains and authenticates records anew.
struct Forger {
    let origin: String
    let rootKey: RootKey

    /// The lines of `records` from `start` on, keyed as at that place; times and epochs are those given.
    func lines(
        _ entries: [(record: AuditRecord, time: Timestamp, epoch: Int64)], from start: Int64, after previous: Digest32,
        keyEpoch: Int64? = nil
    ) throws -> [[UInt8]] {
        var encoder = RecordEncoder()
        var previous = previous
        var lines: [[UInt8]] = []
        for (index, entry) in entries.enumerated() {
            var key = try EpochKey(root: rootKey, origin: origin)
            while key.epoch < keyEpoch ?? entry.epoch { key = try key.next() }
            previous = try encoder.encode(
                entry.record, seq: start + Int64(index), time: entry.time, epoch: entry.epoch, previous: previous,
                with: key.authenticator())
            lines.append(encoder.line)
        }
        return lines
    }

    /// The whole log again with `change` made to its records.
    func rewrite(
        _ lines: [[UInt8]], keyEpoch: Int64? = nil,
        _ change: (inout [(record: AuditRecord, time: Timestamp, epoch: Int64)]) -> Void
    ) throws -> [[UInt8]] {
        var entries = try lines.map { line in
            let entry = try LogEntry(line: line)
            return (record: entry.record, time: entry.time, epoch: entry.epoch)
        }
        change(&entries)
        return try self.lines(entries, from: 0, after: Digest32(), keyEpoch: keyEpoch)
    }

    static func checkpoint(
        _ lines: [[UInt8]], origin: String, key: Ed25519.SigningKey
    ) throws -> Checkpoint {
        let hasher = try TreeHasher()
        var range = CompactRange()
        for line in lines { try range.append(leaf: hasher.leaf(line), hasher) }
        return try Checkpoint(origin: origin, size: range.size, root: range.root(hasher), with: key)
    }
}

extension VerificationReport {
    /// Expects a finding of this code at exactly this place (`nil`: about no record), and this exit status.
    func shows(
        _ code: Finding.Code, seq: Int64?, exit: Domain.ExitStatus, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(self.exit == exit, "\(rendered)", sourceLocation: location)
        #expect(
            failures.contains { $0.code == code && $0.seq == seq },
            "no \(code) at \(seq.map(String.init) ?? "-")\n\(rendered)",
            sourceLocation: location)
    }

    func has(_ code: Finding.Code, seq: Int64? = nil) -> Bool {
        failures.contains { $0.code == code && (seq == nil || $0.seq == seq) }
    }
}

func replace(_ old: String, _ new: String, in line: inout [UInt8]) {
    line = Array(String(decoding: line, as: UTF8.self).replacing(old, with: new).utf8)
}
