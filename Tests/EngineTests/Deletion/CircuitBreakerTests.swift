import Domain
import Testing

@testable import Engine

/// The breaker by itself: when it opens, for how long, and what closes it.
@Suite struct CircuitBreakerTests {
    private let start = Timestamp(seconds: 1_800_000_000)

    private func answer(_ breaker: inout CircuitBreaker, _ answer: AnswerClass, at seconds: Int64 = 0) {
        breaker.answered(answer, foreign: nil, at: start.adding(seconds: seconds))
    }

    /// So many failures among so many answers, spread evenly: never five in a row.
    private func spread(_ failures: Int, of count: Int) -> [AnswerClass] {
        (0..<count).map { ($0 * failures) % count < failures ? .unknown : .deleted }
    }

    private func isOpen(_ breaker: CircuitBreaker) -> Bool {
        if case .open = breaker.state { true } else { false }
    }

    /// Opens it by five failures at that second, and gives the length of its pause.
    private func open(_ breaker: inout CircuitBreaker, at seconds: Int64) -> Int64? {
        for _ in 1...5 { answer(&breaker, .unknown, at: seconds) }
        return pause(breaker, since: seconds)
    }

    private func pause(_ breaker: CircuitBreaker, since seconds: Int64) -> Int64? {
        guard case .open(let until) = breaker.state else { return nil }
        return (until.microseconds - start.adding(seconds: seconds).microseconds) / 1_000_000
    }

    @Test(arguments: [(4, false), (5, true)])
    func fiveStraightFailuresOpenIt(failures: Int, opens: Bool) {
        var breaker = CircuitBreaker()
        for _ in 0..<failures { answer(&breaker, .notSent) }
        #expect(isOpen(breaker) == opens)
        #expect(breaker.letsDeletesGo == !opens)
    }

    @Test func aSuccessInBetweenBreaksTheRow() {
        var breaker = CircuitBreaker()
        for one in [AnswerClass.unknown, .unknown, .unknown, .unknown, .deleted, .unknown] { answer(&breaker, one) }
        #expect(!isOpen(breaker))
    }

    @Test(arguments: [(9, 20, false), (10, 20, false), (11, 20, true), (12, 20, true), (11, 19, false)])
    func moreThanHalfOfTheLastTwentyOpenIt(failures: Int, count: Int, opens: Bool) {
        var breaker = CircuitBreaker()
        for one in spread(failures, of: count) { answer(&breaker, one) }
        #expect(isOpen(breaker) == opens)
    }

    /// What came before the last twenty is forgotten.
    @Test(arguments: [(10, false), (11, true)])
    func onlyTheLastTwentyCount(failures: Int, opens: Bool) {
        var breaker = CircuitBreaker()
        for one in spread(10, of: 20) + Array(repeating: AnswerClass.deleted, count: 20) + spread(failures, of: 20) {
            answer(&breaker, one)
        }
        #expect(isOpen(breaker) == opens)
    }

    @Test func throttlingDoesNotCount() {
        var breaker = CircuitBreaker()
        for _ in 0..<40 { answer(&breaker, .throttled) }
        for one in [AnswerClass.unknown, .throttled, .unknown, .unknown, .throttled, .unknown, .unknown] {
            answer(&breaker, one)
        }
        #expect(isOpen(breaker))
    }

    @Test func thePauseDoublesToThirtySecondsAndIsTwoAgainOnceItClosed() {
        var breaker = CircuitBreaker()
        var pauses = [open(&breaker, at: 0)]
        for _ in 1...5 {
            breaker.probe()
            breaker.probeAnswered(success: false, foreign: nil, at: start)
            pauses.append(pause(breaker, since: 0))
        }
        #expect(pauses == [2, 4, 8, 16, 30, 30])
        breaker.probe()
        breaker.probeAnswered(success: true, foreign: nil, at: start)
        breaker.claim()
        answer(&breaker, .deleted)
        #expect(breaker.state == .closed)
        #expect(open(&breaker, at: 100) == 2)
    }

    /// The probe alone does not close it: one DELETE goes, and its answer decides.
    @Test(arguments: [
        (AnswerClass.deleted, CircuitBreaker.State.closed), (.absent, .closed),
        (.throttled, .halfOpen(isTrying: false)),
        (.unknown, .open(until: Timestamp(seconds: 1_800_000_007))),
        (.notSent, .open(until: Timestamp(seconds: 1_800_000_007))),
    ])
    func oneDeleteIsTriedAfterTheProbe(tried: AnswerClass, state: CircuitBreaker.State) {
        var breaker = CircuitBreaker()
        _ = open(&breaker, at: 0)
        breaker.probe()
        #expect(!breaker.letsDeletesGo)
        breaker.probeAnswered(success: true, foreign: nil, at: start)
        #expect(breaker.letsDeletesGo)
        breaker.claim()
        #expect(!breaker.letsDeletesGo)
        answer(&breaker, tried, at: 3)
        #expect(breaker.state == state)
    }
}
