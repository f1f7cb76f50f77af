package import Audit
package import Domain
package import Inventory

/// Tells the audit log what became of requests. The inventory keeps each change, in the transaction that made it, until it
/// is told: a process that died in between is caught up by whoever comes next.
package struct RecordRequests: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    init(_ context: RunContext) { self.init(inventory: context.inventory, log: context.log) }

    package func run() throws(LetheError) {
        let log = log
        try inventory.recordChanges { (changes) throws(LetheError) in
            _ = try log.append(changes.map(\.record))
        }
    }
}

extension RequestChange {
    fileprivate var record: AuditRecord {
        isOpening
            ? .requestOpened(.init(request))
            : .requestUpdated(.init(request: request.id, state: state, due: due, by: by, reason: reason))
    }
}
