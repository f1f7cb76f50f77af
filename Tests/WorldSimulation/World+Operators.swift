import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules

/// What people do with plans and requests beside planning and deleting.
extension World {
    /// In the order in which they were made: ids are of chance.
    private func plans(in states: Set<Plan.State> = []) throws -> [PlanSummary] {
        try open().inventory.plans(in: states).sorted { ($0.created, $0.items) < ($1.created, $1.items) }
    }

    func approve(_ dice: inout Dice) throws {
        guard let plan = dice.pick(try plans(in: [.proposed])) else { return }
        let name = dice.pick(Self.names) ?? "ada"
        if dice.chance(0.2) { return try approveAnotherDigest(plan.id, name) }
        try approve(plan.id, name)
    }

    func approve(_ id: PlanID, _ name: String) throws {
        let process = try open()
        let plan = try process.inventory.plan(id).plan
        if let request = plan.request { learn(plan, of: request, approvedBy: name) }
        try ApprovePlan(inventory: process.inventory, log: process.log, time: clock, rules: approval)
            .run(id, by: name)
        note("  \(name) approves \(id)")
    }

    private func approveAnotherDigest(_ id: PlanID, _ name: String) throws {
        let process = try open()
        try ApprovePlan(inventory: process.inventory, log: process.log, time: clock, rules: approval)
            .run(id, by: name, digest: String(repeating: "0", count: 64))
        violate("an approval of another digest is accepted")
    }

    /// `lethe plan apply ID`, with `--reason` now and then.
    func applyPlan(_ dice: inout Dice) async throws {
        let open = try plans(in: [.proposed, .approved, .applying, .halted])
        guard let plan = dice.pick(dice.chance(0.9) ? open : try plans()) else { return try await run(&dice) }
        chooseWeather(&dice)
        let process = try self.open()
        if dice.chance(0.25) { try surprise(process, &dice) }
        try await applyPlan(plan.id, reason: dice.chance(0.5) ? "looked at it" : nil, process)
    }

    func applyPlan(_ id: PlanID, reason: String?, _ process: Process) async throws {
        let record = try process.inventory.plan(id)
        let digest = try decider().policies.digest
        let result = try await ApplyPlan(
            context(process), rules: try decider(), settings: settings, reason: reason
        ).run(id)
        tell(result)
        if record.plan.policyDigest != digest { violate("a stale plan is applied: the policies have changed") }
        if record.plan.expires <= clock.truth.adding(seconds: -400), clock.skew == 0 {
            violate("a stale plan is applied: it has expired")
        }
        if record.approvals.isEmpty { violate("a plan that nobody approved is applied") }
        if record.state.isClosed { violate("a closed plan is applied") }
    }

    func cancelPlan(_ dice: inout Dice) async throws {
        guard let plan = dice.pick(try plans(in: [.proposed, .approved, .applying, .halted])) else { return }
        chooseWeather(&dice)
        try await CancelPlan(context(try open()), rules: try decider(), by: "operator").run(plan.id)
        note("  plan \(plan.id) cancelled")
    }

    func endRequest(_ dice: inout Dice, isRefused: Bool) async throws {
        guard let id = dice.pick(requests) else { return }
        let process = try open()
        let decide = try DecideRequest(context(process), rules: try decider(), by: "ada", reason: "by letter")
        if try differences(process).compactMap(\.lostRequest).contains(id) {
            try decide.recordLoss(of: id)
            forgotten.insert(id)
        } else {
            _ = isRefused ? try await decide.refuse(id) : try await decide.withdraw(id)
        }
        change { $0.model.requests[id]?.isEnded = true }
        note("  request \(id) \(isRefused ? "refused" : "withdrawn")")
    }

    /// Where the inventory is not as the log has it.
    func differences(_ process: Process) throws -> [Difference] {
        try CatchUp(inventory: process.inventory, log: process.log).run()
        return try RecordedTruth(process.log).differences(in: process.inventory, at: clock.now())
    }

    func planOnly() throws {
        let process = try open()
        let planned = try PlanRetention(
            inventory: process.inventory, log: process.log, rules: try decider(), partner: Population.partner,
            limits: Limits(maxPercent: 100)
        ).run(now: clock.now())
        note("  planned \(planned.plan.items.count)")
    }

    func verifyDeletions(_ dice: inout Dice) async throws {
        chooseWeather(&dice)
        let process = try open()
        if dice.chance(0.5) {
            let report = try await VerifyDeletions(context(process), tiers: try decider().tiers).run()
            note("  verified \(report.checked), still there \(report.stillThere.count)")
        } else {
            let report = try await VerifyExpired(context(process), tiers: try decider().tiers).run(sample: 5)
            note("  looked for \(report.checked) expired, breaches \(report.breaches.count)")
        }
    }

    // MARK: policies

    func editPolicies(_ dice: inout Dice) throws {
        var rules = model.rules
        rules.edit(population.lines, &dice)
        let digest = try rules.decider().digest
        change {
            $0.model.rules = rules
            $0.digestInForce = digest
        }
        note("  policies: \(rules.policies.map { "\($0.id) retain \($0.retain ?? 0) delete \($0.delete ?? 0)" })")
    }

    func unlock() throws {
        let process = try open()
        let locked = LockedPolicies(inventory: process.inventory, log: process.log)
        let rules = try decider()
        for finding in try locked.weakened(by: rules.policies, tiers: rules.tiers) {
            _ = try locked.unlock(
                finding.policy, to: rules.policies, tiers: rules.tiers, by: "ada", reason: "decided so")
            count("unlocked")
        }
    }
}
