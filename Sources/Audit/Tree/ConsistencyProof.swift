package import Cryptography
package import Domain

/// That the log of an older checkpoint is a prefix of the one of a newer checkpoint, as the text that C2SP tlog-witness sends
/// to witnesses. It needs neither the log nor a secret to check, only the older checkpoint in the reviewer's own hands:
///
///     old 8
///     <base64 of 32 bytes>        RFC 9162, 2.1.4.1; one line per hash, at most 63
///
///     <the newer checkpoint, a signed note>
package struct ConsistencyProof: Sendable, Equatable {
    package let olderSize: Int64
    package let path: [Digest32]
    package let newer: Checkpoint

    init(olderSize: Int64, path: [Digest32], newer: Checkpoint) {
        self.olderSize = olderSize
        self.path = path
        self.newer = newer
    }

    private static let header = "old "

    /// Tells it from an inclusion proof, whose first line names its own format.
    package static func isOne(_ bytes: [UInt8]) -> Bool { bytes.starts(with: header.utf8) }

    package var bytes: [UInt8] {
        var text = "\(Self.header)\(olderSize)\n"
        for hash in path { text += Base64.encode(hash.bytes) + "\n" }
        return Array(text.utf8) + [10] + newer.note
    }

    /// Reads a proof file; throws for any other spelling of one.
    package init(_ bytes: [UInt8]) throws(LetheError) {
        guard bytes.count <= 1 << 20, let text = String(validating: bytes, as: UTF8.self) else { throw Self.malformed }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard let first = lines.popFirst(), first.hasPrefix(Self.header),
            let size = Int64(first.dropFirst(Self.header.count)), size >= 0, first == "\(Self.header)\(size)",
            let (path, newer) = ProofText.pathAndCheckpoint(&lines, of: text)
        else { throw Self.malformed }
        (olderSize, self.path, self.newer) = (size, path, newer)
    }

    /// Whether the holder of `key` (by name and public key) signed both checkpoints and the newer log goes on from the older.
    package func check(since older: Checkpoint, _ key: VerifierKey) throws(LetheError) -> ProofStatus<Checkpoint> {
        for checkpoint in [older, newer] where !checkpoint.isNamed(by: key) {
            return .otherLog(reason: "a checkpoint is of the log \(checkpoint.origin), the key of \(key.name)")
        }
        guard older.origin == newer.origin, older.size == olderSize else {
            return .otherLog(
                reason: "the proof is for size \(olderSize) of \(newer.origin), the older checkpoint of size "
                    + "\(older.size) of \(older.origin)")
        }
        for (name, checkpoint) in [("older", older), ("newer", newer)] {
            if let flaw = try checkpoint.flaw(under: key) { return .broken(reason: "the \(name) checkpoint \(flaw)") }
        }
        let isPrefix = try MerkleVerification.isPrefix(
            older: UInt64(older.size), older.root, newer: UInt64(newer.size), newer.root, path: path, TreeHasher())
        return isPrefix
            ? .good(newer)
            : .broken(reason: "the log of size \(newer.size) does not go on from the one of size \(older.size)")
    }

    private static let malformed = LetheError(
        "malformed-proof", .failed, "not a consistency proof: expected \"old SIZE\", hashes and a checkpoint",
        hint: "make one with: lethe audit consistency OLDER.note")
}

/// What both kinds of proof end in: lines of hashes, an empty line, a checkpoint.
enum ProofText {
    /// `nil` for any other spelling. `lines` are what is left of `text`.
    static func pathAndCheckpoint(
        _ lines: inout ArraySlice<Substring>, of text: String
    ) -> (path: [Digest32], checkpoint: Checkpoint)? {
        var path: [Digest32] = []
        while let hash = lines.popFirst(), !hash.isEmpty {
            guard path.count < 63, let bytes = Base64.decode(hash), let digest = Digest32(bytes) else { return nil }
            path.append(digest)
        }
        guard let start = lines.first,
            let checkpoint = try? Checkpoint(note: Array(text[start.startIndex...].utf8))
        else { return nil }
        return (path, checkpoint)
    }
}
