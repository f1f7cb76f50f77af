package import Audit
package import Domain
package import Inventory

/// `--allow-deletes N`: lifts all limits for one plan of at most N deletions, on record. These do not count in the window of
/// the last 24 hours.
package struct AllowDeletes: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    package func run(_ id: PlanID, atMost count: Int, by name: String, reason: String? = nil) throws(LetheError) {
        let record = try inventory.plan(id)
        let request = try record.plan.request.flatMap { (id) throws(LetheError) in try inventory.request(id) }
        try RecordedTruth(log).refuseUnrecorded(record, request)
        guard record.plan.items.count(where: { $0.withheld == nil }) <= count else {
            throw Self.tooMany(record.plan, count, hint: "look at it: lethe plan show \(id)")
        }
        try inventory.liftLimits(of: id)
        _ = try log.append([.operatorAct(.init(act: .limitRaise, ref: id.description, by: name, reason: reason))])
        try CatchUp(inventory: inventory, log: log).run()
    }

    static func tooMany(_ plan: Plan, _ most: Int, hint: String? = nil) -> LetheError {
        LetheError(
            "over-limit", .refused,
            "\(hint == nil ? "the plan" : "plan \(plan.id)") deletes \(plan.items.count { $0.withheld == nil }) attachments, --allow-deletes allows \(most)",
            hint: hint ?? "look at it: lethe run --save")
    }
}
