/// What a line of the log can say: the closed list of `docs/audit-log.md`, section 2. Never message text, a file name, a
/// content hash, an end-user's number, a URL, an API key or a vendor's error body.
package enum AuditRecord: Sendable, Equatable {
    case logOpen(Opening)
    case config(Configuration)
    case planCreated(PlanCreation)
    case planApproved(PlanApproval)
    case runStart(RunStart)
    case deleteIntent(Intent)
    case deleteOutcome(Answer)
    case itemClosed(ItemClosing)
    case deleteVerified(Verification)
    case runEnd(RunEnd)
    case runHalt(RunHalt)
    case holdPlaced(HoldPlacing)
    case holdReleased(HoldRelease)
    case requestOpened(RequestOpening)
    case requestUpdated(RequestUpdate)
    case policyLocked(PolicyLock)
    case archiveStored(ArchiveCopy)
    case vendorSample(VendorSample)
    case operatorAct(OperatorAct)
    case subjectForget(SubjectForgetting)
    case clockStep(ClockStep)
    case epochSeal(EpochSeal)
    case logClose(LogClosing)

    private var payload: any RecordPayload {
        switch self {
        case .logOpen(let record): record
        case .config(let record): record
        case .planCreated(let record): record
        case .planApproved(let record): record
        case .runStart(let record): record
        case .deleteIntent(let record): record
        case .deleteOutcome(let record): record
        case .itemClosed(let record): record
        case .deleteVerified(let record): record
        case .runEnd(let record): record
        case .runHalt(let record): record
        case .holdPlaced(let record): record
        case .holdReleased(let record): record
        case .requestOpened(let record): record
        case .requestUpdated(let record): record
        case .policyLocked(let record): record
        case .archiveStored(let record): record
        case .vendorSample(let record): record
        case .operatorAct(let record): record
        case .subjectForget(let record): record
        case .clockStep(let record): record
        case .epochSeal(let record): record
        case .logClose(let record): record
        }
    }

    // Intents and outcomes are most of a log: there without a box around the payload.

    package var type: RecordType {
        switch self {
        case .deleteIntent: .deleteIntent
        case .deleteOutcome: .deleteOutcome
        default: Swift.type(of: payload).type
        }
    }

    /// Writes `type` and the fields of it, in their fixed order.
    package func encode(into json: inout AsciiJSON) {
        switch self {
        case .deleteIntent(let intent): intent.encode(into: &json)
        case .deleteOutcome(let answer): answer.encode(into: &json)
        default: payload.encode(into: &json)
        }
    }
}

extension RecordPayload {
    fileprivate func encode(into json: inout AsciiJSON) {
        json.field("type", Self.type.rawValue)
        write(to: &json)
    }
}

/// How the lines of one type look, and how their values are read.
package struct RecordShape: Sendable {
    package let type: RecordType
    package let fields: [Field]
    /// `values`: those of a judged line, one for each field.
    package let read: @Sendable (_ values: [LineValue]) throws(LetheError) -> AuditRecord

    private init<Payload: RecordPayload>(_ record: @escaping @Sendable (Payload) -> AuditRecord) {
        type = Payload.type
        fields = Payload.fields
        read = { values throws(LetheError) in record(try Payload(values)) }
    }

    package static let all: [RecordShape] = [
        RecordShape(AuditRecord.logOpen), RecordShape(AuditRecord.config), RecordShape(AuditRecord.planCreated),
        RecordShape(AuditRecord.planApproved), RecordShape(AuditRecord.runStart),
        RecordShape(AuditRecord.deleteIntent), RecordShape(AuditRecord.deleteOutcome),
        RecordShape(AuditRecord.itemClosed), RecordShape(AuditRecord.deleteVerified), RecordShape(AuditRecord.runEnd),
        RecordShape(AuditRecord.runHalt), RecordShape(AuditRecord.holdPlaced), RecordShape(AuditRecord.holdReleased),
        RecordShape(AuditRecord.requestOpened), RecordShape(AuditRecord.requestUpdated),
        RecordShape(AuditRecord.policyLocked), RecordShape(AuditRecord.archiveStored),
        RecordShape(AuditRecord.vendorSample), RecordShape(AuditRecord.operatorAct),
        RecordShape(AuditRecord.subjectForget), RecordShape(AuditRecord.clockStep), RecordShape(AuditRecord.epochSeal),
        RecordShape(AuditRecord.logClose),
    ]
}

extension AuditRecord {
    /// The attachment the record is about.
    package var attachment: AttachmentID? {
        switch self {
        case .deleteIntent(let intent): intent.attachment
        case .deleteOutcome(let answer): answer.attachment
        case .itemClosed(let closing): closing.attachment
        case .deleteVerified(let verification): verification.attachment
        case .archiveStored(let copy): copy.attachment
        default: nil
        }
    }

    /// How an item ended, where this record says so.
    package var finalOutcome: Outcome? {
        switch self {
        case .deleteOutcome(let answer): answer.final
        case .itemClosed(let closing): closing.outcome
        default: nil
        }
    }
}
