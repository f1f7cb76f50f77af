package import Cryptography
package import Domain

/// What a proof comes to, checked.
package enum ProofStatus<Proved: Sendable & Equatable>: Sendable, Equatable {
    case good(Proved)
    case broken(reason: String)
    /// The key, or the checkpoint in the reviewer's hands, is not of this log: nothing can be said.
    case otherLog(reason: String)

    package var exit: ExitStatus {
        switch self {
        case .good: .done
        case .broken: .failed
        case .otherLog: .notVerified
        }
    }
}

/// That one record is in the log a checkpoint was signed over, as a C2SP tlog-proof file. It needs no secret to check and
/// shows nothing of other records:
///
///     c2sp.org/tlog-proof@v1
///     extra <base64 of the line>
///     index 6
///     <base64 of 32 bytes>        the path at the checkpoint's size, deepest first
///
///     <the checkpoint, a signed note>
package struct InclusionProof: Sendable, Equatable {
    /// The record's line without its LF: the file's `extra`, empty where it has none.
    package let line: [UInt8]
    package let index: Int64
    package let path: [Digest32]
    package let checkpoint: Checkpoint

    init(line: [UInt8], index: Int64, path: [Digest32], checkpoint: Checkpoint) {
        self.line = line
        self.index = index
        self.path = path
        self.checkpoint = checkpoint
    }

    private static let header = "c2sp.org/tlog-proof@v1"

    package var bytes: [UInt8] {
        var text = "\(Self.header)\nextra \(Base64.encode(line))\nindex \(index)\n"
        for hash in path { text += Base64.encode(hash.bytes) + "\n" }
        return Array(text.utf8) + [10] + checkpoint.note
    }

    /// Reads a proof file; throws for any other spelling of one.
    package init(_ bytes: [UInt8]) throws(LetheError) {
        guard bytes.count <= 1 << 20, let text = String(validating: bytes, as: UTF8.self) else { throw Self.malformed }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.popFirst() == Substring(Self.header) else { throw Self.malformed }
        var line: [UInt8] = []
        if let extra = lines.first, extra.hasPrefix("extra ") {
            guard let bytes = Base64.decode(extra.dropFirst(6)) else { throw Self.malformed }
            line = bytes
            lines.removeFirst()
        }
        guard let index = lines.popFirst(), index.hasPrefix("index "), let number = Self.number(index.dropFirst(6))
        else { throw Self.malformed }
        guard let (path, checkpoint) = ProofText.pathAndCheckpoint(&lines, of: text) else { throw Self.malformed }
        self.checkpoint = checkpoint
        self.line = line
        self.index = number
        self.path = path
    }

    private static func number(_ text: Substring) -> Int64? {
        guard let value = Int64(text), value >= 0, String(value) == text else { return nil }
        return value
    }

    /// Whether the line is a record of the log that `key` pins (by name and public key), at the place it states.
    package func check(_ key: VerifierKey) throws(LetheError) -> ProofStatus<LogEntry> {
        guard checkpoint.isNamed(by: key) else {
            return .otherLog(reason: "the proof is of the log \(checkpoint.origin), the key of \(key.name)")
        }
        if let flaw = try checkpoint.flaw(under: key) { return .broken(reason: "the checkpoint \(flaw)") }
        let hasher = try TreeHasher()
        let isIncluded = try MerkleVerification.isIncluded(
            leaf: hasher.leaf(line), index: UInt64(index), size: UInt64(checkpoint.size), path: path,
            root: checkpoint.root, hasher)
        guard isIncluded else {
            return .broken(reason: "the record is not at place \(index) of the log that the checkpoint was signed over")
        }
        guard let entry = try? LogEntry(line: line), entry.seq == index else {
            return .broken(reason: "the record does not state the place \(index) it is proved to have")
        }
        return .good(entry)
    }

    /// The same where several keys are pinned side by side. What another key signed accuses nobody: that key is missing.
    package func check(_ keys: [VerifierKey]) throws(LetheError) -> ProofStatus<LogEntry> {
        for key in keys where checkpoint.isNamed(by: key) {
            if try checkpoint.verdict(key.publicKey) != .otherKey { return try check(key) }
        }
        let signers = try SignedNote(checkpoint.note).signatures.map {
            "\(String(decoding: $0.name, as: UTF8.self))+\(Hex.encode($0.keyID))"
        }
        return .otherLog(
            reason: "no key that is given signed its checkpoint, which is of \(signers.joined(separator: ", "))")
    }

    private static let malformed = LetheError(
        "malformed-proof", .failed, "not an inclusion proof: expected a c2sp.org/tlog-proof@v1 file",
        hint: "make one with: lethe audit proof ATTACHMENT_ID")
}
