import Cryptography
import Domain
import Testing

@testable import Audit

/// The edges of the two verifiers of RFC 9162, on trees of one and two records.
struct MerkleVerificationTests {
    private let hasher: TreeHasher
    private let leaves: [Digest32]
    private let root: Digest32

    init() throws {
        let hasher = try TreeHasher()
        self.hasher = hasher
        leaves = try (0..<2).map { try hasher.leaf([UInt8($0)]) }
        root = try hasher.node(leaves[0], leaves[1])
    }

    private func isIncluded(_ leaf: Int, at index: UInt64, of size: UInt64, _ path: [Digest32], _ root: Digest32) throws
        -> Bool
    {
        try MerkleVerification.isIncluded(
            leaf: leaves[leaf], index: index, size: size, path: path, root: root, hasher)
    }

    @Test func aRecordIsAtItsOwnPlaceAndNowhereElse() throws {
        #expect(try isIncluded(0, at: 0, of: 2, [leaves[1]], root))
        #expect(try isIncluded(1, at: 1, of: 2, [leaves[0]], root))
        #expect(try !isIncluded(0, at: 1, of: 2, [leaves[1]], root))
        #expect(try !isIncluded(0, at: 0, of: 2, [leaves[0]], root), "another sibling")
    }

    /// A tree of one record has an empty path, and one of two has not.
    @Test func thePathIsAsLongAsTheTreeIsHigh() throws {
        #expect(try isIncluded(0, at: 0, of: 1, [], leaves[0]))
        #expect(try !isIncluded(0, at: 0, of: 2, [], leaves[0]))
        #expect(try !isIncluded(0, at: 0, of: 1, [leaves[1]], root))
    }

    @Test func aRecordPastTheEndIsNotIncluded() throws {
        #expect(try !isIncluded(0, at: 1, of: 1, [], leaves[0]))
        #expect(try !isIncluded(0, at: 0, of: 0, [], leaves[0]))
    }

    @Test func bothRootsOfAConsistencyProofMustBeTheirs() throws {
        func isPrefix(_ older: Digest32, _ newer: Digest32, _ path: [Digest32]) throws -> Bool {
            try MerkleVerification.isPrefix(older: 1, older, newer: 2, newer, path: path, hasher)
        }
        #expect(try isPrefix(leaves[0], root, [leaves[1]]))
        #expect(try !isPrefix(leaves[1], root, [leaves[1]]))
        #expect(try !isPrefix(leaves[0], leaves[1], [leaves[1]]))
        #expect(try !isPrefix(leaves[0], root, [leaves[0]]))
        #expect(try !isPrefix(leaves[0], root, []))
    }
}
