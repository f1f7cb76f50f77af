package import Domain
import Synchronization

/// The vendor's clock: a source of time that can be turned forward and back while the simulator runs.
package final class SimulatedClock: Sendable {
    private let source: @Sendable () -> Timestamp
    private let offset = Mutex<Int64>(0)

    /// - Parameter source: the time that goes on by itself; a constant gives a clock that stands still until it is
    /// moved.
    package init(_ source: @escaping @Sendable () -> Timestamp) {
        self.source = source
    }

    package var now: Timestamp { source().adding(microseconds: offset.withLock { $0 }) }

    /// From now on it is `now` here, and time goes on from there.
    package func set(_ now: Timestamp) {
        let base = source()
        offset.withLock { $0 = now.microseconds - base.microseconds }
    }

    package func advance(microseconds: Int64) {
        offset.withLock { $0 += microseconds }
    }
}
