extension AuditRecord {
    package struct PlanCreation: RecordPayload {
        package static let type = RecordType.planCreated
        package let plan: PlanID
        package let kind: Plan.Kind
        /// SHA-256 of the frozen bytes, 64 hex.
        package let digest: String
        package let items: Int
        /// SHA-256 of the policy set, 64 hex.
        package let policy: String

        package init(plan: PlanID, kind: Plan.Kind, digest: String, items: Int, policy: String) {
            self.plan = plan
            self.kind = kind
            self.digest = digest
            self.items = items
            self.policy = policy
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            plan = try fields.field("plan") { $0.plan }
            kind = try fields.field("kind") { $0.kind }
            digest = try fields.field("digest", .hex(64)) { $0.digest }
            items = try fields.field("items") { $0.items }
            policy = try fields.field("policy", .hex(64)) { $0.policy }
        }
    }

    /// By which way something was done. `schedule`: by Lethe itself, within what the settings or earlier approvals allow, and nobody was
    /// asked; also where a person had started the run.
    package enum Approval: String, CaseIterable, Sendable, RecordWord {
        case cli, web, schedule
    }

    package struct PlanApproval: RecordPayload {
        package static let type = RecordType.planApproved
        package let plan: PlanID
        package let digest: String
        package let by: String
        package let how: Approval
        /// What is withheld from the start may go too, once its ground ends. No v1 line says so.
        package let whenFree: Bool

        package init(plan: PlanID, digest: String, by: String, how: Approval, whenFree: Bool = false) {
            self.plan = plan
            self.digest = digest
            self.by = by
            self.how = how
            self.whenFree = whenFree
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            plan = try fields.field("plan") { $0.plan }
            digest = try fields.field("digest", .hex(64)) { $0.digest }
            by = try fields.field("by") { $0.by }
            how = try fields.field("how") { $0.how }
            whenFree = fields.version < 2 ? false : try fields.field("when_free") { $0.whenFree }
        }
    }

    /// A run to which nothing was due.
    package struct RunIdle: RecordPayload {
        package static let type = RecordType.runIdle
        package let policy: String

        package init(policy: String) { self.policy = policy }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            policy = try fields.field("policy", .hex(64)) { $0.policy }
        }
    }

    package struct RunStart: RecordPayload {
        package static let type = RecordType.runStart
        package let run: RunID
        package let plan: PlanID
        package let digest: String
        package let policy: String

        package init(run: RunID, plan: PlanID, digest: String, policy: String) {
            self.run = run
            self.plan = plan
            self.digest = digest
            self.policy = policy
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            run = try fields.field("run") { $0.run }
            plan = try fields.field("plan") { $0.plan }
            digest = try fields.field("digest", .hex(64)) { $0.digest }
            policy = try fields.field("policy", .hex(64)) { $0.policy }
        }
    }

    package struct RunEnd: RecordPayload {
        package static let type = RecordType.runEnd
        package let run: RunID
        package let counts: RunCounts

        package init(run: RunID, _ counts: RunCounts) {
            self.run = run
            self.counts = counts
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            run = try fields.field("run") { $0.run }
            counts = RunCounts(
                items: try fields.field("items") { $0.counts.items },
                deleted: try fields.field("deleted") { $0.counts.deleted },
                absent: try fields.field("absent") { $0.counts.absent },
                withheld: try fields.field("withheld") { $0.counts.withheld },
                failed: try fields.field("failed") { $0.counts.failed },
                open: try fields.field("open") { $0.counts.open })
        }
    }

    package struct RunHalt: RecordPayload {
        package static let type = RecordType.runHalt
        package let run: RunID
        package let cause: String

        package init(run: RunID, cause: String) {
            self.run = run
            self.cause = cause
        }

        package init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure) {
            run = try fields.field("run") { $0.run }
            cause = try fields.field("cause") { $0.cause }
        }
    }
}
