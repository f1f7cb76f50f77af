import Audit
import Cryptography
package import Domain
import Foundation
import Inventory
package import Rules

/// Carries out an approved plan: preflight, settling of what a crash left open, limits, and then each item through
/// `DeletionMachine`. Nothing else in Lethe deletes anything at the vendor, and this deletes only what a recorded plan
/// names.
package struct ApplyPlan: Sendable {
    package struct Settings: Sendable {
        package var maxInFlight: Int
        package var requestsPerSecond: Int
        /// `--no-canary` is recorded.
        package var usesCanary: Bool
        /// How many people the log must name before a plan is begun.
        package var approval: ApprovalRule
        /// Those in force now, where they are smaller than the plan's; `nil` = there are none but the plan's.
        package var limits: Limits?
        /// Who works at the terminal or in the scheduler, for `operator.act`.
        package var operatorName: String
        /// Is told how far a run is.
        package var progress: @Sendable (OutcomeCounts) -> Void

        package init(
            maxInFlight: Int = 8, requestsPerSecond: Int = 10, usesCanary: Bool = true,
            approval: ApprovalRule = ApprovalRule(), limits: Limits? = nil, operatorName: String,
            progress: @escaping @Sendable (OutcomeCounts) -> Void = { _ in }
        ) {
            self.maxInFlight = maxInFlight
            self.requestsPerSecond = requestsPerSecond
            self.usesCanary = usesCanary
            self.approval = approval
            self.limits = limits
            self.operatorName = operatorName
            self.progress = progress
        }
    }

    /// Hours between the first approval and the first apply, in seconds.
    static let approvalLife: Int64 = 72 * 3600

    let context: RunContext
    let decider: Decider
    let settings: Settings
    /// Nothing is written or sent: what would be is only told.
    let isRehearsal: Bool
    private let reason: String?
    /// So many missing attachments of the plan a person accepts with it.
    private let acceptedAbsences: Int?

    /// `reason`: why a plan that was halted for review goes on.
    package init(
        _ context: RunContext, rules: Decider, settings: Settings, reason: String? = nil,
        acceptedAbsences: Int? = nil, isRehearsal: Bool = false
    ) {
        self.context = context
        decider = rules
        self.settings = settings
        self.reason = reason
        self.acceptedAbsences = acceptedAbsences
        self.isRehearsal = isRehearsal
    }

    /// `lethe plan apply ID`: the whole way for one plan.
    package func run(_ id: PlanID) async throws(LetheError) -> RunResult {
        let lease = try RunLease(context.workspace)
        defer { lease.release() }
        try context.refuseKillFile()
        try CatchUp(inventory: context.inventory, log: context.log).run()
        let record = try context.inventory.plan(id)
        try refuseUnready(record, reason: reason)
        if record.plan.kind != .drill {
            try LockedPolicies(inventory: context.inventory, log: context.log).admit(
                decider.policies, tiers: decider.tiers)
        }
        let preflight = try await Preflight(context).run(lines: try Self.lines(of: record.plan, context.inventory))
        let conditions = Conditions(preflight: preflight, lease: lease)
        return try await ApplyPlan(
            context.bounded(by: preflight.vendorTime), rules: decider, settings: settings, reason: reason,
            acceptedAbsences: acceptedAbsences
        ).apply(record, conditions)
    }

    /// What was made sure of before anything is sent.
    struct Conditions {
        let preflight: Preflight.Result
        let lease: RunLease
        /// What this run has asked for already, to settle it.
        var asked: Set<AttachmentID> = []
    }

    /// After catch-up and preflight.
    func apply(_ record: PlanRecord, _ conditions: Conditions) async throws(LetheError) -> RunResult {
        let preflight = conditions.preflight
        let request = try record.plan.request.flatMap(context.inventory.request)
        try refuseUnlikeLog(record, request)
        _ = try await ReconcileIntents(context, rules: decider).run(
            accountLines: preflight.accountLines, asked: conditions.asked)
        let journal = try RunJournal(context.log)
        var account = preflight.accountLines
        let lines = try Self.lines(of: record.plan, context.inventory)
        if let lines {
            account = try await Preflight(context).account(of: lines, listed: account)
        }
        let (redecider, before) = try admit(record, request, account: account, lines: lines)
        let run = try Self.newID(RunKind.self)
        if record.state != .applying { try context.inventory.move(record.plan.id, to: .applying) }
        try begin(run, record, journal)
        let accepted = try absencesAccepted(for: record)
        let driver = PlanDriver(
            context: context, run: run, redecider: redecider, lease: conditions.lease, journal: journal)
        let (machine, commitFailure) = await drive(driver, before, accepted)
        let why = commitFailure.map { ["the audit log: \($0.message)"] } ?? []
        return try conclude(run, record.plan, machine, warnings: preflight.warnings + why)
    }

    /// What `apply` would send a DELETE for, where the vendor answers what is expected of it. `besides`: what the same run deletes before.
    func rehearse(
        _ record: PlanRecord, account: Set<PhoneLine>, besides: DeletedVolume
    ) throws(LetheError) -> [PlanItem] {
        let request = try record.plan.request.flatMap(context.inventory.request)
        try refuseUnlikeLog(record, request)
        let lines = try Self.lines(of: record.plan, context.inventory)
        let (redecider, before) = try admit(record, request, account: account, lines: lines, besides: besides)
        let open = record.plan.items.filter { $0.withheld == nil && before.closed[$0.attachment] == nil }
        let decided = try redecider.decide(open.map(\.attachment), now: context.time.now())
        return zip(open, decided).filter { if case .delete = $1.verdict { true } else { false } }.map(\.0)
    }

    /// Refuses a plan that is stale or over a limit; else gives what decides its items, and what was done of it so far.
    private func admit(
        _ record: PlanRecord, _ request: ErasureRequest?, account: Set<PhoneLine>, lines: Set<PhoneLine>?,
        besides: DeletedVolume = DeletedVolume()
    ) throws(LetheError) -> (Redecider, PlanProgress) {
        if let stale = try staleness(of: record) {
            // A plan of a request leaves it to be planned anew; another partner's is none of ours to close.
            let isBegun = record.state == .applying || record.state == .halted
            if isBegun || record.plan.kind == .erasure, record.plan.partner == context.partner {
                try expire(record.plan.id, stale)
            }
            throw LetheError(
                "plan-stale", .refused, "plan \(record.plan.id) is stale: \(stale)",
                hint: try endedRequest(of: record) == nil
                    ? Self.planAnew(record, request) : "lethe plan show \(record.plan.id)")
        }
        var before = try context.inventory.progress(of: record.plan.id, leavesOthersAlone: !isRehearsal)
        try refuseUnderReview(record)
        let gone = try refuseOtherEnds(record, before)
        before.leave(gone: gone)
        before.setAside(try context.inventory.setAside(in: record.plan.id))
        try refuseOverLimit(record, before, besides: besides)
        var redecider = Redecider(
            inventory: context.inventory, decider: decider, plan: record.plan, accountLines: account,
            request: request)
        redecider.recordedHolds = try RecordedHolds(context.log)
        redecider.goneOnRecord = gone
        if let request, request.included.contains(.outOfScope) {
            redecider.listedBefore = try context.inventory.listed(by: request.id, besides: record.plan.id)
        }
        redecider.isAccountProved = try context.isProved(account, of: lines)
        return (redecider, before)
    }

    /// A plan that can never be carried out.
    func expire(_ id: PlanID, _ reason: String) throws(LetheError) {
        if !isRehearsal { try ClosePlan(context).expire(id, reason: reason) }
    }

    private func begin(_ run: RunID, _ record: PlanRecord, _ journal: RunJournal) throws(LetheError) {
        var records: [AuditRecord] = []
        if !settings.usesCanary, record.plan.items.count > 100 {
            records.append(
                .operatorAct(
                    .init(
                        act: .canarySkip, ref: record.plan.id.description, by: settings.operatorName, reason: reason)))
        }
        if let acceptedAbsences {
            records.append(
                .absenceAccepted(
                    .init(
                        ref: record.plan.id.description, most: acceptedAbsences, by: settings.operatorName,
                        reason: reason)))
        }
        records.append(
            .runStart(
                .init(
                    run: run, plan: record.plan.id, digest: record.digest, policy: record.plan.policyDigest)))
        try journal.append(records)
        try CatchUp(inventory: context.inventory, log: context.log).run()
    }

    /// As the log has it: what was accepted for the plan holds for each run of it.
    private func absencesAccepted(for record: PlanRecord) throws(LetheError) -> Int {
        guard context.log.version > 1, record.state != .approved || acceptedAbsences != nil else { return 0 }
        let texts = ["\"type\":\"\(RecordType.absenceAccepted.rawValue)\"", record.plan.id.description]
        return try context.log.records(containing: texts).reduce(0) { most, found in
            guard case .absenceAccepted(let acceptance) = found.entry.record,
                acceptance.ref == record.plan.id.description
            else { return most }
            return max(most, acceptance.most)
        }
    }

    private func drive(
        _ driver: PlanDriver, _ before: PlanProgress, _ acceptedAbsences: Int
    ) async -> (DeletionMachine, LetheError?) {
        let plan = driver.redecider.plan
        let machine = DeletionMachine(
            run: driver.run, plan: plan,
            settings: .init(
                maxInFlight: settings.maxInFlight, requestsPerSecond: settings.requestsPerSecond,
                provesEach: plan.kind != .retention, usesCanary: settings.usesCanary,
                acceptedAbsences: acceptedAbsences),
            progress: before)
        let end = await driver.drive(machine) { settings.progress($0.countsWithOpen) }
        return (end, driver.commitFailure)
    }

    private func conclude(
        _ run: RunID, _ plan: Plan, _ machine: DeletionMachine, warnings: [String]
    ) throws(LetheError) -> RunResult {
        let counts = machine.countsWithOpen
        var result = RunResult(
            plan: plan.id, run: run, counts: counts, sent: machine.items.filter(\.value.wasSent).map(\.key),
            halted: machine.halted, resumeAfter: machine.resumeAfter, warnings: warnings)
        if machine.halted == .auditWriteFailed {
            // The disk may be full: what this leaves undone, the next start finds in the log.
            try? context.inventory.move(plan.id, to: .halted, cause: HaltCause.auditWriteFailed.rawValue)
        } else if machine.halted == .inventoryReplaced {
            // The log has how it ended. What is there now is another store, with which the next start begins.
            return result
        } else {
            try CatchUp(inventory: context.inventory, log: context.log).run()
            if let cause = machine.halted {
                try context.inventory.move(plan.id, to: .halted, cause: cause.rawValue)
            } else if counts[.open as Outcome.Group] == 0 {
                result.isMoreFound = try finish(plan)
            }
            if let aside = try setAside(in: plan.id) { result.warnings.append(aside.sentence) }
        }
        return result
    }

    /// What of the plan a person is to look at; `nil` = nothing.
    func setAside(in id: PlanID) throws(LetheError) -> LetheError? {
        let count = try context.inventory.setAside(in: id).count
        guard count > 0 else { return nil }
        return LetheError(
            "set-aside", .incomplete,
            "\(counted(count, "attachment")) of plan \(id) \(count == 1 ? "is" : "are") set aside: for a week every answer was a "
                + "404 that is not the vendor's own",
            hint: "lethe plan show \(id), then: lethe plan close \(id) --as NAME --reason TEXT")
    }

    /// Whether more is held of the person than the plan of a request accounts for.
    func finish(_ plan: Plan) throws(LetheError) -> Bool {
        guard let event = try RequestScope(inventory: context.inventory).ending(of: plan) else {
            try context.inventory.move(plan.id, to: .done)
            return false
        }
        if let request = try plan.request.flatMap(context.inventory.request) {
            try GoneOnRecord(context: context).check(request)
        }
        try context.inventory.finish(
            plan.id, event, now: context.time.now(), coveredUntil: context.coveredUntil)
        return event == .moreFound
    }

    static func newID<Kind: IdentifierKind>(_ kind: Kind.Type) throws(LetheError) -> LetheID<Kind> {
        try Randomness.id(kind)
    }
}
