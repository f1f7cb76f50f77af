import Audit
package import Domain
import Inventory
package import Rules

/// Before a segment of the log is closed: asks the vendor how DELETEs ended that were announced and have no recorded answer. Their
/// answers belong in the segment of their intents. Under the run lease; nothing is deleted.
package struct SettleIntents: Sendable {
    private let context: RunContext
    private let decider: Decider

    package init(_ context: RunContext, rules: Decider) {
        self.context = context
        decider = rules
    }

    /// Where none is open the vendor is not asked for anything.
    package func run() async throws(LetheError) {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        guard try !context.inventory.openIntents().isEmpty else { return }
        let preflight = try await Preflight(context).run(lines: nil)
        _ = try await ReconcileIntents(context, rules: decider).run(accountLines: preflight.accountLines)
    }
}
