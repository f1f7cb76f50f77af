package import Domain
import LinqClient

/// What the runs of one plan did so far, read from the audit log in order.
package struct PlanProgress: Sendable, Equatable {
    /// Items that ended.
    package private(set) var closed: [AttachmentID: Outcome] = [:]
    /// What was tried on the others (and on those).
    package private(set) var history: [AttachmentID: ItemHistory] = [:]
    /// Intents without an outcome: the process died, or halted, between the two.
    package private(set) var open: [AttachmentID: OperationID] = [:]
    /// Of what did not end, what has gone by another way.
    package private(set) var gone: Set<AttachmentID> = []

    package init(
        closed: [AttachmentID: Outcome] = [:], history: [AttachmentID: ItemHistory] = [:],
        open: [AttachmentID: OperationID] = [:], gone: Set<AttachmentID> = []
    ) {
        self.closed = closed
        self.history = history
        self.open = open
        self.gone = gone
    }

    /// What has gone in another plan is not tried again.
    mutating func leave(gone others: Set<AttachmentID>) { gone.formUnion(others) }

    /// These are tried once a run and no more: a person is to look at them.
    package mutating func setAside(_ attachments: Set<AttachmentID>) {
        for attachment in attachments { history[attachment, default: ItemHistory()].isSetAside = true }
    }

    package mutating func intent(_ attachment: AttachmentID, operation: OperationID, attempt: Int) {
        open[attachment] = operation
        history[attachment, default: ItemHistory()].operation = operation
        history[attachment, default: ItemHistory()].lastAttempt = attempt
    }

    package mutating func outcome(_ attachment: AttachmentID, answer: AnswerClass, final: Outcome?) {
        open[attachment] = nil
        if answer.mayHaveActed { history[attachment, default: ItemHistory()].mayHaveActed += 1 }
        if let final { closed[attachment] = final }
    }

    package mutating func close(_ attachment: AttachmentID, _ outcome: Outcome) {
        open[attachment] = nil
        closed[attachment] = outcome
    }
}

/// What was tried on one item.
package struct ItemHistory: Sendable, Equatable {
    package var operation: OperationID?
    package var lastAttempt = 0
    /// Answers that leave open whether the vendor acted; an intent that never got one counts once a GET has settled it.
    package var mayHaveActed = 0
    /// Those of them that something else than the vendor gave: they use no attempt up.
    package var answeredByOthers = 0
    /// A DELETE of an earlier plan may have removed it: its answer was lost, and no GET had missed it before.
    package var mayHaveActedEarlier = false
    /// It was away before our first DELETE: past the vendor's 24 hours, or a GET missed it. No attempt of ours did that.
    package var wasMissedBefore = false
    /// When the first intent was written.
    package var firstIntent: Timestamp?
    /// For a week nothing but 404s came that are not the vendor's own: one try a run.
    package var isSetAside = false

    static let attemptsThatMayAct = RetryPolicy().maximumTries

    /// An attempt of ours may have deleted it, as far as is known.
    package var mayHaveDeleted: Bool { (mayHaveActed > 0 || mayHaveActedEarlier) && !wasMissedBefore }

    /// At most ten attempts that may have acted.
    package var isSpent: Bool { mayHaveActed - answeredByOthers >= Self.attemptsThatMayAct }

    /// The `absent` row of the table of answers in `docs/execution.md`: what a 404 to this item means.
    package func outcomeOfAbsence(seenBefore: Bool, ephemeralEnds: Timestamp?, now: Timestamp) -> Outcome {
        if mayHaveDeleted, seenBefore { return .deletedAfterRetry }
        // The vendor's own expiry explains an absence better than "was here once": it never halts a run.
        if let ephemeralEnds, ephemeralEnds <= now { return .expiredByVendor }
        if seenBefore { return .alreadyAbsent }
        return .notFoundUnproven
    }
}
