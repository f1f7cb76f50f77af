import Domain

/// How long to wait before another attempt: pure, the random number comes in. In microseconds.
enum Backoff {
    private static let base: Int64 = 500_000
    private static let cap: Int64 = 20_000_000

    /// Full jitter: `random(0, min(20 s, 0.5 s * 2^retry))`; `retry` counts from 0.
    static func transient(retry: Int, using random: inout some RandomNumberGenerator) -> Int64 {
        Int64.random(in: 0...ceiling(retry), using: &random)
    }

    /// `max(Retry-After, equal jitter)`: half of the ceiling for certain, the other half at random.
    static func throttled(
        retry: Int, retryAfter: Int64?, using random: inout some RandomNumberGenerator
    ) -> Int64 {
        let half = ceiling(retry) / 2
        return max(retryAfter ?? 0, half + Int64.random(in: 0...half, using: &random))
    }

    private static func ceiling(_ retry: Int) -> Int64 {
        min(cap, base << Int64(min(max(0, retry), 10)))
    }
}
