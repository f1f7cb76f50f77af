package import Domain

extension ReportValues {
    /// An erasure request that was open or answered in the period.
    package struct Request: Codable, Sendable, Equatable {
        package var id: RequestID
        package var state: ErasureRequest.State
        package var jurisdiction: ErasureRequest.Jurisdiction
        package var scope: ErasureRequest.Scope
        package var coverage: ErasureRequest.Coverage
        /// How many handles the person named.
        package var subjects: Int
        package var received: Timestamp
        package var due: Timestamp
        package var answered: Timestamp?
        /// When it was answered for the first time, which decides whether that was in time; `answered` is of the last answer.
        package var firstAnswered: Timestamp?
        /// Attachments that its plans list, and those that were called gone before and found again.
        package var items: Int
        package var outcomes: OutcomeCounts
        package var standing: Standing
        /// Whole days until due, negative once overdue; `nil` = answered.
        package var daysLeft: Int?

        package init(
            _ request: ErasureRequest, firstAnswered: Timestamp? = nil, items: Int, outcomes: OutcomeCounts,
            now: Timestamp
        ) {
            id = request.id
            state = request.state
            jurisdiction = request.jurisdiction
            scope = request.scope
            coverage = request.coverage
            subjects = request.subjects.count
            received = request.received
            due = request.due
            answered = request.answered
            self.firstAnswered = firstAnswered
            self.items = items
            self.outcomes = outcomes
            standing = Standing(
                state: request.state, due: request.due,
                answered: request.answered.map { min($0, firstAnswered ?? $0) }, now: now)
            daysLeft = standing.isOpen ? request.daysLeft(at: now) : nil
        }
    }

    /// Where a request stands against its deadline.
    package enum Standing: String, CaseIterable, Codable, Sendable {
        case answeredInTime = "answered_in_time"
        case answeredLate = "answered_late"
        case onTime = "on_time"
        /// Due within seven days.
        case dueSoon = "due_soon"
        case overdue
        /// Refused, withdrawn or merged before anything was answered.
        case closed

        package init(state: ErasureRequest.State, due: Timestamp, answered: Timestamp?, now: Timestamp) {
            if let answered {
                self = answered <= due ? .answeredInTime : .answeredLate
            } else if state.isClosed {
                self = .closed
            } else if now > due {
                self = .overdue
            } else {
                self = now.adding(seconds: 7 * 86_400) >= due ? .dueSoon : .onTime
            }
        }

        package var isOpen: Bool { self == .onTime || self == .dueSoon || self == .overdue }
    }
}
