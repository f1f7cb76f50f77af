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
    ///
    /// `partner`: the first segment of v2 begins, bound to it; `nil` = the new segment is of the version of the old one.
    package static func rollover(
        _ location: Location, reason: String, by name: String, partner: String? = nil, rootKey: RootKey? = nil,
        tool: String, time: any TimeSource
    ) throws(LetheError) -> Created {
        try location.directory.checkPermissions()
        let rootKey = try RootKey.given(rootKey)
        let known = (try? LogReader(location.database).opening())?.binding
        let drawn = try partner.map { partner throws(LetheError) in
            AuditRecord.Opening.Binding(workspace: Hex.encode(try Randomness.bytes(16)), partner: partner)
        }
        let begun = Rollover.Begun(rootKey: rootKey, tool: tool, binding: known ?? drawn)
        let writer: SegmentWriter
        do throws(LetheError) {
            writer = try SegmentWriter.open(location, now: time.now())
            // What is closed is what its head counts, every record of it.
            try writer.verifyHead(whole: true)
        } catch {
            guard Rollover.losses.contains(error.code) else { throw error }
            return try Rollover.afterLoss(location, begun, now: time.now())
        }
        return try writer.rollOver(.init(reason: reason, by: name), begun, now: time.now())
    }

    /// Throws `other-root-key` for a key that somebody names and that is another log's: taken by mistake, it would be the only one that
    /// checks the macs of the next segment. A log of which nothing can be read says nothing of its key.
    package static func refuseOther(_ rootKey: RootKey, than location: Location) throws(LetheError) {
        guard let known = try? LogReader(location.database).opening().kid else { return }
        let kid = try rootKey.kid()
        guard kid != known else { return }
        throw LetheError(
            "other-root-key", .refused, "the root key has kid \(kid), and the segment before was begun with \(known)",
            hint: "name the file of that key, or none: then a new one is made, and handed out once")
    }
}

extension SegmentWriter {
    func rollOver(
        _ closing: AuditRecord.LogClosing, _ begun: Rollover.Begun, now: Timestamp
    ) throws(LetheError) -> AuditLog.Created {
        let seed = try begun.seed(after: origin, signingKey)
        try locked { () throws(LetheError) in
            try finishSeal()
            try Rollover.checkSettled(store)
            try Rollover.checkPlace(location)
            try seed.keep(in: location.directory.staging)
            try Rollover.noting(location) { () throws(LetheError) in
                let previous = try close(closing, now: now)
                try Rollover.begin(location, seed, after: previous, authentic?.fold, now: now)
            }
        }
        return AuditLog.Created(
            origin: seed.origin, vkey: try seed.vkey(), kid: seed.kid, rootKey: begun.rootKey, lost: 0)
    }

    /// `log.close` and the last seal in one commit, unless they are there already.
    private func close(
        _ closing: AuditRecord.LogClosing, now: Timestamp
    ) throws(LetheError) -> AuditRecord.PreviousLog {
        if let previous = try self.closing() { return previous }
        // `write` puts the number of records in.
        _ = try commit([.logClose(closing), .epochSeal(.init(records: 0))], now: now)
        _ = try completeSeal()
        guard let previous = try self.closing() else { throw Self.rollback("it is not closed") }
        return previous
    }

    /// What the next segment says of this one; `nil` while it is not closed.
    func closing() throws(LetheError) -> AuditRecord.PreviousLog? {
        guard let tail = authentic?.tail, let head, head.size == tail.seq + 1,
            try store.run("unreadable-log", { db in try isClosed(tail, db) })
        else { return nil }
        return AuditRecord.PreviousLog(
            origin: origin, size: head.size, root: Hex.encode(head.root.bytes), mac: Hex.encode(tail.mac.bytes), lost: 0
        )
    }
}

/// The change from one segment to the next. The lock is held from the first step to the last:
///
/// 1. the seed of the new segment is kept in `keys/next.tmp`, then the old segment is closed;
/// 2. the new segment is built whole, as `audit/<16 hex>.next` and in `keys/next.tmp`, which is renamed `keys/next`;
/// 3. `audit.db` becomes `audit/<16 hex of the old origin>.db`, the new file becomes `audit.db`, the keys move up.
///
/// After a crash the next start goes on: before the close nothing has happened, after it everything is done.
enum Rollover {
    /// Why a log cannot go on, but a new segment may follow it.
    static let losses: Set<String> = [
        "audit-rollback", "audit-fork", "missing-audit-key", "audit-head-forged",
        "audit-keys-of-another-log", "audit-schema", "corrupt-log", "invalid-key", "malformed-record", "malformed-note",
        "malformed-checkpoint",
    ]

    /// What the new segment is begun with.
    struct Begun {
        let rootKey: RootKey
        let tool: String
        let binding: AuditRecord.Opening.Binding?

        func seed(after origin: String, _ signingKey: Ed25519.SigningKey) throws(LetheError) -> SegmentSeed {
            guard let name = LogOrigin.name(origin) else {
                throw LetheError(
                    "malformed-record", .failed, "the old log has no origin of the form NAME/16 hex digits")
            }
            return try SegmentSeed(
                name: name, rootKey: rootKey, signingKey: signingKey, tool: tool, binding: binding)
        }
    }

    /// The answer to an intent is in its segment: what a run left open is settled first.
    static func checkSettled(_ store: LogStore) throws(LetheError) {
        var ledger = OperationLedger()
        var parser = LineParser()
        if let seqs = try store.seqs() {
            try store.lines(seqs) { _, line in
                if (try? parser.parse(line)) != nil { _ = ledger.enter(line, parser) }
            }
        }
        let open = ledger.operations.open
        guard open > 0 else { return }
        throw LetheError(
            "open-intents", .refused, "\(open) DELETEs of a run that was cut short are not settled yet",
            hint: "lethe run --apply, which asks the vendor what became of them; then roll over")
    }

    static func afterLoss(
        _ location: AuditLog.Location, _ begun: Begun, now: Timestamp
    ) throws(LetheError) -> AuditLog.Created {
        let keys = location.directory
        let lock = try FileLock(keys.lockFile)
        return try lock.whileHeld { () throws(LetheError) in
            let previous = try remains(location)
            let signingKey = try DurableFile.exists(keys.signFile) ? keys.signingKey() : Ed25519.SigningKey.generate()
            let seed = try begun.seed(after: previous.origin, signingKey)
            try checkPlace(location)
            keys.staging.discard()
            let fold = fold(of: location, signingKey, through: previous.size)
            try noting(location) { () throws(LetheError) in
                try begin(location, seed, after: previous, fold, now: now)
            }
            return AuditLog.Created(
                origin: seed.origin, vkey: try seed.vkey(), kid: seed.kid, rootKey: begun.rootKey, lost: previous.lost)
        }
    }

    /// What the head came to is signed, whatever became of its records; behind it the new segment answers for what is there. `nil` = it has to
    /// be made again from all of them.
    private static func fold(
        of location: AuditLog.Location, _ key: Ed25519.SigningKey, through size: Int64
    ) -> Fold? {
        guard let head = try? location.directory.head(), var fold = location.directory.fold(of: head, key) else {
            return nil
        }
        guard let reader = try? LogReader(location.database), reader.origin == head.origin, size >= head.size else {
            fold.loseRecords()
            return fold
        }
        var after = head.size - 1
        while let page = try? reader.entries(after: after, limit: 1000), let last = page.last {
            for entry in page where entry.seq < size { fold.add(entry, of: head.origin) }
            after = last.seq
        }
        return fold
    }

    /// Before anything is closed: the folder of closed segments is there and can be written to.
    static func checkPlace(_ location: AuditLog.Location) throws(LetheError) {
        try DurableFile.makeDirectory(location.segments, mode: 0o700)
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: location.segments.path, isDirectory: &isDirectory),
            isDirectory.boolValue, FileManager.default.isWritableFile(atPath: location.segments.path)
        else {
            throw LetheError(
                "audit-write-failed", .failed, "\(location.segments.path) is not a folder that can be written to",
                hint: "closed segments go there: make it one")
        }
    }

    /// Says of an error in `body` whether the next start goes on with what was begun. The new root key must be kept then.
    static func noting(_ location: AuditLog.Location, _ body: () throws(LetheError) -> Void) throws(LetheError) {
        do throws(LetheError) {
            try body()
        } catch {
            guard isUnderWay(location) else {
                location.directory.staging.discard()
                throw error
            }
            throw LetheError(
                "rollover-unfinished", error.status, "the rollover is not finished: \(error.message)",
                hint: "keep the root key: the next command that writes to the log goes on"
                    + (error.hint.map { ", once this is done: \($0)" } ?? ""))
        }
    }

    /// The new segment is decided on, or the old one is closed and the seed of the new one is there.
    private static func isUnderWay(_ location: AuditLog.Location) -> Bool {
        let keys = location.directory
        if DurableFile.exists(keys.next.url) { return true }
        guard DurableFile.exists(keys.staging.seedFile) else { return false }
        guard let reader = try? LogReader(location.database), let size = try? reader.size(),
            let last = try? reader.entry(size - 2)
        else { return true }
        return last.record.type == .logClose
    }

    /// Steps 2 and 3.
    static func begin(
        _ location: AuditLog.Location, _ seed: SegmentSeed, after previous: AuditRecord.PreviousLog, _ fold: Fold?,
        now: Timestamp
    ) throws(LetheError) {
        let keys = location.directory
        try DurableFile.makeDirectory(location.segments, mode: 0o700)
        try seed.build(database: pending(location, seed.origin), keys: keys.staging, after: previous, fold, now: now)
        if !DurableFile.exists(keys.signFile) {
            try DurableFile.write(seed.signingKey.pkcs8, to: keys.staging.signFile)
        }
        try DurableFile.syncDirectory(keys.staging.url)
        try DurableFile.move(keys.staging.url, to: keys.next.url)
        try moveUp(location)
    }

    /// Goes on where a crash stopped; does nothing where no rollover is under way. The lock is held.
    static func finish(_ location: AuditLog.Location, _ lock: FileLock, now: Timestamp) throws(LetheError) {
        let keys = location.directory
        if DurableFile.exists(keys.next.url) { return try moveUp(location) }
        guard DurableFile.exists(keys.staging.url) else { return }
        if let key = try? keys.signingKey(), let seed = SegmentSeed(keptIn: keys.staging, key),
            let previous = try closedSegment(location, lock)
        {
            return try begin(location, seed, after: previous.log, previous.fold, now: now)
        }
        keys.staging.discard()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: location.segments.path)) ?? []
        for name in names where name.hasSuffix(".next") || name.hasSuffix(".next-journal") {
            try? FileManager.default.removeItem(at: location.segments.appending(path: name))
        }
    }

    /// `nil` where the segment is open, or cannot go on: then it is for `open` to say why.
    private static func closedSegment(
        _ location: AuditLog.Location, _ lock: FileLock
    ) throws(LetheError) -> (log: AuditRecord.PreviousLog, fold: Fold?)? {
        do throws(LetheError) {
            let writer = try SegmentWriter.load(location, lock)
            try writer.recover()
            return try writer.closing().map { ($0, writer.authentic?.fold) }
        } catch {
            guard losses.contains(error.code) else { throw error }
            return nil
        }
    }

    /// Step 3.
    private static func moveUp(_ location: AuditLog.Location) throws(LetheError) {
        let keys = location.directory
        if let bytes = try DurableFile.readSecret(keys.next.stateFile), !KeyDirectory.isErased(bytes) {
            let origin = try KeyDirectory.state(bytes, keys.next.stateFile).origin
            let database = pending(location, origin)
            if DurableFile.exists(database) {
                if DurableFile.exists(location.database) { try setAside(location, for: database) }
                try DurableFile.move(database, to: location.database)
            }
        }
        try keys.next.moveFiles(to: keys)
        guard let head = try keys.head() else { return }
        _ = location.anchors.write(head)
        if let previous = try? LogReader(location.database).opening().previous {
            location.anchors.noteSuccessor(of: previous.origin, head)
        }
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

    /// Where the records that the head counts are not those any more: the segment is named as the head has it, and so its file is none of the
    /// log's until it is put back. `nil` = they are, or there is no head that this key signed.
    private static func edited(
        _ location: AuditLog.Location, _ head: Checkpoint?, _ hasher: TreeHasher
    ) throws(LetheError) -> AuditRecord.PreviousLog? {
        guard let head, let key = try? location.directory.signingKey(), try head.verdict(key.publicKey) == .valid,
            let reader = try? LogReader(location.database), reader.origin == head.origin,
            let contents = try? reader.store.contents(upTo: head.size, hasher), contents.size == head.size,
            contents.root != head.root
        else { return nil }
        return AuditRecord.PreviousLog(
            origin: head.origin, size: head.size, root: Hex.encode(head.root.bytes),
            mac: Hex.encode(contents.mac.bytes), lost: 0)
    }

    /// What is left of a log that cannot go on, and how many records a checkpoint counted that are not there.
    static func remains(_ location: AuditLog.Location) throws(LetheError) -> AuditRecord.PreviousLog {
        let head = try? location.directory.head()
        let hasher = try TreeHasher()
        var origin = head?.origin
        var (size, root, mac) = (Int64(0), try CompactRange().root(hasher), Digest32())
        if let store = try? LogStore(location.database, writable: true) {
            origin = (try? LogReader.opening(store).origin) ?? origin
            if let seqs = try? store.seqs(), seqs.upperBound < .max { (size, root, mac) = try store.contents(hasher) }
        }
        if let edited = try edited(location, head, hasher) { return edited }
        guard let origin else {
            throw LetheError(
                "no-audit-log", .configuration, "there is neither an audit log nor a checkpoint of one",
                hint: "lethe audit init")
        }
        let anchored = location.anchors.status(of: origin).compactMap(\.newest)
        let counted = ([head?.origin == origin ? head?.size : nil].compactMap { $0 } + anchored).max() ?? 0
        return AuditRecord.PreviousLog(
            origin: origin, size: size, root: Hex.encode(root.bytes), mac: Hex.encode(mac.bytes),
            lost: max(0, counted - size))
    }
}
