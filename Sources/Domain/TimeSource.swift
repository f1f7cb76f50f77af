/// The clock of the workflows: the system's, and the one that tests turn by hand.
package protocol TimeSource: Sendable {
    func now() -> Timestamp
    /// Returns early only when the task is cancelled.
    func sleep(microseconds: Int64) async
}
