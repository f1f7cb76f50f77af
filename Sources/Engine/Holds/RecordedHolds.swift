import Audit
import Domain
import Inventory
import Synchronization

/// The holds that the log has, for as long as a plan is carried out: rows that say otherwise are no reason to delete. It is read again
/// whenever the inventory's holds change.
final class RecordedHolds: Sendable {
    private struct Reading {
        var version: FactsVersion
        var holds: [LegalHold]
    }

    private let log: AuditLog
    private let reading = Mutex<Reading?>(nil)
    private let orders: Mutex<Orders>

    private struct Orders {
        var seq: Int64
        var count: Int64 = 0
    }

    init(_ log: AuditLog) throws(LetheError) {
        self.log = log
        orders = Mutex(Orders(seq: try log.size() - 1))
    }

    /// How many holds were placed or released on record since this was made.
    func count() throws(LetheError) -> Int64 {
        try orders.withLock { (orders) throws(LetheError) in
            while case let entries = try log.entries(after: orders.seq, limit: 1000), let last = entries.last {
                orders.count += Int64(entries.count { [.holdPlaced, .holdReleased].contains($0.record.type) })
                orders.seq = last.seq
            }
            return orders.count
        }
    }

    /// `version`: of the inventory's holds and of those on record. Throws where one that is in force on record was ended, changed or taken away without a record.
    func refuseChanged(in inventory: InventoryStore, version: FactsVersion, now: Timestamp) throws(LetheError) {
        guard try !holds(version).lacking(in: inventory.holds(), at: now).isEmpty else { return }
        // It is recorded before it is in force, and a release before it takes effect: somebody may be in between.
        try CatchUp(inventory: inventory, log: log).follow()
        guard let (hold, _) = try log.fold().holds.values.lacking(in: inventory.holds(), at: now).first else { return }
        throw LetheError("holds-unreadable", .failed, "hold \(hold.id) is not in the inventory as the audit log has it")
    }

    private func holds(_ version: FactsVersion) throws(LetheError) -> [LegalHold] {
        if let known = reading.withLock({ $0 }), known.version.holds == version.holds,
            known.version.orders == version.orders
        {
            return known.holds
        }
        let holds = Array(try log.fold().holds.values)
        reading.withLock { $0 = Reading(version: version, holds: holds) }
        return holds
    }
}
