import Domain
import Synchronization

/// A clock that a test moves itself.
final class StepClock: TimeSource {
    private let current: Mutex<Timestamp>

    init(_ start: Timestamp) { current = Mutex(start) }

    func now() -> Timestamp { current.withLock { $0 } }
    func sleep(microseconds: Int64) async { advance(microseconds) }
    func step(seconds: Int64 = 1) { advance(seconds * 1_000_000) }

    private func advance(_ microseconds: Int64) {
        current.withLock { $0 = $0.adding(microseconds: microseconds) }
    }
}
