/// The record types by name, each with its fields in their fixed order: the table of `docs/audit-log.md`, section 2.
///
/// Verifiers hold a line against this table alone. Where a value comes from a closed list of that document it is checked
/// against the list; `by` and `reason` are checked for their kind only.
enum RecordType: String, CaseIterable {
    case logOpen = "log.open"
    case config
    case planCreated = "plan.created"
    case planApproved = "plan.approved"
    case runStart = "run.start"
    case deleteIntent = "delete.intent"
    case deleteOutcome = "delete.outcome"
    case itemClosed = "item.closed"
    case deleteVerified = "delete.verified"
    case runEnd = "run.end"
    case runHalt = "run.halt"
    case holdPlaced = "hold.placed"
    case holdReleased = "hold.released"
    case requestOpened = "request.opened"
    case requestUpdated = "request.updated"
    case policyLocked = "policy.locked"
    case archiveStored = "archive.stored"
    case vendorSample = "vendor.sample"
    case operatorAct = "operator.act"
    case subjectForget = "subject.forget"
    case clockStep = "clock.step"
    case epochSeal = "epoch.seal"
    case logClose = "log.close"

    var fields: [Field] {
        switch self {
        case .logOpen:
            [
                Field("origin", .text), Field("vkey", .text), Field("kid", .hex(16)),
                Field("prev_log", .previousLog), Field("tool", .text),
            ]
        case .config: [Field("sha256", .hex(64))]
        case .planCreated:
            [
                Field("plan", .hex(32)), Field("kind", .oneOf(.planKind)), Field("digest", .hex(64)),
                Field("items", .count), Field("policy", .hex(64)),
            ]
        case .planApproved:
            [
                Field("plan", .hex(32)), Field("digest", .hex(64)), Field("by", .text), Field("how", .oneOf(.approval)),
            ]
        case .runStart:
            [Field("run", .hex(32)), Field("plan", .hex(32)), Field("digest", .hex(64)), Field("policy", .hex(64))]
        case .deleteIntent:
            [
                Field("run", .hex(32)), Field("op", .hex(32)), Field("try", .count), Field("att", .uuid),
                Field("rule", .rule),
            ]
        case .deleteOutcome:
            [
                Field("op", .hex(32)), Field("try", .count), Field("att", .uuid), Field("class", .oneOf(.answer)),
                Field("http", .count), Field("err", .text, .nullable), Field("trace", .text, .nullable),
                Field("final", .oneOf(.outcome), .nullable),
            ]
        case .itemClosed:
            [
                Field("run", .hex(32)), Field("att", .uuid), Field("outcome", .oneOf(.outcome)),
                Field("reason", .text, .nullable),
            ]
        case .deleteVerified:
            [Field("run", .hex(32)), Field("att", .uuid), Field("http", .count), Field("grade", .oneOf(.grade))]
        case .runEnd:
            [Field("run", .hex(32))]
                + ["items", "deleted", "absent", "withheld", "failed", "open"].map { Field($0, .count) }
        case .runHalt: [Field("run", .hex(32)), Field("cause", .text)]
        default: administrativeFields
        }
    }

    private var administrativeFields: [Field] {
        switch self {
        case .holdPlaced:
            [
                Field("hold", .text), Field("scope", .text), Field("until", .time, .nullable), Field("by", .text),
                Field("reason", .text, .nullable),
            ]
        case .holdReleased: [Field("hold", .text), Field("by", .text), Field("reason", .text, .nullable)]
        case .requestOpened:
            [
                Field("req", .text), Field("subs", .pseudonyms), Field("jurisdiction", .text), Field("scope", .text),
                Field("received", .time), Field("due", .time), Field("by", .text),
            ]
        case .requestUpdated:
            [
                Field("req", .text), Field("state", .text), Field("due", .time, .nullable),
                Field("by", .text, .nullable), Field("reason", .text, .nullable),
            ]
        case .policyLocked: [Field("id", .text), Field("sha256", .hex(64))]
        case .archiveStored: [Field("run", .hex(32)), Field("att", .uuid), Field("ok", .boolean)]
        case .vendorSample: [Field("checked", .count), Field("present", .count)]
        case .operatorAct:
            [
                Field("act", .oneOf(.act)), Field("ref", .text), Field("by", .text), Field("reason", .text, .nullable),
            ]
        case .subjectForget: [Field("sub", .hex(64))]
        case .clockStep: [Field("from", .time)]
        case .epochSeal: [Field("n", .count)]
        case .logClose: [Field("reason", .text)]
        default: []
        }
    }
}

/// One field of a record type. A class, so that reading a line copies a reference and not a name, a list and a label.
final class Field: Sendable {
    enum Kind: Sendable {
        case text
        /// A fixed number of lower-case hex digits.
        case hex(Int)
        case uuid
        /// 27 characters, as every `t`.
        case time
        /// An integer that is not negative.
        case count
        case boolean
        case oneOf(ClosedList)
        case rule
        /// An array of 64 hex digits each.
        case pseudonyms
        /// `null` or the nested object of `log.open`.
        case previousLog
    }

    enum Nullability { case required, nullable }

    let name: String
    let kind: Kind
    let isNullable: Bool
    /// `,"name":`, as it stands in the line.
    let label: [UInt8]

    init(_ name: String, _ kind: Kind, _ nullability: Nullability = .required) {
        self.name = name
        self.kind = kind
        isNullable = nullability == .nullable
        label = Array(",\"\(name)\":".utf8)
    }
}

extension AuditRecord {
    /// Every record type by name, in the order of the table.
    package static var typeNames: [String] { RecordType.allCases.map(\.rawValue) }
}
