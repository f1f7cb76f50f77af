package import Audit
import Cryptography
package import Domain
package import Inventory

/// Places a legal hold: it is in force when the inventory has it, and is recorded then.
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
        try inventory.place(hold)
        do throws(LetheError) {
            try record(hold, in: log)
        } catch {
            // It is in force, so it must be recorded, in whichever segment there is now.
            guard error.code == "audit-log-rolled-over" else { throw error }
            let next = try log.reopened()
            try record(hold, in: next)
            try next.sealIfNeeded()
        }
        return hold
    }

    private func record(_ hold: LegalHold, in log: AuditLog) throws(LetheError) {
        _ = try log.append([hold.placement])
        try CatchUp(inventory: inventory, log: log).run()
    }
}

/// Releases a legal hold: recorded first, so that nothing is deleted of which the log would still say that it is held.
package struct ReleaseHold: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    /// A hold that only the log knows, or that the inventory has otherwise, can be released too: it stops every apply until then.
    package func run(_ id: HoldID, by name: String, reason: String, now: Timestamp) throws(LetheError) {
        try CatchUp(inventory: inventory, log: log).run()
        let stored = try inventory.holds().first { $0.id == id }
        let isLost = try inventory.unresolvedHolds().contains(id)
        let isStored = stored != nil && stored?.releasedAt == nil
        var isInForce = isLost || isStored
        if !isInForce { isInForce = try RecordedTruth(log).isInForce(id) }
        guard isInForce else {
            throw LetheError("unknown-hold", .usage, "there is no hold \(id) in force", hint: "lethe hold list")
        }
        // What a crash left unrecorded was placed before it is released.
        let unrecorded = try inventory.unrecordedHolds().filter { $0.id == id }.map(\.placement)
        _ = try log.append(
            unrecorded + [
                .holdReleased(
                    .init(hold: id, by: try OperatorText.actor(name), reason: try OperatorText.reason(reason)))
            ])
        if stored != nil { try inventory.release(id, at: now) }
        try CatchUp(inventory: inventory, log: log).run()
    }
}
