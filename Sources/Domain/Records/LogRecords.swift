/// What the log says of itself.
extension AuditRecord {
    /// The first record of a segment.
    package struct Opening: RecordPayload {
        package static let type = RecordType.logOpen
        package let origin: String
        package let vkey: String
        /// 16 hex; tells a wrong root key from tampering.
        package let kid: String
        package let previous: PreviousLog?
        /// Name and version of the program that opened the log.
        package let tool: String
        /// `nil` = a segment of v1, which does not say.
        package let binding: Binding?

        /// Whose log it is.
        package struct Binding: Sendable, Equatable {
            /// 32 hex: drawn for the first segment that has one, and the same in every later one.
            package let workspace: String
            /// Of the vendor's account.
            package let partner: String

            package init(workspace: String, partner: String) {
                self.workspace = workspace
                self.partner = partner
            }
        }

        /// Of every line of the segment.
        package var version: Int { binding == nil ? 1 : 2 }

        package init(
            origin: String, vkey: String, kid: String, previous: PreviousLog?, tool: String, binding: Binding? = nil
        ) {
            self.origin = origin
            self.vkey = vkey
            self.kid = kid
            self.previous = previous
            self.tool = tool
            self.binding = binding
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            origin = try fields.field("origin") { $0.origin }
            vkey = try fields.field("vkey") { $0.vkey }
            kid = try fields.field("kid", .hex(16)) { $0.kid }
            previous = try fields.field("prev_log") { $0.previous }
            tool = try fields.field("tool") { $0.tool }
            binding =
                fields.version < 2
                ? nil
                : Binding(
                    workspace: try fields.field("workspace", .hex(32)) { $0.binding?.workspace ?? "" },
                    partner: try fields.field("partner") { $0.binding?.partner ?? "" })
        }
    }

    /// The segment before this one, as it was found when this one began.
    package struct PreviousLog: RecordObject, RecordValue {
        package static let any = PreviousLog(origin: "", size: 0, root: "", mac: "", lost: 0)
        package let origin: String
        package let size: Int64
        /// 64 hex each.
        package let root: String
        package let mac: String
        /// Records that a checkpoint counted and that were missing: 0 after an orderly rollover.
        package let lost: Int64

        package init(origin: String, size: Int64, root: String, mac: String, lost: Int64) {
            self.origin = origin
            self.size = size
            self.root = root
            self.mac = mac
            self.lost = lost
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            origin = try fields.field("origin") { $0.origin }
            size = try fields.field("size") { $0.size }
            root = try fields.field("root", .hex(64)) { $0.root }
            mac = try fields.field("mac", .hex(64)) { $0.mac }
            lost = try fields.field("lost") { $0.lost }
        }
    }

    /// SHA-256 of the configuration file, 64 hex.
    package struct Configuration: RecordPayload {
        package static let type = RecordType.config
        package let sha256: String

        package init(sha256: String) { self.sha256 = sha256 }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            sha256 = try fields.field("sha256", .hex(64)) { $0.sha256 }
        }
    }

    /// The clock went back by more than `AuditLog.bridgedStep`; `from` is the time of the record before.
    package struct ClockStep: RecordPayload {
        package static let type = RecordType.clockStep
        package let from: Timestamp

        package init(from: Timestamp) { self.from = from }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            from = try fields.field("from") { $0.from }
        }
    }

    /// The last record of an epoch; `records` counts the epoch's, this one included.
    package struct EpochSeal: RecordPayload {
        package static let type = RecordType.epochSeal
        package let records: Int

        package init(records: Int) { self.records = records }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            records = try fields.field("n") { $0.records }
        }
    }

    package struct LogClosing: RecordPayload {
        package static let type = RecordType.logClose
        package let reason: String
        /// No v1 line says who.
        package let by: String?
        package let how: Approval?

        package init(reason: String, by: String, how: Approval? = nil) {
            self.reason = reason
            self.by = by
            self.how = how
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            reason = try fields.field("reason") { $0.reason }
            by = fields.version < 2 ? nil : try fields.field("by") { $0.by ?? "" }
            how = try fields.how { $0.how }
        }
    }

    /// Which hosts this machine could reach for a download: the one that it must, and another that it must not.
    package struct EgressCheck: RecordPayload {
        package static let type = RecordType.egressCheck
        /// A name, with a port unless that is 443.
        package let host: String
        package let reached: Bool
        package let other: String
        package let blocked: Bool
        package let by: String
        package let how: Approval?

        package init(host: String, reached: Bool, other: String, blocked: Bool, by: String, how: Approval? = nil) {
            self.host = host
            self.reached = reached
            self.other = other
            self.blocked = blocked
            self.by = by
            self.how = how
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            host = try fields.field("host") { $0.host }
            reached = try fields.field("reached") { $0.reached }
            other = try fields.field("other") { $0.other }
            blocked = try fields.field("blocked") { $0.blocked }
            by = try fields.field("by") { $0.by }
            how = try fields.how { $0.how }
        }
    }
}
