internal import Domain
internal import GRDB

/// Applies events of the audit log inside one transaction.
struct Projector {
    private let database: Database
    private let origin: String

    /// `origin`: the log that the events are of.
    init(_ database: Database, origin: String) {
        self.database = database
        self.origin = origin
    }

    func apply(_ logged: LoggedEvent) throws {
        let at = logged.at
        switch logged.event {
        case .runStarted(let run, let plan):
            try database.perform("INSERT OR IGNORE INTO run (id, plan, started) VALUES (?, ?, ?)", run, plan, at)
        case .runEnded(let run, let counts): try end(run, counts, at)
        case .runHalted(let run, let cause):
            try database.perform("UPDATE run SET ended = ?2, cause = ?3 WHERE id = ?1", run, at, cause)
        case .intent(let run, let op, let attempt, let attachment, let rule):
            try announce(run, op, attempt, attachment, rule, at)
        case .outcome(let op, let attempt, let attachment, let answer, let http, let trace, let final):
            let ending = final.map { Ending(attachment: attachment, outcome: $0, http: http, trace: trace, at: at) }
            try answered(op, attempt, answer, http: http, trace: trace, ending: ending, at: at, attachment: attachment)
        case .itemClosed(let run, let attachment, let outcome):
            try close(Ending(attachment: attachment, outcome: outcome, http: nil, trace: nil, at: at), run: run)
        case .verified(let run, let attachment, let http, let grade):
            try verified(run, attachment, http, grade, at)
        case .planCreated(let plan, let digest):
            try database.perform("UPDATE plan SET recorded = 1 WHERE id = ? AND digest = ?", plan, digest)
        case .limitsLifted(let plan): try database.perform("UPDATE plan SET lifted = 1 WHERE id = ?", plan)
        case .planApproved(let plan, let digest, let name, let how):
            try database.perform(
                """
                INSERT OR IGNORE INTO approval (plan, digest, name, how, at)
                SELECT key, digest, ?3, ?4, ?5 FROM plan WHERE id = ?1 AND digest = ?2
                """, plan, digest, name, how, at)
        case .requestOpened(let request):
            try database.perform("UPDATE request SET recorded = 1 WHERE id = ?", request)
        case .planClosed(let plan, let state): try closed(plan, as: state)
        case .requestUpdated(let request, let state, let due):
            if try !OwnChanges.take(origin, logged.seq, in: database) { try updated(request, to: state, due: due, at) }
            if state.isAnswered { try answered(request, at) }
        case .holdPlaced(let hold):
            try placed(hold)
        case .holdReleased(let hold): try InventoryStore.release(hold, at: at, in: database)
        case .policyLocked(let id, let sha256):
            try database.perform("INSERT OR REPLACE INTO locked_policy VALUES (?, ?, ?)", id, sha256, origin)
        case .policyUnlocked(let id): try database.perform("DELETE FROM locked_policy WHERE id = ?", id)
        }
    }

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

    private func announce(
        _ run: RunID, _ op: OperationID, _ attempt: Int, _ attachment: AttachmentID, _ rule: String, _ at: Timestamp
    ) throws {
        let isKnown =
            try database.first("SELECT 1 FROM intent WHERE op = ? AND try = ?", op, attempt) { $0.int(0) } != nil
        // Announced again in a new segment of the log.
        guard !isKnown else { return }
        try database.perform(
            "INSERT INTO intent (op, try, run, attachment, rule, at) VALUES (?, ?, ?, ?, ?, ?)", op, attempt,
            run,
            attachment, rule, at)
        try database.perform(
            """
            UPDATE plan_item SET attempts = attempts + 1
            WHERE attachment = ?2 AND plan = (SELECT p.key FROM run r JOIN plan p ON p.id = r.plan WHERE r.id = ?1)
            """, run, attachment)
    }

    private func answered(
        _ op: OperationID, _ attempt: Int, _ answer: AnswerClass, http: Int, trace: String?, ending: Ending?,
        at: Timestamp, attachment: AttachmentID
    ) throws {
        try database.perform(
            """
            UPDATE intent SET answered_at = ?3, class = ?4, http = ?5, trace = ?6, outcome = ?7 WHERE op = ?1 AND try = ?2
            """, op, attempt, at, answer.rawValue, http, trace, ending?.outcome.rawValue)
        // Timeouts are nobody's voice; whose 404 it was, the log does not say.
        if http > 0, !(http == 404 && answer == .unknown) { try heard(attachment, at) }
        if http == 204 {
            try database.perform(
                "INSERT INTO confirmation (attachment, at, http, trace) VALUES (?, ?, ?, ?)", attachment, at, http,
                trace)
        }
        guard let ending else { return }
        let run: RunID? = try database.first("SELECT run FROM intent WHERE op = ? AND try = ?", op, attempt) {
            $0.letheID(0)
        }
        try close(ending, run: run)
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
    private func verified(
        _ run: RunID, _ attachment: AttachmentID, _ http: Int, _ grade: EvidenceGrade, _ at: Timestamp
    ) throws {
        try database.perform(
            "INSERT INTO verification (attachment, run, at, http, grade) VALUES (?, ?, ?, ?, ?)", attachment, run, at,
            http,
            grade.rawValue)
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
        if database.changesCount > 0 { try StayDeleted.reopen(thatErased: attachment, in: database) }
    }

    /// An older inventory was put back, and the log knows that this plan was closed: it stays so.
    private func closed(_ plan: PlanID, as state: Plan.State) throws {
        try database.perform(
            "UPDATE plan SET state = ?2, stop = 0 WHERE id = ?1 AND state IN ('proposed', 'approved', 'applying', 'halted')",
            plan, state.rawValue)
        guard database.changesCount > 0 else { return }
        try database.perform(
            "UPDATE request SET state = 'received' WHERE plan = ? AND state IN ('planned', 'approved', 'applying')",
            plan)
    }

    /// The same of a request: it is as the log has it last, and nothing follows once it was refused or withdrawn. Of states on the way to an answer the plan tells, which may be lost: then the request is
    /// to be searched again, in full, before it is completed.
    private func updated(
        _ request: RequestID, to state: ErasureRequest.State, due: Timestamp?, _ at: Timestamp
    ) throws {
        if let due { try database.perform("UPDATE request SET due = ?2 WHERE id = ?1", request, due) }
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

    /// What the person sends after the answer is a new matter, also for an older inventory that does not know of it.
    private func answered(_ request: RequestID, _ at: Timestamp) throws {
        try database.perform(
            """
            INSERT INTO erased_person (subject, request, until)
            SELECT subject, request, ?2 FROM request_subject WHERE request = ?1 ON CONFLICT DO NOTHING
            """, request, at)
    }

    /// One that is not pending here is in force nowhere: whoever decides meanwhile looks at the log's again.
    private func placed(_ hold: HoldID) throws {
        try database.perform("UPDATE hold SET recorded = 1 WHERE id = ? AND recorded = 0", hold)
        guard database.changesCount == 0 else { return }
        try database.perform("UPDATE hold_version SET value = value + 1")
    }
}
