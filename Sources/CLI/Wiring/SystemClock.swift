import Domain
import Foundation

/// The clock of this machine.
struct SystemClock: TimeSource {
    func now() -> Timestamp {
        Timestamp(microseconds: Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)))
    }

    func ticks() -> Int64 {
        let elapsed = Self.start.duration(to: .now).components
        return elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000
    }

    private static let start = ContinuousClock.now

    func sleep(microseconds: Int64) async {
        try? await Task.sleep(for: .microseconds(microseconds))
    }
}
