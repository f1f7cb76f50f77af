package import Domain

/// At most so many requests a second, with time passed in. A token is reserved at once: the caller waits as long as it is
/// told and sends then.
package struct TokenBucket: Sendable {
    private let interval: Int64
    private let burst: Int64
    /// When the next token would be due were the bucket never full (the theoretical arrival time of GCRA).
    private var due: Timestamp
    private var latest: Timestamp

    /// `burst` requests may go at once after a quiet time; both are at least 1.
    package init(perSecond rate: Int, burst: Int = 1, now: Timestamp) {
        interval = 1_000_000 / Int64(min(max(rate, 1), 1_000_000))
        self.burst = Int64(min(max(burst, 1), 1_000_000))
        due = now
        latest = now
    }

    /// Microseconds to wait before the request that takes this token. A clock that steps back does not lengthen the wait.
    package mutating func take(at now: Timestamp) -> Int64 {
        if now < latest { due = due.adding(microseconds: now.microseconds - latest.microseconds) }
        latest = now
        let start = max(due, now)
        due = start.adding(microseconds: interval)
        let earliest = start.adding(microseconds: -interval * (burst - 1))
        return max(0, earliest.microseconds - now.microseconds)
    }
}
