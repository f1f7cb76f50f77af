/// How the lines of one type and version look, and how their values are read.
package struct RecordShape: Sendable {
    package let type: RecordType
    package let version: Int
    package let fields: [Field]
    /// `values`: those of a judged line, one for each field.
    package let read: @Sendable (_ values: [LineValue]) throws(LetheError) -> AuditRecord

    package init(
        type: RecordType, version: Int, fields: [Field],
        read: @escaping @Sendable (_ values: [LineValue]) throws(LetheError) -> AuditRecord
    ) {
        self.type = type
        self.version = version
        self.fields = fields
        self.read = read
    }

    /// Of every type, in each version that has it.
    package static let all: [RecordShape] =
        [
            of(AuditRecord.logOpen),
            of(AuditRecord.config),
            of(AuditRecord.planCreated),
            of(AuditRecord.planApproved),
            of(AuditRecord.runStart),
            of(AuditRecord.deleteIntent),
            of(AuditRecord.deleteOutcome),
            of(AuditRecord.itemClosed),
            of(AuditRecord.deleteVerified),
            of(AuditRecord.runEnd),
            of(AuditRecord.runHalt),
            of(AuditRecord.holdPlaced),
            of(AuditRecord.holdReleased),
            of(AuditRecord.requestOpened),
            of(AuditRecord.requestUpdated),
            of(AuditRecord.policyLocked),
            of(AuditRecord.archiveStored),
            of(AuditRecord.vendorSample),
            of(AuditRecord.operatorAct),
            of(AuditRecord.subjectForget),
            of(AuditRecord.clockStep),
            of(AuditRecord.epochSeal),
            of(AuditRecord.logClose),
            of(AuditRecord.egressCheck),
            of(AuditRecord.runIdle),
            of(AuditRecord.absenceAccepted),
        ].flatMap(\.self)
        + reserved.map { type, fields in
            RecordShape(type: type, version: 2, fields: fields) { _ throws(LetheError) in .reserved(type) }
        }

    private static func of<Payload: RecordPayload>(
        _ record: @escaping @Sendable (Payload) -> AuditRecord
    ) -> [RecordShape] {
        (Payload.type.version...2).map { version in
            RecordShape(type: Payload.type, version: version, fields: Payload.fields(version)) {
                (values) throws(LetheError) in record(try Payload(values, version))
            }
        }
    }

    /// Types of v2 that nothing here writes yet. Who begins to makes a payload of the row.
    static let reserved: [RecordType: [Field]] = [
        .lookupMiss: [
            Field("run", .hex(32), isNullable: true), Field("att", .uuid), Field("http", .count),
            Field("trace", .text, isNullable: true),
        ],
        .absenceProved: [
            Field("att", .uuid), Field("outcome", Outcome.kind), Field("reason", .text, isNullable: true),
            Field("trace", .text, isNullable: true),
        ],
        .reconcileEnd: [Field("line", .text, isNullable: true), Field("checked", .count), Field("absent", .count)],
        .itemAside: [Field("plan", .hex(32)), Field("att", .uuid), Field("nights", .count)],
        .planAnnounced: [
            Field("sha256", .hex(64)), Field("items", .count), Field("due", .time), Field("by", .text),
            Field("how", AuditRecord.Approval.kind),
        ],
        .archiveShredded: [Field("att", .uuid), Field("archive", .text), Field("rule", .rule)],
        .archiveRemoved: [Field("att", .uuid), Field("archive", .text), Field("ok", .boolean)],
        .archiveRead: [
            Field("att", .uuid), Field("archive", .text), Field("by", .text), Field("how", AuditRecord.Approval.kind),
            Field("reason", .text, isNullable: true),
        ],
        .archiveChecked: [Field("archive", .text), Field("checked", .count), Field("bad", .count)],
        .archiveRekeyed: [Field("objects", .count)],
        .categorySet: [
            Field("name", .text), Field("subs", .pseudonyms), Field("complete", .boolean), Field("by", .text),
            Field("how", AuditRecord.Approval.kind),
        ],
        .eventRecorded: [
            Field("name", .text), Field("scope", .text), Field("at", .time), Field("by", .text),
            Field("how", AuditRecord.Approval.kind),
        ],
    ]
}
