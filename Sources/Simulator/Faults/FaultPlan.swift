package import Domain
import Synchronization

/// Decides which fault a request meets. Pure but for the count of how often each path was asked.
package final class FaultPlan: Sendable {
    private struct State {
        var specs: [FaultSpec]
        var seed: UInt64
        var asked: [UInt64: UInt64] = [:]
    }

    private let state: Mutex<State>

    /// - Throws: `usage` if the shares of a method add up to more than 1.
    package init(_ specs: [FaultSpec], seed: UInt64) throws(LetheError) {
        try Self.check(specs)
        state = Mutex(State(specs: specs, seed: seed))
    }

    /// From now on these faults, counted anew.
    package func replace(_ specs: [FaultSpec], seed: UInt64? = nil) throws(LetheError) {
        try Self.check(specs)
        state.withLock { $0 = State(specs: specs, seed: seed ?? $0.seed) }
    }

    package var specs: [FaultSpec] { state.withLock { $0.specs } }

    /// The fault of this request, and how long to wait first, in microseconds.
    func draw(method: String, path: String) -> (fault: FaultSpec?, latency: Int64) {
        state.withLock { state in
            let specs = state.specs.filter { $0.applies(to: method) }
            guard !specs.isEmpty else { return (nil, 0) }
            let request = Self.hash("\(method) \(path)")
            let count = state.asked[request, default: 0]
            state.asked[request] = count + 1
            var point = SimulatedRandom.share(SimulatedRandom.mix(Self.mix(state.seed, request, count)))
            var latency: Int64 = 0
            var drawn: FaultSpec?
            for spec in specs {
                if spec.kind == .latency {
                    latency += spec.time
                } else if drawn == nil {
                    if point < spec.share { drawn = spec }
                    point -= spec.share
                }
            }
            return (drawn, latency)
        }
    }

    private static func check(_ specs: [FaultSpec]) throws(LetheError) {
        for method in ["delete", "get", "post", "put"] {
            let sum = specs.filter { $0.kind != .latency && $0.applies(to: method) }.reduce(0) { $0 + $1.share }
            guard sum <= 1.000_001 else {
                throw LetheError(
                    "invalid-fault", .usage, "the faults of \(method.uppercased()) add up to more than 1",
                    hint: "each share is the part of all requests that meets the fault")
            }
        }
    }

    private static func mix(_ seed: UInt64, _ request: UInt64, _ count: UInt64) -> UInt64 {
        SimulatedRandom.mix(seed &+ 0x9e37_79b9_7f4a_7c15) ^ request &+ count &* 0x9e37_79b9_7f4a_7c15
    }

    /// FNV-1a.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
