internal import Domain
internal import GRDB

/// Applies records of the audit log inside one transaction.
struct Projector {
    private let database: Database
    private let origin: String
    private let isReplay: Bool

    /// `origin`: the log that the records are of. `isReplay`: all of them come once more, and what followed from them with them.
    init(_ database: Database, origin: String, isReplay: Bool = false) {
        self.database = database
        self.origin = origin
        self.isReplay = isReplay
    }

    func apply(_ logged: LoggedRecord) throws {
        let at = logged.at
        switch logged.record {
        case .runStart(let start):
            let isKnown = try database.first("SELECT 1 FROM run WHERE id = ?", start.run) { $0.int(0) } != nil
            // Applied twice, deletions would be told twice.
            guard !isKnown else { throw Self.behindItself }
            try database.perform("INSERT INTO run (id, plan, started) VALUES (?, ?, ?)", start.run, start.plan, at)
        case .runEnd(let end): try self.end(end.run, end.counts, at)
        case .runHalt(let halt):
            try database.perform("UPDATE run SET ended = ?2, cause = ?3 WHERE id = ?1", halt.run, at, halt.cause)
        case .deleteIntent(let intent): try announce(intent, at)
        case .deleteOutcome(let answer): try answered(answer, at)
        case .itemClosed(let closing):
            let ending = Ending(
                attachment: closing.attachment, outcome: closing.outcome, http: nil, trace: nil, at: at)
            try close(ending, run: closing.run)
        case .deleteVerified(let verification): try verified(verification, at)
        case .planCreated(let plan):
            // A cross-check with what this store committed before the log did.
            try database.perform("UPDATE plan SET recorded = 1 WHERE id = ? AND digest = ?", plan.plan, plan.digest)
        case .planApproved(let approval):
            try database.perform(
                """
                INSERT OR IGNORE INTO approval (plan, digest, name, how, at)
                SELECT key, digest, ?3, ?4, ?5 FROM plan WHERE id = ?1 AND digest = ?2
                """, approval.plan, approval.digest, approval.by, approval.how.rawValue, at)
        case .requestOpened(let opening):
            try database.perform("UPDATE request SET recorded = 1 WHERE id = ?", opening.request)
        case .requestUpdated(let update):
            if try !OwnChanges.take(origin, logged.seq, in: database) { try updated(update, at) }
            // What the person sends after the answer is a new matter, also for an older inventory that does not know of it.
            if update.state.isAnswered { try StayDeleted.register(update.request, until: at, in: database) }
        case .holdPlaced(let placing): try placed(placing.hold)
        case .holdReleased(let release): try InventoryStore.release(release.hold, at: at, in: database)
        case .policyLocked(let lock):
            try database.perform(
                "INSERT OR REPLACE INTO locked_policy VALUES (?, ?, ?)", lock.id, lock.sha256, origin)
        case .operatorAct(let act): try acted(act)
        default: break
        }
    }

    private func acted(_ act: AuditRecord.OperatorAct) throws {
        switch act.act {
        case .limitRaise:
            guard let plan = try? PlanID(act.ref) else { return }
            try database.perform("UPDATE plan SET lifted = 1 WHERE id = ?", plan)
        case .planCancel, .planExpire:
            guard let plan = try? PlanID(act.ref) else { return }
            try closed(plan, as: act.act == .planCancel ? .cancelled : .expired, cause: act.reason)
        // The form loaded then, if it is locked, follows as `policy.locked`.
        case .policyUnlock: try database.perform("DELETE FROM locked_policy WHERE id = ?", act.ref)
        default: break
        }
    }

    private static let behindItself = LetheError(
        "inventory-behind-itself", .refused,
        "inventory.db has runs of which it says that it has not heard yet: somebody wrote to it",
        hint:
            "put back the newest inventory.db, or take what the log has: lethe inventory rebuild --as NAME --reason TEXT"
    )

    /// How an item ended.
    private struct Ending {
        let attachment: AttachmentID
        let outcome: Outcome
        let http: Int?
        let trace: String?
        let at: Timestamp
    }

    private func end(_ run: RunID, _ counts: RunCounts, _ at: Timestamp) throws {
        try database.perform(
            """
            UPDATE run SET ended = ?2, items = ?3, deleted = ?4, absent = ?5, withheld = ?6, failed = ?7, open = ?8
            WHERE id = ?1
            """, run, at, counts.items, counts.deleted, counts.absent, counts.withheld, counts.failed, counts.open)
    }

    private func announce(_ intent: AuditRecord.Intent, _ at: Timestamp) throws {
        let (run, attachment) = (intent.run, intent.attachment)
        let isKnown =
            try database.first(
                "SELECT 1 FROM intent WHERE op = ? AND try = ?", intent.operation, intent.attempt
            ) { $0.int(0) } != nil
        // Announced again in a new segment of the log.
        guard !isKnown else { return }
        try database.perform(
            "INSERT INTO intent (op, try, run, attachment, rule, at) VALUES (?, ?, ?, ?, ?, ?)", intent.operation,
            intent.attempt, run, attachment, intent.rule, at)
        try database.perform(
            """
            UPDATE plan_item SET attempts = attempts + 1
            WHERE attachment = ?2 AND plan = (SELECT p.key FROM run r JOIN plan p ON p.id = r.plan WHERE r.id = ?1)
            """, run, attachment)
    }

    private func answered(_ answer: AuditRecord.Answer, _ at: Timestamp) throws {
        let (operation, attempt) = (answer.operation, answer.attempt)
        let (attachment, http) = (answer.attachment, answer.http)
        try database.perform(
            """
            UPDATE intent SET answered_at = ?3, class = ?4, http = ?5, trace = ?6, outcome = ?7 WHERE op = ?1 AND try = ?2
            """, operation, attempt, at, answer.answer.rawValue, http, answer.trace, answer.final?.rawValue)
        // Timeouts are nobody's voice; whose 404 it was, the log does not say.
        if http > 0, !(http == 404 && answer.answer == .unknown) { try heard(attachment, at) }
        if http == 204 {
            // Once more, each has the cursor that it had.
            let key = isReplay ? "(SELECT coalesce(max(key), 0) + 1 FROM confirmation)" : "NULL"
            try database.perform(
                "INSERT INTO confirmation (key, attachment, at, http, trace) VALUES (\(key), ?, ?, ?, ?)", attachment,
                at,
                http, answer.trace)
        }
        guard let final = answer.final else { return }
        let run: RunID? = try database.first("SELECT run FROM intent WHERE op = ? AND try = ?", operation, attempt) {
            $0.letheID(0)
        }
        try close(
            Ending(attachment: attachment, outcome: final, http: http, trace: answer.trace, at: at), run: run)
    }

    /// The vendor spoke, or a person: from then on it counts anew who answers.
    private func heard(_ attachment: AttachmentID, _ at: Timestamp) throws {
        try database.perform("DELETE FROM answered_by_others WHERE attachment = ? AND first <= ?", attachment, at)
    }

    /// Closes the item, and whatever was announced for it and never answered: a crash leaves that behind.
    private func close(_ ending: Ending, run: RunID?) throws {
        try database.perform(
            "UPDATE intent SET answered_at = ?2, outcome = ?3 WHERE attachment = ?1 AND answered_at IS NULL",
            ending.attachment, ending.at, ending.outcome.rawValue)
        try database.perform(
            """
            UPDATE plan_item SET outcome = ?3, grade = ?4, http = ?5, trace = ?6, closed_at = ?7
            WHERE attachment = ?2 AND plan = (SELECT p.key FROM run r JOIN plan p ON p.id = r.plan WHERE r.id = ?1)
            """, run, ending.attachment, ending.outcome.rawValue, ending.outcome.ownGrade?.rawValue, ending.http,
            ending.trace,
            ending.at)
        if ending.outcome != .notAttempted { try heard(ending.attachment, ending.at) }
        guard let state = ending.outcome.stateOfObject else { return }
        if state == .gone {
            // After a restore of an older inventory the log may know more than it does.
            try database.perform("INSERT OR IGNORE INTO attachment (id) VALUES (?)", ending.attachment)
        }
        try database.perform(
            """
            UPDATE attachment SET state = ?2, outcome = ?3, outcome_at = ?4, grade = ?5, revision = revision + 1,
                next_check = CASE ?2 WHEN 1 THEN NULL ELSE next_check END
            WHERE id = ?1
            """, ending.attachment, state.code, ending.outcome.rawValue, ending.at, ending.outcome.ownGrade?.rawValue)
    }

    /// Grade X says that the object is still there: it is live again, whatever the 204 said.
    private func verified(_ verification: AuditRecord.Verification, _ at: Timestamp) throws {
        let (attachment, grade) = (verification.attachment, verification.grade)
        try database.perform(
            "INSERT INTO verification (attachment, run, at, http, grade) VALUES (?, ?, ?, ?, ?)", attachment,
            verification.run, at, verification.http, grade.rawValue)
        try database.perform(
            """
            UPDATE plan_item SET grade = ?2 WHERE attachment = ?1 AND outcome IS NOT NULL
            AND closed_at = (SELECT max(closed_at) FROM plan_item WHERE attachment = ?1)
            """, attachment, grade.rawValue)
        try database.perform("UPDATE attachment SET grade = ?2 WHERE id = ?1", attachment, grade.rawValue)
        guard grade == .x else { return }
        try database.perform(
            "UPDATE attachment SET state = 0, next_check = 0, revision = revision + 1 WHERE id = ? AND state <> 0",
            attachment)
        if database.changesCount > 0, !isReplay { try StayDeleted.reopen(thatErased: attachment, in: database) }
    }

    /// An older inventory was put back, and the log knows that this plan was closed: it stays so.
    private func closed(_ plan: PlanID, as state: Plan.State, cause: String?) throws {
        try database.perform(
            """
            UPDATE plan SET state = ?2, cause = ?3, stop = 0
            WHERE id = ?1 AND state IN ('proposed', 'approved', 'applying', 'halted')
            """, plan, state.rawValue, cause)
        guard database.changesCount > 0 else { return }
        try database.perform(
            "UPDATE request SET state = 'received' WHERE plan = ? AND state IN ('planned', 'approved', 'applying')",
            plan)
    }

    /// The same of a request: it is as the log has it last, and nothing follows once it was refused or withdrawn. Of states on the way
    /// to an answer the plan tells, which may be lost: then the request is to be searched again, in full, before it is completed.
    private func updated(_ update: AuditRecord.RequestUpdate, _ at: Timestamp) throws {
        let (request, state) = (update.request, update.state)
        if let due = update.due { try database.perform("UPDATE request SET due = ?2 WHERE id = ?1", request, due) }
        let known: ErasureRequest.State? = try database.first("SELECT state FROM request WHERE id = ?", request) {
            $0.value(0)
        }
        guard let known, !known.isDecided else { return }
        // A plan that is not here, or what reopened it: what was searched and found for either is lost.
        if state == .planned || (state == .received && known.isAnswered) {
            try database.perform("UPDATE request SET coverage = 'partial', search_settled = 0 WHERE id = ?", request)
        }
        guard known != state, state.isClosed || known.isClosed else { return }
        try database.perform(
            "UPDATE request SET state = ?2, answered = ?3 WHERE id = ?1", request,
            (state.isClosed ? state : .received).rawValue, state.isClosed ? at : nil)
        guard state.isAnswered else { return }
        // What answered it is lost with the inventory that had it; the plan that is here did not.
        try database.perform(
            """
            UPDATE request SET plan = NULL WHERE id = ?1 AND EXISTS (
                SELECT 1 FROM plan p WHERE p.id = request.plan AND (p.state IN ('cancelled', 'expired') OR EXISTS (
                    SELECT 1 FROM plan_item i LEFT JOIN attachment a ON a.id = i.attachment
                    WHERE i.plan = p.key AND (i.outcome IS NULL OR (?2 AND a.state = 0)))))
            """, request, state == .completed)
    }

    /// One that is not pending here is in force nowhere: whoever decides meanwhile looks at the log's again.
    private func placed(_ hold: HoldID) throws {
        try database.perform("UPDATE hold SET recorded = 1 WHERE id = ? AND recorded = 0", hold)
        guard database.changesCount == 0 else { return }
        try database.perform("UPDATE hold_version SET value = value + 1")
    }
}
