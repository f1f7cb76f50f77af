package import Domain

/// When a request may be tried again: the retry paragraph of `docs/execution.md`, as a pure function.
package struct RetryPolicy: Sendable, Equatable {
    package enum Advice: Sendable, Equatable {
        /// Microseconds to wait before the next try.
        case retry(after: Int64)
        /// Throttled for longer than a run waits: halt, to be resumed at this instant; `nil` = the vendor named a wait that is
        /// beyond counting.
        case halt(until: Timestamp?)
        /// The answer is final.
        case stop
    }

    /// Microseconds. The backoff is `min(ceiling, base * 2^n)`, n the tries made before the one that was answered.
    package var base: Int64 = 500_000
    package var ceiling: Int64 = 20_000_000
    /// A longer wait than this halts.
    package var longestWait: Int64 = 300_000_000
    /// Tries of one item that may have acted.
    package var maximumTries = 10
    /// How long one item may be tried without an answer that may have acted: microseconds.
    package var patience: Int64 = 3_600_000_000

    package init() {}

    package init(maximumTries: Int) { self.maximumTries = maximumTries }

    /// What to do after the `attempt`th try (the first is 1) of a DELETE was answered. `random` is uniform in 0..<1.
    package func advice(attempt: Int, answer: VendorAnswer, random: Double, now: Timestamp) -> Advice {
        advice(attempt: attempt, class: answer.deletion, retryAfter: answer.retryAfter, random: random, now: now)
    }

    package func advice(
        attempt: Int, class answerClass: AnswerClass, retryAfter: RetryAfter?, random: Double, now: Timestamp
    ) -> Advice {
        let cap = backoff(attempt: attempt)
        let random = min(max(random, 0), 1)
        switch answerClass {
        case .unknown, .notSent: return .retry(after: Int64(random * Double(cap)))
        case .throttled, .notReady:
            let jitter = cap / 2 + Int64(random * Double(cap / 2))
            let wait = max(retryAfter?.wait(from: now) ?? 0, jitter)
            guard wait > longestWait else { return .retry(after: wait) }
            return .halt(until: retryAfter?.isBeyondCounting == true ? nil : now.adding(microseconds: wait))
        case .deleted, .absent, .invalid, .refused, .unexpected: return .stop
        }
    }

    /// `min(ceiling, base * 2^(attempt - 1))` without overflow.
    package func backoff(attempt: Int) -> Int64 {
        let exponent = min(max(attempt, 1) - 1, 40)
        let (product, overflow) = base.multipliedReportingOverflow(by: 1 << Int64(exponent))
        return overflow ? ceiling : min(ceiling, product)
    }
}
