import Domain
import Engine

/// How often a world came to what it is there for.
struct Coverage: Sendable {
    private(set) var counts: [String: Int] = [:]

    mutating func count(_ name: String, _ condition: Bool = true) {
        if condition { counts[name, default: 0] += 1 }
    }

    mutating func add(_ other: Coverage) { counts.merge(other.counts) { $0 + $1 } }

    /// What came less often than its floor.
    func tame(worlds: Int) -> [String] {
        Self.floors.sorted { $0.key < $1.key }.compactMap { name, floor in
            let count = counts[name, default: 0]
            let least = Int((floor * Double(worlds)).rounded(.down))
            return count < least ? "\(name): \(count) in \(worlds) worlds, at least \(least) are wanted" : nil
        }
    }

    /// Per world, about a third of what is usual; what is rarer than one in a thousand counts in long runs alone.
    private static let floors: [String: Double] = {
        var floors: [String: Double] = [:]
        for kind in WorldEvent.Kind.allCases { floors["event \(kind.rawValue)"] = 0.05 }
        for weather in Weather.allCases { floors["weather \(weather.rawValue)"] = 0.1 }
        return floors
    }()
}
