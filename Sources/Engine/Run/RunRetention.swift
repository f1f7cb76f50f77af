import Audit
package import Domain
import Inventory
package import Rules

/// `lethe run --apply`, and the schedule: finishes what was left, plans what is due, and applies it.
package struct RunRetention: Sendable {
    private let context: RunContext
    private let decider: Decider
    private let limits: Limits
    private let approval: ApprovalRule
    private let settings: ApplyPlan.Settings

    package init(
        _ context: RunContext, rules: Decider, limits: Limits, approval: ApprovalRule, settings: ApplyPlan.Settings
    ) {
        self.context = context
        decider = rules
        self.limits = limits
        self.approval = approval
        var settings = settings
        settings.limits = limits
        self.settings = settings
    }

    /// Throws for what ends the run.
    package func run(allowDeletes: Int? = nil) async throws(LetheError) -> Answer {
        let lease = try RunLease(context.workspace)
        defer { lease.release() }
        try context.refuseKillFile()
        try LockedPolicies(inventory: context.inventory, log: context.log).admit(decider.policies, tiers: decider.tiers)
        let preflight = try await Preflight(context).run(lines: try context.inventory.lines())
        let conditions = ApplyPlan.Conditions(preflight: preflight, lease: lease)
        var taken = Taken()
        taken.warnings = preflight.warnings
        let planned = try await bounded(by: preflight).take(
            Options(allowDeletes: allowDeletes), conditions, &taken)
        return Answer(isPreview: false, planned, taken)
    }

    /// What `run` would do now and what would be refused, in its order, as far as that can be known without an answer of the vendor.
    /// Deletes nothing, and writes nothing but the new plan where it is `saved`. `asksVendor`: whose the key is, and its clock.
    package func preview(
        allowDeletes: Int? = nil, isSaved: Bool = false, asksVendor: Bool = true
    ) async throws(LetheError) -> Answer {
        var (taken, isRefused) = (Taken(), false)
        do throws(LetheError) {
            // It stands in nobody's way for long.
            do throws(LetheError) { try RunLease.refuseTaken(context.workspace) } catch {
                taken.refusals.append(error)
            }
            try context.refuseKillFile()
            try LockedPolicies.refuse(
                LockedPolicies(inventory: context.inventory, log: context.log)
                    .weakened(by: decider.policies, tiers: decider.tiers))
            let preflight = try await look(asksVendor: asksVendor)
            taken.warnings = preflight.warnings
            _ = try await bounded(by: preflight).take(
                Options(allowDeletes: allowDeletes, isSaved: isSaved, account: preflight.accountLines), nil, &taken)
        } catch {
            taken.refusals.append(error)
            isRefused = true
        }
        let planned: PlanRetention.Planned
        if let made = taken.planned {
            planned = made
        } else {
            // By a clock that is not believed nothing is dated that people are to approve.
            let isDoubtful = taken.refusals.last?.code == "clock-doubtful"
            planned = try planner.run(now: context.time.now(), isDraft: !isSaved || isDoubtful)
        }
        return Answer(isPreview: true, planned, taken, isRefused: isRefused)
    }

    /// A vendor that does not answer now says nothing against the run.
    private func look(asksVendor: Bool) async throws(LetheError) -> Preflight.Result {
        let preflight = Preflight(context, isRehearsal: true)
        guard asksVendor else { return try preflight.runWithoutVendor() }
        do throws(LetheError) {
            return try await preflight.run(lines: try context.inventory.lines())
        } catch {
            guard error.code == "vendor-unreachable" else { throw error }
            var result = try preflight.runWithoutVendor()
            result.warnings.append(error.message)
            return result
        }
    }

    /// By a clock that is not ahead of the vendor's.
    private func bounded(by preflight: Preflight.Result) -> RunRetention {
        RunRetention(
            context.bounded(by: preflight.vendorTime), rules: decider, limits: limits, approval: approval,
            settings: settings)
    }

    private struct Options {
        var allowDeletes: Int?
        /// Of a rehearsal: the new plan is recorded all the same.
        var isSaved = false
        /// Of a rehearsal: the numbers of the account.
        var account: Set<PhoneLine> = []
    }

    private var planner: PlanRetention {
        PlanRetention(
            inventory: context.inventory, log: context.log, rules: decider, partner: context.partner, limits: limits)
    }

    /// The steps, in their order. What is due, and what has ended, is so by the clock of the context. `conditions`: `nil` = only shown.
    private func take(
        _ options: Options, _ conditions: ApplyPlan.Conditions?, _ answer: inout Taken
    ) async throws(LetheError) -> PlanRetention.Planned {
        let apply = ApplyPlan(context, rules: decider, settings: settings, isRehearsal: conditions == nil)
        let settled: Set<AttachmentID>
        var conditions = conditions
        if let preflight = conditions?.preflight {
            settled = try await ReconcileIntents(context, rules: decider).run(
                accountLines: preflight.accountLines
            ).asked
            conditions?.asked = settled
            let revived = try await ReviveGone(context, requestsPerSecond: settings.requestsPerSecond).run()
            answer.warnings += Self.warning(revived)
        } else {
            settled = try ReconcileIntents.expected(context)
        }
        answer.settles = settled.count
        var hands = RunHands(
            context, apply, conditions, account: conditions?.preflight.accountLines ?? options.account)
        let left = try await finishWhatWasLeft(&hands, &answer)
        try await finishDrill(&hands, &answer)
        // Requests first: what a retention plan took would be missing under the request that asked for it.
        try await finishRequests(&hands, &answer)
        let planned = try await deleteWhatIsDue(options, leaving: left, settled: settled, &hands, &answer)
        try waitingRequests(&answer)
        for step in answer.resumes + answer.followUps {
            answer.warnings += step.result?.warnings.filter { !answer.warnings.contains($0) } ?? []
        }
        return planned
    }

    /// `others`: what is open in retention plans that go on, or that a person is to allow or to cancel: no other plan takes it meanwhile.
    private func deleteWhatIsDue(
        _ options: Options, leaving others: Set<AttachmentID>, settled: Set<AttachmentID>, _ hands: inout RunHands,
        _ answer: inout Taken
    ) async throws(LetheError) -> PlanRetention.Planned {
        let isRehearsal = hands.isRehearsal
        let planned = try planner.run(
            now: context.time.now(), isDraft: isRehearsal && !options.isSaved, leaving: others.union(hands.deleted),
            after: isRehearsal ? .init(closed: hands.closed, settled: settled) : .init())
        answer.planned = planned
        guard !planned.plan.items.isEmpty else {
            if !isRehearsal { try noteIdle() }
            return planned
        }
        if isRehearsal {
            let isAllowed = options.allowDeletes.map { planned.plan.items.count <= $0 } ?? false
            if let most = options.allowDeletes, !isAllowed { throw AllowDeletes.tooMany(planned.plan, most) }
            let step = try hands.show(planned.plan, isAllowed: isAllowed, expired: planned.newlyExpired)
            if planned.plan.items.count > approval.above {
                throw ApprovePlan.needed(planned.plan, above: approval.above, isRecorded: planned.isRecorded)
            }
            answer.due = step
            return planned
        }
        let id = planned.plan.id
        if let most = options.allowDeletes {
            try AllowDeletes(inventory: context.inventory, log: context.log)
                .run(id, atMost: most, by: settings.operatorName)
        }
        try hands.apply.refuseOverLimit(try context.inventory.plan(id), PlanProgress())
        let record = try ApprovePlan(
            inventory: context.inventory, log: context.log, time: context.time, rules: approval
        ).approveAutomatically(id, by: settings.operatorName)
        answer.due = try await hands.carryOut(record)
        return planned
    }

    /// A run with nothing due leaves one record, so that silence shows.
    private func noteIdle() throws(LetheError) {
        if context.log.version == 1 {
            let seal = try context.log.seal()
            try LastRun(context.inventory, context.log).noteIdle(seal.size - 1)
        } else {
            _ = try context.log.append([.runIdle(.init(policy: decider.policies.digest))])
        }
    }

    /// Requests that are open again, and what was withheld and may go now: planned anew under the same request, whose
    /// certificate is issued anew. What nobody has approved yet waits for that.
    private func finishRequests(_ hands: inout RunHands, _ answer: inout Taken) async throws(LetheError) {
        let planner = PlanErasure(context, rules: decider, limits: limits)
        let requests = try await ResumeRequests(
            context: context, decider: decider, planner: planner, rehearsal: hands.isRehearsal ? hands.closed : nil
        ).due()
        for request in requests {
            do throws(LetheError) {
                let step =
                    hands.isRehearsal
                    ? try show(request, planner, &hands) : try await carryOut(request, planner, &hands)
                answer.followUps.append(step)
                try endIfHalted(step)
            } catch {
                switch error.code {
                // Another one of the person is open, which takes all of theirs: this one is looked at once that is answered.
                case "request-open": continue
                // Retention does not wait for what a person is to allow, to approve, or to end.
                case "over-limit", "request-changed", "approval-needed":
                    answer.refusals.append(
                        LetheError(error.code, error.status, "request \(request): \(error.message)", hint: error.hint))
                default: throw error
                }
            }
        }
    }

    private func carryOut(
        _ request: RequestID, _ planner: PlanErasure, _ hands: inout RunHands
    ) async throws(LetheError) -> Step {
        let id = try await planner.run(again: PlanErasure.Repeat(request)).plan.id
        guard let record = try CarryApprovals(context: context, rules: approval).run(to: id) else {
            throw Self.needsApproval(hint: "lethe plan approve \(id) --as NAME")
        }
        return try await hands.carryOut(record)
    }

    private func show(
        _ request: RequestID, _ planner: PlanErasure, _ hands: inout RunHands
    ) throws(LetheError) -> Step {
        let plan = try context.inventory.request(request)?.plan
        let draft = try planner.draft(
            PlanErasure.Repeat(request), isReopened: plan.map(hands.closed.contains) ?? false)
        guard
            try CarryApprovals(context: context, rules: approval).kept(for: draft.plan, includes: draft.includes) != nil
        else { throw Self.needsApproval(hint: "lethe erase --resume \(request)") }
        return try hands.show(draft.plan, isAllowed: false)
    }

    private static func needsApproval(hint: String) -> LetheError {
        LetheError("approval-needed", .refused, "it waits for an approval", hint: hint)
    }

    /// Requests with which nobody but a person can go on.
    private func waitingRequests(_ answer: inout Taken) throws(LetheError) {
        let requests = try context.inventory.requests().filter {
            !$0.state.isDecided && ($0.state != .completed || $0.coverage == .partial)
        }
        guard !requests.isEmpty else { return }
        let basis = NextStep.Basis(context, rules: decider, approval: approval)
        // What would go on in this run waits for nobody.
        let told = Set(answer.resumes.compactMap(\.request) + answer.followUps.compactMap(\.request)).map(\.description)
        for request in requests {
            let id = request.id.description
            guard !answer.refusals.contains(where: { $0.message.contains(id) }),
                !answer.followUps.contains(where: { $0.result == nil }) || !told.contains(id),
                let next = try NextStep(request, in: basis).command
            else { continue }
            let isWaiting =
                switch request.state {
                case .planned, .approved: true
                case .received: request.plan == nil
                // Something failed, or not everything was searched: nobody but a person goes on with that.
                case .completed, .completedWithExceptions: next.contains("--resume")
                default: false
                }
            guard isWaiting else { continue }
            answer.refusals.append(
                LetheError(
                    "request-waiting", .refused, "request \(id), due \(request.due.date), waits for a person",
                    hint: next))
        }
    }

    /// Plans in `applying`, or halted by something that is over now, are finished; a retention plan that never sent anything
    /// is cancelled, since the new plan holds whatever is still due. Gives what no other plan takes meanwhile.
    private func finishWhatWasLeft(
        _ hands: inout RunHands, _ answer: inout Taken
    ) async throws(LetheError) -> Set<AttachmentID> {
        var left: Set<AttachmentID> = []
        let apply = hands.apply
        // Of one that the log does not have nothing is recorded either: a process died before it could.
        if !hands.isRehearsal {
            try context.inventory.dropPendingPlans(
                before: context.time.now().adding(seconds: -3600), besides: Set(try context.log.fold().plans.keys))
        }
        let open = try context.inventory.plans(in: [.proposed, .approved, .applying, .halted]).filter(\.isRecorded)
        let (requests, others) = (open.filter { $0.kind == .erasure }, open.filter { $0.kind != .erasure })
        for summary in [requests, others].flatMap({ $0.sorted { ($0.created, $0.id) < ($1.created, $1.id) } }) {
            let record = try context.inventory.plan(summary.id)
            let wasTried = try !context.inventory.attempts(of: summary.id).isEmpty
            let isBegun = summary.state == .applying || summary.state == .halted
            let isOver = try apply.endedRequest(of: record) != nil
            if summary.state == .halted, wasTried, !isOver { try apply.refuseUnready(record, reason: nil) }
            if record.plan.kind == .retention, isOfNoUse(summary, wasTried: wasTried) {
                guard try isSettled(record, hands, &answer) else { continue }
                try hands.cancel(summary.id, reason: "planned anew")
            } else if let stale = try apply.staleness(of: record),
                summary.state != .proposed || record.plan.kind == .erasure
            {
                guard try isSettled(record, hands, &answer) else { continue }
                try hands.expire(summary.id, reason: stale)
            } else if isBegun {
                do throws(LetheError) {
                    let step = try await hands.carryOut(record)
                    answer.resumes.append(step)
                    try endIfHalted(step)
                } catch {
                    // A plan that is over the limits of today waits for a person; whatever else is wrong with it ends the run.
                    guard error.code == "over-limit" else { throw error }
                    answer.refusals.append(
                        LetheError(
                            error.code, error.status, "plan \(summary.id) waits for a person: \(error.message)",
                            hint: error.hint))
                }
                if record.plan.kind == .retention { left.formUnion(try stillOpen(in: summary.id)) }
            }
        }
        return left
    }

    /// What is still open in a retention plan that goes on: no other plan takes it.
    private func stillOpen(in id: PlanID) throws(LetheError) -> [AttachmentID] {
        try context.inventory.results(of: id).filter { $0.outcome == nil && $0.withheld == nil }.map(\.attachment)
    }

    private func endIfHalted(_ step: Step) throws(LetheError) {
        if let result = step.result, result.endsTheRun { throw Self.halted(result) }
    }

    /// What a drill that was cut short left: nobody waits for it, so it stops nothing else.
    private func finishDrill(_ hands: inout RunHands, _ answer: inout Taken) async throws(LetheError) {
        let drill = Drill(context, rules: decider, settings: settings)
        guard let conditions = hands.conditions else {
            if let step = try drill.showWhatWasLeft() { answer.resumes.append(step) }
            return
        }
        let result: RunResult?
        do throws(LetheError) {
            result = try await drill.finishWhatWasLeft(conditions)
        } catch {
            answer.refusals.append(
                LetheError(error.code, error.status, "a drill was cut short: \(error.message)", hint: error.hint))
            return
        }
        guard let result else { return }
        let step = Step(plan: result.plan, request: nil, items: result.sent, result: result)
        answer.resumes.append(step)
        try endIfHalted(step)
    }

    /// What a retention plan holds that was never begun is due again; one that was tried before anybody approved it is older than the
    /// log, since an inventory was put back.
    private func isOfNoUse(_ plan: PlanSummary, wasTried: Bool) -> Bool {
        switch plan.state {
        case .proposed: true
        case .applying, .halted: !wasTried
        case .approved, .done, .cancelled, .expired: false
        }
    }

    /// A plan is not closed over DELETEs without an answer, which a rehearsal takes to have come by then.
    private func isSettled(
        _ record: PlanRecord, _ hands: RunHands, _ answer: inout Taken
    ) throws(LetheError) -> Bool {
        let open = hands.isRehearsal ? 0 : try context.inventory.unsettled(in: record).count
        guard open > 0 else { return true }
        let aside = try hands.apply.setAside(in: record.plan.id)
        answer.refusals.append(
            aside
                ?? LetheError(
                    "answer-awaited", .incomplete,
                    "plan \(record.plan.id) waits for the vendor's answer about \(counted(open, "DELETE"))",
                    hint: "try again later"))
        return false
    }

    private static func warning(_ revived: [AttachmentID]) -> [String] {
        guard !revived.isEmpty else { return [] }
        return [
            "\(counted(revived.count, "attachment")) called gone \(revived.count == 1 ? "is" : "are") still there: live again"
        ]
    }

    /// A resumed plan that halts again ends the whole run.
    static func halted(_ result: RunResult) -> LetheError {
        let cause = result.halted ?? .signal
        return LetheError(
            "halted", cause.status,
            "plan \(result.plan) was halted again: \(cause.message)"
                + (result.askedToWait.map { ". \($0)" } ?? ""), hint: cause.hint(for: result.plan))
    }
}
