import Cryptography
import Domain

/// Verifiers written from RFC 9162. Hashes that are not 32 bytes long cannot get to the arithmetic: `Digest32`.
enum MerkleVerification {
    /// RFC 9162, 2.1.3.2: whether the record `index` with this leaf hash is in the tree of `size` records.
    static func isIncluded(
        leaf: Digest32, index: UInt64, size: UInt64, path: [Digest32], root: Digest32, _ hasher: TreeHasher
    ) throws(LetheError) -> Bool {
        guard index < size else { return false }
        var hash = leaf
        let isWhole = try climb(path, from: index, of: size - 1) { (sibling, isLeft) throws(LetheError) in
            hash = try isLeft ? hasher.node(sibling, hash) : hasher.node(hash, sibling)
        }
        return isWhole && hash == root
    }

    /// RFC 9162, 2.1.4.2: whether the tree of `older` records is a prefix of the one of `newer`.
    static func isPrefix(
        older: UInt64, _ olderRoot: Digest32, newer: UInt64, _ newerRoot: Digest32, path: [Digest32],
        _ hasher: TreeHasher
    ) throws(LetheError) -> Bool {
        guard older > 0, older <= newer else { return false }
        if older == newer { return path.isEmpty && olderRoot == newerRoot }
        // An older tree that is one complete subtree is its own first hash.
        let path = older.nonzeroBitCount == 1 ? [olderRoot] + path : path
        guard let first = path.first else { return false }
        let level = UInt64((~(older - 1)).trailingZeroBitCount)
        var (fr, sr) = (first, first)
        let isWhole = try climb(path.dropFirst(), from: (older - 1) >> level, of: (newer - 1) >> level) {
            (sibling, isLeft) throws(LetheError) in
            if isLeft { fr = try hasher.node(sibling, fr) }
            sr = try isLeft ? hasher.node(sibling, sr) : hasher.node(sr, sibling)
        }
        return isWhole && fr == olderRoot && sr == newerRoot
    }

    /// The steps that both have in common: hands over each sibling on the way from node `fn` of `0...sn` to the root, and whether it
    /// is the left one. `false` where there are more or fewer of them than there are steps.
    private static func climb(
        _ siblings: some Sequence<Digest32>, from fn: UInt64, of sn: UInt64,
        _ step: (_ sibling: Digest32, _ isLeft: Bool) throws(LetheError) -> Void
    ) throws(LetheError) -> Bool {
        var (fn, sn) = (fn, sn)
        for sibling in siblings {
            guard sn > 0 else { return false }
            let isLeft = fn & 1 == 1 || fn == sn
            try step(sibling, isLeft)
            while isLeft, fn & 1 == 0, fn != 0 {
                fn >>= 1
                sn >>= 1
            }
            fn >>= 1
            sn >>= 1
        }
        return sn == 0
    }
}
