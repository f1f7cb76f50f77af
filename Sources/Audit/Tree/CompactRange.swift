import Cryptography
import Domain

/// The Merkle tree of RFC 9162, 2.1: leaf = SHA-256(0x00 || line), node = SHA-256(0x01 || left || right).
final class TreeHasher {
    private let sha256: SHA256Hasher

    init() throws(LetheError) {
        sha256 = try SHA256Hasher()
    }

    func leaf(_ line: UnsafeBufferPointer<UInt8>) throws(LetheError) -> Digest32 {
        try sha256.hash(prefix: 0, UnsafeRawBufferPointer(line))
    }

    func leaf(_ line: [UInt8]) throws(LetheError) -> Digest32 {
        try line.withUnsafeBufferPointer { bytes throws(LetheError) in try leaf(bytes) }
    }

    func node(_ left: Digest32, _ right: Digest32) throws(LetheError) -> Digest32 {
        try withUnsafePointer(to: (left, right)) { pair throws(LetheError) in
            try sha256.hash(prefix: 1, UnsafeRawBufferPointer(start: pair, count: 64))
        }
    }

    /// The root of no records: SHA-256 of nothing.
    static var emptyRoot: Digest32 { Digest32(Digest.sha256([])) ?? Digest32() }
}

/// The state of a tree that only grows: the roots of its complete subtrees, largest first, at most 64.
struct CompactRange: Equatable {
    private(set) var size: Int64 = 0
    private(set) var peaks: [Digest32] = []

    init() {}

    /// As read back from a file; `nil` where the count of hashes does not fit the size.
    init?(size: Int64, peaks: [Digest32]) {
        guard size >= 0, peaks.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.peaks = peaks
    }

    mutating func append(leaf: Digest32, _ hasher: TreeHasher) throws(LetheError) {
        var hash = leaf
        var level = size
        while level & 1 == 1, let left = peaks.popLast() {
            hash = try hasher.node(left, hash)
            level >>= 1
        }
        peaks.append(hash)
        size += 1
    }

    func root(_ hasher: TreeHasher) throws(LetheError) -> Digest32 {
        guard var root = peaks.last else { return TreeHasher.emptyRoot }
        for left in peaks.dropLast().reversed() { root = try hasher.node(left, root) }
        return root
    }
}
