/// What happens to a request: the rows of the table in `docs/erasure.md`, which is held equal to this file by a test.
package enum RequestEvent: String, CaseIterable, Sendable {
    /// A plan was recorded under it.
    case planned
    /// Its plan has the approvals it needs.
    case approved
    /// A run of its plan begins.
    case started
    /// A run of its plan was halted, or left items open.
    case halted
    /// Its plan is done: everything that was found is gone, and the coverage is not partial.
    case erased
    /// Its plan is done: something is withheld or failed, or the coverage is partial.
    case answered
    /// Its plan is done, and more of the person is held than that plan names.
    case moreFound = "more_found"
    /// Its plan was cancelled or has expired.
    case planClosed = "plan_closed"
    /// What it answered turned out not to be all, or not to be gone.
    case reopened
    /// The person was told that it takes longer.
    case extended
    case refused, withdrawn
}

extension ErasureRequest.State {
    /// The state that follows; `nil` = there is no such move.
    package func after(_ event: RequestEvent) -> Self? {
        switch event {
        case .planned: isDecided || self == .applying ? nil : .planned
        case .approved: self == .planned ? .approved : nil
        case .started: [.approved, .applying].contains(self) ? .applying : nil
        case .halted: self == .applying ? .applying : nil
        case .erased: self == .applying ? .completed : nil
        case .answered: self == .applying ? .completedWithExceptions : nil
        case .moreFound: self == .applying ? .received : nil
        case .planClosed: [.planned, .approved, .applying].contains(self) ? .received : nil
        case .reopened: isAnswered ? .received : nil
        case .extended: isClosed ? nil : self
        case .refused: [.received, .planned, .approved].contains(self) ? .refused : nil
        case .withdrawn: isClosed ? nil : .withdrawn
        }
    }

    /// Whether a record may say `next` right after one that says this: one event lies between them, or none.
    package func leads(to next: Self) -> Bool {
        self == next || RequestEvent.allCases.contains { after($0) == next }
    }
}
