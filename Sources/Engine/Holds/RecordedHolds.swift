import Audit
import Domain
import Inventory
import Synchronization

/// The holds that the log has, for as long as a plan is carried out: rows that say otherwise are no reason to delete. It is read again
/// whenever the inventory's holds change.
final class RecordedHolds: Sendable {
    private struct Reading {
        var version: Int64
        var holds: [LegalHold]
    }

    private let log: AuditLog
    private let reading = Mutex<Reading?>(nil)

    init(_ log: AuditLog) {
        self.log = log
    }

    /// `version`: of the inventory's holds. Throws where one that is in force on record was ended, changed or taken away without a record.
    func refuseChanged(in inventory: InventoryStore, version: Int64, now: Timestamp) throws(LetheError) {
        guard try !holds(version).lacking(in: inventory.holds(), at: now).isEmpty else { return }
        // It is recorded before it is in force, and a release before it takes effect: somebody may be in between.
        try CatchUp(inventory: inventory, log: log).follow()
        guard let (hold, _) = try log.fold().holds.values.lacking(in: inventory.holds(), at: now).first else { return }
        throw LetheError("holds-unreadable", .failed, "hold \(hold.id) is not in the inventory as the audit log has it")
    }

    private func holds(_ version: Int64) throws(LetheError) -> [LegalHold] {
        if let known = reading.withLock({ $0 }), known.version == version { return known.holds }
        let holds = Array(try log.fold().holds.values)
        reading.withLock { $0 = Reading(version: version, holds: holds) }
        return holds
    }
}
