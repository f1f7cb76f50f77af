package import Cryptography
package import Domain
import Foundation

/// Records of one segment, with what proves them all at once: the signed checkpoint, the older checkpoints that anchors
/// hold, how the next segment names this one, and the hashes of what lies between the records. In memory is none of it but these.
package struct LogExtract {
    package let checkpoint: Checkpoint
    /// Smallest first, one of a size.
    package let anchors: [Checkpoint]
    /// Files in anchor folders that are left out, each with the reason: they would speak for nobody.
    package let strangeAnchors: [String]
    package let selection: RecordSelection
    private let reader: LogReader
    /// As the next segment says: it may count records that no checkpoint covers.
    private let end: AuditRecord.PreviousLog?
    /// All that were signed, of one size several too: each must be of this history.
    private let held: [Checkpoint]

    /// `end`: what the segment after it says of it, `nil` where none is to be chained to it. Throws where the newest checkpoint is not of
    /// `key`, or neither covers all of the records nor does `end`.
    package init(
        _ reader: LogReader, _ selection: RecordSelection, anchors: Anchors, key: VerifierKey,
        end: AuditRecord.PreviousLog? = nil
    ) throws(LetheError) {
        guard let checkpoint = try reader.checkpoint(),
            selection.ranges.last?.upperBound ?? 0 <= end?.size ?? checkpoint.size
        else {
            throw LetheError(
                "not-sealed", .failed, "the records are not covered by a checkpoint yet", hint: "lethe audit seal")
        }
        if let flaw = try checkpoint.flaw(under: key) {
            throw LetheError(
                "malformed-checkpoint", .failed, "the checkpoint of \(checkpoint.origin) \(flaw)",
                hint: "lethe audit verify")
        }
        if let end, end.origin != checkpoint.origin || end.size < checkpoint.size {
            throw LogProofs.otherRecords(checkpoint)
        }
        self.reader = reader
        self.selection = selection
        self.end = end
        self.checkpoint = checkpoint
        (held, strangeAnchors) = Self.judge(anchors, checkpoint, key)
        var sizes: Set<Int64> = []
        self.anchors = held.filter { sizes.insert($0.size).inserted }
    }

    /// An anchor folder lies in other hands: whoever writes there can lay anything under the name of a note.
    private static func judge(
        _ anchors: Anchors, _ checkpoint: Checkpoint, _ key: VerifierKey
    ) -> (held: [Checkpoint], strange: [String]) {
        var held: [Checkpoint] = []
        var strange: [String] = []
        for file in anchors.notes(of: checkpoint.origin) {
            var flaw: String?
            do throws(LetheError) {
                let anchor = try Checkpoint(note: try DurableFile.read(file) ?? [])
                flaw = anchor.origin == checkpoint.origin ? try anchor.flaw(under: key) : "is of another segment"
                if flaw == nil, !(1...checkpoint.size).contains(anchor.size) {
                    flaw = "counts \(anchor.size) records, and the newest checkpoint \(checkpoint.size)"
                }
                if flaw == nil, !held.contains(anchor) { held.append(anchor) }
            } catch {
                flaw = "is no checkpoint"
            }
            if let flaw { strange.append("\(file.path) \(flaw)") }
        }
        return (held.sorted { $0.size < $1.size }, strange)
    }

    /// One pass over the segment: `body` gets the records, `proof` the hashes, left to right. Throws where the records are
    /// not those that the checkpoint or an anchor was signed over; then what `body` got is worth nothing.
    package func proof(
        _ body: (UnsafeBufferPointer<UInt8>) throws(LetheError) -> Void
    ) throws(LetheError) -> [Digest32] {
        let hasher = try TreeHasher()
        let size = end?.size ?? checkpoint.size
        let edges = Set(held.map(\.size)).union([checkpoint.size, size]).sorted()
        var gaps = TreeGaps(outside: selection.ranges, edges: edges, hasher)
        var tree = CompactRange()
        var due = held[...]
        guard size > 0 else { return [] }
        try reader.store.lines(0...size - 1) { seq, line in
            guard seq == tree.size else { throw LogProofs.missing }
            let leaf = try hasher.leaf(line)
            if try gaps.add(leaf) { try body(line) }
            try tree.append(leaf: leaf, hasher)
            while let anchor = due.first, anchor.size == tree.size {
                guard try tree.root(hasher) == anchor.root else { throw Self.notAPrefix(anchor) }
                due.removeFirst()
            }
            guard tree.size == checkpoint.size else { return }
            guard try tree.root(hasher) == checkpoint.root else { throw LogProofs.otherRecords(checkpoint) }
        }
        guard tree.size == size else { throw LogProofs.missing }
        if let end, try Hex.encode(tree.root(hasher).bytes) != end.root { throw LogProofs.otherRecords(checkpoint) }
        return gaps.hashes
    }

    private static func notAPrefix(_ anchor: Checkpoint) -> LetheError {
        LetheError(
            "not-a-prefix", .failed,
            "the first \(anchor.size) records of this log are not those that an anchor of that size was signed over",
            hint: "lethe audit verify")
    }
}
