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
            guard let tail = authentic?.tail, tail.type != .epochSeal else { return nil }
            return try sealLocked(now: now)
        }
    }

    /// Step 1 and then the rest; the lock is held.
    func sealLocked(now: Timestamp) throws(LetheError) -> Checkpoint {
        // `write` puts the number of records in.
        _ = try commit([.epochSeal(.init(records: 0))], now: now)
        return try completeSeal()
    }

    /// Steps 2 to 5, if the last record is a seal whose key has not evolved yet.
    func finishSeal() throws(LetheError) {
        let tail = try store.run("unreadable-log") { db in try authenticate(db) }
        guard let tail, isUnfinished(tail) else { return }
        _ = try completeSeal()
    }

    func completeSeal() throws(LetheError) -> Checkpoint {
        // 2: the root over what is authentic, whatever the file has by now.
        guard let range = authentic?.range else { throw Self.rollback("it is empty") }
        let checkpoint = try Checkpoint(
            origin: origin, size: range.size, root: range.root(hasher), with: signingKey)
        if let head, head.size == checkpoint.size, head.root != checkpoint.root { throw Self.fork(head.size) }
        // 3
        if let fold = authentic?.fold { try location.directory.write(fold, for: checkpoint, with: signingKey) }
        try location.directory.write(checkpoint, range)
        try writing { () throws(LetheError) in try store.keep(checkpoint) }
        // 4: the old key is gone for good.
        let next = KeyDirectory.State(origin: origin, key: try state.key.next())
        try location.directory.write(next)
        try adopt(next, head: checkpoint)
        location.directory.removeFolds(but: checkpoint)
        keepMark()
        // 5
        anchorStatus = location.anchors.write(checkpoint)
        return checkpoint
    }

    /// The epoch has 10,000 records, or its first is an hour old.
    func isSealDue(now: Timestamp) throws(LetheError) -> Bool {
        let start = head?.size ?? 0
        guard let tail = authentic?.tail, tail.seq >= start, tail.type != .epochSeal else { return false }
        if tail.seq + 1 - start >= AuditLog.longestEpoch - 1 { return true }
        if epochStart == nil, let line = try store.line(start) { epochStart = try LogEntry(line: line).time }
        guard let epochStart else { return false }
        return now.microseconds - epochStart.microseconds >= AuditLog.oldestEpoch
    }
}
