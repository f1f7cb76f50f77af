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
    /// A GET before the first DELETE did not find it.
    package let wasMissedBefore: Bool
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
                    coalesce(sum(i.class = 'unknown' AND i.http = 404), 0),
                    EXISTS (SELECT 1 FROM missed_before m WHERE m.plan = p.key AND m.attachment = i.attachment),
                    min(i.at)
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
                    answeredByOthers: row.count(4), wasMissedBefore: row.bool(5),
                    firstIntent: row.time(6))
            }
        }
    }

    /// A GET before the first DELETE of an item did not find it. On disk when this returns, so that no later run takes the
    /// absence for its own doing.
    package func noteMissedBefore(_ attachment: AttachmentID, plan: PlanID) throws(LetheError) {
        try write { database in
            try database.perform(
                "INSERT OR IGNORE INTO missed_before SELECT key, ?2 FROM plan WHERE id = ?1", plan, attachment)
        }
    }
}
