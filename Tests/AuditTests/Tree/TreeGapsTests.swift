import Domain
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// Records with the hashes of what lies between them give the roots that all records give.
struct TreeGapsTests {
    private let hasher: TreeHasher

    init() throws { hasher = try TreeHasher() }

    private func leaves(_ count: Int) throws -> [Digest32] {
        try (0..<count).map { try hasher.leaf(Array("record \($0)".utf8)) }
    }

    private func gaps(_ leaves: [Digest32], _ chosen: [Range<Int64>], _ edges: [Int64]) throws -> [Digest32] {
        var gaps = TreeGaps(outside: chosen, edges: edges, hasher)
        for (place, leaf) in leaves.enumerated() {
            let isChosen = chosen.contains { $0.contains(Int64(place)) }
            #expect(try gaps.add(leaf) == isChosen)
        }
        return gaps.hashes
    }

    /// As VERIFY.md tells it. `nil` where the hashes do not fit.
    private func roots(
        _ leaves: [Digest32], _ chosen: [Range<Int64>], _ edges: [Int64], _ hashes: [Digest32]
    ) throws -> [Digest32]? {
        var (hashes, place) = (hashes[...], 0)
        var peaks: [(width: Int, hash: Digest32)] = []
        var roots: [Digest32] = []
        for edge in edges.map(Int.init) {
            while place < edge {
                var next = (width: 1, hash: leaves[place])
                if !chosen.contains(where: { $0.contains(Int64(place)) }) {
                    let limit = min(edge, chosen.map { Int($0.lowerBound) }.first { $0 > place } ?? edge)
                    while place % (2 * next.width) == 0, place + 2 * next.width <= limit { next.width *= 2 }
                    guard let hash = hashes.popFirst() else { return nil }
                    next.hash = hash
                }
                place += next.width
                while let left = peaks.last, left.width == next.width {
                    next = (2 * next.width, try hasher.node(left.hash, next.hash))
                    peaks.removeLast()
                }
                peaks.append(next)
            }
            var root = peaks[peaks.count - 1].hash
            for left in peaks.dropLast().reversed() { root = try hasher.node(left.hash, root) }
            roots.append(root)
        }
        return hashes.isEmpty ? roots : nil
    }

    @Test func theyGiveTheRootOfEveryCheckpoint() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let size = Int.random(in: 1...70, using: &random)
            let leaves = try leaves(size)
            let tree = try MerkleTree(leaves: leaves, hasher)
            var chosen: [Range<Int64>] = []
            var next: Int64 = 0
            while next < size {
                let first = next + Int64.random(in: 0...20, using: &random)
                guard first < size else { break }
                let last = min(Int64(size), first + Int64.random(in: 1...20, using: &random))
                chosen.append(first..<last)
                next = last + 1
            }
            let older = (0..<3).map { _ in Int64.random(in: 1...Int64(size), using: &random) }
            let edges = Set(older + [Int64(size)]).sorted()
            let hashes = try gaps(leaves, chosen, edges)
            let expected = try edges.map { try tree.root(size: Int($0)) }
            #expect(try roots(leaves, chosen, edges, hashes) == expected, "seed \(seed): \(size), \(chosen), \(edges)")
        }
    }

    @Test func onePeriodOfALongLogNeedsFewHashes() throws {
        let leaves = try leaves(5000)
        #expect(try gaps(leaves, [1023..<3000], [5000]).count <= 2 * 13)
        #expect(try gaps(leaves, [0..<5000], [5000]).isEmpty)
        #expect(try gaps(leaves, [0..<5000], [17, 4000, 5000]).isEmpty, "an older checkpoint within costs nothing")
    }
}
