package import Audit
package import Domain
package import Inventory

/// Moves requests on: the inventory first, then the audit log.
package struct RequestStates: Sendable {
    let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    /// Writes down the request as it is now, and records its state.
    package func update(_ request: ErasureRequest, by: String? = nil, reason: String? = nil) throws(LetheError) {
        try inventory.update(request)
        _ = try log.append([
            .requestUpdated(request: request.id, state: request.state, due: request.due, by: by, reason: reason)
        ])
    }

    /// Completed requests whose person turned out to have more: they are to be planned again.
    package func reopen(_ ids: [RequestID], reason: String) throws(LetheError) {
        for id in ids {
            guard var request = try inventory.request(id), request.state.isAnswered else { continue }
            request.state = .received
            request.answered = nil
            try update(request, reason: reason)
        }
    }

    /// After a run of the request's plan.
    func follow(_ result: RunResult, of id: RequestID, now: Timestamp) throws(LetheError) {
        guard var request = try inventory.request(id), !request.state.isClosed else { return }
        guard result.halted == nil, result.counts[.open as Outcome.Group] == 0 else {
            request.state = .applying
            return try update(request, reason: result.halted?.rawValue)
        }
        let erased = result.counts[.deleted as Outcome.Group] + result.counts[.absent as Outcome.Group]
        let isWhole = erased == result.counts.total && request.coverage != .partial
        request.state = isWhole ? .completed : .completedWithExceptions
        request.answered = now
        try update(request)
        try inventory.registerErased(id, until: now)
    }
}
