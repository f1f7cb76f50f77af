import Audit
import Domain
import Inventory

extension InventoryStore {
    /// What becomes of requests here is recorded in `log` first.
    func record(in log: AuditLog) {
        recordChanges { (changes) throws(LetheError) in (log.origin, try log.append(changes.map(\.record))) }
    }
}

extension RequestChange {
    fileprivate var record: AuditRecord {
        isOpening
            ? .requestOpened(.init(request))
            : .requestUpdated(.init(request: request.id, state: state, due: due, by: by, reason: reason))
    }
}
