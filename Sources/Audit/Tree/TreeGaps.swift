import Cryptography
import Domain

/// The hashes that stand for the records between chosen ones: the roots of the largest complete subtrees without any of
/// them, from left to right, none across an edge (the size of a checkpoint). With the chosen records they give the root
/// at every edge. Of one unbroken range that is at most 63 hashes before it and 63 after it.
struct TreeGaps {
    private let chosen: [Range<Int64>]
    private let edges: [Int64]
    private let hasher: TreeHasher
    private var position: Int64 = 0
    /// The next of `chosen` and of `edges` that `position` is not past.
    private var run = 0
    private var edge = 0
    private var block = CompactRange()
    private var blockSize: Int64 = 0
    private(set) var hashes: [Digest32] = []

    /// Both in rising order; the last edge is the size of the tree.
    init(outside chosen: [Range<Int64>], edges: [Int64], _ hasher: TreeHasher) {
        self.chosen = chosen
        self.edges = edges
        self.hasher = hasher
    }

    /// Takes the leaves one by one, from the first of the tree; says whether it is a chosen one.
    mutating func add(_ leaf: Digest32) throws(LetheError) -> Bool {
        defer { position += 1 }
        while run < chosen.count, chosen[run].upperBound <= position { run += 1 }
        if run < chosen.count, chosen[run].contains(position) { return true }
        if blockSize == 0 {
            while edge < edges.count, edges[edge] <= position { edge += 1 }
            let limit = min(
                run < chosen.count ? chosen[run].lowerBound : .max, edge < edges.count ? edges[edge] : .max)
            blockSize = 1
            while position & (2 * blockSize - 1) == 0, 2 * blockSize <= limit - position { blockSize *= 2 }
        }
        try block.append(leaf: leaf, hasher)
        if block.size == blockSize {
            hashes.append(try block.root(hasher))
            block = CompactRange()
            blockSize = 0
        }
        return false
    }
}
