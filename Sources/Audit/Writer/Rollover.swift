import Cryptography
package import Domain
import Foundation

extension AuditLog {
    /// Closes the segment and begins the next one, under a new origin whose `log.open` names the old one. Without a root
    /// key a new one is made and handed out once. An `AuditLog` that is open on the old segment refuses to write from then
    /// on. A run must not be going on: an outcome is never recorded in another segment than its intent.
    ///
    /// Where the old segment cannot go on (put back, forked, keys lost), it is left as it is and the new one counts the
    /// records that are `lost`.
    package static func rollover(
        _ location: Location, reason: String, rootKey: RootKey? = nil, tool: String, time: any TimeSource
    ) throws(LetheError) -> Created {
        let keys = location.directory
        try keys.checkPermissions()
        let previous: AuditRecord.PreviousLog
        do throws(LetheError) {
            let writer = try SegmentWriter.open(location)
            previous = try writer.close(reason: reason, now: time.now())
        } catch {
            guard Rollover.losses.contains(error.code) else { throw error }
            previous = try Rollover.remains(location)
        }
        guard let name = LogOrigin.name(previous.origin) else {
            throw LetheError("malformed-record", .failed, "the old log has no origin of the form NAME/16 hex digits")
        }
        let signingKey = try DurableFile.exists(keys.signFile) ? keys.signingKey() : Ed25519.SigningKey.generate()
        let seed = SegmentSeed(
            origin: try LogOrigin.make(name: name), rootKey: try RootKey.given(rootKey), signingKey: signingKey,
            previous: previous, tool: tool)
        let lock = try FileLock(keys.lockFile)
        return try lock.whileHeld { () throws(LetheError) in
            try Rollover.begin(location, seed, now: time.now())
        }
    }
}

extension SegmentWriter {
    /// `log.close` and the last seal, unless they are there already.
    func close(reason: String, now: Timestamp) throws(LetheError) -> AuditRecord.PreviousLog {
        try locked { () throws(LetheError) in
            try finishSeal()
            let isClosed = try store.run("unreadable-log") { db in try readTail(db).map { try self.isClosed($0, db) } }
            if isClosed != true {
                _ = try commit([.logClose(reason: reason)], now: now)
                _ = try sealLocked(now: now)
            }
            guard let head, let tail = try tail() else { throw Self.rollback("it is empty") }
            return AuditRecord.PreviousLog(
                origin: origin, size: head.size, root: Hex.encode(head.root.bytes), mac: Hex.encode(tail.mac.bytes),
                lost: 0)
        }
    }
}

/// The change from one segment to the next:
///
/// 1. the new segment is built whole, as `audit/<16 hex>.next` and `keys/next.tmp`;
/// 2. `keys/next.tmp` is renamed `keys/next`: from here on the change is decided, and every start finishes it;
/// 3. `audit.db` becomes `audit/<16 hex of the old origin>.db`, the new file becomes `audit.db`, the keys move up.
enum Rollover {
    /// Why a log cannot go on, but a new segment may follow it.
    static let losses: Set<String> = [
        "audit-rollback", "audit-fork", "missing-audit-key", "audit-head-forged", "audit-head-broken",
        "audit-keys-of-another-log", "audit-schema", "invalid-key", "malformed-record", "malformed-note",
        "malformed-checkpoint",
    ]

    static func begin(
        _ location: AuditLog.Location, _ seed: SegmentSeed, now: Timestamp
    ) throws(LetheError) -> AuditLog.Created {
        let keys = location.directory
        try DurableFile.makeDirectory(location.segments, mode: 0o700)
        let staging = KeyDirectory(url: keys.url.appending(path: "next.tmp"))
        let created = try seed.build(database: pending(location, seed.origin), keys: staging, now: now)
        if !DurableFile.exists(keys.signFile) { try DurableFile.write(seed.signingKey.pkcs8, to: staging.signFile) }
        try DurableFile.syncDirectory(staging.url)
        try DurableFile.move(staging.url, to: keys.next.url)
        try finish(location)
        return created
    }

    /// Step 3; does nothing where no rollover is under way.
    static func finish(_ location: AuditLog.Location) throws(LetheError) {
        let keys = location.directory
        guard DurableFile.exists(keys.next.url) else { return }
        if let bytes = try DurableFile.read(keys.next.stateFile) {
            let origin = try KeyDirectory.state(bytes, keys.next.stateFile).origin
            let database = pending(location, origin)
            if DurableFile.exists(database) {
                if DurableFile.exists(location.database) { try setAside(location, for: database) }
                try DurableFile.move(database, to: location.database)
            }
        }
        try keys.next.moveFiles(to: keys)
        if let head = try keys.head() { _ = location.anchors.write(head) }
    }

    private static func setAside(_ location: AuditLog.Location, for database: URL) throws(LetheError) {
        guard let previous = try LogReader(database).opening().previous else {
            throw LetheError("malformed-record", .failed, "\(database.path) names no segment before it")
        }
        let archived = location.segments.appending(path: "\(LogOrigin.suffix(previous.origin)).db")
        guard !DurableFile.exists(archived) else {
            throw LetheError("log-exists", .refused, "\(archived.path) exists already", hint: "move it away")
        }
        try DurableFile.move(location.database, to: archived)
    }

    private static func pending(_ location: AuditLog.Location, _ origin: String) -> URL {
        location.segments.appending(path: "\(LogOrigin.suffix(origin)).next")
    }

    /// What is left of a log that cannot go on, and how many records a checkpoint counted that are not there.
    static func remains(_ location: AuditLog.Location) throws(LetheError) -> AuditRecord.PreviousLog {
        let head = try? location.directory.head()
        let hasher = try TreeHasher()
        var range = CompactRange()
        var mac = Digest32()
        var origin = head?.origin
        if DurableFile.exists(location.database) {
            let store = try LogStore(location.database, writable: true)
            origin = (try? LogReader.opening(store).origin) ?? origin
            let size = try store.size()
            if size > 0 {
                try store.lines(0...size - 1) { _, line in
                    try range.append(leaf: hasher.leaf(line), hasher)
                    let digits = line.dropLast(2).suffix(64)
                    mac = Hex.decode(String(decoding: digits, as: UTF8.self)).flatMap { Digest32($0) } ?? Digest32()
                }
            }
        }
        guard let origin else {
            throw LetheError(
                "no-audit-log", .configuration, "there is neither an audit log nor a checkpoint of one",
                hint: "lethe audit init")
        }
        let anchored = location.anchors.status(of: origin).compactMap(\.newest)
        let counted = ([head?.origin == origin ? head?.size : nil].compactMap { $0 } + anchored).max() ?? 0
        return AuditRecord.PreviousLog(
            origin: origin, size: range.size, root: Hex.encode(try range.root(hasher).bytes),
            mac: Hex.encode(mac.bytes), lost: max(0, counted - range.size))
    }
}
