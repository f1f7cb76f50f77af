package import Domain

/// Repeats a call that changes nothing at the vendor (GET, HEAD, a listing) until its answer is final, as `RetryPolicy`
/// says, and at the pace of the bucket. Never for a DELETE: each of its tries needs an intent of its own.
package struct Retrying: Sendable {
    package var policy: RetryPolicy
    private let time: any TimeSource
    private let pace: Pace
    private let random: @Sendable () -> Double

    package init(
        policy: RetryPolicy = RetryPolicy(), perSecond: Int, time: any TimeSource,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.policy = policy
        self.time = time
        self.random = random
        pace = Pace(TokenBucket(perSecond: perSecond))
    }

    /// The first final result, or the last one when the tries are spent, the vendor asks for more than 300 s of patience,
    /// or the task is cancelled.
    package func callAsFunction<Result: Sendable>(
        answer: @Sendable (Result) -> VendorAnswer, call: @Sendable () async -> Result
    ) async -> Result {
        var attempt = 1
        while true {
            await time.sleep(microseconds: await pace.take(at: time.now()))
            let result = await call()
            guard attempt < policy.maximumTries, !Task.isCancelled,
                case .retry(let wait) = policy.advice(
                    attempt: attempt, answer: answer(result), random: random(), now: time.now())
            else { return result }
            await time.sleep(microseconds: wait)
            attempt += 1
        }
    }

    package func page<Element: Sendable>(_ call: @Sendable () async -> Listing<Element>) async -> Listing<Element> {
        await callAsFunction(answer: { $0.answer }, call: call)
    }

    private actor Pace {
        private var bucket: TokenBucket

        init(_ bucket: TokenBucket) {
            self.bucket = bucket
        }

        func take(at now: Timestamp) -> Int64 { bucket.take(at: now) }
    }
}
