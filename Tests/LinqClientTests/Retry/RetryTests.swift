import Domain
import LinqClient
import Synchronization
import TestSupport
import Testing

struct RetryPolicyTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private let policy = RetryPolicy()

    @Test(
        "the backoff doubles from half a second to 20 s",
        arguments: [
            (0, 500_000), (1, 500_000), (2, 1_000_000), (3, 2_000_000), (4, 4_000_000), (5, 8_000_000), (6, 16_000_000),
            (7, 20_000_000), (8, 20_000_000), (10, 20_000_000), (1000, 20_000_000), (Int.max, 20_000_000),
            (Int.min, 500_000),
        ] as [(Int, Int64)])
    func backoff(_ attempt: Int, _ expected: Int64) {
        #expect(policy.backoff(attempt: attempt) == expected)
    }

    @Test(
        "what may have acted or was not sent waits with full jitter",
        arguments: [
            (VendorAnswer.http(500), 1, 0.0, 0), (.http(500), 1, 0.5, 250_000), (.http(502), 1, 1.0, 500_000),
            (.http(503), 3, 0.5, 1_000_000),
            (.http(408), 7, 0.25, 5_000_000), (VendorAnswer(.failure(.reset)), 2, 0.5, 500_000),
            (VendorAnswer(.failure(.timeout)), 2, 0.5, 500_000),
            (VendorAnswer(.failure(.connectionRefused)), 2, 0.5, 500_000),
            (VendorAnswer(.failure(.tls)), 100, 0.5, 10_000_000), (VendorAnswer(.failure(.cut)), 1, -1, 0),
            (VendorAnswer(.http(status: 503, code: nil), retryAfter: .seconds(60)), 1, 0.5, 250_000),
        ] as [(VendorAnswer, Int, Double, Int64)])
    func transient(_ answer: VendorAnswer, _ attempt: Int, _ random: Double, _ wait: Int64) {
        #expect(policy.advice(attempt: attempt, answer: answer, random: random, now: Self.now) == .retry(after: wait))
    }

    @Test(
        "throttled and not ready wait with equal jitter, or as long as the vendor says",
        arguments: [
            (VendorAnswer.http(429), 1, 0.0, 250_000), (.http(429), 1, 0.5, 375_000), (.http(429), 1, 1.0, 500_000),
            (.http(429), 7, 0.5, 15_000_000),
            (.http(404, code: 2007), 1, 0.0, 250_000),
            (told(.seconds(30)), 1, 0.5, 30_000_000), (told(.seconds(0)), 1, 0.0, 250_000),
            (told(.seconds(1)), 7, 0.0, 10_000_000), (told(.seconds(299)), 1, 0.5, 299_000_000),
            (told(.seconds(300)), 1, 0.5, 300_000_000), (told(.date(now.adding(seconds: 30))), 1, 0.5, 30_000_000),
            (told(.date(now.adding(seconds: -30))), 1, 0.0, 250_000),
        ] as [(VendorAnswer, Int, Double, Int64)])
    func throttled(_ answer: VendorAnswer, _ attempt: Int, _ random: Double, _ wait: Int64) {
        #expect(policy.advice(attempt: attempt, answer: answer, random: random, now: Self.now) == .retry(after: wait))
    }

    @Test(
        "over 300 s halts and says until when",
        arguments: [
            (.seconds(301), 301), (.seconds(86_400), 86_400), (.date(now.adding(seconds: 301)), 301),
            (.seconds(1_000_000_000), 1_000_000_000), (.seconds(1_000_000_001), nil), (.seconds(.max), nil),
        ] as [(RetryAfter, Int64?)])
    func halts(_ retryAfter: RetryAfter, _ seconds: Int64?) {
        let advice = policy.advice(attempt: 1, answer: Self.told(retryAfter), random: 0, now: Self.now)
        #expect(advice == .halt(until: seconds.map { Self.now.adding(seconds: $0) }))
    }

    @Test("everything else is final", arguments: [200, 202, 204, 301, 400, 401, 403, 405, 418])
    func final(_ status: Int) {
        #expect(policy.advice(attempt: 1, answer: .http(status), random: 0.5, now: Self.now) == .stop)
    }

    @Test("no wait is negative or longer than the ceiling, whatever the seed")
    func bounds() {
        for seed in UInt64(1)...200 {
            var random = SeededGenerator(seed: seed)
            let attempt = Int.random(in: 1...30, using: &random)
            for status in [500, 429] {
                let advice = policy.advice(
                    attempt: attempt, answer: .http(status), random: .random(in: 0..<1, using: &random), now: Self.now)
                guard case .retry(let wait) = advice else {
                    Issue.record("seed \(seed): \(advice)")
                    continue
                }
                let floor = status == 429 ? policy.backoff(attempt: attempt) / 2 : 0
                #expect((floor...policy.backoff(attempt: attempt)).contains(wait), "seed \(seed)")
            }
        }
    }

    private static func told(_ retryAfter: RetryAfter) -> VendorAnswer {
        VendorAnswer(.http(status: 429, code: 1007), retryAfter: retryAfter)
    }
}

struct TokenBucketTests {
    private let start = Timestamp(seconds: 1_800_000_000)

    @Test("ten a second are 100 ms apart")
    func spacing() {
        var bucket = TokenBucket(perSecond: 10)
        #expect((0..<4).map { _ in bucket.take(at: start) } == [0, 100_000, 200_000, 300_000])
        #expect(bucket.take(at: start.adding(microseconds: 399_999)) == 1)
        #expect(bucket.take(at: start.adding(microseconds: 500_000)) == 0)
        #expect(bucket.take(at: start.adding(microseconds: 600_001)) == 0)
    }

    @Test("quiet time is saved up to the burst and no further")
    func burst() {
        var bucket = TokenBucket(perSecond: 10, burst: 3)
        let later = start.adding(seconds: 3600)
        #expect((0..<5).map { _ in bucket.take(at: later) } == [0, 0, 0, 100_000, 200_000])
    }

    @Test("never more than the rate and the burst in any window, whatever the seed")
    func rate() {
        for seed in UInt64(1)...50 {
            var random = SeededGenerator(seed: seed)
            var bucket = TokenBucket(perSecond: 10, burst: 2)
            var now = start
            var sent: [Int64] = []
            for _ in 0..<200 {
                now = now.adding(microseconds: .random(in: 0...150_000, using: &random))
                now = now.adding(microseconds: bucket.take(at: now))
                sent.append(now.microseconds)
            }
            for (index, time) in sent.enumerated() {
                let inWindow = sent[index...].prefix { $0 < time + 1_000_000 }.count
                #expect(inWindow <= 12, "seed \(seed)")
            }
        }
    }

    @Test("a clock that steps back an hour does not stop the run for an hour")
    func clockStepsBack() {
        var bucket = TokenBucket(perSecond: 10)
        _ = bucket.take(at: start)
        #expect(bucket.take(at: start.adding(seconds: -3600)) <= 100_000)
    }

    @Test("nonsense rates are made sense of", arguments: [Int.min, -1, 0, 1, 2_000_000, Int.max])
    func oddRates(_ rate: Int) {
        var bucket = TokenBucket(perSecond: rate, burst: rate)
        #expect(bucket.take(at: start) == 0)
    }
}

struct RetryingTests {
    /// Time that passes by sleeping only.
    private final class Clock: TimeSource {
        private let state = Mutex((now: Timestamp(seconds: 1_800_000_000), slept: [Int64]()))
        var slept: [Int64] { state.withLock { $0.slept } }
        func now() -> Timestamp { state.withLock { $0.now } }
        func sleep(microseconds: Int64) async {
            state.withLock {
                $0.now = $0.now.adding(microseconds: microseconds)
                if microseconds > 0 { $0.slept.append(microseconds) }
            }
        }
    }

    private func answers(_ list: [VendorAnswer]) async -> (last: VendorAnswer, calls: Int, slept: [Int64]) {
        let clock = Clock()
        let calls = Mutex(0)
        let retrying = Retrying(perSecond: 1_000_000, time: clock, random: { 0.5 })
        let next: @Sendable () async -> VendorAnswer = {
            let index = calls.withLock { count in
                count += 1
                return count - 1
            }
            return list[min(index, list.count - 1)]
        }
        let last = await retrying(answer: { $0 }, call: next)
        return (last, calls.withLock { $0 }, clock.slept)
    }

    @Test("it goes on until the answer is final")
    func untilFinal() async {
        let result = await answers([.http(500), .http(429), VendorAnswer(.failure(.reset)), .http(200)])
        #expect(result.last == .http(200) && result.calls == 4)
        #expect(result.slept == [250_000, 750_000, 1_000_000])
    }

    @Test("it gives up after ten tries, and at once when told to come back in an hour")
    func givesUp() async {
        #expect(await answers([.http(500)]).calls == 10)
        let throttled = VendorAnswer(.http(status: 429, code: nil), retryAfter: .seconds(3600))
        #expect(await answers([throttled]).calls == 1)
    }

    @Test("pages of a real server come at the pace of the bucket")
    func pace() async throws {
        let server = try ScriptedServer { _ in [.answer("200 OK", body: #"{"phone_numbers": []}"#)] }
        let clock = Clock()
        let retrying = Retrying(perSecond: 10, time: clock)
        try await withClient(server.baseURL) { client in
            for _ in 0..<3 { #expect(await retrying.page { await client.phoneLines() }.isComplete) }
        }
        #expect(clock.slept == [100_000, 100_000])
    }
}
