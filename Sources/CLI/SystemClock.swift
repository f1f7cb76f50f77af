import Domain
import Foundation

/// The clock of this machine.
struct SystemClock: TimeSource {
    func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    func sleep(microseconds: Int64) async {
        try? await Task.sleep(for: .microseconds(microseconds))
    }
}
