extension AuditRecord {
    /// What is about to be sent: durable before the first byte of the DELETE leaves.
    package struct Intent: RecordPayload {
        package static let type = RecordType.deleteIntent
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

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            run = try fields.field("run") { $0.run }
            operation = try fields.field("op") { $0.operation }
            attempt = try fields.field("try") { $0.attempt }
            attachment = try fields.field("att") { $0.attachment }
            rule = try fields.field("rule", .rule) { $0.rule }
        }
    }

    /// How one intent was answered.
    package struct Answer: RecordPayload {
        package static let type = RecordType.deleteOutcome
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
            self.init(
                operation: intent.operation, attempt: intent.attempt, attachment: intent.attachment, answer,
                final: final)
        }

        package init(
            operation: OperationID, attempt: Int, attachment: AttachmentID, _ answer: VendorAnswer, final: Outcome?
        ) {
            var error: TransportFailure?
            if case .failure(let failure) = answer.reply { error = failure }
            self.init(
                operation: operation, attempt: attempt, attachment: attachment, answer: answer.deletion,
                http: answer.status, error: error, trace: answer.trace, final: final)
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            operation = try fields.field("op") { $0.operation }
            attempt = try fields.field("try") { $0.attempt }
            attachment = try fields.field("att") { $0.attachment }
            answer = try fields.field("class") { $0.answer }
            http = try fields.field("http") { $0.http }
            error = try fields.field("err", .text) { $0.error }
            trace = try fields.field("trace") { $0.trace }
            final = try fields.field("final") { $0.final }
        }
    }

    /// An item that ends without a DELETE of this run, or an open intent that is settled later.
    package struct ItemClosing: RecordPayload {
        package static let type = RecordType.itemClosed
        package let run: RunID
        package let attachment: AttachmentID
        package let outcome: Outcome
        package let reason: String?

        package init(run: RunID, attachment: AttachmentID, outcome: Outcome, reason: String?) {
            self.run = run
            self.attachment = attachment
            self.outcome = outcome
            self.reason = reason
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            run = try fields.field("run") { $0.run }
            attachment = try fields.field("att") { $0.attachment }
            outcome = try fields.field("outcome") { $0.outcome }
            reason = try fields.field("reason") { $0.reason }
        }
    }

    /// What a look at the vendor after a deletion found.
    package struct Verification: RecordPayload {
        package static let type = RecordType.deleteVerified
        package let run: RunID
        package let attachment: AttachmentID
        package let http: Int
        package let grade: EvidenceGrade

        package init(run: RunID, attachment: AttachmentID, http: Int, grade: EvidenceGrade) {
            self.run = run
            self.attachment = attachment
            self.http = http
            self.grade = grade
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            run = try fields.field("run") { $0.run }
            attachment = try fields.field("att") { $0.attachment }
            http = try fields.field("http") { $0.http }
            grade = try fields.field("grade") { $0.grade }
        }
    }

    /// Whether a copy was put into the archive before its DELETE.
    package struct ArchiveCopy: RecordPayload {
        package static let type = RecordType.archiveStored
        package let run: RunID
        package let attachment: AttachmentID
        package let ok: Bool
        /// Its name in `lethe.yaml`; no v1 line has it.
        package let archive: String?

        package init(run: RunID, attachment: AttachmentID, ok: Bool, archive: String? = nil) {
            self.run = run
            self.attachment = attachment
            self.ok = ok
            self.archive = archive
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            run = try fields.field("run") { $0.run }
            attachment = try fields.field("att") { $0.attachment }
            ok = try fields.field("ok") { $0.ok }
            archive = fields.version < 2 ? nil : try fields.field("archive") { $0.archive ?? "" }
        }
    }

    /// How many of what should be gone were looked for, and how many of them were still there.
    package struct VendorSample: RecordPayload {
        package static let type = RecordType.vendorSample
        package let checked: Int
        package let present: Int

        package init(checked: Int, present: Int) {
            self.checked = checked
            self.present = present
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            checked = try fields.field("checked") { $0.checked }
            present = try fields.field("present") { $0.present }
        }
    }
}
