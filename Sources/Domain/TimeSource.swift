/// The clock of the workflows: the system's, and the one that tests turn by hand.
package protocol TimeSource: Sendable {
    func now() -> Timestamp
    /// Microseconds since some instant, which nobody sets: for how long something takes.
    func ticks() -> Int64
    /// Returns early only when the task is cancelled.
    func sleep(microseconds: Int64) async
}

extension TimeSource {
    /// Of a clock that nobody sets.
    package func ticks() -> Int64 { now().microseconds }
}

/// A clock that is never ahead of another party's: theirs as they last told it, and since then by ticks. What ends, ends by the
/// earlier of both.
package struct EarlierClock: TimeSource {
    private let own: any TimeSource
    private let theirs: Timestamp
    private let toldAt: Int64

    /// `theirs`: what the other party's clock showed just now.
    package init(_ own: any TimeSource, theirs: Timestamp) {
        self.own = own
        self.theirs = theirs
        toldAt = own.ticks()
    }

    package func now() -> Timestamp { min(own.now(), theirsNow) }
    /// What the other party's clock shows.
    package var theirsNow: Timestamp { theirs.adding(microseconds: max(0, ticks() - toldAt)) }
    package func ticks() -> Int64 { own.ticks() }
    package func sleep(microseconds: Int64) async { await own.sleep(microseconds: microseconds) }
}
