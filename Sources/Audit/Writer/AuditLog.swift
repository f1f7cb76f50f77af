import Cryptography
package import Domain
package import Foundation
import Synchronization

/// The writer of the audit log. Every commit is durable when its call returns, and every call reads the tail and the key
/// anew under a lock between processes, so several processes may write to one log in turn.
package final class AuditLog: Sendable {
    /// Where a log lives.
    package struct Location: Sendable {
        /// `audit.db`; closed segments are in the folder `audit` beside it.
        package let database: URL
        package let keys: URL
        package let anchors: Anchors
        let directory: KeyDirectory

        package init(database: URL, keys: URL, anchors: [URL] = []) {
            self.database = database
            self.keys = keys
            self.anchors = Anchors(anchors)
            directory = KeyDirectory(url: keys)
        }

        /// The folder of closed segments.
        package var segments: URL { database.deletingPathExtension() }
    }

    /// What `create` hands out; the root key is never written anywhere by this room.
    package struct Created: Sendable {
        package let origin: String
        package let vkey: String
        package let kid: String
        package let rootKey: RootKey
        /// Records of the segment before that a checkpoint counted and that are gone.
        package let lost: Int64
    }

    /// A clock that went back too far to be bridged.
    package struct ClockStep: Sendable, Equatable {
        package let from: Timestamp
        package let to: Timestamp
    }

    /// A clock that is back by up to this is bridged: t = max(clock, last t + 1 µs). 5 s in microseconds.
    package static let bridgedStep: Int64 = 5_000_000
    /// An epoch is sealed after this many records,
    package static let longestEpoch: Int64 = 10_000
    /// or after so long, in microseconds: one hour.
    package static let oldestEpoch: Int64 = 3_600_000_000

    package let location: Location
    package let origin: String
    package let vkey: String
    /// Of the open segment, 1 or 2.
    package let version: Int
    let time: any TimeSource
    /// Reads what is in the log: entries, proofs, exports.
    package let reader: LogReader
    private let writer: Mutex<SegmentWriter>

    init(_ writer: sending SegmentWriter, location: Location, time: any TimeSource) {
        self.location = location
        origin = writer.origin
        vkey = writer.vkey
        version = writer.encoder.version
        reader = LogReader(writer.store, origin: writer.origin)
        self.time = time
        self.writer = Mutex(writer)
    }

    /// Opens the log for writing. Finishes what a crash left half done; refuses a log that was put back, forked or lost,
    /// and keys that others can read.
    package static func open(_ location: Location, time: any TimeSource) throws(LetheError) -> AuditLog {
        AuditLog(try SegmentWriter.open(location, now: time.now()), location: location, time: time)
    }

    /// Appends all of `records` in one durable commit (fsync) and returns their seqs. Seals when the epoch is due.
    ///
    /// Throws with nothing written, except when only the seal that followed failed. A step back of the clock is recorded
    /// in the same commit and kept in `clockStep`.
    package func append(_ records: [AuditRecord]) throws(LetheError) -> [Int64] {
        try writer.withLock { writer throws(LetheError) in try writer.append(records, now: time.now()) }
    }

    /// `append`, unless a record that `isThere` names came after `seq`: then nothing is written, and `audit-other-run` thrown.
    package func append(
        _ records: [AuditRecord], unlessAfter seq: Int64, isThere: @escaping @Sendable (AuditRecord) -> Bool
    ) throws(LetheError) -> [Int64] {
        try writer.withLock { writer throws(LetheError) in
            try writer.append(records, now: time.now(), unless: (seq, isThere))
        }
    }

    /// Ends the epoch: seal record, signed checkpoint, next key, anchors. A heartbeat when nothing was recorded since.
    @discardableResult
    package func seal() throws(LetheError) -> Checkpoint {
        try writer.withLock { writer throws(LetheError) in try writer.seal(now: time.now()) }
    }

    /// Seals if any record was appended after the last seal: what every command does before it ends.
    @discardableResult
    package func sealIfNeeded() throws(LetheError) -> Checkpoint? {
        try writer.withLock { writer throws(LetheError) in try writer.sealIfNeeded(now: time.now()) }
    }

    /// Signs a list of files that are handed to a reviewer. What is signed begins with a line that no checkpoint can begin
    /// with, since there is a space in it: neither can be taken for the other.
    package func sign(manifest lines: [String]) throws(LetheError) -> (text: [UInt8], signature: [UInt8]) {
        let text = Array((["# lethe evidence v3"] + lines).map { $0 + "\n" }.joined().utf8)
        let signature = try writer.withLock { writer throws(LetheError) in try writer.signingKey.sign(text) }
        return (text, signature)
    }

    /// The log as it is now: after another process has begun a new segment.
    package func reopened() throws(LetheError) -> AuditLog { try Self.open(location, time: time) }

    /// Whether this segment has the intent. One that a loss left in an older segment is announced again before its answer.
    package func announces(_ intent: AuditRecord.Intent) throws(LetheError) -> Bool {
        guard try reader.opening().previous != nil else { return true }
        return try reader.records(of: intent.attachment).contains { $0.record == .deleteIntent(intent) }
    }

    /// The last step back of the clock that this process recorded: a run that sees one halts.
    package var clockStep: ClockStep? { writer.withLock { $0.clockStep } }

    /// How the anchor directories stood after the last seal or at the start.
    package var anchorStatus: [Anchors.Status] { writer.withLock { $0.anchorStatus } }

    /// How many records there are now.
    package func size() throws(LetheError) -> Int64 {
        try reader.size()
    }

    /// Records with a seq over `seq`, oldest first; -1 begins at the first.
    package func entries(after seq: Int64, limit: Int) throws(LetheError) -> [LogEntry] {
        try reader.entries(after: seq, limit: limit)
    }

    /// The last signed checkpoint.
    package func head() throws(LetheError) -> Checkpoint? {
        try location.directory.head()
    }

    /// What all records come to, up to the last one, each held against the keys. Costs what the last epoch costs: the head's own is
    /// kept signed. Where it is not, every segment is read once.
    package func fold() throws(LetheError) -> Fold {
        let known = try writer.withLock { writer throws(LetheError) in
            try writer.locked { () throws(LetheError) in
                try writer.finishSeal()
                return writer.authentic?.fold
            }
        }
        if let known { return known }
        var fold = Fold()
        for segment in try segments() where !segment.isLive {
            guard let file = segment.file else { continue }
            try LogReader(file).forEachEntry { fold.add($0, of: segment.origin) }
        }
        return try writer.withLock { writer throws(LetheError) in try writer.refold(after: fold) }
    }

    /// Holds every record against the head and the keys. What the head counts is read only where the file is not as it was when that
    /// was done last, or the `whole` is asked for.
    package func verifyHead(whole: Bool = false) throws(LetheError) {
        try writer.withLock { writer throws(LetheError) in try writer.verifyHead(whole: whole) }
    }
}
