import Cryptography
package import Domain
import Foundation

extension AuditLog {
    /// Makes a new log: `lethe init` and `lethe audit init`, and nothing else, do this. Everything is built beside its
    /// place, sealed, and renamed; the root key is in the answer and nowhere else.
    ///
    /// `name` is the first part of every origin of this log, `tool` the name and version of this program.
    package static func create(
        _ location: Location, name: String, tool: String, time: any TimeSource, rootKey: RootKey? = nil
    ) throws(LetheError) -> Created {
        try SelfTest.run()
        let name = try LogOrigin.checkedName(name)
        let keys = location.directory
        try DurableFile.makeDirectory(keys.url, mode: 0o700)
        try keys.checkPermissions()
        guard !DurableFile.exists(location.database), !keys.hasState, !DurableFile.exists(keys.signFile) else {
            throw LetheError(
                "log-exists", .refused,
                "there is an audit log at \(location.database.path) or a key of one in \(keys.url.path)",
                hint:
                    "a log is never begun anew over another; to go on after a loss: lethe audit rollover --reason TEXT")
        }
        let signingKey = try Ed25519.SigningKey.generate()
        let seed = SegmentSeed(
            origin: try LogOrigin.make(name: name), rootKey: try RootKey.given(rootKey), signingKey: signingKey,
            previous: nil, tool: tool)
        return try create(location, seed, now: time.now())
    }

    static func create(_ location: Location, _ seed: SegmentSeed, now: Timestamp) throws(LetheError) -> Created {
        let keys = location.directory
        let staging = KeyDirectory(url: keys.url.appending(path: "init.tmp"))
        let database = location.database.appendingPathExtension("new")
        let created = try seed.build(database: database, keys: staging, now: now)
        try DurableFile.write(seed.signingKey.pkcs8, to: keys.signFile)
        try DurableFile.move(database, to: location.database)
        try staging.moveFiles(to: keys)
        if let head = try keys.head() { _ = location.anchors.write(head) }
        return created
    }
}

/// What a new segment is made of.
struct SegmentSeed {
    let origin: String
    let rootKey: RootKey
    let signingKey: Ed25519.SigningKey
    let previous: AuditRecord.PreviousLog?
    let tool: String

    /// Makes a sealed segment at `database` with its keys in `keys`; leftovers of an earlier attempt are removed.
    func build(database: URL, keys: KeyDirectory, now: Timestamp) throws(LetheError) -> AuditLog.Created {
        for leftover in [keys.url, database, URL(filePath: database.path + "-journal")] {
            try? FileManager.default.removeItem(at: leftover)
        }
        try DurableFile.makeDirectory(keys.url, mode: 0o700)
        try keys.write(KeyDirectory.State(origin: origin, key: EpochKey(root: rootKey, origin: origin)))
        let created = AuditLog.Created(
            origin: origin, vkey: try VerifierKey(name: origin, publicKey: signingKey.publicKey).text,
            kid: try rootKey.kid(), rootKey: rootKey)
        let opening = AuditRecord.Opening(
            origin: origin, vkey: created.vkey, kid: created.kid, previous: previous, tool: tool)
        let store = try LogStore.create(database)
        let writer = try SegmentWriter(
            AuditLog.Location(database: database, keys: keys.url), store, origin: origin, signingKey: signingKey,
            lock: FileLock(keys.lockFile))
        _ = try writer.append([.logOpen(opening)], now: now)
        _ = try writer.seal(now: now)
        try? FileManager.default.removeItem(at: keys.lockFile)
        try? FileManager.default.removeItem(at: URL(filePath: database.path + "-journal"))
        return created
    }
}

extension KeyDirectory {
    /// Moves state and head to `target`, the state last, and zeroes the state that was there. Can be done again after a
    /// crash at any point.
    func moveFiles(to target: KeyDirectory) throws(LetheError) {
        if DurableFile.exists(rangeFile) { try DurableFile.move(rangeFile, to: target.rangeFile) }
        if DurableFile.exists(headFile) { try DurableFile.move(headFile, to: target.headFile) }
        if DurableFile.exists(signFile) { try DurableFile.move(signFile, to: target.signFile) }
        if let bytes = try DurableFile.read(stateFile) {
            try target.write(KeyDirectory.state(bytes, stateFile))
        }
        try? FileManager.default.removeItem(at: url)
        try DurableFile.syncDirectory(target.url)
    }
}
