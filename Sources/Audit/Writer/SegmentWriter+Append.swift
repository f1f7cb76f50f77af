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
            if known == nil { try finishSeal() }
            let seqs: [Int64]
            do throws(LetheError) {
                seqs = try commit(records, now: now, unless: unexpected)
            } catch {
                // Another process died in the middle of a seal since.
                guard error.code == Self.unfinished.code else { throw error }
                try finishSeal()
                seqs = try commit(records, now: now, unless: unexpected)
            }
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
        var grown: CompactRange?
        try store.run("audit-write-failed") { db in
            try LogStore.checkInPlace(db)
            try db.inTransaction(.immediate) {
                let last = try checkedTail(db)
                if let last, isUnfinished(last) { throw Self.unfinished }
                if let last, try isClosed(last, db) { throw Self.closed }
                if let last, let unexpected { try Self.refuse(unexpected, upTo: last.seq, db) }
                // Of no use where another process wrote in between.
                grown = range?.size == (last?.seq ?? -1) + 1 ? range : nil
                (seqs, tail, step) = try write(records, after: last, now: now, &grown, db)
                try LogStore.checkInPlace(db)
                return .commit
            }
        }
        known = tail
        knownLine = encoder.line
        range = grown
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
        _ records: [AuditRecord], after last: Tail?, now: Timestamp, _ range: inout CompactRange?, _ db: Database
    ) throws -> ([Int64], Tail?, AuditLog.ClockStep?) {
        let insert = try LogStore.Insertion(db)
        var tail = last
        var seqs: [Int64] = []
        var step: AuditLog.ClockStep?
        func next(_ record: AuditRecord, _ time: Timestamp) throws {
            let seq = (tail?.seq ?? -1) + 1
            var record = record
            if case .epochSeal = record { record = .epochSeal(records: Int(seq + 1 - (head?.size ?? 0))) }
            let mac = try encoder.encode(
                record, seq: seq, time: time, epoch: state.key.epoch, previous: tail?.mac ?? Digest32(),
                with: authenticator)
            try encoder.withLine { line in
                try insert(line, seq: seq)
                if range != nil { try range?.append(leaf: hasher.leaf(line), hasher) }
            }
            tail = Tail(seq: seq, time: time, epoch: state.key.epoch, type: record.type, mac: mac)
        }
        if let last, now.microseconds < last.time.microseconds - AuditLog.bridgedStep {
            step = AuditLog.ClockStep(from: last.time, to: now)
            try next(.clockStep(from: last.time), now)
        }
        for record in records {
            let earliest = tail.map { $0.time.adding(microseconds: 1) } ?? now
            try next(record, max(now, earliest))
            seqs.append(tail?.seq ?? 0)
        }
        return (seqs, tail, step)
    }

    /// The tail as it is in the file now, if it goes on from what this process and the key directory know.
    func checkedTail(_ db: Database) throws -> Tail? {
        if let known, try LogStore.lastSeq(db) == known.seq {
            guard try LogStore.line(known.seq, db) == knownLine else { throw Self.changed(known.seq) }
            try check(known)
            return known
        }
        let tail = try readTail(db)
        if let known {
            guard let tail, tail.seq > known.seq, try LogStore.line(known.seq, db) == knownLine else {
                throw Self.rollback("records that this process wrote are gone")
            }
        }
        try check(tail)
        return tail
    }

    /// A crash came between a seal's record and its new key.
    func isUnfinished(_ tail: Tail) -> Bool { tail.type == .epochSeal && tail.epoch == state.key.epoch }

    /// Holds the tail against `mac.state` and `head.note`.
    func check(_ tail: Tail?) throws(LetheError) {
        let size = (tail?.seq ?? -1) + 1
        if let head, head.size > size {
            throw Self.rollback("a checkpoint counts \(head.size) records, there are \(size)")
        }
        guard let tail else {
            guard state.key.epoch == 0 else { throw Self.rollback("it is empty") }
            return
        }
        let expected = tail.type == .epochSeal ? tail.epoch + 1 : tail.epoch
        guard state.key.epoch <= expected else {
            throw Self.rollback("the key is in epoch \(state.key.epoch), the last record in epoch \(tail.epoch)")
        }
        guard state.key.epoch == expected || isUnfinished(tail) else {
            throw LetheError(
                "audit-fork", .failed,
                "the audit key is older than the log: \(location.directory.stateFile.path) was put back",
                hint: "a log never goes on from an old key: lethe audit rollover --reason TEXT")
        }
    }

    /// The record before the last seal is `log.close`.
    func isClosed(_ tail: Tail, _ db: Database) throws -> Bool {
        guard tail.type == .epochSeal, tail.seq > 0, let line = try LogStore.line(tail.seq - 1, db) else {
            return false
        }
        return try LogEntry(line: line).record.type == .logClose
    }

    static func changed(_ seq: Int64) -> LetheError {
        LetheError(
            "audit-head-broken", .failed, "record \(seq) of the audit log is not what was written",
            hint: "lethe audit verify")
    }

    static let unfinished = LetheError("audit-seal-unfinished", .failed, "a seal of the audit log was cut short")

    static let closed = LetheError(
        "audit-log-closed", .failed, "this segment of the audit log is closed and the next one was not begun",
        hint: "lethe audit rollover --reason TEXT")

    static func rollback(_ what: String) -> LetheError {
        LetheError(
            "audit-rollback", .failed, "the audit log is older than its keys: \(what)",
            hint: "put the newest audit.db back; if it is lost, begin a new segment: lethe audit rollover --reason TEXT"
        )
    }

    /// The last line, whatever the keys say.
    func readTail(_ db: Database) throws -> Tail? {
        guard let seq = try LogStore.lastSeq(db), let line = try LogStore.line(seq, db) else { return nil }
        let entry = try LogEntry(line: line)
        guard entry.seq == seq, let mac = Hex.decode(entry.mac).flatMap({ Digest32($0) }) else {
            throw LetheError(
                "malformed-record", .failed, "the last line of the audit log is not in its place",
                hint: "lethe audit verify")
        }
        return Tail(seq: seq, time: entry.time, epoch: entry.epoch, type: entry.record.type, mac: mac)
    }
}
