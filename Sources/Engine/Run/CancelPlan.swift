import Audit
package import Domain
package import Inventory
package import Rules

/// `lethe plan cancel ID`, and the end of a request whose plan is in work: asks a process that applies it to stop, waits for
/// that, learns by GET how its last DELETEs ended, and closes the plan. Deletes nothing.
package struct CancelPlan: Sendable {
    /// Seconds to wait for the other process: it lets what is under way end.
    private static let patience: Int64 = 60
    private static let betweenTries: Int64 = 200_000

    private let context: RunContext
    private let decider: Decider
    private let name: String
    private let reason: String?

    package init(_ context: RunContext, rules: Decider, by name: String, reason: String? = nil) {
        self.context = context
        decider = rules
        self.name = name
        self.reason = reason
    }

    @discardableResult
    package func run(_ id: PlanID) async throws(LetheError) -> PlanRecord {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        let state = try context.inventory.plan(id, evenIfChanged: true).state
        // One that was never begun needs no lease: it cannot be begun any more once it is closed. Somebody may be faster.
        if state == .proposed || state == .approved {
            do throws(LetheError) {
                try ClosePlan(context).cancel(id, by: name, reason: reason, from: [.proposed, .approved])
                return try context.inventory.plan(id, evenIfChanged: true)
            } catch {
                guard error.code == "plan-state" else { throw error }
            }
        }
        let isInWork = try !context.inventory.plan(id, evenIfChanged: true).state.isClosed
        if isInWork { try context.inventory.askToStop(id, true) }
        let taken = await lease(isNeeded: isInWork)
        if isInWork { try context.inventory.askToStop(id, false) }
        let lease = try taken.get()
        defer { lease?.release() }
        try CatchUp(inventory: context.inventory, log: context.log).run()
        let record = try context.inventory.plan(id, evenIfChanged: true)
        if try !context.inventory.unsettled(in: record).isEmpty { try await settle(id) }
        try ClosePlan(context).cancel(id, by: name, reason: reason)
        return try context.inventory.plan(id, evenIfChanged: true)
    }

    private func settle(_ id: PlanID) async throws(LetheError) {
        let plan = try context.inventory.plan(id, evenIfChanged: true).plan
        let lines = try ApplyPlan.lines(of: plan, context.inventory)
        let preflight = try await Preflight(context).run(lines: lines)
        _ = try await ReconcileIntents(context, rules: decider).run(accountLines: preflight.accountLines)
    }

    private func lease(isNeeded: Bool) async -> Result<RunLease?, LetheError> {
        let limit = context.time.now().adding(seconds: Self.patience)
        var taken = isNeeded ? tryLease() : .success(nil)
        while case .failure(let error) = taken, error.code == "run-lease-taken", context.time.now() < limit,
            !context.shouldStop()
        {
            await context.time.sleep(microseconds: Self.betweenTries)
            taken = tryLease()
        }
        return taken
    }

    private func tryLease() -> Result<RunLease?, LetheError> {
        Result { () throws(LetheError) in try RunLease(context.workspace, tries: 1) }
    }
}
