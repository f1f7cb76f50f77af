import Cryptography
import Domain

/// A whole tree, for making proofs. In memory are the leaves, or only the roots of blocks of them: then a quarter of a byte a
/// record.
struct MerkleTree {
    /// Of the number of leaves in a block: 256.
    static let blockHeight = 8

    /// `levels[k][i]` is the root of the complete subtree over the records `i * 2^(base + k) ..< (i + 1) * 2^(base + k)`.
    private var levels: [[Digest32]]
    private let base: Int
    private let hasher: TreeHasher
    /// The leaves of a block, of the last one as many as there are.
    private let leaves: (_ block: Int) throws(LetheError) -> [Digest32]
    let size: Int

    init(leaves: [Digest32], _ hasher: TreeHasher) throws(LetheError) {
        try self.init(base: 0, leaves, size: leaves.count, hasher) { _ in leaves }
    }

    /// `roots`: of the complete blocks. `leaves` are asked for again where a proof needs them.
    init(
        blocks roots: [Digest32], size: Int, _ hasher: TreeHasher,
        leaves: @escaping (_ block: Int) throws(LetheError) -> [Digest32]
    ) throws(LetheError) {
        try self.init(base: Self.blockHeight, roots, size: size, hasher, leaves)
    }

    private init(
        base: Int, _ lowest: [Digest32], size: Int, _ hasher: TreeHasher,
        _ leaves: @escaping (_ block: Int) throws(LetheError) -> [Digest32]
    ) throws(LetheError) {
        self.base = base
        self.size = size
        self.hasher = hasher
        self.leaves = leaves
        levels = [lowest]
        while let below = levels.last, below.count > 1 {
            var level: [Digest32] = []
            level.reserveCapacity(below.count / 2)
            for pair in 0..<below.count / 2 { level.append(try hasher.node(below[2 * pair], below[2 * pair + 1])) }
            levels.append(level)
        }
    }

    func root(size: Int) throws(LetheError) -> Digest32 {
        size == 0 ? TreeHasher.emptyRoot : try root(of: 0..<size)
    }

    /// RFC 9162, 2.1.3.1, deepest sibling first. `index < size <= self.size`.
    func inclusionProof(index: Int, size: Int) throws(LetheError) -> [Digest32] {
        try siblings(downTo: index + 1, of: size) { $0.count == 1 }.path.reversed()
    }

    /// RFC 9162, 2.1.4.1: that the tree of `older` records is a prefix of the one of `newer`.
    func consistencyProof(older: Int, newer: Int) throws(LetheError) -> [Digest32] {
        guard older > 0, older < newer else { return [] }
        // While the older tree is the left edge of the range its root is known to the verifier.
        var (path, range) = try siblings(downTo: older, of: newer) { $0.upperBound == older }
        if range.lowerBound > 0 { path.append(try root(of: range)) }
        return path.reversed()
    }

    /// From the root towards the record before `end`, until a subtree `isThere`: the roots of what lies beside the way.
    private func siblings(
        downTo end: Int, of size: Int, _ isThere: (Range<Int>) -> Bool
    ) throws(LetheError) -> (path: [Digest32], last: Range<Int>) {
        var path: [Digest32] = []
        var range = 0..<size
        while !isThere(range) {
            let middle = range.lowerBound + Self.split(range.count)
            let isLeft = end <= middle
            path.append(try root(of: isLeft ? middle..<range.upperBound : range.lowerBound..<middle))
            range = isLeft ? range.lowerBound..<middle : middle..<range.upperBound
        }
        return (path, range)
    }

    /// The root of an aligned range of a proof.
    private func root(of range: Range<Int>) throws(LetheError) -> Digest32 {
        let level = range.count.trailingZeroBitCount
        if range.count.nonzeroBitCount == 1, level >= base { return levels[level - base][range.lowerBound >> level] }
        if range.count == 1 { return try leaves(range.lowerBound >> base)[range.lowerBound & ((1 << base) - 1)] }
        let middle = range.lowerBound + Self.split(range.count)
        return try hasher.node(root(of: range.lowerBound..<middle), root(of: middle..<range.upperBound))
    }

    /// The largest power of two smaller than `count` (> 1).
    private static func split(_ count: Int) -> Int { 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount) }
}
