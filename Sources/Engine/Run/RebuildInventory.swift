import Audit
package import Domain
import Foundation
package import Inventory

/// Makes what people ordered and how items ended again from the log, where the rows of `inventory.db` are not what it comes to: an
/// older file was put back, or somebody wrote to it. Facts (attachments, sightings, chats) are not in the log, and stay as they are.
package struct RebuildInventory: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog
    private let workspace: URL
    private let now: Timestamp

    package init(_ context: RunContext) {
        inventory = context.inventory
        log = context.log
        workspace = context.workspace
        now = context.time.now()
    }

    /// Under the run lease. Reads every segment that is kept; nothing is asked of the vendor.
    package func run() throws(LetheError) -> Rebuilt {
        let lease = try RunLease(workspace)
        defer { lease.release() }
        try CatchUp(inventory: inventory, log: log).refuseOlderLog()
        try log.verifyHead(whole: true)
        let truth = RecordedTruth(log)
        let rebuilt = try inventory.rebuild(since: try truth.oldestKept()) { (take) throws(LetheError) in
            try truth.replay(.all, take)
        }
        try CatchUp(inventory: inventory, log: log).run()
        // Those whose end was recorded in a segment that was removed.
        for difference in try truth.differences(in: inventory, at: now) {
            guard case .plan(let id) = difference.subject, difference.kind == .unrecorded else { continue }
            try inventory.move(id, to: .cancelled, cause: "ended on record")
        }
        return rebuilt
    }

    /// Puts it on record, with what `rebuilt` could not make again and nobody has in force or open, and ends the plans that are lost with
    /// their items: nothing is ever done with them. What is on record as lost is no difference any more. In a segment of v2 only.
    package func record(_ rebuilt: Rebuilt, by name: String, reason: String) throws(LetheError) {
        func act(_ act: AuditRecord.OperatorAct.Kind, _ ref: String, _ reason: String) -> AuditRecord {
            .operatorAct(.init(act: act, ref: ref, by: name, reason: reason, how: .cli))
        }
        let fold = try log.fold()
        var ended = rebuilt.lostHolds.filter { fold.holds[$0] == nil }.map(\.description)
        ended += rebuilt.lostRequests.filter { !fold.requests.contains($0) }.map(\.description)
        var records: [AuditRecord] = []
        for plan in rebuilt.lostPlans {
            if fold.plans[plan] != nil { records.append(act(.planCancel, plan.description, "its items are lost")) }
            ended.append(plan.description)
        }
        records += ended.map { act(.stateLost, $0, reason) }
        _ = try log.append(records + [act(.inventoryRebuild, "inventory", reason)])
        try CatchUp(inventory: inventory, log: log).run()
    }
}
