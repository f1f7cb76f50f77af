import Domain
import Rules

extension Period {
    /// The instant from which this period would end at `now`.
    func before(_ now: Timestamp) -> Timestamp {
        if let fixedMicroseconds { return now.adding(microseconds: -fixedMicroseconds) }
        return now.adding(months: unit == .years ? -12 * count : -count)
    }
}
