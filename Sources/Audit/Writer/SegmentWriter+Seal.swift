import Cryptography
import Domain
import GRDB

/// The five steps of a seal. After a crash between any two of them the next start does steps 2 to 5 again: Ed25519 is
/// deterministic, so they give the same bytes.
extension SegmentWriter {
    func seal(now: Timestamp) throws(LetheError) -> Checkpoint {
        try locked { () throws(LetheError) in
            try finishSeal()
            return try sealLocked(now: now)
        }
    }

    func sealIfNeeded(now: Timestamp) throws(LetheError) -> Checkpoint? {
        try locked { () throws(LetheError) in
            try finishSeal()
            guard let tail = try tail(), tail.type != .epochSeal else { return nil }
            return try sealLocked(now: now)
        }
    }

    /// Step 1 and then the rest; the lock is held.
    func sealLocked(now: Timestamp) throws(LetheError) -> Checkpoint {
        // `write` puts the number of records in.
        _ = try commit([.epochSeal(records: 0)], now: now)
        return try completeSeal()
    }

    /// Steps 2 to 5, if the last record is a seal whose key has not evolved yet.
    func finishSeal() throws(LetheError) {
        guard let tail = try tail(), isUnfinished(tail) else { return }
        _ = try completeSeal()
    }

    func completeSeal() throws(LetheError) -> Checkpoint {
        // 2: the root over all lines, only if they go on from the last checkpoint.
        let range = try extendedRange()
        let checkpoint = try Checkpoint(
            origin: origin, size: range.size, root: range.root(hasher), with: signingKey)
        if let head, head.size == checkpoint.size, head.root != checkpoint.root { throw fork(head.size) }
        // 3
        try location.directory.write(checkpoint, range)
        self.range = range
        try store.keep(checkpoint)
        // 4: the old key is gone for good.
        var old = state.key
        let next = KeyDirectory.State(origin: origin, key: try old.next())
        try location.directory.write(next)
        old.erase()
        try adopt(next, head: checkpoint)
        // 5
        anchorStatus = location.anchors.write(checkpoint)
        return checkpoint
    }

    /// What this process wrote it need not read again; whatever else there is comes from the file.
    private func extendedRange() throws(LetheError) -> CompactRange {
        let size = try store.size()
        if let range, range.size == size { return range }
        var range = try rangeOfHead()
        guard range.size <= size else { throw Self.rollback("a checkpoint counts \(range.size) records") }
        guard range.size < size else { return range }
        try store.lines(range.size...size - 1) { seq, line in
            guard seq == range.size else { throw missing(range.size) }
            try range.append(leaf: hasher.leaf(line), hasher)
        }
        return range
    }

    /// The compact range beside `head.note` if it fits, else made again from the lines.
    private func rangeOfHead() throws(LetheError) -> CompactRange {
        guard let head else { return CompactRange() }
        guard head.origin == origin else { throw fork(head.size) }
        if let kept = try location.directory.range(of: head, hasher) { return kept }
        var range = CompactRange()
        if head.size > 0 {
            try store.lines(0...head.size - 1) { seq, line in
                guard seq == range.size else { throw missing(range.size) }
                try range.append(leaf: hasher.leaf(line), hasher)
            }
        }
        guard range.size == head.size, try range.root(hasher) == head.root else { throw fork(head.size) }
        return range
    }

    private func missing(_ seq: Int64) -> LetheError {
        LetheError("audit-fork", .failed, "record \(seq) of the audit log is missing", hint: "lethe audit verify")
    }

    private func fork(_ size: Int64) -> LetheError {
        LetheError(
            "audit-fork", .failed, "the first \(size) records are not those of the last checkpoint: nothing is signed",
            hint: "lethe audit verify; a log never goes on from a fork: lethe audit rollover --reason TEXT")
    }

    /// The epoch has 10,000 records, or its first is an hour old.
    func isSealDue(now: Timestamp) throws(LetheError) -> Bool {
        let start = head?.size ?? 0
        guard let known, known.seq >= start, known.type != .epochSeal else { return false }
        if known.seq + 1 - start >= AuditLog.longestEpoch - 1 { return true }
        if epochStart == nil, let line = try store.line(start) { epochStart = try LogEntry(line: line).time }
        guard let epochStart else { return false }
        return now.microseconds - epochStart.microseconds >= AuditLog.oldestEpoch
    }

    func tail() throws(LetheError) -> Tail? {
        try store.run("unreadable-log") { db in try readTail(db) }
    }
}
