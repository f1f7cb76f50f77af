import Domain
import Synchronization

/// Time in a world: nobody waits, whoever sleeps moves it on. What the host shows may be wrong by `skew`.
final class VirtualClock: TimeSource {
    private struct State {
        var truth: Timestamp
        /// Microseconds by which the host's clock is ahead.
        var skew: Int64 = 0
    }

    private let state: Mutex<State>

    /// What watches beside the work sleeps so long; it follows time and does not drive it.
    private static let watch: Int64 = 200_000

    init(_ start: Timestamp) { state = Mutex(State(truth: start)) }

    /// The host's clock.
    func now() -> Timestamp { state.withLock { $0.truth.adding(microseconds: $0.skew) } }

    func ticks() -> Int64 { truth.microseconds }

    /// The vendor's clock, which is right.
    var truth: Timestamp { state.withLock { $0.truth } }

    var skew: Int64 {
        get { state.withLock { $0.skew } }
        set { state.withLock { $0.skew = newValue } }
    }

    func advance(seconds: Int64) { state.withLock { $0.truth = $0.truth.adding(seconds: seconds) } }

    func sleep(microseconds: Int64) async {
        let wake = truth.adding(microseconds: microseconds)
        if microseconds == Self.watch {
            for _ in 0..<6 where truth < wake && !Task.isCancelled { try? await Task.sleep(for: .microseconds(300)) }
        } else {
            await Task.yield()
        }
        guard !Task.isCancelled else { return }
        state.withLock { $0.truth = max($0.truth, wake) }
    }
}
