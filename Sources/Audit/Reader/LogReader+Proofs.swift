package import Cryptography
package import Domain

extension LogReader {
    /// A tree over the first `size` records, for any number of proofs.
    func tree(size: Int64) throws(LetheError) -> MerkleTree {
        let hasher = try TreeHasher()
        var leaves: [Digest32] = []
        leaves.reserveCapacity(Int(size))
        if size > 0 {
            try store.lines(0...size - 1) { _, line in leaves.append(try hasher.leaf(line)) }
        }
        guard leaves.count == Int(size) else {
            throw LetheError(
                "audit-fork", .failed, "records of the audit log are missing", hint: "lethe audit verify")
        }
        return try MerkleTree(leaves: leaves, hasher)
    }

    /// One proof a record, in the order of `seqs`, at the size of the newest checkpoint.
    package func inclusionProofs(of seqs: [Int64]) throws(LetheError) -> [InclusionProof] {
        guard let checkpoint = try checkpoint() else { throw Self.notSealed }
        let tree = try tree(size: checkpoint.size)
        guard try tree.root(size: tree.size) == checkpoint.root else {
            throw LetheError(
                "audit-fork", .failed, "the records are not those that the newest checkpoint was signed over",
                hint: "lethe audit verify")
        }
        var proofs: [InclusionProof] = []
        for seq in seqs {
            guard (0..<checkpoint.size).contains(seq), let line = try store.line(seq) else { throw Self.notSealed }
            proofs.append(
                InclusionProof(
                    line: line, index: seq, path: try tree.inclusionProof(index: Int(seq), size: tree.size),
                    checkpoint: checkpoint))
        }
        return proofs
    }

    /// The proof of the record that says how `attachment` ended; of the last one, if there are several.
    package func inclusionProof(of attachment: AttachmentID) throws(LetheError) -> InclusionProof {
        let records = try records(of: attachment)
        guard let entry = records.last(where: { $0.record.finalOutcome != nil }) else {
            throw LetheError(
                "no-outcome", .failed, "the audit log has no outcome of attachment \(attachment)",
                hint: records.isEmpty
                    ? "check the id" : "its deletion is not finished: lethe inventory show \(attachment)")
        }
        return try inclusionProofs(of: [entry.seq])[0]
    }

    /// RFC 9162, 2.1.4: that the log of `older` records is a prefix of the one of `newer`.
    package func consistencyProof(older: Int64, newer: Int64) throws(LetheError) -> [Digest32] {
        guard older > 0, older <= newer, newer <= (try size()) else {
            throw LetheError("invalid-size", .usage, "a consistency proof needs 0 < older <= newer <= size of the log")
        }
        return try tree(size: newer).consistencyProof(older: Int(older), newer: Int(newer))
    }

    private static let notSealed = LetheError(
        "not-sealed", .failed, "the record is not covered by a checkpoint yet", hint: "lethe audit seal")
}

extension Checkpoint {
    /// Whether the log of this checkpoint is a prefix of the one of `newer`, by a consistency proof. Signatures are for
    /// the caller to check.
    package func isPrefix(of newer: Checkpoint, by path: [Digest32]) throws(LetheError) -> Bool {
        guard origin == newer.origin, size <= newer.size else { return false }
        return try MerkleVerification.isPrefix(
            older: UInt64(size), root, newer: UInt64(newer.size), newer.root, path: path, TreeHasher())
    }

    /// Whether the holder of `key` (by public key, under this origin) signed it.
    package func isSigned(by key: VerifierKey) -> Bool { (try? verdict(key.publicKey)) == .valid }
}
