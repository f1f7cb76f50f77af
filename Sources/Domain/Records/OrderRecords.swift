/// What people ordered: holds, erasure requests, and acts of the operator.
extension AuditRecord {
    package struct HoldPlacing: RecordPayload {
        package static let type = RecordType.holdPlaced
        package let hold: HoldID
        package let scope: LegalHold.Scope
        package let until: Timestamp?
        package let by: String
        package let reason: String?
        package let how: Approval?

        package init(
            hold: HoldID, scope: LegalHold.Scope, until: Timestamp?, by: String, reason: String?, how: Approval? = nil
        ) {
            self.hold = hold
            self.scope = scope
            self.until = until
            self.by = by
            self.reason = reason
            self.how = how
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            hold = try fields.field("hold", .text) { $0.hold }
            scope = try fields.field("scope") { $0.scope }
            until = try fields.field("until") { $0.until }
            by = try fields.field("by") { $0.by }
            reason = try fields.field("reason") { $0.reason }
            how = try fields.how { $0.how }
        }
    }

    package struct HoldRelease: RecordPayload {
        package static let type = RecordType.holdReleased
        package let hold: HoldID
        package let by: String
        package let reason: String?
        package let how: Approval?

        package init(hold: HoldID, by: String, reason: String?, how: Approval? = nil) {
            self.hold = hold
            self.by = by
            self.reason = reason
            self.how = how
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            hold = try fields.field("hold", .text) { $0.hold }
            by = try fields.field("by") { $0.by }
            reason = try fields.field("reason") { $0.reason }
            how = try fields.how { $0.how }
        }
    }

    package struct RequestOpening: RecordPayload {
        package static let type = RecordType.requestOpened
        package let request: RequestID
        package let subjects: [SubjectPseudonym]
        package let jurisdiction: ErasureRequest.Jurisdiction
        package let scope: ErasureRequest.Scope
        package let received: Timestamp
        package let due: Timestamp
        package let by: String
        package let how: Approval?

        package init(_ request: ErasureRequest, how: Approval? = nil) {
            self.request = request.id
            subjects = request.subjects
            jurisdiction = request.jurisdiction
            scope = request.scope
            received = request.received
            due = request.due
            by = request.openedBy
            self.how = how
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            request = try fields.field("req", .text) { $0.request }
            subjects = try fields.field("subs") { $0.subjects }
            jurisdiction = try fields.field("jurisdiction", .text) { $0.jurisdiction }
            scope = try fields.field("scope", .text) { $0.scope }
            received = try fields.field("received") { $0.received }
            due = try fields.field("due") { $0.due }
            by = try fields.field("by") { $0.by }
            how = try fields.how { $0.how }
        }
    }

    package struct RequestUpdate: RecordPayload {
        package static let type = RecordType.requestUpdated
        package let request: RequestID
        package let state: ErasureRequest.State
        package let due: Timestamp?
        /// `nil` = nobody: the state follows from what a run did.
        package let by: String?
        package let reason: String?
        /// There where `by` is, from v2 on.
        package let how: Approval?

        package init(
            request: RequestID, state: ErasureRequest.State, due: Timestamp?, by: String?, reason: String?,
            how: Approval? = nil
        ) {
            self.request = request
            self.state = state
            self.due = due
            self.by = by
            self.reason = reason
            self.how = how
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            request = try fields.field("req", .text) { $0.request }
            state = try fields.field("state", .text) { $0.state }
            due = try fields.field("due") { $0.due }
            by = try fields.field("by") { $0.by }
            reason = try fields.field("reason") { $0.reason }
            how = fields.version < 2 ? nil : try fields.field("how") { $0.how ?? $0.by.map { _ in .cli } }
        }
    }

    /// What an operator did that no other record tells of.
    package struct OperatorAct: RecordPayload {
        package enum Kind: String, CaseIterable, Sendable, RecordWord {
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
            // From here on v2.
            case clockOverride = "clock.override"
            case stateLost = "state.lost"
            case stateRestore = "state.restore"
            case hostStopped = "host.stopped"
            case inventoryRebuild = "inventory.rebuild"
            case tailReject = "tail.reject"
            case asideLift = "aside.lift"
            case keyBackup = "key.backup"
            case userAdd = "user.add"
            case userRole = "user.role"
            case userDisable = "user.disable"

            fileprivate static let ofVersion1 = ClosedList(allCases.prefix { $0 != .clockOverride }.map(\.rawValue))
        }

        package static let type = RecordType.operatorAct
        package let act: Kind
        /// What it was done to: an id, an origin, a word.
        package let ref: String
        package let by: String
        package let reason: String?
        package let how: Approval?

        package init(act: Kind, ref: String, by: String, reason: String?, how: Approval? = nil) {
            self.act = act
            self.ref = ref
            self.by = by
            self.reason = reason
            self.how = how
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            let version = fields.version
            act = try fields.field("act", version < 2 ? .oneOf(Kind.ofVersion1) : nil) { $0.act }
            ref = try fields.field("ref") { $0.ref }
            by = try fields.field("by") { $0.by }
            reason = try fields.field("reason") { $0.reason }
            how = try fields.how { $0.how }
        }
    }

    package struct SubjectForgetting: RecordPayload {
        package static let type = RecordType.subjectForget
        package let subject: SubjectPseudonym
        /// No v1 line says who.
        package let by: String?
        package let how: Approval?

        package init(_ subject: SubjectPseudonym, by: String, how: Approval? = nil) {
            self.subject = subject
            self.by = by
            self.how = how
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            subject = try fields.field("sub") { $0.subject }
            by = fields.version < 2 ? nil : try fields.field("by") { $0.by ?? "" }
            how = try fields.how { $0.how }
        }
    }

    /// A locked policy was loaded in this form.
    package struct PolicyLock: RecordPayload {
        package static let type = RecordType.policyLocked
        package let id: String
        /// 64 hex.
        package let sha256: String

        package init(id: String, sha256: String) {
            self.id = id
            self.sha256 = sha256
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            id = try fields.field("id") { $0.id }
            sha256 = try fields.field("sha256", .hex(64)) { $0.sha256 }
        }
    }

    /// A person has looked at what is missing: up to so many absences stop this plan no more.
    package struct AbsenceAcceptance: RecordPayload {
        package static let type = RecordType.absenceAccepted
        /// The plan.
        package let ref: String
        package let most: Int
        package let by: String
        package let how: Approval
        package let reason: String?

        package init(ref: String, most: Int, by: String, how: Approval = .cli, reason: String?) {
            self.ref = ref
            self.most = most
            self.by = by
            self.how = how
            self.reason = reason
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            ref = try fields.field("ref") { $0.ref }
            most = try fields.field("most") { $0.most }
            by = try fields.field("by") { $0.by }
            how = try fields.field("how") { $0.how }
            reason = try fields.field("reason") { $0.reason }
        }
    }
}
