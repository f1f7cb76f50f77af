package import Audit
package import Domain
package import Inventory
import Synchronization

/// What the audit log itself says of what people ordered. The rows of `inventory.db` may be lost or changed: they are held
/// against it before anything is deleted.
package struct RecordedTruth: Sendable {
    private let log: AuditLog
    /// All records of plans and requests, once they were asked for; `nil` = the log is asked each time.
    private var kept: KeptRecords?

    package init(_ log: AuditLog) {
        self.log = log
    }

    /// For whoever asks about many plans and requests, or none: what it says of them is what the log has when it is first asked.
    func readOnce() -> RecordedTruth {
        var truth = self
        truth.kept = KeptRecords()
        return truth
    }

    /// Records of any of these, among others.
    private func records(containing needles: [String]) throws(LetheError) -> [FoundRecord] {
        guard let kept else { return try log.records(containing: needles) }
        return try kept.read { () throws(LetheError) in
            try log.records(ofTypes: ["plan.created", "plan.approved", "request.opened", "request.updated"])
        }
    }

    func orders(
        ofTypes types: Set<String> = [
            "hold.placed", "hold.released", "request.opened", "request.updated", "policy.locked", "operator.act",
        ]
    ) throws(LetheError) -> StandingOrders {
        var orders = StandingOrders()
        for record in try log.records(ofTypes: types) { orders.add(record.entry, of: record.origin) }
        return orders
    }
}

extension RecordedTruth {
    /// What the log has in force at `now` and the inventory has lost, ended, or otherwise than it was placed: none of it holds any
    /// more what it must.
    package struct Lost: Sendable, Equatable {
        package var holds: [HoldID] = []
        package var requests: [RequestID] = []

        package init(holds: [HoldID] = [], requests: [RequestID] = []) {
            self.holds = holds
            self.requests = requests
        }
    }

    package func lost(from inventory: InventoryStore, at now: Timestamp) throws(LetheError) -> Lost {
        // The log first: what is placed meanwhile is in the store before it is in the log.
        let orders = try orders()
        let holds = Set(try inventory.lacking(of: orders.holds.values, at: now).map(\.id))
        let known = Set(try inventory.requests().map(\.id))
        return Lost(
            holds: holds.union(try inventory.unresolvedHolds()).sorted(),
            requests: orders.requests.subtracting(known).union(try inventory.unresolvedRequests()).sorted())
    }

    /// Placed and not released, as far as the log knows.
    func isInForce(_ id: HoldID) throws(LetheError) -> Bool {
        var orders = StandingOrders()
        for record in try log.records(containing: ["\"hold\":\"\(id)\""]) {
            orders.add(record.entry, of: record.origin)
        }
        return orders.holds[id] != nil
    }

    /// The log has the request open or answered, and the inventory lacks it.
    func hasLost(_ id: RequestID, from inventory: InventoryStore) throws(LetheError) -> Bool {
        guard try inventory.request(id) == nil else { return false }
        var orders = StandingOrders()
        for record in try log.records(containing: [Self.needle(of: id)]) { orders.add(record.entry, of: record.origin) }
        return orders.requests.contains(id)
    }

    /// The locked policies that are remembered, each with the digest that the log has. What the store alone remembers counts too.
    func lockedPolicies(in inventory: InventoryStore) throws(LetheError) -> [LockedPolicyRow] {
        let locks = try orders().locks
        var rows: [String: LockedPolicyRow] = [:]
        for row in try inventory.lockedPolicies() { rows[row.id] = row }
        for (id, lock) in locks where rows[id]?.sha256 != lock.sha256 {
            rows[id] = LockedPolicyRow(
                id: id, sha256: lock.sha256, origin: lock.origin, form: try inventory.lockedForm(lock.sha256))
        }
        return rows.values.sorted { $0.id < $1.id }
    }
}

extension RecordedTruth {
    /// Those who agreed to this digest, of the names that the inventory has: the earlier of both times counts.
    func approvals(of record: PlanRecord) throws(LetheError) -> [Approval] {
        agreed(to: record, try records(containing: [Self.needle(of: record.plan)]))
    }

    /// Before a plan is begun or resumed: its digest is in the log, and who agreed to it. `people`: how many different ones must
    /// have. A request has the people and the scope with which it was opened.
    func refuseUnlikeLog(
        _ record: PlanRecord, people: Int, request: ErasureRequest?
    ) throws(LetheError) -> [Approval] {
        let id = record.plan.id
        let needles = [Self.needle(of: record.plan)] + (request.map { [Self.needle(of: $0.id)] } ?? [])
        let found = try records(containing: needles)
        try Self.refuseUnrecorded(record, request, found)
        let agreed = agreed(to: record, found)
        let names = ApprovalRule(people: people).people(of: agreed, openedBy: request?.openedBy)
        guard names.count >= people else {
            throw LetheError(
                "not-approved", .refused,
                "the audit log has \(counted(names.count, "approval")) of plan \(id) that count\(names.count == 1 ? "s" : ""), "
                    + "and it needs \(people)",
                hint: "lethe plan approve \(id) --as NAME")
        }
        if let request { try refuseChanged(request, found, needsOpening: true) }
        return agreed
    }

    /// After it was made or approved the log's time went back behind that: whatever now is, its age is not what its dates say.
    func isAhead(_ plan: Plan) throws(LetheError) -> Bool {
        var latest: Timestamp?
        for found in try log.records(ofTypes: ["plan.created", "plan.approved", "clock.step"]) {
            switch found.entry.record {
            case .planCreated(let made) where made.plan != plan.id: continue
            case .planApproved(let approval) where approval.plan != plan.id: continue
            case .planCreated, .planApproved: latest = max(latest ?? found.entry.time, found.entry.time)
            case .clockStep:
                let limit = found.entry.time.adding(seconds: RunContext.usualClockTolerance)
                if let latest, limit < latest { return true }
            default: continue
            }
        }
        return false
    }

    /// Throws where the log has no plan of this digest.
    func refuseUnrecorded(_ record: PlanRecord, _ request: ErasureRequest?) throws(LetheError) {
        try Self.refuseUnrecorded(record, request, try records(containing: [Self.needle(of: record.plan)]))
    }

    private static func refuseUnrecorded(
        _ record: PlanRecord, _ request: ErasureRequest?, _ found: [FoundRecord]
    ) throws(LetheError) {
        let id = record.plan.id
        let isCreated = found.contains {
            guard case .planCreated(let made) = $0.entry.record else { return false }
            return made.plan == id && made.digest == record.digest
        }
        guard !isCreated else { return }
        throw LetheError(
            "plan-unrecorded", .refused, "the digest of plan \(id) is not in the audit log",
            hint: "lethe plan cancel \(id), then \(ApplyPlan.planAnew(record, request))")
    }

    /// Throws where the request names others than the log says, or has another scope. What is only told of it may be older than the
    /// oldest segment that is kept.
    package func refuseChanged(_ request: ErasureRequest) throws(LetheError) {
        let found = try records(containing: [Self.needle(of: request.id)])
        try refuseChanged(
            request, found, needsOpening: try !log.segments().contains(where: { $0.file == nil }))
    }

    private func refuseChanged(
        _ request: ErasureRequest, _ found: [FoundRecord], needsOpening: Bool
    ) throws(LetheError) {
        var openings: [AuditRecord.RequestOpening] = []
        for case .requestOpened(let opening) in found.map(\.entry.record) where opening.request == request.id {
            openings.append(opening)
        }
        if openings.isEmpty, !needsOpening { return }
        var due = openings.first?.due
        for case .requestUpdated(let update) in found.map(\.entry.record) where update.request == request.id {
            due = update.due ?? due
        }
        let isSame = openings.allSatisfy {
            Set($0.subjects) == Set(request.subjects) && $0.scope == request.scope && $0.by == request.openedBy
                && $0.received == request.received && $0.jurisdiction == request.jurisdiction
        }
        guard !openings.isEmpty else {
            throw LetheError(
                "request-changed", .failed, "the audit log does not say who opened request \(request.id), and for whom",
                hint: "put back the newest audit.db; if that is lost, or an older audit prune removed its segment: "
                    + "lethe requests withdraw \(request.id) --as NAME --reason TEXT, and open it anew")
        }
        guard isSame, due == request.due else {
            throw LetheError(
                "request-changed", .failed,
                "request \(request.id) is not as the audit log has it: who it names or who opened it, its scope, its law, or its dates",
                hint: "put back the newest inventory.db; if that is lost: "
                    + "lethe requests withdraw \(request.id) --as NAME --reason TEXT")
        }
    }

    private func agreed(to record: PlanRecord, _ found: [FoundRecord]) -> [Approval] {
        var times: [String: Timestamp] = [:]
        for one in found {
            guard case .planApproved(let approval) = one.entry.record, approval.plan == record.plan.id,
                approval.digest == record.digest
            else { continue }
            times[approval.by] = min(times[approval.by] ?? one.entry.time, one.entry.time)
        }
        return record.approvals.filter { $0.digest == record.digest }.compactMap { row in
            times[row.name].map { Approval(name: row.name, how: row.how, at: min(row.at, $0), digest: row.digest) }
        }
    }

    private static func needle(of plan: Plan) -> String { "\"plan\":\"\(plan.id)\"" }
    private static func needle(of request: RequestID) -> String { "\"req\":\"\(request)\"" }
}

/// What was read of the log, for as long as somebody asks.
private final class KeptRecords: Sendable {
    private let records = Mutex<[FoundRecord]?>(nil)

    func read(_ log: () throws(LetheError) -> [FoundRecord]) throws(LetheError) -> [FoundRecord] {
        if let known = records.withLock({ $0 }) { return known }
        let found = try log()
        records.withLock { $0 = found }
        return found
    }
}
