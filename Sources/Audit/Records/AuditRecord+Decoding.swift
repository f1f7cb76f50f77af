import Domain

extension AuditRecord {
    /// The typed record of a line that `parser` has just read.
    init(_ line: UnsafeBufferPointer<UInt8>, _ parser: LineParser) throws(LetheError) {
        let values = RecordValues(line, parser)
        switch parser.type {
        case .deleteIntent:
            self = .deleteIntent(
                Intent(
                    run: try values.id(0), operation: try values.id(1), attempt: values.count(2),
                    attachment: try values.attachment(3), rule: values.text(4)))
        case .deleteOutcome:
            self = .deleteOutcome(
                Answer(
                    operation: try values.id(0), attempt: values.count(1), attachment: try values.attachment(2),
                    answer: try values.value(3), http: values.count(4),
                    error: values.isNull(5) ? nil : try values.value(5), trace: values.optionalText(6),
                    final: values.isNull(7) ? nil : try values.value(7)))
        case .itemClosed:
            self = .itemClosed(
                run: try values.id(0), attachment: try values.attachment(1), outcome: try values.value(2),
                reason: values.optionalText(3))
        case .deleteVerified:
            self = .deleteVerified(
                run: try values.id(0), attachment: try values.attachment(1), http: values.count(2),
                grade: try values.value(3))
        case .planCreated, .planApproved, .runStart, .runEnd, .runHalt: self = try Self.run(parser.type, values)
        case .holdPlaced, .holdReleased, .requestOpened, .requestUpdated, .subjectForget:
            self = try Self.rights(parser.type, values)
        default: self = try Self.operation(parser.type, values)
        }
    }

    private static func run(_ type: RecordType, _ values: RecordValues) throws(LetheError) -> AuditRecord {
        switch type {
        case .planCreated:
            .planCreated(
                plan: try values.id(0), kind: try values.value(1), digest: values.text(2), items: values.count(3),
                policy: values.text(4))
        case .planApproved:
            .planApproved(
                plan: try values.id(0), digest: values.text(1), by: values.text(2), how: try values.value(3))
        case .runStart:
            .runStart(
                run: try values.id(0), plan: try values.id(1), digest: values.text(2), policy: values.text(3))
        case .runEnd:
            .runEnd(
                run: try values.id(0),
                RunCounts(
                    items: values.count(1), deleted: values.count(2), absent: values.count(3),
                    withheld: values.count(4), failed: values.count(5), open: values.count(6)))
        default: .runHalt(run: try values.id(0), cause: values.text(1))
        }
    }

    private static func rights(_ type: RecordType, _ values: RecordValues) throws(LetheError) -> AuditRecord {
        switch type {
        case .holdPlaced:
            return .holdPlaced(
                hold: try values.id(0), scope: try LegalHold.Scope(values.text(1)), until: try values.optionalTime(2),
                by: values.text(3), reason: values.optionalText(4))
        case .holdReleased:
            return .holdReleased(hold: try values.id(0), by: values.text(1), reason: values.optionalText(2))
        case .requestOpened:
            var subjects: [SubjectPseudonym] = []
            for hex in values.json(1) as? [String] ?? [] { subjects.append(try SubjectPseudonym(hex: hex)) }
            return .requestOpened(
                RequestOpening(
                    request: try values.id(0), subjects: subjects, jurisdiction: try values.value(2),
                    scope: try values.value(3), received: try values.time(4), due: try values.time(5),
                    by: values.text(6)))
        case .requestUpdated:
            return .requestUpdated(
                request: try values.id(0), state: try values.value(1), due: try values.optionalTime(2),
                by: values.optionalText(3), reason: values.optionalText(4))
        default: return .subjectForget(try SubjectPseudonym(hex: values.text(0)))
        }
    }

    private static func operation(_ type: RecordType, _ values: RecordValues) throws(LetheError) -> AuditRecord {
        switch type {
        case .config: return .config(sha256: values.text(0))
        case .policyLocked: return .policyLocked(id: values.text(0), sha256: values.text(1))
        case .archiveStored:
            return .archiveStored(
                run: try values.id(0), attachment: try values.attachment(1), ok: values.isTrue(2))
        case .vendorSample: return .vendorSample(checked: values.count(0), present: values.count(1))
        case .operatorAct:
            return .operatorAct(
                act: try values.value(0), ref: values.text(1), by: values.text(2), reason: values.optionalText(3))
        case .clockStep: return .clockStep(from: try values.time(0))
        case .epochSeal: return .epochSeal(records: values.count(0))
        case .logClose: return .logClose(reason: values.text(0))
        default:
            return .logOpen(values.opening)
        }
    }
}
