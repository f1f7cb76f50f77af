import Cryptography
import Domain

/// Verifiers written from RFC 9162. Hashes that are not 32 bytes long cannot get to the arithmetic: `Digest32`.
enum MerkleVerification {
    /// `isPrefix` of hashes as they come from outside, of any length.
    static func isPrefix(
        older: UInt64, _ olderRoot: [UInt8], newer: UInt64, _ newerRoot: [UInt8], path: [[UInt8]]
    ) throws(LetheError) -> Bool {
        // Nothing is hashed to compare a tree with itself.
        if older == newer { return older > 0 && path.isEmpty && olderRoot == newerRoot }
        let hashes = path.compactMap { Digest32($0) }
        guard hashes.count == path.count, let olderRoot = Digest32(olderRoot), let newerRoot = Digest32(newerRoot)
        else {
            return false
        }
        return try isPrefix(older: older, olderRoot, newer: newer, newerRoot, path: hashes, TreeHasher())
    }

    /// RFC 9162, 2.1.3.2: whether the record `index` with this leaf hash is in the tree of `size` records.
    static func isIncluded(
        leaf: Digest32, index: UInt64, size: UInt64, path: [Digest32], root: Digest32, _ hasher: TreeHasher
    ) throws(LetheError) -> Bool {
        guard index < size else { return false }
        var fn = index
        var sn = size - 1
        var hash = leaf
        for sibling in path {
            guard sn > 0 else { return false }
            if fn & 1 == 1 || fn == sn {
                hash = try hasher.node(sibling, hash)
                while fn & 1 == 0, fn != 0 {
                    fn >>= 1
                    sn >>= 1
                }
            } else {
                hash = try hasher.node(hash, sibling)
            }
            fn >>= 1
            sn >>= 1
        }
        return sn == 0 && hash == root
    }

    /// RFC 9162, 2.1.4.2: whether the tree of `older` records is a prefix of the one of `newer`.
    static func isPrefix(
        older: UInt64, _ olderRoot: Digest32, newer: UInt64, _ newerRoot: Digest32, path: [Digest32],
        _ hasher: TreeHasher
    ) throws(LetheError) -> Bool {
        guard older > 0, older <= newer else { return false }
        if older == newer { return path.isEmpty && olderRoot == newerRoot }
        // An older tree that is one complete subtree is its own first hash.
        var path = path
        if older.nonzeroBitCount == 1 { path.insert(olderRoot, at: 0) }
        guard let first = path.first else { return false }
        var fn = older - 1
        var sn = newer - 1
        while fn & 1 == 1 {
            fn >>= 1
            sn >>= 1
        }
        var (fr, sr) = (first, first)
        for hash in path.dropFirst() {
            guard sn > 0 else { return false }
            if fn & 1 == 1 || fn == sn {
                fr = try hasher.node(hash, fr)
                sr = try hasher.node(hash, sr)
                while fn & 1 == 0, fn != 0 {
                    fn >>= 1
                    sn >>= 1
                }
            } else {
                sr = try hasher.node(sr, hash)
            }
            fn >>= 1
            sn >>= 1
        }
        return sn == 0 && fr == olderRoot && sr == newerRoot
    }
}
