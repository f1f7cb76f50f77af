package import Domain

/// What a line of the log can say: the closed list of `docs/audit-log.md`, section 2. Never message text, a file name, a
/// content hash, an end-user's number, a URL, an API key or a vendor's error body.
package enum AuditRecord: Sendable, Equatable {
    case logOpen(Opening)
    /// SHA-256 of the configuration file, 64 hex.
    case config(sha256: String)
    case planCreated(plan: PlanID, kind: Plan.Kind, digest: String, items: Int, policy: String)
    case planApproved(plan: PlanID, digest: String, by: String, how: Approval)
    case runStart(run: RunID, plan: PlanID, digest: String, policy: String)
    case deleteIntent(Intent)
    case deleteOutcome(Answer)
    /// An item that ends without a DELETE of this run, or an open intent that is settled later.
    case itemClosed(run: RunID, attachment: AttachmentID, outcome: Outcome, reason: String?)
    case deleteVerified(run: RunID, attachment: AttachmentID, http: Int, grade: EvidenceGrade)
    case runEnd(run: RunID, RunCounts)
    case runHalt(run: RunID, cause: String)
    case holdPlaced(hold: HoldID, scope: LegalHold.Scope, until: Timestamp?, by: String, reason: String?)
    case holdReleased(hold: HoldID, by: String, reason: String?)
    case requestOpened(RequestOpening)
    case requestUpdated(
        request: RequestID, state: ErasureRequest.State, due: Timestamp?, by: String?, reason: String?)
    case policyLocked(id: String, sha256: String)
    case archiveStored(run: RunID, attachment: AttachmentID, ok: Bool)
    case vendorSample(checked: Int, present: Int)
    case operatorAct(act: OperatorAct, ref: String, by: String, reason: String?)
    case subjectForget(SubjectPseudonym)
    /// The clock went back by more than `AuditLog.bridgedStep`; `from` is the time of the record before.
    case clockStep(from: Timestamp)
    /// The last record of an epoch; `records` counts the epoch's, this one included.
    case epochSeal(records: Int)
    case logClose(reason: String)
}

extension AuditRecord {
    /// How a plan came to be approved.
    package enum Approval: String, CaseIterable, Sendable {
        case cli, web, schedule
    }

    package enum OperatorAct: String, CaseIterable, Sendable {
        case limitRaise = "limit.raise"
        case canarySkip = "canary.skip"
        case policyUnlock = "policy.unlock"
        case planCancel = "plan.cancel"
        case planExpire = "plan.expire"
        case planClose = "plan.close"
        case clockAccept = "clock.accept"
        case accountAccept = "account.accept"
        case segmentRemove = "segment.remove"
        case keyRotate = "key.rotate"
    }

    /// The first record of a segment.
    package struct Opening: Sendable, Equatable {
        package let origin: String
        package let vkey: String
        /// 16 hex; tells a wrong root key from tampering.
        package let kid: String
        package let previous: PreviousLog?
        /// Name and version of the program that opened the log.
        package let tool: String
    }

    /// The segment before this one, as it was found when this one began.
    package struct PreviousLog: Sendable, Equatable {
        package let origin: String
        package let size: Int64
        /// 64 hex each.
        package let root: String
        package let mac: String
        /// Records that a checkpoint counted and that were missing: 0 after an orderly rollover.
        package let lost: Int64
    }

    /// What is about to be sent: durable before the first byte of the DELETE leaves.
    package struct Intent: Sendable, Equatable {
        package let run: RunID
        package let operation: OperationID
        /// From 1; each retry is a new intent of the same operation.
        package let attempt: Int
        package let attachment: AttachmentID
        /// `policy:<id>`, `erasure:<request>` or `drill`.
        package let rule: String

        package init(
            run: RunID, operation: OperationID, attempt: Int, attachment: AttachmentID, rule: String
        ) {
            self.run = run
            self.operation = operation
            self.attempt = attempt
            self.attachment = attachment
            self.rule = rule
        }
    }

    /// How one intent was answered.
    package struct Answer: Sendable, Equatable {
        package let operation: OperationID
        package let attempt: Int
        package let attachment: AttachmentID
        package let answer: AnswerClass
        /// HTTP status, 0 where there was none.
        package let http: Int
        package let error: TransportFailure?
        /// The vendor's trace id.
        package let trace: String?
        /// `nil` while the item is still to be tried again.
        package let final: Outcome?

        package init(
            operation: OperationID, attempt: Int, attachment: AttachmentID, answer: AnswerClass, http: Int,
            error: TransportFailure? = nil, trace: String? = nil, final: Outcome? = nil
        ) {
            self.operation = operation
            self.attempt = attempt
            self.attachment = attachment
            self.answer = answer
            self.http = http
            self.error = error
            self.trace = trace
            self.final = final
        }

        /// The answer of the vendor to `intent`, as it is recorded.
        package init(to intent: Intent, _ answer: VendorAnswer, final: Outcome?) {
            var error: TransportFailure?
            if case .failure(let failure) = answer.reply { error = failure }
            self.init(
                operation: intent.operation, attempt: intent.attempt, attachment: intent.attachment,
                answer: answer.deletion, http: answer.status, error: error, trace: answer.trace, final: final)
        }
    }

    package struct RequestOpening: Sendable, Equatable {
        package let request: RequestID
        package let subjects: [SubjectPseudonym]
        package let jurisdiction: ErasureRequest.Jurisdiction
        package let scope: ErasureRequest.Scope
        package let received: Timestamp
        package let due: Timestamp
        package let by: String

        package init(_ request: ErasureRequest) {
            self.init(
                request: request.id, subjects: request.subjects, jurisdiction: request.jurisdiction,
                scope: request.scope, received: request.received, due: request.due, by: request.openedBy)
        }

        package init(
            request: RequestID, subjects: [SubjectPseudonym], jurisdiction: ErasureRequest.Jurisdiction,
            scope: ErasureRequest.Scope, received: Timestamp, due: Timestamp, by: String
        ) {
            self.request = request
            self.subjects = subjects
            self.jurisdiction = jurisdiction
            self.scope = scope
            self.received = received
            self.due = due
            self.by = by
        }
    }
}

extension AuditRecord {
    /// The attachment the record is about.
    package var attachment: AttachmentID? {
        switch self {
        case .deleteIntent(let intent): intent.attachment
        case .deleteOutcome(let answer): answer.attachment
        case .itemClosed(_, let attachment, _, _), .deleteVerified(_, let attachment, _, _),
            .archiveStored(_, let attachment, _):
            attachment
        default: nil
        }
    }

    /// How an item ended, where this record says so.
    package var finalOutcome: Outcome? {
        switch self {
        case .deleteOutcome(let answer): answer.final
        case .itemClosed(_, _, let outcome, _): outcome
        default: nil
        }
    }
}
