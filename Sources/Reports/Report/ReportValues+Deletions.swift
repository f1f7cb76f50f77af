package import Domain

extension ReportValues {
    package typealias Item = EndedItem

    package struct OpenIntent: Codable, Sendable, Equatable {
        package var op: OperationID
        package var attachment: AttachmentID
        package var run: RunID
        package var rule: String
        package var at: Timestamp
        /// How often it was tried.
        package var tries: Int
        package var lastAnswer: String?

        package init(
            op: OperationID, attachment: AttachmentID, run: RunID, rule: String, at: Timestamp, tries: Int,
            lastAnswer: String? = nil
        ) {
            self.op = op
            self.attachment = attachment
            self.run = run
            self.rule = rule
            self.at = at
            self.tries = tries
            self.lastAnswer = lastAnswer
        }
    }

    /// A plan that was made, applied or closed in the period.
    package struct Plan: Codable, Sendable, Equatable {
        package var id: PlanID
        package var kind: Domain.Plan.Kind
        package var state: Domain.Plan.State
        package var digest: String
        package var created: Timestamp
        package var request: RequestID?
        package var items: Int
        package var bytes: Int64
        package var approvals: [Approval]
        /// Over the plan's whole life; what is not decided yet counts as `not_attempted`.
        package var outcomes: OutcomeCounts

        package init(
            id: PlanID, kind: Domain.Plan.Kind, state: Domain.Plan.State, digest: String, created: Timestamp,
            request: RequestID? = nil, items: Int, bytes: Int64, approvals: [Approval] = [], outcomes: OutcomeCounts
        ) {
            self.id = id
            self.kind = kind
            self.state = state
            self.digest = digest
            self.created = created
            self.request = request
            self.items = items
            self.bytes = bytes
            self.approvals = approvals
            self.outcomes = outcomes
        }
    }

    package struct Approval: Codable, Sendable, Equatable {
        package var by: String
        /// `cli`, `web` or `schedule`.
        package var how: String
        package var at: Timestamp
        /// Of which plan, where several stand side by side.
        package var plan: PlanID?

        package init(by: String, how: String, at: Timestamp, plan: PlanID? = nil) {
            self.by = by
            self.how = how
            self.at = at
            self.plan = plan
        }

        /// For people: nobody was asked where `how` is `schedule`.
        package var way: String {
            switch how {
            case "schedule": "automatic"
            case "cli": "command line"
            default: how
            }
        }
    }

    package struct Run: Codable, Sendable, Equatable {
        package var id: RunID
        package var plan: PlanID
        package var start: Timestamp
        package var end: Timestamp?
        /// Why it halted; `nil` = it did not.
        package var haltCause: String?
        /// As the log's `run.end` has them; `nil` = there is none.
        package var counts: RunCounts?
        /// Of the deleted ones in `counts`, those without a 204: `deleted_after_retry`.
        package var afterRetry: Int?
    }
}
