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

    /// Per world, a quarter of what is usual; where that is less than one in a run, the run is too short to tell.
    private static let floors: [String: Double] = {
        var floors: [String: Double] = [
            "death": 0.3, "page shifted": 0.03, "answer lost after effect": 0.05, "empty page with a cursor": 0.3,
            "hold during a run": 0.02, "ingest during a run": 0.003, "policies edited during a run": 0.01,
            "second run: run-lease-taken": 0.004, "weather changes during a run": 0.02, "clock set during a run": 0.01,
            "STOP during a run": 0.01, "run compared": 0.1, "refusal compared": 0.01,
        ]
        for kind in WorldEvent.Kind.allCases { floors["event \(kind.rawValue)"] = 0.04 }
        for weather in Weather.allCases { floors["weather \(weather.rawValue)"] = 0.08 }
        for state in ErasureRequest.State.allCases { floors["request \(state.rawValue)"] = 0.25 }
        for state in Plan.State.allCases { floors["plan \(state.rawValue)"] = 0.08 }
        for outcome in Outcome.allCases { floors["outcome \(outcome.rawValue)"] = 0.002 }
        floors["outcome deleted"] = 0.5
        floors["outcome deleted_after_retry"] = 0.04
        floors["outcome withheld_shared"] = 0.1
        for cause in HaltCause.allCases where !unreached.contains(cause) { floors["halt \(cause.rawValue)"] = 0.0005 }
        floors["halt signal"] = 0.03
        return floors
    }()

    /// The vendor of a world never confirms what it did not do, the inventory can always be read, and nobody moves the folder
    /// away; the shares that halt a run take twenty answers, which few worlds have.
    private static let unreached: Set<HaltCause> = [
        .stillThere, .holdsUnreadable, .leaseLost, .inventoryReplaced, .tooManyFailures, .tooManyAbsent,
        .tooManyUnproven,
    ]
}
