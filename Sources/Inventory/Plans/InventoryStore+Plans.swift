internal import Cryptography
package import Domain
internal import GRDB

extension InventoryStore {
    /// Freezes a plan and gives its digest: nothing is done with it until its `plan.created` is in the log.
    package func save(_ plan: Plan, includes: SharedInclusion? = nil) throws(LetheError) -> String {
        let digest = plan.digest
        try write { database in
            try database.perform(
                """
                INSERT INTO plan (id, kind, created, partner, policy, request, coverage, max_deletes, max_percent,
                    max_bytes, digest, items, bytes, includes, state)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'proposed')
                """, plan.id, plan.kind.rawValue, plan.created, plan.partner, plan.policyDigest, plan.request,
                plan.coverage, plan.limits.maxDeletes, plan.limits.maxPercent, plan.limits.maxBytes, digest,
                plan.items.count, plan.bytes, includes?.rawValue)
            try Self.insert(plan.items, of: database.lastInsertedRowID, in: database)
        }
        return digest
    }

    /// From now on the request is to be answered by this plan, unless another one of it is open. `change`: what else becomes
    /// different of it.
    package func assign(
        _ plan: PlanID, to request: RequestID, by name: String? = nil, change: (inout ErasureRequest) -> Void = { _ in }
    ) throws(LetheError) {
        try write { database in
            try Self.refuseSecondPlan(of: request, in: database)
            try Self.advance(request, .planned, by: name, in: database) {
                change(&$0)
                $0.plan = plan
            }
        }
    }

    /// Open ones from before `time` that no record speaks of. `others`: those that the log has open.
    package func dropPendingPlans(before time: Timestamp, besides others: Set<PlanID>) throws(LetheError) {
        let pending = try plans().filter {
            !$0.isRecorded && !$0.state.isClosed && $0.created < time && !others.contains($0.id)
        }
        guard !pending.isEmpty else { return }
        try write { database in for plan in pending { try Self.drop(plan.id, in: database) } }
    }

    static func drop(_ id: PlanID, in database: Database) throws {
        for rows in ["approval", "plan_item"] {
            try database.perform("DELETE FROM \(rows) WHERE plan = (SELECT key FROM plan WHERE id = ?)", id)
        }
        try database.perform("DELETE FROM plan WHERE id = ?", id)
    }

    private static func insert(_ items: [PlanItem], of plan: Int64, in database: Database) throws {
        let insert = try Prepared(
            database,
            """
            INSERT INTO plan_item (plan, attachment, rule, line, tier, size, withheld, ground, ends)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        for item in items {
            try insert.bind(1, plan)
            try insert.bind(2, item.attachment)
            try insert.bind(3, item.rule)
            try insert.bind(4, item.line)
            try insert.bind(5, item.tier.code)
            try insert.bind(6, item.size)
            try insert.bind(7, item.withheld?.outcome.rawValue)
            try insert.bind(8, item.withheld?.ground)
            try insert.bind(9, item.withheld?.ends)
            try insert.run()
        }
    }

    /// Reads a plan back and hashes it again: stored items that are not those of its digest are refused. `evenIfChanged`: for
    /// whoever shows it or ends it, and carries nothing out.
    package func plan(_ id: PlanID, evenIfChanged: Bool = false) throws(LetheError) -> PlanRecord {
        try read { database in
            guard let record = try Self.planRecord(id, in: database) else { throw Self.unknown(id) }
            guard evenIfChanged || record.isWhole else {
                throw LetheError(
                    "plan-changed", .failed, "the stored items of plan \(id) are not those of its digest",
                    hint: "cancel it with: lethe plan cancel \(id)")
            }
            return record
        }
    }

    /// The newest first; only those in one of `states` if given.
    package func plans(in states: Set<Plan.State> = []) throws(LetheError) -> [PlanSummary] {
        let all = try read { database in
            try database.all(
                """
                SELECT id, kind, state, created, digest, request, items, bytes, cause, recorded FROM plan
                ORDER BY created DESC, id
                """
            ) { row in
                guard let id: PlanID = row.letheID(0), let kind: Plan.Kind = row.value(1),
                    let state: Plan.State = row.value(2), let created = row.time(3), let digest = row.text(4)
                else { throw StoreErrors.impossible("plan") }
                return PlanSummary(
                    id: id, kind: kind, state: state, created: created, expires: Plan.expiry(created: created),
                    digest: digest, request: row.letheID(5), items: row.count(6), bytes: row.int(7) ?? 0,
                    cause: row.text(8), isRecorded: row.bool(9))
            }
        }
        return states.isEmpty ? all : all.filter { states.contains($0.state) }
    }

    private static func refuseSecondPlan(of request: RequestID, in database: Database) throws {
        let row = try database.first(
            "SELECT p.id, p.state FROM request r JOIN plan p ON p.id = r.plan WHERE r.id = ?", request
        ) { row -> (PlanID?, Plan.State?) in (row.letheID(0), row.value(1)) }
        guard case (let plan?, let state?)? = row, !state.isClosed else { return }
        throw LetheError(
            "request-state", .refused,
            "request \(request) has plan \(plan) in the meantime, which is \(state.rawValue)",
            hint: "lethe requests show \(request)")
    }

    /// Moves a plan on, and the request that it answers with it; refuses a move that there is not, also when another
    /// process was faster. `by`: who approved or closed it. `states`: in which it must still be. `recording`: what the log has before.
    package func move(
        _ id: PlanID, to next: Plan.State, cause: String? = nil, by: String? = nil, from states: Set<Plan.State>? = nil,
        recording: () throws(LetheError) -> Void = {}
    ) throws(LetheError) {
        try write { database in
            try Self.move(id, to: next, cause: cause, from: states, in: database)
            try recording()
            let event: RequestEvent
            switch next {
            case .approved: event = .approved
            case .applying: event = .started
            case .halted: event = .halted
            case .cancelled, .expired: event = .planClosed
            case .proposed, .done: return
            }
            guard let request = try Self.request(answeredBy: id, in: database) else { return }
            // What was left of a plan when its request ended is closed without it.
            let state: ErasureRequest.State? = try database.first("SELECT state FROM request WHERE id = ?", request) {
                $0.value(0)
            }
            guard event != .planClosed || state?.after(.planClosed) != nil else { return }
            let includes: Int64? = try database.first("SELECT includes FROM plan WHERE id = ?", id) { $0.int(0) } ?? nil
            try Self.advance(request, event, by: by, reason: cause, in: database) {
                if event == .approved, let includes { $0.included = SharedInclusion(rawValue: includes) }
            }
        }
    }

    /// A plan of a request is done, and the request with it, in the way that `event` says. `coveredUntil`: what the person sent
    /// until then was asked for; by default until `now`.
    package func finish(
        _ id: PlanID, _ event: RequestEvent, now: Timestamp, coveredUntil: Timestamp? = nil
    ) throws(LetheError) {
        try write { database in
            try Self.move(id, to: .done, cause: nil, from: nil, in: database)
            guard let request = try Self.request(answeredBy: id, in: database) else { return }
            let after = try Self.advance(request, event, in: database) {
                if $0.state.isAnswered { $0.answered = now }
            }
            guard after.state.isAnswered else { return }
            try StayDeleted.register(request, until: coveredUntil ?? now, in: database)
        }
    }

    /// The request whose plan this is now; `nil` = it has another one, or the plan is of no request.
    private static func request(answeredBy plan: PlanID, in database: Database) throws -> RequestID? {
        try database.first("SELECT id FROM request WHERE plan = ?", plan) { $0.letheID(0) }
    }

    private static func move(
        _ id: PlanID, to next: Plan.State, cause: String?, from states: Set<Plan.State>?, in database: Database
    ) throws {
        let stored: Plan.State? = try database.first("SELECT state FROM plan WHERE id = ?", id) { $0.value(0) }
        guard let state = stored else { throw unknown(id) }
        guard state.mayBecome(next), states?.contains(state) ?? true else {
            throw LetheError(
                "plan-state", .refused, "plan \(id) is \(state.rawValue) and cannot be \(next.rawValue) any more",
                hint: "lethe plan show \(id)")
        }
        try database.perform(
            "UPDATE plan SET state = ?2, cause = ?3, stop = 0 WHERE id = ?1", id, next.rawValue, cause)
    }

    /// Whoever applies the plan is to stop: `lethe plan cancel` from another process.
    package func askToStop(_ id: PlanID, _ isAsked: Bool) throws(LetheError) {
        try write { try $0.perform("UPDATE plan SET stop = ?2 WHERE id = ?1", id, isAsked ? 1 : 0) }
    }

    /// So is whoever applies what is not to be applied any more.
    package func isAskedToStop(_ id: PlanID) throws(LetheError) -> Bool {
        try read {
            try $0.first("SELECT stop OR state <> 'applying' FROM plan WHERE id = ?", id) { $0.bool(0) } ?? false
        }
    }

    /// An approval that was carried over from an earlier plan is as old as it was there.
    package func date(_ time: Timestamp, approvalOf plan: PlanID, by name: String) throws(LetheError) {
        try write { database in
            try database.perform(
                "UPDATE approval SET at = ?3 WHERE plan = (SELECT key FROM plan WHERE id = ?1) AND name = ?2", plan,
                name,
                time)
        }
    }

    /// Notes that `--allow-deletes` was said for this plan.
    package func liftLimits(of id: PlanID) throws(LetheError) {
        try write { try $0.perform("UPDATE plan SET lifted = 1 WHERE id = ?", id) }
    }

    /// Every item with its outcome, by attachment id. What a plan left open when it was closed was not attempted, on record or not.
    package func results(of id: PlanID) throws(LetheError) -> [ItemResult] {
        try read { database in
            let reader = try Prepared(
                database,
                """
                SELECT i.attachment, i.rule, i.line, i.tier, i.size, i.withheld, i.ground, i.ends,
                    i.attempts - (SELECT count(*) FROM intent n JOIN run r ON r.id = n.run
                        WHERE n.attachment = i.attachment AND r.plan = p.id AND n.class = 'not_sent'),
                    CASE WHEN i.outcome IS NULL AND p.state IN ('cancelled', 'expired') THEN 'not_attempted'
                        ELSE i.outcome END, i.grade, i.http, i.trace, i.closed_at
                FROM plan p JOIN plan_item i ON i.plan = p.key WHERE p.id = ? ORDER BY i.attachment
                """)
            try reader.bind(1, id)
            var results: [ItemResult] = []
            while try reader.step() {
                let item = try Self.item(reader)
                results.append(
                    ItemResult(
                        attachment: item.attachment, rule: item.rule, line: item.line, size: item.size,
                        withheld: item.withheld, attempts: reader.count(8), outcome: reader.value(9),
                        grade: reader.value(10), http: reader.int(11).map { Int($0) }, trace: reader.text(12),
                        closedAt: reader.time(13)))
            }
            return results
        }
    }

    static func unknown(_ id: PlanID) -> LetheError {
        LetheError("unknown-plan", .usage, "there is no plan \(id)", hint: "lethe plan list")
    }
}

extension InventoryStore {
    static func planRecord(_ id: PlanID, withItems: Bool = true, in database: Database) throws -> PlanRecord? {
        try database.first(
            """
            SELECT key, kind, created, partner, policy, request, coverage, max_deletes, max_percent, max_bytes, digest,
                state, cause, lifted, recorded, includes FROM plan WHERE id = ?
            """, id
        ) { row in
            guard let key = row.int(0), let kind: Plan.Kind = row.value(1), let created = row.time(2),
                let partner = row.text(3), let policy = row.text(4), let coverage = row.text(6),
                let digest = row.text(10), let state: Plan.State = row.value(11)
            else { throw StoreErrors.impossible("plan") }
            let items =
                try !withItems
                ? []
                : database.all(
                    """
                    SELECT attachment, rule, line, tier, size, withheld, ground, ends FROM plan_item WHERE plan = ?
                    """, key, row: item)
            let limits = Limits(maxDeletes: row.count(7), maxPercent: row.count(8), maxBytes: row.int(9) ?? 0)
            let plan = Plan(
                id: id, kind: kind, created: created, partner: partner, policyDigest: policy, request: row.letheID(5),
                coverage: coverage, limits: limits, items: items)
            return PlanRecord(
                plan: plan, digest: digest, state: state, cause: row.text(12),
                approvals: try approvals(of: key, in: database), limitsLifted: row.bool(13),
                includes: row.int(15).map { SharedInclusion(rawValue: $0) }, isRecorded: row.bool(14))
        }
    }

    /// Of the columns from `attachment` to `ends`.
    static func item(_ row: Prepared) throws -> PlanItem {
        guard let attachment: AttachmentID = row.vendorID(0), let rule = row.text(1), let tier = Tier(code: row.int(3))
        else { throw StoreErrors.impossible("plan item") }
        var withheld: Withholding?
        if let outcome: Outcome = row.value(5) {
            withheld = Withholding(outcome: outcome, ground: row.text(6) ?? "", ends: row.time(7))
        }
        return PlanItem(
            attachment: attachment, rule: rule, line: try row.int(2).map { try PhoneLine("+\($0)") }, tier: tier,
            size: row.int(4), withheld: withheld)
    }

    private static func approvals(of plan: Int64, in database: Database) throws -> [Approval] {
        try database.all("SELECT name, how, at, digest FROM approval WHERE plan = ? ORDER BY at, name", plan) { row in
            guard let name = row.text(0), let how = row.text(1), let at = row.time(2), let digest = row.text(3) else {
                throw StoreErrors.impossible("approval")
            }
            return Approval(name: name, how: how, at: at, digest: digest)
        }
    }
}
