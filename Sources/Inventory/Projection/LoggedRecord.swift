package import Domain

/// A record with its place and time in the log; `Engine` reads it, since this room never reads the log.
package struct LoggedRecord: Sendable, Equatable {
    package let seq: Int64
    package let at: Timestamp
    package let record: AuditRecord

    package init(seq: Int64, at: Timestamp, record: AuditRecord) {
        self.seq = seq
        self.at = at
        self.record = record
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
