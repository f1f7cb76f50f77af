/// How often a world came to what it is there for.
struct Coverage: Sendable {
    private(set) var counts: [String: Int] = [:]

    mutating func count(_ name: String, _ condition: Bool = true) {
        if condition { counts[name, default: 0] += 1 }
    }

    mutating func add(_ other: Coverage) { counts.merge(other.counts) { $0 + $1 } }
}
