internal import Cryptography
package import Domain
internal import GRDB

/// A plan that lists an attachment, and what the store says became of it there.
package struct PlanListing: Sendable, Equatable {
    package let plan: PlanID
    package let request: RequestID?
    package let item: PlanItem
    /// `nil` = open.
    package let outcome: Outcome?
    package let closedAt: Timestamp?
}

/// What the rows of a plan's items come to.
package struct PlanSize: Sendable, Equatable {
    package let items: Int
    package let bytes: Int64
    /// Of these, how many have ended.
    package let ended: Int

    package init(items: Int = 0, bytes: Int64 = 0, ended: Int = 0) {
        self.items = items
        self.bytes = bytes
        self.ended = ended
    }
}

extension InventoryStore {
    /// The plans that list each of these attachments.
    package func forEachListing(
        of attachments: [AttachmentID], _ body: (AttachmentID, [PlanListing]) throws -> Void
    ) throws(LetheError) {
        try read { database in
            let rows = try Prepared(
                database,
                """
                SELECT i.attachment, i.rule, i.line, i.tier, i.size, i.withheld, i.ground, i.ends, p.id, p.request,
                    i.outcome, i.closed_at
                FROM plan_item i JOIN plan p ON p.key = i.plan WHERE i.attachment = ?
                """)
            for attachment in attachments {
                try rows.bind(1, attachment)
                var listings: [PlanListing] = []
                while try rows.step() {
                    guard let plan: PlanID = rows.letheID(8) else { throw StoreErrors.impossible("plan") }
                    listings.append(
                        PlanListing(
                            plan: plan, request: rows.letheID(9), item: try Self.item(rows), outcome: rows.value(10),
                            closedAt: rows.time(11)))
                }
                try body(attachment, listings)
            }
        }
    }

    /// Of every plan, what its rows come to. `end`: what ended from then on has not.
    package func planSizes(until end: Timestamp) throws(LetheError) -> [PlanID: PlanSize] {
        var sizes: [PlanID: PlanSize] = [:]
        try read { database in
            let rows = try Prepared(
                database,
                """
                SELECT p.id, count(i.plan), coalesce(sum(i.size), 0), count(CASE WHEN i.closed_at < ? THEN i.outcome END)
                FROM plan p LEFT JOIN plan_item i ON i.plan = p.key GROUP BY p.key
                """)
            try rows.bind(1, end)
            while try rows.step() {
                guard let plan: PlanID = rows.letheID(0) else { throw StoreErrors.impossible("plan") }
                sizes[plan] = PlanSize(items: rows.count(1), bytes: rows.int(2) ?? 0, ended: rows.count(3))
            }
        }
        return sizes
    }

    /// How many attachments the plans of each request list, one in several of them once.
    package func listedByRequests() throws(LetheError) -> [RequestID: Int] {
        var counts: [RequestID: Int] = [:]
        try read { database in
            let rows = try Prepared(
                database,
                """
                SELECT p.request, count(DISTINCT i.attachment) FROM plan p JOIN plan_item i ON i.plan = p.key
                WHERE p.request IS NOT NULL GROUP BY p.request
                """)
            while try rows.step() {
                guard let request: RequestID = rows.letheID(0) else { throw StoreErrors.impossible("request") }
                counts[request] = rows.count(1)
            }
        }
        return counts
    }

    /// The stored items of a plan are those of its digest, and what it says of their number and size is so; `false` where there is no such plan.
    package func isWhole(_ id: PlanID) throws(LetheError) -> Bool {
        try read { try Self.isWhole(id, in: $0) }
    }

    static func isWhole(_ id: PlanID, in database: Database) throws -> Bool {
        guard let record = try planRecord(id, withItems: false, in: database) else { return false }
        let sums = try database.first(
            """
            SELECT count(i.plan), p.items = count(i.plan) AND p.bytes = coalesce(sum(i.size), 0)
            FROM plan p LEFT JOIN plan_item i ON i.plan = p.key WHERE p.id = ?
            """, id
        ) { ($0.count(0), $0.bool(1)) }
        guard let (count, addsUp) = sums, addsUp else { return false }
        let digest = try SHA256Stream()
        try digest.update(record.plan.canonicalHead(items: count))
        let rows = try Prepared(
            database,
            """
            SELECT attachment, rule, line, tier, size, withheld, ground, ends FROM plan_item
            WHERE plan = (SELECT key FROM plan WHERE id = ?) ORDER BY attachment
            """)
        try rows.bind(1, id)
        while try rows.step() { try digest.update(item(rows).canonicalBytes) }
        return Hex.encode(try digest.finish().bytes) == record.digest
    }
}
