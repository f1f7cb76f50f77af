import Domain
import Foundation

/// The clock of this machine.
struct SystemClock: TimeSource {
    func now() -> Timestamp {
        Timestamp(microseconds: Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)))
    }

    func sleep(microseconds: Int64) async {
        try? await Task.sleep(for: .microseconds(microseconds))
    }
}
