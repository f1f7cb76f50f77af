package import Domain
internal import GRDB

/// What became of the rows that the log does not bear out, and what of it could not be made again.
package struct Rebuilt: Sendable, Equatable {
    /// In force here, and never recorded.
    package var droppedHolds: [LegalHold] = []
    package var droppedRequests: [RequestID] = []
    package var droppedPlans: [PlanID] = []
    /// They name somebody who is not known here: whom they are about nobody can tell.
    package var lostHolds: [HoldID] = []
    package var lostRequests: [RequestID] = []
    /// On record, and their items are not here, or are others; that they are lost is not on record yet.
    package var lostPlans: [PlanID] = []
    /// Made from the log alone: how it came in and what was looked through for it is not known.
    package var restoredHolds: [HoldID] = []
    package var restoredRequests: [RequestID] = []

    package init() {}
}

extension InventoryStore {
    /// Makes holds, requests, plan states, approvals, outcomes and locks again from the records of the log, in one transaction.
    /// `replay` hands over all of them, segment by segment, in their order. `oldest`: when the oldest segment that is kept was begun,
    /// where older ones were removed: what ended before that is left as it is.
    package func rebuild(
        since oldest: Timestamp?, _ replay: (_ take: (String, [LoggedRecord]) throws -> Void) throws -> Void
    ) throws(LetheError) -> Rebuilt {
        try write { database in
            var rebuilding = Rebuilding(database, since: oldest ?? Timestamp(microseconds: .min))
            try rebuilding.clear()
            try replay { origin, records in try rebuilding.take(records, of: origin) }
            var rebuilt = try rebuilding.finish()
            rebuilt.lostPlans = try rebuilding.recordedPlans.sorted().filter { id in
                try !rebuilding.lost.contains(id.description) && !Self.isWhole(id, in: database)
            }
            return rebuilt
        }
    }
}

/// One rebuild, inside its transaction.
struct Rebuilding {
    private struct PlanEnd {
        var isBegun = false
        var isOver = false
        var runs: Set<RunID> = []
    }

    private let database: Database
    private let oldest: Timestamp
    /// Segments were removed: what is recorded again from them has the time of that.
    var isCut: Bool { oldest.microseconds > .min }
    private var holds: [HoldID: LegalHold] = [:]
    private var recordedHolds: Set<HoldID> = []
    private var requests: [RequestID: (state: ErasureRequest.State, at: Timestamp)] = [:]
    private var plans: [PlanID: PlanEnd] = [:]
    private var before: [PlanID: Plan.State] = [:]
    private(set) var recordedPlans: Set<PlanID> = []
    /// Somebody accepted a clock that was far from the vendor's: times of rows may be by either.
    private(set) var isClockDoubtful = false
    /// The ids of what was put on record as lost.
    private(set) var lost: Set<String> = []
    private var result = Rebuilt()

    init(_ database: Database, since oldest: Timestamp) {
        self.database = database
        self.oldest = oldest
    }

    mutating func clear() throws {
        for hold in try InventoryStore.holds(in: database) { holds[hold.id] = hold }
        try database.perform("UPDATE hold SET recorded = 0 WHERE placed_at >= ? OR released_at IS NULL", oldest)
        try database.perform("UPDATE request SET recorded = 0")
        let rows = try database.all("SELECT id, state FROM plan WHERE created >= ?", oldest) { row in
            (try Self.id(row) as PlanID, row.value(1) ?? Plan.State.proposed)
        }
        before = Dictionary(rows) { $1 }
        try database.perform(
            "UPDATE plan SET recorded = 0, lifted = 0, stop = 0, state = 'proposed', cause = NULL WHERE created >= ?",
            oldest)
        for (table, time) in [
            ("approval", "at"), ("intent", "at"), ("verification", "at"), ("confirmation", "at"), ("run", "started"),
        ] {
            try database.perform("DELETE FROM \(table) WHERE \(time) >= ?", oldest)
        }
        // Cursors go on from the last that is given again.
        try database.perform("DELETE FROM sqlite_sequence WHERE name = 'confirmation'")
        try database.perform("DELETE FROM applied")
        try database.perform("DELETE FROM locked_policy")
        try database.perform("DELETE FROM setting WHERE name GLOB 'told:*'")
        try database.perform(
            """
            UPDATE plan_item SET outcome = NULL, grade = NULL, http = NULL, trace = NULL, closed_at = NULL, attempts = 0
            WHERE plan IN (SELECT key FROM plan WHERE created >= ?)
            """, oldest)
        try database.perform(
            """
            UPDATE attachment SET state = CASE state WHEN 1 THEN 0 ELSE state END, outcome = NULL, outcome_at = NULL,
                grade = NULL, named_again = 0, next_check = 0, revision = revision + 1
            WHERE (outcome_at >= ?1 OR outcome_at IS NULL) AND (state = 1 OR outcome IS NOT NULL OR grade IS NOT NULL)
            """, oldest)
    }

    mutating func take(_ records: [LoggedRecord], of origin: String) throws {
        let projector = Projector(database, origin: origin, isReplay: true)
        for logged in records {
            switch logged.record {
            case .holdPlaced(let placing): try place(placing, logged.at)
            case .holdReleased(let release): try InventoryStore.release(release.hold, at: logged.at, in: database)
            case .requestOpened(let opening): try open(opening)
            case .requestUpdated(let update): try move(update, logged.at)
            case .operatorAct(let act) where act.act == .stateLost: lost.insert(act.ref)
            case .operatorAct(let act) where act.act == .clockAccept: isClockDoubtful = true
            case .planCreated(let plan):
                recordedPlans.insert(plan.plan)
                try projector.apply(logged)
            case .runStart(let start):
                plans[start.plan, default: PlanEnd()].isBegun = true
                plans[start.plan]?.runs.insert(start.run)
                try projector.apply(logged)
            case .runEnd(let end):
                for (id, plan) in plans where plan.runs.contains(end.run) && end.counts.open == 0 {
                    plans[id]?.isOver = true
                }
                try projector.apply(logged)
            default: try projector.apply(logged)
            }
        }
        guard let last = records.last else { return }
        try database.perform(
            "INSERT INTO applied VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq", origin, last.seq)
    }

    private mutating func place(_ placing: AuditRecord.HoldPlacing, _ at: Timestamp) throws {
        let id = placing.hold
        // What was carried over from a removed segment has the time of that.
        guard recordedHolds.insert(id).inserted else { return }
        let hold = LegalHold(
            id: id, scope: placing.scope, placedAt: placedAt(holds[id], recorded: at), placedBy: placing.by,
            reason: placing.reason ?? "", until: placing.until)
        try database.perform("DELETE FROM hold_subject WHERE hold = ?", id)
        try database.perform("DELETE FROM hold WHERE id = ?", id)
        do {
            try InventoryStore.insert(hold, isRecorded: true, in: database)
            if holds[id] == nil { result.restoredHolds.append(id) }
        } catch let error as LetheError where error.code == "unknown-subject" {
            result.lostHolds.append(id)
        }
    }

    /// The row has the earlier time of the order itself; one from long before its record is believed only where that may have been
    /// recorded again.
    private func placedAt(_ known: LegalHold?, recorded at: Timestamp) -> Timestamp {
        guard let known, isCut || at.adding(seconds: -86_400) < known.placedAt else { return at }
        return min(at, known.placedAt)
    }

    private mutating func open(_ opening: AuditRecord.RequestOpening) throws {
        let id = opening.request
        guard requests[id] == nil else { return }
        requests[id] = (.received, opening.received)
        let keys: [Int64]
        do {
            keys = try InventoryStore.subjectKeys(opening.subjects, in: database)
        } catch let error as LetheError where error.code == "unknown-subject" {
            result.lostRequests.append(id)
            return
        }
        let isKnown = try database.first("SELECT 1 FROM request WHERE id = ?", id) { $0.int(0) } != nil
        try database.perform(
            """
            INSERT INTO request (id, state, received, due, jurisdiction, scope, opened_by, coverage, recorded)
            VALUES (?, 'received', ?, ?, ?, ?, ?, 'partial', 1) ON CONFLICT DO UPDATE SET received = excluded.received,
                due = excluded.due, jurisdiction = excluded.jurisdiction, scope = excluded.scope,
                opened_by = excluded.opened_by, recorded = 1
            """, id, opening.received, opening.due, opening.jurisdiction.rawValue, opening.scope.rawValue, opening.by)
        try database.perform("DELETE FROM request_subject WHERE request = ?", id)
        for key in Set(keys) { try database.perform("INSERT INTO request_subject VALUES (?, ?)", id, key) }
        if !isKnown { result.restoredRequests.append(id) }
    }

    private mutating func move(_ update: AuditRecord.RequestUpdate, _ at: Timestamp) throws {
        requests[update.request] = (update.state, at)
        if let due = update.due {
            try database.perform("UPDATE request SET due = ?2 WHERE id = ?1", update.request, due)
        }
        guard update.state.isAnswered else { return }
        try StayDeleted.register(update.request, until: at, in: database)
    }

    mutating func finish() throws -> Rebuilt {
        try dropUnrecorded()
        try settlePlans()
        for (id, last) in requests {
            try database.perform(
                """
                UPDATE request SET state = ?2, plan = coalesce(
                    (SELECT p.id FROM plan p WHERE p.id = request.plan),
                    (SELECT p.id FROM plan p WHERE p.request = request.id AND ?3 IS NOT NULL ORDER BY p.created DESC LIMIT 1)),
                    answered = CASE WHEN ?4 AND ?3 IS NOT NULL AND answered < ?3 THEN answered ELSE ?3 END
                WHERE id = ?1
                """, id, last.state.rawValue, last.state.isClosed ? last.at : nil, isCut ? 1 : 0)
            // On the way with a plan that is not here, or is closed, it is to be planned anew, and the log says so too.
            let isLeft = try database.first(
                """
                SELECT 1 FROM request WHERE id = ? AND state IN ('planned', 'approved', 'applying')
                AND NOT EXISTS (SELECT 1 FROM plan p WHERE p.id = request.plan AND p.state NOT IN ('cancelled', 'expired'))
                """, id
            ) { $0.int(0) }
            if isLeft != nil {
                try InventoryStore.advance(id, .planClosed, reason: "its plan is lost", in: database)
            }
        }
        try InventoryStore.resetNextChecks(.all, in: database)
        try database.perform("UPDATE hold_version SET value = value + 1")
        return result
    }

    private mutating func dropUnrecorded() throws {
        for (id, hold) in holds where !recordedHolds.contains(id) && hold.releasedAt == nil {
            result.droppedHolds.append(hold)
        }
        result.droppedHolds.sort { $0.id < $1.id }
        try database.perform("DELETE FROM hold_subject WHERE hold IN (SELECT id FROM hold WHERE recorded = 0)")
        try database.perform("DELETE FROM hold WHERE recorded = 0")
        result.droppedRequests = try database.all("SELECT id FROM request WHERE recorded = 0 ORDER BY id") {
            try Self.id($0)
        }
        for id in result.droppedRequests {
            try database.perform("DELETE FROM request_subject WHERE request = ?", id)
            try database.perform("DELETE FROM erased_person WHERE request = ?", id)
            try database.perform("DELETE FROM request WHERE id = ?", id)
        }
        result.droppedPlans = try database.all("SELECT id FROM plan WHERE recorded = 0 ORDER BY id") { try Self.id($0) }
        for id in result.droppedPlans {
            try InventoryStore.drop(id, in: database)
        }
    }

    private static func id<Kind>(_ row: Prepared) throws -> LetheID<Kind> {
        guard let id: LetheID<Kind> = row.letheID(0) else { throw StoreErrors.impossible("id") }
        return id
    }

    /// `plan.cancel` and `plan.expire` were applied with the rest. Whoever applies a plan asks the log who agreed to it.
    private func settlePlans() throws {
        let rows = try database.all(
            """
            SELECT id, request, EXISTS (SELECT 1 FROM approval WHERE plan = p.key) FROM plan p WHERE state = 'proposed'
            """
        ) { row in (try Self.id(row) as PlanID, row.letheID(1) as RequestID?, row.bool(2)) }
        for (id, request, hasApprovals) in rows {
            let end = plans[id] ?? PlanEnd()
            let isRequestApproved = request.map { requests[$0]?.state == .approved } ?? false
            let isApproved = hasApprovals && (isRequestApproved || before[id] != .proposed)
            let state: Plan.State = end.isOver ? .done : end.isBegun ? .halted : isApproved ? .approved : .proposed
            try database.perform(
                """
                UPDATE plan SET state = ?2, cause = CASE ?2 WHEN 'halted' THEN
                    (SELECT cause FROM run WHERE plan = ?1 ORDER BY started DESC LIMIT 1) END WHERE id = ?1
                """, id, state.rawValue)
        }
    }
}
