package import Audit
package import Domain
package import Inventory
import Synchronization

/// What the audit log itself says of what people ordered. The rows of `inventory.db` may be lost or changed: they are held
/// against it before anything is deleted.
package struct RecordedTruth: Sendable {
    let log: AuditLog
    /// `nil` = the log is asked each time.
    private var kept: KeptFold?

    package init(_ log: AuditLog) {
        self.log = log
    }

    /// For whoever asks about many plans and requests, or none: what it says of them is what the log has when it is first asked.
    func readOnce() -> RecordedTruth {
        var truth = self
        truth.kept = KeptFold()
        return truth
    }

    func fold() throws(LetheError) -> Fold {
        guard let kept else { return try log.fold() }
        return try kept.read { () throws(LetheError) in try log.fold() }
    }
}

extension RecordedTruth {
    /// The log has the request open or answered, and the inventory lacks it.
    func hasLost(_ id: RequestID, from inventory: InventoryStore) throws(LetheError) -> Bool {
        guard try inventory.request(id) == nil else { return false }
        return try fold().requests.contains(id)
    }

    /// The locked policies as the log has them, each with its form as far as the store keeps it.
    func lockedPolicies(in inventory: InventoryStore) throws(LetheError) -> [LockedPolicyRow] {
        var rows: [LockedPolicyRow] = []
        for (id, lock) in try fold().locks {
            rows.append(
                LockedPolicyRow(
                    id: id, sha256: lock.sha256, origin: lock.origin, form: try inventory.lockedForm(lock.sha256)))
        }
        return rows.sorted { $0.id < $1.id }
    }
}

extension RecordedTruth {
    /// Those who agreed to this digest, of the names that the inventory has: the earlier of both times counts.
    package func approvals(of record: PlanRecord) throws(LetheError) -> [Approval] {
        if let plan = try fold().plans[record.plan.id] { return Self.agreed(to: record, plan) }
        return Self.agreed(to: record, try ended(record.plan.id))
    }

    /// Before a plan is begun or resumed: its digest is in the log, and who agreed to it. `people`: how many different ones must
    /// have. A request has the people and the scope with which it was opened.
    func refuseUnlikeLog(
        _ record: PlanRecord, people: Int, request: ErasureRequest?
    ) throws(LetheError) -> [Approval] {
        let id = record.plan.id
        let fold = try fold()
        let agreed = Self.agreed(to: record, try plan(of: record, request, in: fold))
        let names = ApprovalRule(people: people).people(of: agreed, openedBy: request?.openedBy)
        guard names.count >= people else {
            throw LetheError(
                "not-approved", .refused,
                "the audit log has \(counted(names.count, "approval")) of plan \(id) that count\(names.count == 1 ? "s" : ""), "
                    + "and it needs \(people)",
                hint: "lethe plan approve \(id) --as NAME")
        }
        if let request { try refuseChanged(request, in: fold, needsOpening: true) }
        return agreed
    }

    /// After it was made or approved the log's time went back behind that: whatever now is, its age is not what its dates say.
    func isAhead(_ plan: Plan) throws(LetheError) -> Bool {
        guard let open = try fold().plans[plan.id] else { return false }
        return open.isAheadBy > RunContext.usualClockTolerance * 1_000_000
    }

    /// Throws where the log has no plan of this digest.
    func refuseUnrecorded(_ record: PlanRecord, _ request: ErasureRequest?) throws(LetheError) {
        _ = try plan(of: record, request, in: try fold())
    }

    /// The plan as the log has it: open, or ended while nobody noted it here.
    private func plan(
        of record: PlanRecord, _ request: ErasureRequest?, in fold: Fold
    ) throws(LetheError) -> Fold.OpenPlan {
        let id = record.plan.id
        var plan = fold.plans[id]
        if plan == nil { plan = try ended(id) }
        guard let plan, plan.kind == record.plan.kind, plan.digest == record.digest else {
            throw LetheError(
                "plan-unrecorded", .refused, "the digest of plan \(id) is not in the audit log",
                hint: "lethe plan cancel \(id), then \(ApplyPlan.planAnew(record, request))")
        }
        return plan
    }

    /// One that has ended is in no fold.
    private func ended(_ id: PlanID) throws(LetheError) -> Fold.OpenPlan? {
        try search("\"plan\":\"\(id)\"") { $0.plans[id] }
    }

    /// How each of these ended, and what was said of it afterwards, whichever plan it was: every line is read.
    func endings(of attachments: Set<AttachmentID>) throws(LetheError) -> Endings {
        var endings = Endings()
        guard !attachments.isEmpty else { return endings }
        for reader in try log.readers() {
            try reader.forEachEntry(about: attachments) { endings.add($0) }
        }
        return endings
    }

    /// Those of them that are gone, as the log has it: whatever their rows say, no DELETE is sent for them again.
    func gone(among attachments: Set<AttachmentID>) throws(LetheError) -> Set<AttachmentID> {
        let endings = try endings(of: attachments)
        return attachments.filter { endings.isGone($0) }
    }

    /// Every line is searched for what is in no fold any more: the last that any record made of it.
    private func search<Value>(_ text: String, _ find: (Fold) -> Value?) throws(LetheError) -> Value? {
        var fold = Fold()
        var last: Value?
        for found in try log.records(containing: [text]) {
            fold.add(found.entry, of: found.origin)
            last = find(fold) ?? last
        }
        return last
    }

    /// Throws where the request names others than the log says, or has another scope. What is only told of it may be older than the
    /// oldest segment that is kept.
    package func refuseChanged(_ request: ErasureRequest) throws(LetheError) {
        try refuseChanged(
            request, in: try fold(), needsOpening: try !log.segments().contains(where: { $0.file == nil }))
    }

    private func refuseChanged(
        _ request: ErasureRequest, in fold: Fold, needsOpening: Bool
    ) throws(LetheError) {
        var recorded = fold.opened[request.id]
        if recorded == nil { recorded = try search("\"req\":\"\(request.id)\"") { $0.opened[request.id] } }
        if recorded == nil, !needsOpening { return }
        guard let recorded else {
            throw LetheError(
                "request-changed", .failed, "the audit log does not say who opened request \(request.id), and for whom",
                hint: "put back the newest audit.db; if that is lost, or an older audit prune removed its segment: "
                    + "lethe requests withdraw \(request.id) --as NAME --reason TEXT, and open it anew")
        }
        guard recorded.stands(as: request), recorded.state.isDecided == request.state.isDecided else {
            throw LetheError(
                "request-changed", .failed,
                "request \(request.id) is not as the audit log has it: who it names or who opened it, its scope, its law, "
                    + "its dates, or whether it has ended",
                hint: "put back the newest inventory.db; if that is lost: "
                    + "lethe requests withdraw \(request.id) --as NAME --reason TEXT")
        }
    }

    private static func agreed(to record: PlanRecord, _ plan: Fold.OpenPlan?) -> [Approval] {
        guard let plan, plan.digest == record.digest else { return [] }
        return record.approvals.filter { $0.digest == record.digest }.compactMap { row in
            plan.approvals[row.name].map {
                Approval(name: row.name, how: row.how, at: min(row.at, $0.at), digest: row.digest)
            }
        }
    }
}

extension Endings {
    func isGone(_ id: AttachmentID) -> Bool { word(on: id, of: [])?.counted.stateOfObject == .gone }
}

/// What was read of the log, for as long as somebody asks.
private final class KeptFold: Sendable {
    private let fold = Mutex<Fold?>(nil)

    func read(_ log: () throws(LetheError) -> Fold) throws(LetheError) -> Fold {
        if let known = fold.withLock({ $0 }) { return known }
        let found = try log()
        fold.withLock { $0 = found }
        return found
    }
}
