import Cryptography
import Domain

/// What `AuditLog` guards: one open segment, its keys, and what this process knows of its tail.
final class SegmentWriter {
    let location: AuditLog.Location
    let origin: String
    let vkey: String
    let store: LogStore
    let signingKey: Ed25519.SigningKey
    let hasher: TreeHasher
    private let lock: FileLock
    var encoder: RecordEncoder

    /// `mac.state` as it was last read, and what follows from it.
    private var stateBytes: SecretBytes
    var state: KeyDirectory.State
    var authenticator: HMACSHA256
    var head: Checkpoint?
    /// The time of the epoch's first record, once it is known.
    var epochStart: Timestamp?

    /// The origin of the segment before this one.
    var previous: String?
    /// What the segments before this one come to, where it is being begun; `nil` = not known here.
    var foldBefore: Fold?
    /// `nil` = nothing was held against the keys yet.
    var authentic: Authentic?
    /// Every record that the head counts was held against its root, and the file was as `mark` says when this process wrote to it last.
    var isWhole = false
    var mark: FileMark?
    var clockStep: AuditLog.ClockStep?
    var anchorStatus: [Anchors.Status] = []

    /// The last record of the log, as far as the next one needs it.
    struct Tail: Equatable {
        let seq: Int64
        let time: Timestamp
        let epoch: Int64
        let type: RecordType
        let mac: Digest32
    }

    /// The records that are this log's beyond doubt: those that the signed head counts, and behind it each line whose chain, epoch
    /// and mac were held against the key. Nothing else is gone on from, or signed.
    struct Authentic {
        var range = CompactRange()
        /// The last of them, and its line.
        var tail: Tail?
        var line: [UInt8] = []
        /// What all of them come to, with those of the segments before; `nil` = it has to be made again (`AuditLog.fold`).
        var fold: Fold?
    }

    /// Reads keys and head; nothing is checked against the database yet.
    init(
        _ location: AuditLog.Location, _ store: LogStore, origin: String, signingKey: Ed25519.SigningKey,
        lock: FileLock,
        version: Int
    ) throws(LetheError) {
        encoder = RecordEncoder(version: version)
        self.location = location
        self.store = store
        self.origin = origin
        self.lock = lock
        hasher = try TreeHasher()
        self.signingKey = signingKey
        vkey = try VerifierKey(name: origin, publicKey: signingKey.publicKey).text
        stateBytes = try location.directory.readStateBytes()
        state = try KeyDirectory.state(stateBytes, location.directory.stateFile)
        authenticator = try state.key.authenticator()
        head = try location.directory.head()
    }

    /// Runs `body` while no other process writes, with keys and head as they are now.
    func locked<T>(_ body: () throws(LetheError) -> T) throws(LetheError) -> T {
        try lock.whileHeld { () throws(LetheError) -> T in
            try reloadKeys()
            return try body()
        }
    }

    private func reloadKeys() throws(LetheError) {
        let bytes = try location.directory.readStateBytes()
        guard bytes != stateBytes else { return }
        let state = try KeyDirectory.state(bytes, location.directory.stateFile)
        guard state.origin == origin else {
            throw Self.rolledOver
        }
        stateBytes = bytes
        self.state = state
        authenticator = try state.key.authenticator()
        head = try location.directory.head()
        epochStart = nil
    }

    static let rolledOver = LetheError(
        "audit-log-rolled-over", .failed, "another process has begun a new segment of the audit log",
        hint: "start this command again")

    /// Takes over a new key and head that this process has just written.
    func adopt(_ state: KeyDirectory.State, head: Checkpoint) throws(LetheError) {
        stateBytes = try location.directory.readStateBytes()
        self.state = state
        authenticator = try state.key.authenticator()
        self.head = head
        epochStart = nil
    }
}
