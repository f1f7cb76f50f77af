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
    case egressCheck(EgressCheck)
    case runIdle(RunIdle)
    case absenceAccepted(AbsenceAcceptance)
    /// A line of v2 that this program judges and shows, and neither writes nor acts on.
    case reserved(RecordType)

    private var payload: (any RecordPayload)? {
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
        case .egressCheck(let record): record
        case .runIdle(let record): record
        case .absenceAccepted(let record): record
        case .reserved: nil
        }
    }

    // Intents and outcomes are most of a log: there without a box around the payload.

    package var type: RecordType {
        switch self {
        case .deleteIntent: .deleteIntent
        case .deleteOutcome: .deleteOutcome
        case .reserved(let type): type
        default: payload.map { Swift.type(of: $0).type } ?? .config
        }
    }

    /// Writes `type` and the fields of it as a line of this version has them, in their fixed order. `false` = no such line has it.
    package func encode(into json: inout AsciiJSON, _ version: Int) -> Bool {
        switch self {
        case .deleteIntent(let intent): intent.encode(into: &json, version)
        case .deleteOutcome(let answer): answer.encode(into: &json, version)
        default:
            guard let payload, type.version <= version else { return false }
            payload.encode(into: &json, version)
        }
        return true
    }
}

extension RecordType {
    /// The first that has it.
    package var version: Int { RecordShape.reserved[self] != nil || Self.ofVersion2.contains(self) ? 2 : 1 }

    private static let ofVersion2: Set<RecordType> = [.egressCheck, .runIdle, .absenceAccepted]
}

extension RecordPayload {
    fileprivate func encode(into json: inout AsciiJSON, _ version: Int) {
        json.field("type", Self.type.rawValue)
        write(to: &json, version)
    }
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
