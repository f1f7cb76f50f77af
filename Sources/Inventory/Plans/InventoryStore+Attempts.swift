package import Domain
internal import GRDB

/// What the runs of one plan tried on one of its items.
package struct ItemAttempts: Sendable, Equatable {
    package let attachment: AttachmentID
    package let op: OperationID
    /// Number of the latest attempt.
    package let last: Int
    /// Answers that leave open whether the vendor acted.
    package let mayHaveActed: Int
    /// Those of them that were a 404 which is not the vendor's own.
    package let answeredByOthers: Int
    /// When the first intent was written.
    package let firstIntent: Timestamp?
}

extension InventoryStore {
    /// Items of a plan that were tried, with what is to be known before the next attempt.
    package func attempts(of plan: PlanID) throws(LetheError) -> [ItemAttempts] {
        try read { database in
            try database.all(
                """
                SELECT i.attachment, i.op, max(i.try), coalesce(sum(i.class = 'unknown'), 0),
                    coalesce(sum(i.class = 'unknown' AND i.http = 404), 0), min(i.at)
                FROM plan p JOIN plan_item t ON t.plan = p.key JOIN intent i ON i.attachment = t.attachment
                JOIN run r ON r.id = i.run AND r.plan = p.id
                WHERE p.id = ? AND t.attempts > 0 GROUP BY i.attachment, i.op
                """, plan
            ) { row in
                guard let attachment: AttachmentID = row.vendorID(0), let op: OperationID = row.letheID(1) else {
                    throw StoreErrors.impossible("intent")
                }
                return ItemAttempts(
                    attachment: attachment, op: op, last: row.count(2), mayHaveActed: row.count(3),
                    answeredByOthers: row.count(4), firstIntent: row.time(5))
            }
        }
    }

    /// A DELETE was announced under this request.
    package func wasBegun(_ request: RequestID) throws(LetheError) -> Bool {
        try read { database in
            try database.first(
                """
                SELECT 1 FROM plan p JOIN run r ON r.plan = p.id JOIN intent i ON i.run = r.id WHERE p.request = ? LIMIT 1
                """, request
            ) { $0.int(0) } != nil
        }
    }

    /// Open items of a plan that a DELETE of an earlier plan may have removed.
    package func tried(before plan: PlanID) throws(LetheError) -> Set<AttachmentID> {
        try ids(
            """
            SELECT DISTINCT t.attachment FROM plan p JOIN plan_item t ON t.plan = p.key
            JOIN intent i ON i.attachment = t.attachment
            WHERE p.id = ?1 AND t.outcome IS NULL AND \(Self.mayHaveRemoved)
                AND NOT EXISTS (SELECT 1 FROM run r WHERE r.id = i.run AND r.plan = ?1)
            """, plan)
    }

    /// Open items of a plan that are gone: another plan removed them.
    package func gone(in plan: PlanID) throws(LetheError) -> Set<AttachmentID> {
        try ids(
            """
            SELECT t.attachment FROM plan p JOIN plan_item t ON t.plan = p.key JOIN attachment a ON a.id = t.attachment
            WHERE p.id = ? AND t.outcome IS NULL AND a.state = \(AttachmentState.gone.code)
            """, plan)
    }

    /// Open items of a plan that are answered by others: a person is to look at them.
    package func setAside(in plan: PlanID) throws(LetheError) -> Set<AttachmentID> {
        try ids(
            """
            SELECT t.attachment FROM plan p JOIN plan_item t ON t.plan = p.key
            WHERE p.id = ? AND p.state IN ('applying', 'halted') AND t.outcome IS NULL AND t.attempts > 0
            """, plan
        ).intersection(try answeredByOthers())
    }

    /// What plans in work have tried and not ended stays with them, and all that is open in one that was halted: a person may be looking.
    package func inWork() throws(LetheError) -> Set<AttachmentID> {
        try ids(
            """
            SELECT t.attachment FROM plan p JOIN plan_item t ON t.plan = p.key
            WHERE t.outcome IS NULL AND (p.state = 'applying' AND t.attempts > 0 OR p.state = 'halted' AND t.withheld IS NULL)
            """)
    }

    /// A GET missed a live attachment. On disk when this returns, so that no later run, of whichever plan, takes the absence for its
    /// own doing. Where a DELETE of ours may explain it, since its answer was lost or is still awaited, it says nothing; `plan`:
    /// the GET comes before what this one has announced.
    package func noteMiss(of attachment: AttachmentID, at now: Timestamp, before plan: PlanID? = nil) throws(LetheError)
    {
        try write { database in
            try database.perform(
                """
                INSERT OR IGNORE INTO setting SELECT 'missed:' || hex(?1), ?2
                WHERE EXISTS (SELECT 1 FROM attachment WHERE id = ?1 AND state <> \(AttachmentState.gone.code))
                    AND NOT EXISTS (SELECT 1 FROM intent i WHERE i.attachment = ?1 AND \(Self.mayHaveRemoved))
                    AND NOT EXISTS (SELECT 1 FROM intent i LEFT JOIN run r ON r.id = i.run
                        WHERE i.attachment = ?1 AND i.answered_at IS NULL AND r.plan IS NOT ?3)
                """, attachment, now.description, plan)
        }
    }

    /// A GET found it: a miss that was noted before said nothing.
    package func forgetMiss(of attachment: AttachmentID) throws(LetheError) {
        try remove("setting WHERE name = 'missed:' || hex(?)", attachment)
    }

    /// What most attachments have no row of: then nothing is written, which would take as long as the disk does.
    func remove(_ rows: String, _ attachment: AttachmentID) throws(LetheError) {
        guard try read({ try $0.first("SELECT 1 FROM \(rows)", attachment) { $0.int(0) } }) != nil else { return }
        try write { try $0.perform("DELETE FROM \(rows)", attachment) }
    }

    /// Items of a plan that a GET missed before any DELETE of ours, and none has found since.
    package func missed(in plan: PlanID) throws(LetheError) -> Set<AttachmentID> {
        try ids(
            """
            SELECT t.attachment FROM plan p JOIN plan_item t ON t.plan = p.key WHERE p.id = ? AND \(Self.wasMissed("t"))
            """, plan)
    }

    /// The attachments in the first column.
    func ids(_ sql: String, _ values: any SQLValue...) throws(LetheError) -> Set<AttachmentID> {
        try read { database in
            let rows = try Prepared(database, sql)
            try rows.bind(all: values)
            var found: Set<AttachmentID> = []
            while try rows.step() {
                guard let attachment: AttachmentID = rows.vendorID(0) else { throw StoreErrors.impossible("item") }
                found.insert(attachment)
            }
            return found
        }
    }

    /// Intents `i` whose answer was lost, of plans that are known here, and before which no GET had missed the attachment; what was
    /// found alive since then was not removed by them.
    private static let mayHaveRemoved = """
        i.class = 'unknown' AND EXISTS (SELECT 1 FROM run r JOIN plan q ON q.id = r.plan WHERE r.id = i.run)
        AND NOT \(wasMissed("i"))
        AND NOT EXISTS (
            SELECT 1 FROM verification v WHERE v.attachment = i.attachment AND v.grade = 'X' AND v.at >= i.at)
        """

    /// A miss is of the attachment, whichever plan comes later, and among the settings, since most attachments have none.
    private static func wasMissed(_ row: String) -> String {
        "EXISTS (SELECT 1 FROM setting z WHERE z.name = 'missed:' || hex(\(row).attachment))"
    }
}
