import Cryptography
import Domain
import Foundation

/// The directory of the audit keys, 0700, elsewhere than the database and not in its backup:
///
///     mac.state   {"origin":"…","ep":1,"key":"<64 hex>"}   the key of the open epoch, the only one there is
///     sign.key    Ed25519, PKCS#8
///     head.note   the last signed checkpoint
///     head.range  the compact range of that checkpoint: its size, then a line of 64 hex a hash
///     fold.<size>.note   what the records that it counts come to: `FoldNote`
///     log.lock    taken (flock) for each commit
///     segments.seen   which closed segments were found good: `Admission`
///     live.seen   the live segment's file when all of it was found good last: `SegmentWriter.verifyHead`
///     binding     whose keys these are and for which files: `KeyBinding`
struct KeyDirectory: Sendable {
    let url: URL
    let stateFile: URL
    let signFile: URL
    let headFile: URL
    let rangeFile: URL
    let lockFile: URL
    let seenFile: URL
    let liveFile: URL
    let bindingFile: URL

    init(url: URL) {
        self.url = url
        stateFile = url.appending(path: "mac.state")
        signFile = url.appending(path: "sign.key")
        headFile = url.appending(path: "head.note")
        rangeFile = url.appending(path: "head.range")
        lockFile = url.appending(path: "log.lock")
        seenFile = url.appending(path: "segments.seen")
        liveFile = url.appending(path: "live.seen")
        bindingFile = url.appending(path: "binding")
    }

    /// All that have one name; folds have one for each size.
    var files: [URL] { [stateFile, signFile, headFile, rangeFile, lockFile, seenFile, liveFile, bindingFile] }

    struct State: Equatable {
        let origin: String
        var key: EpochKey
    }

    /// The keys of the next segment, complete; only while a rollover is under way.
    var next: KeyDirectory { KeyDirectory(url: url.appending(path: "next")) }
    /// Where they are made, from a seed that is kept there before the old segment is closed.
    var staging: KeyDirectory { KeyDirectory(url: url.appending(path: "next.tmp")) }

    var hasState: Bool { DurableFile.exists(stateFile) || DurableFile.exists(headFile) }

    /// Refuses a directory or a key that group or others can reach, or that others can put another in the place of.
    func checkPermissions() throws(LetheError) {
        try KeyPath.check(url)
        for file in [url] + files + [url.appending(path: "lookup.key")] {
            var status = stat()
            guard stat(file.path, &status) == 0 else { continue }
            if file != url { try KeyPath.check(file) }
            guard status.st_mode & 0o077 == 0 else {
                let mode = file == url ? "700" : "600"
                throw LetheError(
                    "readable-keys", .configuration, "group or others can reach \(file.path)",
                    hint: "chmod \(mode) \(file.path)")
            }
        }
    }

    func readStateBytes() throws(LetheError) -> SecretBytes {
        guard let bytes = try DurableFile.readSecret(stateFile) else {
            throw LetheError(
                "missing-audit-key", .failed, "\(stateFile.path) is missing: nothing can be recorded",
                hint: "if the key is lost for good, begin a new segment: lethe audit rollover --reason TEXT")
        }
        return bytes
    }

    static func state(_ bytes: SecretBytes, _ file: URL) throws(LetheError) -> State {
        guard let (fields, key) = KeyText.members(bytes), let origin = fields["origin"] as? String,
            let epoch = fields["ep"] as? Int
        else {
            throw LetheError("invalid-key", .configuration, "\(file.path) is not the state of an audit key")
        }
        return State(origin: origin, key: try EpochKey(epoch: Int64(epoch), key))
    }

    /// Replaces the old state and zeroes its bytes.
    func write(_ state: State) throws(LetheError) {
        let line = KeyText.line(state.key) { json in
            json.field("origin", state.origin)
            json.field("ep", state.key.epoch)
        }
        try DurableFile.write(line, to: stateFile, erasingOld: true)
    }

    func signingKey() throws(LetheError) -> Ed25519.SigningKey {
        guard let bytes = try DurableFile.readSecret(signFile) else {
            throw LetheError(
                "missing-audit-key", .failed, "\(signFile.path) is missing: no checkpoint can be signed",
                hint: "put the signing key back from where it is kept")
        }
        return try Ed25519.SigningKey(pkcs8: bytes)
    }

    func head() throws(LetheError) -> Checkpoint? {
        guard let note = try DurableFile.read(headFile) else { return nil }
        return try Checkpoint(note: note)
    }

    /// What the records that `head` counts come to; `nil` where it is not kept, or not by `key`.
    func fold(of head: Checkpoint, _ key: Ed25519.SigningKey) -> Fold? {
        guard let note = try? DurableFile.read(foldFile(head.size), atMost: FoldNote.longest) else { return nil }
        return FoldNote.read(note, for: head, publicKey: key.publicKey)
    }

    /// Before `head` is written itself: a crash in between leaves the one of the head before.
    func write(_ fold: Fold, for head: Checkpoint, with key: Ed25519.SigningKey) throws(LetheError) {
        try DurableFile.write(FoldNote.make(fold, for: head, with: key), to: foldFile(head.size))
    }

    /// Those that are not of `head`.
    func removeFolds(but head: Checkpoint?) {
        for file in folds where file != head.map({ foldFile($0.size).lastPathComponent }) {
            try? FileManager.default.removeItem(at: url.appending(path: file))
        }
    }

    var folds: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.filter { $0.hasPrefix("fold.") && $0.hasSuffix(".note") }
    }

    private func foldFile(_ size: Int64) -> URL { url.appending(path: "fold.\(size).note") }

    func write(_ head: Checkpoint, _ range: CompactRange) throws(LetheError) {
        let lines = ["\(range.size)"] + range.peaks.map { Hex.encode($0.bytes) }
        try DurableFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: rangeFile)
        try DurableFile.write(head.note, to: headFile)
    }

    /// Nobody has written to `file` since it was noted.
    func isSeen(_ file: URL, of origin: String) -> Bool {
        guard let mark = FileMark(file), let seen = try? DurableFile.read(liveFile) else { return false }
        return seen == Array("\(origin) \(mark.text)\n".utf8)
    }

    /// Where it cannot be kept, the next process reads the segment again.
    func note(seen file: URL, of origin: String) {
        guard let mark = FileMark(file) else { return }
        try? DurableFile.write(Array("\(origin) \(mark.text)\n".utf8), to: liveFile)
    }

    /// The compact range beside `head`, if it gives that root; otherwise it has to be made from the lines again.
    func range(of head: Checkpoint, _ hasher: TreeHasher) throws(LetheError) -> CompactRange? {
        guard let bytes = try? DurableFile.read(rangeFile) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let first = lines.first, let size = Int64(first), size == head.size else { return nil }
        let peaks = lines.dropFirst().compactMap { line in Hex.decode(line).flatMap { Digest32($0) } }
        guard let range = CompactRange(size: size, peaks: peaks), try range.root(hasher) == head.root else {
            return nil
        }
        return range
    }
}

/// An advisory lock between processes on one file.
final class FileLock {
    private let file: Int32

    init(_ url: URL) throws(LetheError) {
        // No link is followed: who waits at another file waits for nobody.
        file = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw LetheError("audit-write-failed", .failed, "cannot open \(url.path)", hint: "check its permissions")
        }
    }

    deinit { close(file) }

    /// Waits at most `seconds` for the lock and holds it while `body` runs.
    func whileHeld<T>(waiting seconds: Int = 10, _ body: () throws(LetheError) -> T) throws(LetheError) -> T {
        let rounds = seconds * 200
        var round = 0
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard round < rounds else {
                throw LetheError(
                    "audit-log-busy", .failed, "another process has held the audit log for \(seconds) seconds",
                    hint: "find it with: fuser -v audit.db")
            }
            round += 1
            usleep(5000)
        }
        defer { flock(file, LOCK_UN) }
        return try body()
    }
}
