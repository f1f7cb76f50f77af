import Domain
import LinqClient
import Synchronization
import Testing

/// A signal is heard within a second, whatever is waited for.
@Suite struct StoppingTests {
    private final class Stop: Sendable {
        private let state = Mutex(false)
        var isWanted: Bool {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    private struct WallClock: TimeSource {
        private let start = ContinuousClock.now
        func now() -> Timestamp { Timestamp(seconds: 1_795_000_000).adding(microseconds: ticks()) }
        func ticks() -> Int64 {
            let elapsed = start.duration(to: .now).components
            return elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000
        }
        func sleep(microseconds: Int64) async { try? await Task.sleep(for: .microseconds(microseconds)) }
    }

    /// Of a call that hangs, and of the pause that an answer asks for.
    @Test(arguments: [true, false])
    func neitherACallNorAPauseIsWaitedFor(hangs: Bool) async throws {
        let (stop, clock) = (Stop(), WallClock())
        let retrying = Retrying(perSecond: 10, time: clock, shouldStop: { stop.isWanted })
        let begin = ContinuousClock.now
        async let stopping: Void = {
            await clock.sleep(microseconds: 300_000)
            stop.isWanted = true
        }()
        let answer = await retrying(
            answer: { (answer: VendorAnswer) in answer }, call: { await Self.ask(hangs: hangs) })
        await stopping
        #expect(answer.status == (hangs ? 0 : 429))
        #expect(begin.duration(to: .now) < .seconds(20))
    }

    private static func ask(hangs: Bool) async -> VendorAnswer {
        guard hangs else { return VendorAnswer(.http(status: 429, code: nil), retryAfter: .seconds(200)) }
        try? await Task.sleep(for: .seconds(60))
        return VendorAnswer(.failure(.timeout))
    }
}
