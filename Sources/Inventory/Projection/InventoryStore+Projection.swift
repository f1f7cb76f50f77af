package import Domain
internal import GRDB

extension InventoryStore {
    /// The logs of which it has applied anything.
    package func appliedOrigins() throws(LetheError) -> Set<String> {
        Set(try read { try $0.all("SELECT origin FROM applied") { $0.text(0) ?? "" } })
    }

    /// The last record of this log that was applied; −1 = none.
    package func appliedSeq(origin: String) throws(LetheError) -> Int64 {
        try read { try Self.appliedSeq(origin: origin, in: $0) }
    }

    /// Applies what the log says, in one transaction. `records` are those after `after`, up to and including `last`, in
    /// order; those that say nothing of this store may be left out. What was applied before is passed over, so a repetition changes nothing; a gap is
    /// refused (`projection-gap`), and the caller reads the log again from `appliedSeq`.
    package func apply(
        _ records: [LoggedRecord], origin: String, after: Int64, through last: Int64
    ) throws(LetheError) {
        try write { database in
            let applied = try Self.appliedSeq(origin: origin, in: database)
            guard applied >= after else {
                throw LetheError(
                    "projection-gap", .failed,
                    "the inventory has applied record \(applied) and was given from \(after + 1)"
                )
            }
            guard applied < last else { return }
            let projector = Projector(database, origin: origin)
            for record in records where record.seq > applied && record.seq <= last { try projector.apply(record) }
            try database.perform(
                "INSERT INTO applied VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq", origin, last)
        }
    }

    private static func appliedSeq(origin: String, in database: Database) throws -> Int64 {
        try database.first("SELECT seq FROM applied WHERE origin = ?", origin) { $0.int(0) } ?? -1
    }

    /// Announced DELETEs without an answer, oldest first: settled before anything new is sent.
    package func openIntents() throws(LetheError) -> [OpenIntent] {
        try read { database in
            try database.all(
                """
                SELECT i.op, i.try, i.run, r.plan, i.attachment, i.rule, i.at FROM intent i LEFT JOIN run r ON r.id = i.run
                WHERE i.answered_at IS NULL ORDER BY i.at, i.op, i.try
                """
            ) { row in
                guard let op: OperationID = row.letheID(0), let run: RunID = row.letheID(2),
                    let attachment: AttachmentID = row.vendorID(4), let at = row.time(6)
                else { throw StoreErrors.impossible("intent") }
                return OpenIntent(
                    op: op, attempt: row.count(1), run: run, plan: row.letheID(3), attachment: attachment,
                    rule: row.text(5) ?? "", at: at)
            }
        }
    }

    package func run(_ id: RunID) throws(LetheError) -> RunRecord? {
        try read { try Self.runs("WHERE id = ?", [id], in: $0).first }
    }

    /// Runs that began in `[from, to)`, in that order.
    package func runs(from: Timestamp, to: Timestamp) throws(LetheError) -> [RunRecord] {
        try read { try Self.runs("WHERE started >= ? AND started < ?", [from, to], in: $0) }
    }

    package func runs(of plan: PlanID) throws(LetheError) -> [RunRecord] {
        try read { try Self.runs("WHERE plan = ?", [plan], in: $0) }
    }

    private static func runs(_ condition: String, _ values: [any SQLValue], in database: Database) throws -> [RunRecord]
    {
        let rows = try Prepared(
            database,
            """
            SELECT id, plan, started, ended, cause, items, deleted, absent, withheld, failed, open FROM run \(condition)
            ORDER BY started, id
            """)
        try rows.bind(all: values)
        var runs: [RunRecord] = []
        while try rows.step() {
            guard let id: RunID = rows.letheID(0), let started = rows.time(2) else {
                throw StoreErrors.impossible("run")
            }
            var counts: RunCounts?
            if let items = rows.int(5) {
                counts = RunCounts(
                    items: Int(items), deleted: rows.count(6), absent: rows.count(7), withheld: rows.count(8),
                    failed: rows.count(9), open: rows.count(10))
            }
            runs.append(
                RunRecord(
                    id: id, plan: rows.letheID(1), started: started, ended: rows.time(3), cause: rows.text(4),
                    counts: counts))
        }
        return runs
    }
}
