package import Audit
package import Domain
package import Inventory

/// Brings the inventory's projection up to the audit log: what a process that died in between left undone. Every command
/// that reads the projection or writes to it begins with this.
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
}

extension LegalHold {
    var placement: AuditRecord {
        .holdPlaced(hold: id, scope: scope, until: until, by: placedBy, reason: reason)
    }
}
