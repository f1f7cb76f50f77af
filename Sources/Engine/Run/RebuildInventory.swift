import Audit
package import Domain
import Foundation
package import Inventory

/// Makes what people ordered and how items ended again from the log, where the rows of `inventory.db` are not what it comes to: an
/// older file was put back, or somebody wrote to it. Facts (attachments, sightings, chats) are not in the log, and stay as they are.
package struct RebuildInventory: Sendable {
    private static let page = 1000
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
        let segments = try log.segments()
        let kept = segments.filter { $0.file != nil }
        let isCut = (kept.first?.previous?.size ?? 0) > 0
        let rebuilt = try inventory.rebuild(since: isCut ? kept.first?.opened : nil) { take in
            for segment in kept {
                guard let reader = try log.reader(of: segment) else { continue }
                var after: Int64 = -1
                while case let entries = try reader.entries(after: after, limit: Self.page), let last = entries.last {
                    try take(
                        reader.origin, entries.map { LoggedRecord(seq: $0.seq, at: $0.time, record: $0.record) })
                    after = last.seq
                }
            }
        }
        try CatchUp(inventory: inventory, log: log).run()
        // Those whose end was recorded in a segment that was removed.
        for difference in try RecordedTruth(log).differences(in: inventory, at: now) {
            guard case .plan(let id) = difference.subject, difference.kind == .unrecorded else { continue }
            try inventory.move(id, to: .cancelled, cause: "ended on record")
        }
        return rebuilt
    }

    /// Puts it on record, and ends the plans that are lost with their items: nothing is ever done with them. Gives those. In a segment
    /// of v2 only.
    package func record(by name: String, reason: String) throws(LetheError) -> [PlanID] {
        var lost: [PlanID] = []
        for id in try log.fold().plans.keys where try !inventory.isWhole(id) { lost.append(id) }
        lost.sort()
        _ = try log.append(
            lost.map {
                .operatorAct(
                    .init(act: .planCancel, ref: $0.description, by: name, reason: "its items are lost", how: .cli))
            } + [.operatorAct(.init(act: .inventoryRebuild, ref: "inventory", by: name, reason: reason, how: .cli))])
        try CatchUp(inventory: inventory, log: log).run()
        return lost
    }
}
