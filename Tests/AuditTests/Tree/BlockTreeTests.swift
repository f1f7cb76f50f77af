import Cryptography
import Domain
import Testing

@testable import Audit

/// A tree of which only the roots of blocks are kept gives the proofs of the whole one.
@Suite struct BlockTreeTests {
    @Test(
        "proofs are those of the whole tree",
        arguments: [1, 2, 255, 256, 257, 511, 512, 513, 768, 769, 1023, 1024, 1025, 1300])
    func proofs(size: Int) throws {
        let hasher = try TreeHasher()
        let leaves = try (0..<size).map { number in
            try Array("line \(number)".utf8).withUnsafeBufferPointer { (line) throws(LetheError) in
                try hasher.leaf(line)
            }
        }
        let whole = try MerkleTree(leaves: leaves, hasher)
        let width = 1 << MerkleTree.blockHeight
        let roots = try (0..<size / width).map {
            try MerkleTree(leaves: Array(leaves[$0 * width..<($0 + 1) * width]), hasher).root(size: width)
        }
        let blocks = try MerkleTree(blocks: roots, size: size, hasher) { block in
            Array(leaves[block * width..<min((block + 1) * width, size)])
        }
        #expect(blocks.size == size)
        for older in Set([1, 2, 255, 256, 257, 512, 700, size - 1, size]).filter({ 0 < $0 && $0 <= size }) {
            #expect(try blocks.root(size: older) == whole.root(size: older))
            #expect(
                try blocks.consistencyProof(older: older, newer: size)
                    == whole.consistencyProof(older: older, newer: size))
            for index in [0, older / 2, older - 1] {
                #expect(
                    try blocks.inclusionProof(index: index, size: older)
                        == whole.inclusionProof(index: index, size: older))
            }
        }
    }
}
