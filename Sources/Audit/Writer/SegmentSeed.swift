import Cryptography
import Domain
import Foundation

/// What a new segment is made of, but for what came before it. It can be kept on the disk until the segment before is closed:
///
///     seed.json   {"origin":"…","kid":"<16 hex>","tool":"…","key":"<64 hex of E_0>"[,"workspace":"<32 hex>","partner":"…"]}
struct SegmentSeed {
    let origin: String
    let kid: String
    let tool: String
    /// E_0.
    let key: EpochKey
    let signingKey: Ed25519.SigningKey
    /// `nil` = of a segment of v1.
    let binding: AuditRecord.Opening.Binding?

    /// A new origin under `name`.
    init(
        name: String, rootKey: RootKey, signingKey: Ed25519.SigningKey, tool: String,
        binding: AuditRecord.Opening.Binding? = nil
    ) throws(LetheError) {
        origin = try LogOrigin.make(name: name)
        kid = try rootKey.kid()
        key = try EpochKey(root: rootKey, origin: origin)
        self.signingKey = signingKey
        self.tool = tool
        self.binding = binding
    }

    func vkey() throws(LetheError) -> String { try VerifierKey(name: origin, publicKey: signingKey.publicKey).text }

    /// Keeps it in `keys`, a directory of its own.
    func keep(in keys: KeyDirectory) throws(LetheError) {
        keys.discard()
        try DurableFile.makeDirectory(keys.url, mode: 0o700)
        let line = KeyText.line(key) { json in
            json.field("origin", origin)
            json.field("kid", kid)
            json.field("tool", tool)
            if let binding {
                json.field("workspace", binding.workspace)
                json.field("partner", binding.partner)
            }
        }
        try DurableFile.write(line, to: keys.seedFile)
    }

    /// The one that was kept in `keys`; `nil` where there is none or it is not whole.
    init?(keptIn keys: KeyDirectory, _ signingKey: Ed25519.SigningKey) {
        guard let bytes = try? DurableFile.readSecret(keys.seedFile), let (fields, key) = KeyText.members(bytes),
            let origin = fields["origin"] as? String, let kid = fields["kid"] as? String,
            let tool = fields["tool"] as? String, let first = try? EpochKey(epoch: 0, key)
        else { return nil }
        (self.origin, self.kid, self.tool, self.key, self.signingKey) = (origin, kid, tool, first, signingKey)
        binding = (fields["workspace"] as? String).flatMap { workspace in
            (fields["partner"] as? String).map { .init(workspace: workspace, partner: $0) }
        }
    }

    /// Makes a sealed segment at `database` with its keys in `keys`; leftovers of an earlier attempt are removed. `fold`: what the
    /// segments before it come to; `nil` = it has to be made again from them.
    func build(
        database: URL, keys: KeyDirectory, after previous: AuditRecord.PreviousLog?, _ fold: Fold?, now: Timestamp
    ) throws(LetheError) {
        keys.discard(keepingSeed: true)
        LogStore.remove(database)
        try DurableFile.makeDirectory(keys.url, mode: 0o700)
        try keys.write(KeyDirectory.State(origin: origin, key: key))
        let opening = AuditRecord.Opening(
            origin: origin, vkey: try vkey(), kid: kid, previous: previous, tool: tool, binding: binding)
        let store = try LogStore.create(database)
        let writer = try SegmentWriter(
            AuditLog.Location(database: database, keys: keys.url), store, origin: origin, signingKey: signingKey,
            lock: FileLock(keys.lockFile), version: opening.version)
        writer.foldBefore = fold
        _ = try writer.append([.logOpen(opening)], now: now)
        _ = try writer.seal(now: now)
        try? FileManager.default.removeItem(at: keys.lockFile)
        try? FileManager.default.removeItem(at: URL(filePath: database.path + "-journal"))
    }
}

extension KeyDirectory {
    var seedFile: URL { url.appending(path: "seed.json") }

    /// A key that was moved and overwritten, where a crash came before its file was removed.
    static func isErased(_ bytes: SecretBytes) -> Bool {
        bytes.withUnsafeBytes { !$0.isEmpty && $0.allSatisfy { $0 == 0 } }
    }

    /// Removes what is in the directory; keys are overwritten first.
    func discard(keepingSeed: Bool = false) {
        DurableFile.eraseAndRemove(stateFile)
        if !keepingSeed { DurableFile.eraseAndRemove(seedFile) }
        for file in files { try? FileManager.default.removeItem(at: file) }
        removeFolds(but: nil)
        if !keepingSeed { try? FileManager.default.removeItem(at: url) }
    }

    /// Moves state and head to `target`, the state last, and zeroes the state that was there. Can be done again after a
    /// crash at any point.
    func moveFiles(to target: KeyDirectory) throws(LetheError) {
        for fold in folds { try DurableFile.move(url.appending(path: fold), to: target.url.appending(path: fold)) }
        if DurableFile.exists(rangeFile) { try DurableFile.move(rangeFile, to: target.rangeFile) }
        if DurableFile.exists(headFile) { try DurableFile.move(headFile, to: target.headFile) }
        if DurableFile.exists(signFile) { try DurableFile.move(signFile, to: target.signFile) }
        if let bytes = try DurableFile.readSecret(stateFile), !Self.isErased(bytes) {
            try target.write(KeyDirectory.state(bytes, stateFile))
        }
        discard()
        target.removeFolds(but: try target.head())
        try DurableFile.syncDirectory(target.url)
    }
}
