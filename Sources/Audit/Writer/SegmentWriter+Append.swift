import Cryptography
import Domain
import Foundation
import GRDB

extension SegmentWriter {
    /// Nothing is written where a record came after a seq that the reader of it did not expect.
    typealias Unexpected = (after: Int64, isThere: (AuditRecord) -> Bool)

    func append(
        _ records: [AuditRecord], now: Timestamp, unless unexpected: Unexpected? = nil
    ) throws(LetheError) -> [Int64] {
        guard !records.isEmpty else { return [] }
        return try locked { () throws(LetheError) in
            try finishSeal()
            let seqs = try commit(records, now: now, unless: unexpected)
            if try isSealDue(now: now) { _ = try sealLocked(now: now) }
            return seqs
        }
    }

    /// One transaction; the lock is held.
    func commit(
        _ records: [AuditRecord], now: Timestamp, unless unexpected: Unexpected? = nil
    ) throws(LetheError) -> [Int64] {
        var seqs: [Int64] = []
        var tail: Tail?
        var step: AuditLog.ClockStep?
        var range = CompactRange()
        var fold: Fold?
        try writing { () throws(LetheError) in
            try store.run("audit-write-failed") { db in
                try LogStore.checkInPlace(db)
                try db.inTransaction(.immediate) {
                    let last = try authenticate(db)
                    range = authentic?.range ?? range
                    fold = authentic?.fold
                    if let last, try isClosed(last, db) { throw Self.closed }
                    if let last, let unexpected { try Self.refuse(unexpected, upTo: last.seq, db) }
                    (seqs, tail, step) = try write(records, after: last, now: now, &range, &fold, db)
                    try LogStore.checkInPlace(db)
                    return .commit
                }
            }
        }
        authentic = Authentic(range: range, tail: tail, line: encoder.line, fold: fold)
        if let step { clockStep = step }
        return seqs
    }

    private static func refuse(_ unexpected: Unexpected, upTo last: Int64, _ db: Database) throws {
        for seq in stride(from: unexpected.after + 1, through: last, by: 1) {
            guard let line = try LogStore.line(seq, db), unexpected.isThere(try LogEntry(line: line).record) else {
                continue
            }
            throw LetheError(
                "audit-other-run", .failed, "another process is carrying out a plan in this workspace",
                hint: "end one of the two, then: lethe run --apply")
        }
    }

    private func write(
        _ records: [AuditRecord], after last: Tail?, now: Timestamp, _ range: inout CompactRange, _ fold: inout Fold?,
        _ db: Database
    ) throws -> ([Int64], Tail?, AuditLog.ClockStep?) {
        let insert = try LogStore.Insertion(db)
        var tail = last
        var seqs: [Int64] = []
        var step: AuditLog.ClockStep?
        func next(_ record: AuditRecord, _ time: Timestamp) throws {
            let seq = (tail?.seq ?? -1) + 1
            var record = record
            if case .epochSeal = record { record = .epochSeal(.init(records: Int(seq + 1 - (head?.size ?? 0)))) }
            let mac = try encoder.encode(
                record, seq: seq, time: time, epoch: state.key.epoch, previous: tail?.mac ?? Digest32(),
                with: authenticator)
            try encoder.withLine { line in
                try insert(line, seq: seq)
                try range.append(leaf: hasher.leaf(line), hasher)
            }
            fold?.add(record, at: time, of: origin)
            tail = Tail(seq: seq, time: time, epoch: state.key.epoch, type: record.type, mac: mac)
        }
        if let last, now.microseconds < last.time.microseconds - AuditLog.bridgedStep {
            step = AuditLog.ClockStep(from: last.time, to: now)
            try next(.clockStep(.init(from: last.time)), now)
        }
        for record in records {
            let earliest = tail.map { $0.time.adding(microseconds: 1) } ?? now
            try next(record, max(now, earliest))
            seqs.append(tail?.seq ?? 0)
        }
        return (seqs, tail, step)
    }

    /// The record before the last seal is `log.close`.
    func isClosed(_ tail: Tail, _ db: Database) throws -> Bool {
        guard tail.type == .epochSeal, tail.seq > 0, let line = try LogStore.line(tail.seq - 1, db) else {
            return false
        }
        return try LogEntry(line: line).record.type == .logClose
    }

    static let closed = LetheError(
        "audit-log-closed", .failed, "this segment of the audit log is closed and the next one was not begun",
        hint: "lethe audit rollover --reason TEXT")

    static func rollback(_ what: String) -> LetheError {
        LetheError(
            "audit-rollback", .failed, "the audit log is older than its keys: \(what)",
            hint: "put the newest audit.db back; if it is lost, begin a new segment: lethe audit rollover --reason TEXT"
        )
    }
}
