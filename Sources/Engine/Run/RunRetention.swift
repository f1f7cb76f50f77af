import Audit
package import Domain
import Inventory
package import Rules

/// `lethe run --apply`, and the schedule: finishes what was left, plans what is due, and applies it.
package struct RunRetention: Sendable {
    package struct Answer: Sendable {
        package let planned: PlanRetention.Planned
        /// How the new plan ended.
        package let result: RunResult
        /// Plans that an earlier run had left, and erasures of which something may go now, with how each ended.
        package let resumed: [RunResult]
        /// For people: what waits for one of them among the rest.
        package let warnings: [String]
        /// Something waits for a person or for an answer of the vendor.
        package let isWaiting: Bool

        /// The worst of them.
        package var status: ExitStatus {
            let all = ([result] + resumed).map(\.status) + (isWaiting ? [.incomplete] : [])
            return all.first { $0 == .failed } ?? all.first { $0 == .incomplete } ?? .done
        }
    }

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

    /// `how`: `cli` by hand, `schedule` by a schedule that an operator wrote down with `apply: true`.
    package func run(
        allowDeletes: Int? = nil, how: AuditRecord.Approval = .cli
    ) async throws(LetheError) -> Answer {
        let lease = try RunLease(context.workspace)
        defer { withExtendedLifetime(lease) {} }
        try context.refuseKillFile()
        try LockedPolicies(inventory: context.inventory, log: context.log).admit(decider.policies, tiers: decider.tiers)
        let preflight = try await Preflight(context).run(lines: try context.inventory.lines())
        let conditions = ApplyPlan.Conditions(preflight: preflight, lease: lease)
        return try await RunRetention(
            context.bounded(by: preflight.vendorTime), rules: decider, limits: limits, approval: approval,
            settings: settings
        ).run(conditions, allowDeletes, how)
    }

    /// What is due, and what has ended, is so by the clock of the context.
    private func run(
        _ conditions: ApplyPlan.Conditions, _ allowDeletes: Int?, _ how: AuditRecord.Approval
    ) async throws(LetheError) -> Answer {
        let preflight = conditions.preflight
        let apply = ApplyPlan(context, rules: decider, settings: settings)
        var conditions = conditions
        conditions.asked = try await ReconcileIntents(context, rules: decider).run(
            accountLines: preflight.accountLines
        ).asked
        let revived = try await ReviveGone(context, requestsPerSecond: settings.requestsPerSecond).run()
        var waiting = Waiting()
        let resumed = try await finishWhatWasLeft(apply, conditions, &waiting)
        if let stopped = resumed.last, stopped.endsTheRun { throw Self.halted(stopped) }
        let drilled = try await finishDrill(conditions, &waiting)
        // Requests first: what a retention plan took would be missing under the request that asked for it.
        let requests = try await finishRequests(apply, conditions, &waiting)
        if let stopped = requests.last, stopped.endsTheRun { throw Self.halted(stopped) }
        let others = resumed + drilled + requests
        let planned = try PlanRetention(
            inventory: context.inventory, log: context.log, rules: decider, partner: context.partner, limits: limits
        ).run(now: context.time.now(), leaving: waiting.items)
        let id = planned.plan.id
        if let allowDeletes {
            try AllowDeletes(inventory: context.inventory, log: context.log)
                .run(id, atMost: allowDeletes, by: settings.operatorName)
        }
        try apply.refuseOverLimit(try context.inventory.plan(id), PlanProgress())
        let record = try ApprovePlan(
            inventory: context.inventory, log: context.log, time: context.time, rules: approval
        ).approveAutomatically(id, by: settings.operatorName, how: how)
        let result = try await apply.apply(record, conditions)
        waiting.words += try waitingRequests(waiting.words)
        return Answer(
            planned: planned, result: result, resumed: others,
            warnings: preflight.warnings + Self.warning(revived) + waiting.words
                + others.flatMap { $0.warnings.filter { !preflight.warnings.contains($0) } },
            isWaiting: !waiting.words.isEmpty)
    }

    /// What nobody but a person or the vendor can go on with: it stops nothing else.
    private struct Waiting {
        /// For people.
        var words: [String] = []
        /// What is open in retention plans that go on, or that a person is to allow or to cancel: no other plan takes it meanwhile.
        var items: Set<AttachmentID> = []
    }

    /// Requests that are open again, and what was withheld and may go now: planned anew under the same request, whose
    /// certificate is issued anew. What nobody has approved yet waits for that.
    private func finishRequests(
        _ apply: ApplyPlan, _ conditions: ApplyPlan.Conditions, _ waiting: inout Waiting
    ) async throws(LetheError) -> [RunResult] {
        var results: [RunResult] = []
        let planner = PlanErasure(context, rules: decider, limits: limits)
        for request in try await ResumeRequests(context: context, decider: decider, planner: planner).due() {
            let planned: PlanErasure.Planned
            do throws(LetheError) {
                planned = try await planner.run(again: PlanErasure.Repeat(request))
            } catch {
                // Another one of the person is open, which takes all of theirs: this one is looked at once that is answered.
                guard error.code == "request-open" else { throw error }
                continue
            }
            guard let record = try CarryApprovals(context: context, rules: approval).run(to: planned.plan.id) else {
                waiting.words.append(
                    "request \(request) waits for an approval: lethe plan approve \(planned.plan.id) --as NAME")
                continue
            }
            do throws(LetheError) {
                let result = try await apply.apply(record, conditions)
                results.append(result)
                if result.endsTheRun { break }
            } catch {
                // Retention does not wait for what a person is to allow, or to end.
                guard ["over-limit", "request-changed"].contains(error.code) else { throw error }
                waiting.words.append("request \(request): \(error.message); \(error.hint ?? "")")
            }
        }
        return results
    }

    /// Requests with which nobody but a person can go on; `told`: what is said already.
    private func waitingRequests(_ told: [String]) throws(LetheError) -> [String] {
        var waiting: [String] = []
        let requests = try context.inventory.requests().filter {
            !$0.state.isDecided && ($0.state != .completed || $0.coverage == .partial)
        }
        guard !requests.isEmpty else { return [] }
        let basis = NextStep.Basis(context, rules: decider, approval: approval)
        for request in requests {
            guard !told.contains(where: { $0.contains(request.id.description) }),
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
            waiting.append("request \(request.id), due \(request.due.date), waits for a person: \(next)")
        }
        return waiting
    }

    /// Plans in `applying`, or halted by something that is over now, are finished; a retention plan that never sent anything
    /// is cancelled, since the new plan holds whatever is still due.
    private func finishWhatWasLeft(
        _ apply: ApplyPlan, _ conditions: ApplyPlan.Conditions, _ waiting: inout Waiting
    ) async throws(LetheError) -> [RunResult] {
        var results: [RunResult] = []
        let left = try context.inventory.plans(in: [.proposed, .approved, .applying, .halted])
        let (requests, others) = (left.filter { $0.kind == .erasure }, left.filter { $0.kind != .erasure })
        for summary in [requests, others].flatMap({ $0.sorted { ($0.created, $0.id) < ($1.created, $1.id) } }) {
            let record = try context.inventory.plan(summary.id)
            let wasTried = try !context.inventory.attempts(of: summary.id).isEmpty
            let isBegun = summary.state == .applying || summary.state == .halted
            let isOver = try apply.endedRequest(of: record) != nil
            if summary.state == .halted, wasTried, !isOver { try apply.refuseUnready(record, reason: nil) }
            if record.plan.kind == .retention, isOfNoUse(summary, wasTried: wasTried) {
                guard try isSettled(record, apply, &waiting) else { continue }
                try ClosePlan(context).cancel(summary.id, by: settings.operatorName, reason: "planned anew")
            } else if let stale = try apply.staleness(of: record),
                summary.state != .proposed || record.plan.kind == .erasure
            {
                guard try isSettled(record, apply, &waiting) else { continue }
                try ClosePlan(context).expire(summary.id, reason: stale)
            } else if isBegun {
                do throws(LetheError) {
                    let result = try await apply.apply(record, conditions)
                    results.append(result)
                    if result.endsTheRun { return results }
                    try leave(record, &waiting)
                } catch {
                    try wait(for: record, error, &waiting)
                }
            }
        }
        return results
    }

    /// A plan that is over the limits of today waits for a person; whatever else is wrong with it ends the run.
    private func wait(for record: PlanRecord, _ error: LetheError, _ waiting: inout Waiting) throws(LetheError) {
        guard error.code == "over-limit" else { throw error }
        let id = record.plan.id
        waiting.words.append("plan \(id) waits for a person: \(error.message); \(error.hint ?? "")")
        try leave(record, &waiting)
    }

    /// What is still open in a retention plan that goes on: no other plan takes it.
    private func leave(_ record: PlanRecord, _ waiting: inout Waiting) throws(LetheError) {
        guard record.plan.kind == .retention else { return }
        let open = try context.inventory.results(of: record.plan.id).filter { $0.outcome == nil && $0.withheld == nil }
        waiting.items.formUnion(open.map(\.attachment))
    }

    /// What a drill that was cut short left: nobody waits for it, so it stops nothing else.
    private func finishDrill(
        _ conditions: ApplyPlan.Conditions, _ waiting: inout Waiting
    ) async throws(LetheError) -> [RunResult] {
        let result: RunResult?
        do throws(LetheError) {
            result = try await Drill(context, rules: decider, settings: settings).finishWhatWasLeft(conditions)
        } catch {
            waiting.words.append("a drill was cut short: \(error.message). \(error.hint ?? "")")
            return []
        }
        if let result, result.endsTheRun { throw Self.halted(result) }
        return result.map { [$0] } ?? []
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

    /// A plan is not closed over DELETEs without an answer.
    private func isSettled(
        _ record: PlanRecord, _ apply: ApplyPlan, _ waiting: inout Waiting
    ) throws(LetheError) -> Bool {
        let open = try context.inventory.unsettled(in: record).count
        guard open > 0 else { return true }
        waiting.words.append("plan \(record.plan.id) waits for the vendor's answer about \(counted(open, "DELETE"))")
        waiting.words += try apply.setAsideWarning(record.plan.id)
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
                + (result.askedToWait.map { ". \($0)" } ?? ""), hint: cause.hint)
    }
}
