import Cryptography
import Domain
import Foundation
import GRDB

/// Nothing is built on a line that may be somebody else's: who can write in the file and has no key can write any line.
extension SegmentWriter {
    /// Holds everything behind what is authentic so far against chain, epoch and key; gives the last record. The lock is held.
    @discardableResult
    func authenticate(_ db: Database) throws -> Tail? {
        let last = try LogStore.lastSeq(db) ?? -1
        if let authentic, let tail = authentic.tail {
            guard last >= tail.seq else { throw Self.rollback("records that this process wrote are gone") }
            guard try LogStore.line(tail.seq, db) == authentic.line else { throw Self.changed(tail.seq) }
            if last == tail.seq {
                try check(tail)
                return tail
            }
        }
        try check(readTail(db))
        var authentic = try authentic.flatMap { $0.range.size < head?.size ?? 0 ? nil : $0 } ?? authenticHead(db)
        try extend(&authentic, through: last, db)
        self.authentic = authentic
        return authentic.tail
    }

    func extend(_ authentic: inout Authentic, through last: Int64, _ db: Database) throws {
        let first = authentic.range.size
        guard first <= last else { return }
        var (seq, expected) = (first, authentic.tail?.mac ?? Digest32())
        var parser = LineParser()
        try LogStore.lines(first...last, db) { stored, line in
            try parser.parse(line)
            let signed = UnsafeRawBufferPointer(line).prefix(line.count - RecordEncoder.sealBytes)
            let mac = try authenticator.authenticate(UnsafeRawBufferPointer(rebasing: signed))
            guard stored == seq, parser.seq == seq, parser.epoch == state.key.epoch,
                parser.digest(parser.previous, line) == expected,
                let stated = parser.digest(parser.mac, line), constantTimeEqual(stated, mac)
            else {
                throw Self.changed(seq)
            }
            try authentic.range.append(leaf: hasher.leaf(line), hasher)
            try authentic.fold?.add(line, parser, of: origin)
            if seq == last { authentic.line = Array(line) }
            expected = mac
            seq += 1
        }
        guard seq == last + 1 else { throw Self.rollback("record \(seq) is missing") }
        authentic.tail = try Self.tail(authentic.line, at: last)
    }

    /// What the signed head counts. Where its compact range is kept, only the last complete subtree is made again, unless the `whole` is
    /// asked for: the next record goes on from its last line. `before`: the fold of the segments before, to make this one's again.
    func authenticHead(_ db: Database, whole: Bool = false, after before: Fold? = nil) throws -> Authentic {
        guard let head else { return Authentic(fold: foldBefore) }
        guard head.origin == origin else { throw Self.fork(head.size) }
        let kept = whole ? nil : try location.directory.range(of: head, hasher)
        let first = kept == nil ? 0 : head.size - (head.size & -head.size)
        var (range, line): (CompactRange, [UInt8]) = (CompactRange(), [])
        var (fold, parser) = (before, LineParser())
        if first < head.size {
            try LogStore.lines(first...head.size - 1, db) { seq, bytes in
                guard seq == first + range.size else { throw Self.fork(head.size) }
                try range.append(leaf: hasher.leaf(bytes), hasher)
                if fold != nil {
                    try parser.parse(bytes)
                    try fold?.add(bytes, parser, of: origin)
                }
                if seq == head.size - 1 { line = Array(bytes) }
            }
        }
        let isOfHead = try kept.map { [$0.peaks.last] == range.peaks } ?? (range.root(hasher) == head.root)
        guard isOfHead, first + range.size == head.size else { throw Self.fork(head.size) }
        return Authentic(
            range: kept ?? range, tail: try Self.tail(line, at: head.size - 1), line: line,
            fold: fold ?? location.directory.fold(of: head, signingKey))
    }

    /// A crash came between a seal's record and its new key.
    func isUnfinished(_ tail: Tail) -> Bool { tail.type == .epochSeal && tail.epoch == state.key.epoch }

    /// Says what is wrong where `mac.state` and `head.note` are not of this tail.
    private func check(_ tail: Tail?) throws(LetheError) {
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

    /// The last line, whatever the keys say.
    private func readTail(_ db: Database) throws -> Tail? {
        guard let seq = try LogStore.lastSeq(db), let line = try LogStore.line(seq, db) else { return nil }
        return try Self.tail(line, at: seq)
    }

    private static func tail(_ line: [UInt8], at seq: Int64) throws(LetheError) -> Tail {
        let entry = try LogEntry(line: line)
        guard entry.seq == seq, let mac = Hex.decode(entry.mac).flatMap({ Digest32($0) }) else {
            throw LetheError(
                "malformed-record", .failed, "the last line of the audit log is not in its place",
                hint: "lethe audit verify")
        }
        return Tail(seq: seq, time: entry.time, epoch: entry.epoch, type: entry.record.type, mac: mac)
    }

    static func changed(_ seq: Int64) -> LetheError {
        LetheError(
            "audit-head-broken", .failed,
            "record \(seq) of the audit log is not one that was written with its key: nothing goes on from it",
            hint: "lethe audit verify; a new segment follows the last record that is good: "
                + "lethe audit rollover --from-authenticated --reason TEXT")
    }

    static func fork(_ size: Int64) -> LetheError {
        LetheError(
            "audit-fork", .failed, "the first \(size) records are not those of the last checkpoint: nothing is signed",
            hint: "lethe audit verify; a log never goes on from a fork: lethe audit rollover --reason TEXT")
    }
}
