package import Domain

/// Repeats a call that changes nothing at the vendor (GET, HEAD, a listing) until its answer is final, as `RetryPolicy`
/// says, and at the pace of the bucket. Never for a DELETE: each of its tries needs an intent of its own.
package struct Retrying: Sendable {
    package var policy: RetryPolicy
    private let time: any TimeSource
    private let pace: Pace
    private let random: @Sendable () -> Double
    private let shouldStop: (@Sendable () -> Bool)?
    /// How often a stop is looked for.
    private static let watchInterval = Duration.milliseconds(200)

    package init(
        policy: RetryPolicy = RetryPolicy(), perSecond: Int, time: any TimeSource,
        shouldStop: (@Sendable () -> Bool)? = nil,
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.policy = policy
        self.time = time
        self.random = random
        self.shouldStop = shouldStop
        pace = Pace(TokenBucket(perSecond: perSecond))
    }

    /// The first final result, or the last one when the tries are spent, the vendor asks for more than 300 s of patience,
    /// the task is cancelled, or somebody wants it to stop: then neither a pause nor a call on its way is waited for.
    package func callAsFunction<Result: Sendable>(
        answer: @Sendable (Result) -> VendorAnswer, call: @Sendable () async -> Result
    ) async -> Result {
        var attempt = 1
        while true {
            await sleep(microseconds: await pace.take(at: time.now()))
            let result = await stoppable(call)
            guard attempt < policy.maximumTries, !Task.isCancelled, !isStopWanted,
                case .retry(let wait) = policy.advice(
                    attempt: attempt, answer: answer(result), random: random(), now: time.now())
            else { return result }
            await sleep(microseconds: wait)
            guard !isStopWanted else { return result }
            attempt += 1
        }
    }

    private var isStopWanted: Bool { shouldStop?() ?? false }

    private func sleep(microseconds: Int64) async {
        guard microseconds > 0 else { return }
        await stoppable { await time.sleep(microseconds: microseconds) }
    }

    /// Cancelled where a stop is wanted: a call then gives a failure of its own.
    private func stoppable<Result: Sendable>(_ wait: @Sendable () async -> Result) async -> Result {
        guard let shouldStop else { return await wait() }
        return await withoutActuallyEscaping(wait) { wait in
            await withTaskGroup(of: Result?.self) { group in
                group.addTask { await wait() }
                group.addTask {
                    while !shouldStop(), !Task.isCancelled { try? await Task.sleep(for: Self.watchInterval) }
                    return nil
                }
                while let finished = await group.next() {
                    group.cancelAll()
                    if let result = finished { return result }
                }
                return await wait()
            }
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
