package import Domain

/// Limits requests per second, with time passed in (the generic cell rate algorithm).
package struct TokenBucket: Sendable {
    private let interval: Int64
    private let burst: Int64
    /// When the next token would be due were the bucket never full: the theoretical arrival time.
    private var due: Timestamp?
    private var latest: Timestamp?

    /// `burst` requests may go at once after a quiet time; both are at least 1.
    package init(perSecond rate: Int, burst: Int = 1) {
        let rate = Int64(min(max(rate, 1), 1_000_000))
        interval = (1_000_000 + rate - 1) / rate
        self.burst = Int64(min(max(burst, 1), 1_000_000))
    }

    /// Microseconds until a token is there.
    package func wait(at now: Timestamp) -> Int64 {
        guard let due else { return 0 }
        return max(0, max(due, now).adding(microseconds: -interval * (burst - 1)).microseconds - now.microseconds)
    }

    /// Reserves a token at once and gives the microseconds to wait before the request that takes it. A clock that steps back
    /// does not lengthen the wait.
    package mutating func take(at now: Timestamp) -> Int64 {
        if let latest, now < latest { due = due?.adding(microseconds: now.microseconds - latest.microseconds) }
        latest = now
        let wait = wait(at: now)
        due = max(due ?? now, now).adding(microseconds: interval)
        return wait
    }

    /// Takes a token if one is there.
    package mutating func takeIfThere(at now: Timestamp) -> Bool {
        guard wait(at: now) == 0 else { return false }
        _ = take(at: now)
        return true
    }
}
