package import Domain

/// What an audit record means for this store; `Engine` makes it from the record, since this room never reads the log.
package enum ProjectedEvent: Sendable, Equatable {
    case runStarted(RunID, plan: PlanID)
    /// `run` and the attachment lead to the item of the plan.
    case intent(run: RunID, op: OperationID, attempt: Int, attachment: AttachmentID, rule: String)
    /// `final` closes the item; without it the intent is answered and the item stays open.
    case outcome(
        op: OperationID, attempt: Int, attachment: AttachmentID, class: AnswerClass, http: Int, trace: String?,
        final: Outcome?)
    /// An item that ended without an answer of its own; closes its open intents too.
    case itemClosed(run: RunID, attachment: AttachmentID, outcome: Outcome)
    case verified(run: RunID, attachment: AttachmentID, http: Int, grade: EvidenceGrade)
    case runEnded(RunID, RunCounts)
    case runHalted(RunID, cause: String)
    /// Its items are in this store, or lost with the one they were in.
    case planCreated(PlanID, digest: String)
    case planApproved(PlanID, digest: String, by: String, how: String)
    case limitsLifted(PlanID)
    /// Cancelled, or expired.
    case planClosed(PlanID, Plan.State)
    /// What is pending here takes effect.
    case requestOpened(RequestID)
    case requestUpdated(RequestID, ErasureRequest.State, due: Timestamp?)
    case holdPlaced(HoldID)
    case holdReleased(HoldID)
    /// A locked policy was loaded in this form.
    case policyLocked(String, sha256: String)
    /// An operator gave the lock up; the form loaded then, if it is locked, follows as `policyLocked`.
    case policyUnlocked(String)
}

/// A projected event with its place and time in the log.
package struct LoggedEvent: Sendable, Equatable {
    package let seq: Int64
    package let at: Timestamp
    package let event: ProjectedEvent

    package init(seq: Int64, at: Timestamp, event: ProjectedEvent) {
        self.seq = seq
        self.at = at
        self.event = event
    }
}

/// A DELETE that was announced and has no recorded answer.
package struct OpenIntent: Sendable, Equatable {
    package let op: OperationID
    package let attempt: Int
    package let run: RunID
    package let plan: PlanID?
    package let attachment: AttachmentID
    package let rule: String
    package let at: Timestamp
}

/// One run of a plan.
package struct RunRecord: Sendable, Equatable {
    package let id: RunID
    package let plan: PlanID?
    package let started: Timestamp
    /// `nil` = it is going on, or its process died.
    package let ended: Timestamp?
    /// Why it was halted.
    package let cause: String?
    package let counts: RunCounts?
}
