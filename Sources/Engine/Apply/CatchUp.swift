package import Audit
package import Domain
package import Inventory

/// Brings the inventory's projection up to the audit log, and the log up to the inventory's holds: what a process that
/// died in between left undone. Every command that reads the projection or writes to either begins with it.
package struct CatchUp: Sendable {
    private static let page = 1000
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    /// How many records were applied.
    @discardableResult
    package func run() throws(LetheError) -> Int {
        let applied = try applyNewRecords()
        try recordHolds()
        return applied
    }

    private func applyNewRecords() throws(LetheError) -> Int {
        var count = 0
        var after = try inventory.appliedSeq(origin: log.origin)
        while true {
            let entries = try log.entries(after: after, limit: Self.page)
            guard let last = entries.last else { return count }
            try inventory.apply(
                entries.compactMap { LoggedEvent($0.record, seq: $0.seq, at: $0.time) }, origin: log.origin,
                after: after, through: last.seq)
            count += entries.count
            after = last.seq
        }
    }

    /// A hold is in force from the moment it is stored; its record follows, here if not before.
    private func recordHolds() throws(LetheError) {
        let missing = try inventory.unrecordedHolds()
        guard !missing.isEmpty else { return }
        _ = try log.append(missing.map(\.placement))
        _ = try applyNewRecords()
    }
}

extension LegalHold {
    var placement: AuditRecord {
        .holdPlaced(hold: id, scope: scope, until: until, by: placedBy, reason: reason)
    }
}
