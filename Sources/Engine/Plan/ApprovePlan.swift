package import Audit
package import Domain
package import Inventory

/// `approval:` of `lethe.yaml`.
package struct ApprovalRule: Sendable, Equatable {
    /// 1 or 2: how many different people must agree.
    package var people: Int
    /// `lethe run --apply` automatically approves plans of at most this many items.
    package var above: Int

    package init(people: Int = 1, above: Int = 1000) {
        self.people = people
        self.above = above
    }

    /// Those of them who count: where several must agree, whoever opened the request is none of them.
    package func people(of approvals: [Approval], openedBy: String?) -> Set<String> {
        Set(approvals.map { Self.person($0.name) })
            .subtracting(people > 1 ? [openedBy].compactMap { $0 }.map(Self.person) : [])
    }

    /// One person has one name, however it is spelt: `Jo.Smith`, `jo-smith`.
    static func person(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }
}

/// Notes who agreed to a plan's digest, in the audit log and then in the inventory, and approves the plan once enough
/// people have.
package struct ApprovePlan: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog
    private let time: any TimeSource
    private let rules: ApprovalRule

    package init(inventory: InventoryStore, log: AuditLog, time: any TimeSource, rules: ApprovalRule) {
        self.inventory = inventory
        self.log = log
        self.time = time
        self.rules = rules
    }

    /// `lethe plan approve ID --as NAME`: one person. Approved once enough have agreed; `digest`, if given, must be the plan's. One that
    /// is approved and lacks people, since more are asked for by now, takes further ones.
    @discardableResult
    package func run(_ id: PlanID, by name: String, digest: String? = nil) throws(LetheError) -> PlanRecord {
        let record = try open(id, andLacking: true)
        let person = try OperatorText.actor(name)
        guard digest == nil || digest == record.digest else {
            throw LetheError(
                "wrong-digest", .refused, "the digest given is not that of plan \(id)", hint: "lethe plan show \(id)")
        }
        let request = try record.plan.request.flatMap { (id) throws(LetheError) in try inventory.request(id) }
        try RecordedTruth(log).refuseUnrecorded(record, request)
        let openedBy = request?.openedBy
        if rules.people > 1, openedBy.map(ApprovalRule.person) == ApprovalRule.person(person) {
            throw LetheError(
                "own-request", .refused, "\(person) opened the request and cannot approve its plan",
                hint: "somebody else: lethe plan approve \(id) --as NAME")
        }
        // A row without its record is no approval of anybody.
        let earlier = rules.people > 1 ? try RecordedTruth(log).approvals(of: record) : []
        let names = rules.people(of: earlier, openedBy: openedBy).union([ApprovalRule.person(person)])
        return try note(record, by: person, how: .cli, isEnough: names.count >= rules.people)
    }

    private func openedBy(_ record: PlanRecord) throws(LetheError) -> String? {
        guard let request = record.plan.request else { return nil }
        return try inventory.request(request)?.openedBy
    }

    /// `lethe run --apply`: within `approval.above` items nobody is asked, and the record says so. `name`: under whom the run is.
    @discardableResult
    package func approveAutomatically(_ id: PlanID, by name: String) throws(LetheError) -> PlanRecord {
        let record = try open(id)
        guard record.plan.items.count <= rules.above else {
            throw Self.needed(record.plan, above: rules.above, isRecorded: true)
        }
        return try note(record, by: name, how: .schedule, isEnough: true)
    }

    static func needed(_ plan: Plan, above: Int, isRecorded: Bool) -> LetheError {
        let (id, count) = (plan.id, plan.items.count)
        return LetheError(
            "approval-needed", .refused,
            "\(isRecorded ? "plan \(id)" : "the plan") has \(count) items, and more than \(above) need a person's approval",
            hint: isRecorded
                ? "lethe plan show \(id), then: lethe plan approve \(id) --as NAME && lethe plan apply \(id)"
                : "lethe run --save, which says how to go on")
    }

    /// `andLacking`: or approved, by fewer people than must agree.
    private func open(_ id: PlanID, andLacking: Bool = false) throws(LetheError) -> PlanRecord {
        try CatchUp(inventory: inventory, log: log).run()
        let record = try inventory.plan(id)
        try ApplyPlan.refuseUnrecorded(record, inventory)
        var isOpen = record.state == .proposed
        if andLacking, record.state == .approved { isOpen = try isLacking(record) }
        guard isOpen else {
            throw LetheError(
                "plan-state", .refused, "plan \(id) is \(record.state.rawValue) and cannot be approved",
                hint: record.state == .cancelled || record.state == .expired
                    ? try ApplyPlan.planAnew(record, inventory) : "lethe plan show \(id)")
        }
        guard !time.isFromLater(record.plan.created) else {
            throw LetheError(
                "plan-stale", .refused, "plan \(id) was made by a clock that was ahead",
                hint: try ApplyPlan.planAnew(record, inventory))
        }
        guard time.now() < record.plan.expires else {
            throw LetheError(
                "plan-stale", .refused, "plan \(id) expired on \(record.plan.expires.brief)",
                hint: try ApplyPlan.planAnew(record, inventory))
        }
        return record
    }

    /// What an apply would not begin for want of people. An approval that is too old is none that others could join.
    private func isLacking(_ record: PlanRecord) throws(LetheError) -> Bool {
        let agreed = try RecordedTruth(log).approvals(of: record)
        guard rules.people(of: agreed, openedBy: try openedBy(record)).count < rules.people else { return false }
        return !ApplyPlan.isOld(agreed, now: time.now(), isFromLater: time.isFromLater)
    }

    private func note(
        _ record: PlanRecord, by name: String, how: AuditRecord.Approval, isEnough: Bool
    ) throws(LetheError) -> PlanRecord {
        let id = record.plan.id
        _ = try log.append([.planApproved(.init(plan: id, digest: record.digest, by: name, how: how))])
        try CatchUp(inventory: inventory, log: log).run()
        if isEnough, record.state == .proposed { try inventory.move(id, to: .approved, by: name) }
        return try inventory.plan(id)
    }
}
