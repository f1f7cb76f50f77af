package import Audit
import Cryptography
package import Domain
package import Inventory

/// Places a legal hold: recorded, and in force when this returns, also over older records that were tampered with: it only keeps.
package struct PlaceHold: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    package func run(
        _ scope: LegalHold.Scope, by name: String, reason: String, until: Timestamp? = nil, now: Timestamp
    ) throws(LetheError) -> LegalHold {
        if let until, until <= now {
            throw LetheError(
                "hold-ended", .usage,
                "a hold cannot end before it begins, and by this machine's clock it is \(now.brief) now")
        }
        let hold = LegalHold(
            id: try Randomness.id(HoldKind.self), scope: scope, placedAt: now, placedBy: try OperatorText.actor(name),
            reason: try OperatorText.reason(reason), until: until)
        try inventory.prepare(hold)
        let log = try append(
            .holdPlaced(
                .init(hold: hold.id, scope: scope, until: until, by: hold.placedBy, reason: hold.reason)))
        let catchUp = CatchUp(inventory: inventory, log: log)
        do throws(LetheError) {
            try catchUp.run()
        } catch {
            // What closed segments say is not to be had; the hold is in the live one.
            try catchUp.follow()
        }
        return hold
    }

    /// In whichever segment there is now.
    private func append(_ record: AuditRecord) throws(LetheError) -> AuditLog {
        do throws(LetheError) {
            _ = try log.append([record])
            return log
        } catch {
            guard error.code == "audit-log-rolled-over" else { throw error }
            let next = try log.reopened()
            _ = try next.append([record])
            try next.sealIfNeeded()
            return next
        }
    }
}

/// Ends a hold: recorded before it takes effect.
package struct ReleaseHold: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    /// One that only the log knows, or that the inventory has otherwise, is released too.
    package func run(_ id: HoldID, by name: String, reason: String) throws(LetheError) {
        try CatchUp(inventory: inventory, log: log).run()
        guard try log.fold().holds[id] != nil else {
            throw LetheError("unknown-hold", .usage, "there is no hold \(id) in force", hint: "lethe hold list")
        }
        _ = try log.append([
            .holdReleased(.init(hold: id, by: try OperatorText.actor(name), reason: try OperatorText.reason(reason)))
        ])
        try CatchUp(inventory: inventory, log: log).run()
    }
}
