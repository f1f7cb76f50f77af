import Cryptography
package import Domain

/// Makes proofs against one checkpoint of a segment. The tree is built once, of blocks whose lines are read again for a proof.
package struct LogProofs {
    package let checkpoint: Checkpoint
    private let reader: LogReader
    private let tree: MerkleTree

    /// At `checkpoint`, or at the newest one. Throws where the records are not those that it was signed over.
    package init(_ reader: LogReader, at checkpoint: Checkpoint? = nil) throws(LetheError) {
        guard let checkpoint = try checkpoint == nil ? reader.checkpoint() : checkpoint else { throw Self.notSealed }
        self.checkpoint = checkpoint
        self.reader = reader
        tree = try reader.tree(size: checkpoint.size)
        guard try tree.root(size: tree.size) == checkpoint.root else { throw Self.otherRecords(checkpoint) }
    }

    package func inclusion(of seq: Int64) throws(LetheError) -> InclusionProof {
        guard (0..<checkpoint.size).contains(seq), let line = try reader.store.line(seq) else { throw Self.notSealed }
        return InclusionProof(
            line: line, index: seq, path: try tree.inclusionProof(index: Int(seq), size: tree.size),
            checkpoint: checkpoint)
    }

    /// That the log of `older` is a prefix of this one. Throws where it is not.
    package func consistency(since older: Checkpoint) throws(LetheError) -> ConsistencyProof {
        guard older.origin == checkpoint.origin else {
            throw LetheError(
                "other-segment", .usage, "the checkpoint is of \(older.origin), the log is \(checkpoint.origin)",
                hint: "a proof is between two checkpoints of one segment")
        }
        guard older.size > 0, older.size <= checkpoint.size else {
            throw LetheError(
                "invalid-size", .usage,
                "a consistency proof needs 0 < older size <= newer size, not \(older.size) and \(checkpoint.size)")
        }
        guard try tree.root(size: Int(older.size)) == older.root else {
            throw LetheError(
                "not-a-prefix", .failed,
                "the first \(older.size) records of this log are not those that the older checkpoint was signed over",
                hint: "lethe audit verify --checkpoint FILE")
        }
        return ConsistencyProof(
            olderSize: older.size,
            path: try tree.consistencyProof(older: Int(older.size), newer: tree.size), newer: checkpoint)
    }

    static func otherRecords(_ checkpoint: Checkpoint) -> LetheError {
        LetheError(
            "audit-fork", .failed,
            "the records are not those that the checkpoint of size \(checkpoint.size) was signed over",
            hint: "lethe audit verify")
    }

    static let missing = LetheError(
        "audit-fork", .failed, "records of the audit log are missing", hint: "lethe audit verify")

    private static let notSealed = LetheError(
        "not-sealed", .failed, "the record is not covered by a checkpoint yet", hint: "lethe audit seal")
}

extension LogReader {
    /// The proof of the record that says how `attachment` ended; of the last one, if there are several.
    package func inclusionProof(of attachment: AttachmentID) throws(LetheError) -> InclusionProof {
        let records = try records(of: attachment)
        guard let entry = records.last(where: { $0.record.finalOutcome != nil }) else {
            throw LetheError(
                "no-outcome", .failed, "the audit log has no outcome of attachment \(attachment)",
                hint: records.isEmpty
                    ? "check the id" : "its deletion is not finished: lethe inventory show \(attachment)")
        }
        return try LogProofs(self).inclusion(of: entry.seq)
    }

    fileprivate func tree(size: Int64) throws(LetheError) -> MerkleTree {
        let hasher = try TreeHasher()
        var roots: [Digest32] = []
        var block = CompactRange()
        var count: Int64 = 0
        if size > 0 {
            try store.lines(0...size - 1) { _, line in
                try block.append(leaf: hasher.leaf(line), hasher)
                count += 1
                guard block.size == 1 << MerkleTree.blockHeight else { return }
                roots.append(try block.root(hasher))
                block = CompactRange()
            }
        }
        guard count == size else { throw LogProofs.missing }
        let last = LastBlock()
        return try MerkleTree(blocks: roots, size: Int(size), hasher) { [store] index throws(LetheError) in
            if last.index != index {
                let first = Int64(index) << MerkleTree.blockHeight
                last.leaves = []
                try store.lines(first...min(first + (1 << MerkleTree.blockHeight), size) - 1) { _, line in
                    last.leaves.append(try hasher.leaf(line))
                }
                last.index = index
            }
            return last.leaves
        }
    }
}

/// The block that a proof asked for last: it asks for every leaf of it.
private final class LastBlock {
    var index: Int?
    var leaves: [Digest32] = []
}
