package import Domain
internal import GRDB

/// Ended items in any number, to be read in order: a temporary database that goes with this object. Nothing of it is in memory but
/// some pages.
package final class Worksheet: Sendable {
    private let queue: DatabaseQueue

    package init() throws(LetheError) {
        do {
            // Without a name SQLite makes a file of its own in the folder for temporary ones, and removes it.
            queue = try DatabaseQueue(path: "")
            try queue.writeWithoutTransaction { database in
                try database.execute(
                    sql: """
                        PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;
                        PRAGMA temp_store = FILE;
                        CREATE TABLE item (
                            at INTEGER NOT NULL, attachment BLOB NOT NULL, plan BLOB NOT NULL, run BLOB, request BLOB,
                            rule TEXT NOT NULL, line INTEGER, tier INTEGER NOT NULL, size INTEGER, outcome TEXT NOT NULL,
                            grade TEXT, attempts INTEGER NOT NULL, answer TEXT, trace TEXT
                        ) STRICT;
                        """)
            }
        } catch {
            throw StoreErrors.map(error)
        }
    }

    package func add(_ items: [EndedItem]) throws(LetheError) {
        do {
            try queue.write { database in
                let insert = try Prepared(
                    database, "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                for item in items {
                    try insert.bind(1, item.at)
                    try insert.bind(2, item.attachment)
                    try insert.bind(3, item.plan)
                    try insert.bind(4, item.run)
                    try insert.bind(5, item.request)
                    try insert.bind(6, item.rule)
                    try insert.bind(7, item.line)
                    try insert.bind(8, item.tier.code)
                    try insert.bind(9, item.bytes)
                    try insert.bind(10, item.outcome.rawValue)
                    try insert.bind(11, item.grade?.rawValue)
                    try insert.bind(12, item.attempts)
                    try insert.bind(13, item.lastAnswer)
                    try insert.bind(14, item.trace)
                    try insert.run()
                }
            }
        } catch {
            throw StoreErrors.map(error)
        }
    }

    /// In order of time, then of attachment and plan; the first `limit` of them.
    package func forEachItem(limit: Int = .max, _ body: (EndedItem) throws -> Void) throws(LetheError) {
        do {
            try queue.read { database in
                let rows = try Prepared(
                    database,
                    """
                    SELECT at, attachment, plan, run, request, rule, line, tier, size, outcome, grade, attempts, answer, trace
                    FROM item ORDER BY at, attachment, plan LIMIT ?
                    """)
                try rows.bind(1, limit)
                while try rows.step() { try body(Self.item(rows)) }
            }
        } catch {
            throw StoreErrors.map(error)
        }
    }

    private static func item(_ row: Prepared) throws -> EndedItem {
        guard let at = row.time(0), let attachment: AttachmentID = row.vendorID(1), let plan: PlanID = row.letheID(2),
            let rule = row.text(5), let tier = Tier(code: row.int(7)), let outcome: Outcome = row.value(9)
        else { throw StoreErrors.impossible("item") }
        return EndedItem(
            attachment: attachment, at: at, plan: plan, run: row.letheID(3), request: row.letheID(4), rule: rule,
            line: try row.int(6).map { try PhoneLine("+\($0)") }, tier: tier, bytes: row.int(8), outcome: outcome,
            grade: row.value(10), attempts: row.count(11), lastAnswer: row.text(12), trace: row.text(13))
    }
}
