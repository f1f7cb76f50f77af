package import Domain
internal import GRDB

/// Rows that are not as the log makes them: what a rebuild would change.
package struct UnlikeRows: Sendable, Hashable {
    package enum What: Sendable, Hashable {
        case hold(HoldID)
        case request(RequestID)
        case plan(PlanID)
        /// Who agreed to it.
        case approvals(PlanID)
        /// How its items ended.
        case items(PlanID)
        /// Of a table in which no row stands for an order: `attachment`, `confirmation` and the like, in words.
        case others(String)
    }

    package let what: What
    /// How many the log makes, and how many of another kind the inventory has in their place.
    package fileprivate(set) var recorded = 0
    package fileprivate(set) var stored = 0
}

package struct Comparison: Sendable {
    /// What is compared: the orders alone, for which few records are read; of plans their items too; what came of some attachments too,
    /// for which those records are read that name them; or all.
    package enum Scope: Sendable {
        case orders, plans, all
        case about(Set<AttachmentID>)

        var hasOutcomes: Bool {
            switch self {
            case .orders, .plans: false
            case .about, .all: true
            }
        }
    }

    package let unlike: [UnlikeRows]
    /// The ids of plans, requests and holds that were put on record as lost: they are no difference any more.
    package let lost: Set<String>
}

extension InventoryStore {
    /// Holds the rows against what a rebuild would make of them. It is made in temporary tables, which stand before those of the file under
    /// the same names; the file is opened for reading alone. `oldest` and `replay` are those of `rebuild`; of the orders alone the
    /// records of deletions may be left out.
    package func comparison(
        of scope: Comparison.Scope, since oldest: Timestamp?,
        _ replay: (_ take: (String, [LoggedRecord]) throws -> Void) throws -> Void
    ) throws(LetheError) -> Comparison {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(10)
        do {
            let pristine = try DatabaseQueue()
            try InventorySchema.migrator().migrate(pristine)
            let tables = try pristine.read { try Comparing.tables(in: $0) }
            let queue = try DatabaseQueue(path: pool.path, configuration: configuration)
            return try queue.writeWithoutTransaction { database in
                var comparison: Comparison?
                try database.inTransaction(.deferred) {
                    comparison = try Comparing(database, scope, tables, since: oldest).run(replay)
                    return .rollback
                }
                guard let comparison else { throw StoreErrors.impossible("comparison") }
                return comparison
            }
        } catch {
            throw StoreErrors.map(error)
        }
    }
}

/// One comparison, in a snapshot of the file.
private struct Comparing {
    private let database: Database
    private let scope: Comparison.Scope
    private let oldest: Timestamp?
    private let applied: [String: Int64]

    private static let orders = [
        "hold", "hold_subject", "request", "request_subject", "erased_person", "plan", "approval", "run", "applied",
        "locked_policy", "setting", "hold_version",
    ]
    private static let outcomes = ["plan_item", "attachment", "intent", "verification", "confirmation"]
    /// A replay writes to it; nothing of it is in the log.
    private static let others = ["answered_by_others"]

    /// Statements that make the tables which a replay needs, with their indexes, as temporary ones.
    static func tables(in database: Database) throws -> [String] {
        let names = orders + outcomes + others
        return try database.all(
            "SELECT tbl_name, type, sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC"
        ) { row in (row.text(0) ?? "", row.text(1) == "table", row.text(2) ?? "") }
        .filter { names.contains($0.0) }.map { _, isTable, sql in
            isTable
                ? "CREATE TEMP TABLE" + sql.dropFirst("CREATE TABLE".count)
                : "CREATE INDEX temp." + sql.dropFirst("CREATE INDEX ".count)
        }
    }

    init(_ database: Database, _ scope: Comparison.Scope, _ tables: [String], since oldest: Timestamp?) throws {
        self.database = database
        self.scope = scope
        self.oldest = oldest
        let rows = try database.all("SELECT origin, seq FROM main.applied") { ($0.text(0) ?? "", $0.int(1) ?? -1) }
        applied = Dictionary(rows) { $1 }
        for statement in tables + [InventorySchema.changeTable] { try database.execute(sql: statement) }
        for table in Self.orders {
            try database.execute(sql: "INSERT INTO temp.\(table) SELECT * FROM main.\(table)")
        }
        if scope.hasOutcomes { try copyOutcomes() }
    }

    private func copyOutcomes() throws {
        // Of attachments those alone of which the log may speak.
        var rows = [
            "attachment":
                "state <> 0 OR outcome IS NOT NULL OR grade IS NOT NULL OR id IN (SELECT attachment FROM main.plan_item)"
        ]
        if case .about(let attachments) = scope {
            try database.execute(sql: "CREATE TEMP TABLE named (id BLOB PRIMARY KEY) WITHOUT ROWID")
            for attachment in attachments { try database.perform("INSERT INTO named VALUES (?)", attachment) }
            for table in Self.outcomes {
                rows[table] = "\(table == "attachment" ? "id" : "attachment") IN (SELECT id FROM named)"
            }
        }
        for table in Self.outcomes {
            let condition = rows[table].map { " WHERE \($0)" } ?? ""
            try database.execute(sql: "INSERT INTO temp.\(table) SELECT * FROM main.\(table)\(condition)")
            guard case .about = scope else { continue }
            try database.execute(sql: "CREATE TEMP TABLE was_\(table) AS SELECT * FROM main.\(table)\(condition)")
        }
    }

    /// The same of the attachments in question alone. Where not all confirmations are made again they are counted otherwise.
    private func narrowed(_ sql: String) -> String {
        guard case .about = scope else { return sql }
        return Self.outcomes.reduce(sql) { $0.replacing("main.\($1)", with: "temp.was_\($1)") }
            .replacing("key, attachment, at", with: "attachment, at")
    }

    func run(_ replay: (_ take: (String, [LoggedRecord]) throws -> Void) throws -> Void) throws -> Comparison {
        var rebuilding = Rebuilding(database, since: oldest ?? Timestamp(microseconds: .min))
        // What is recorded again from a removed segment has the later time of that.
        if !rebuilding.isCut { try database.perform("DELETE FROM erased_person") }
        try rebuilding.clear()
        try replay { origin, records in
            try rebuilding.take(try records.filter { try isInForce($0.seq, of: origin) }, of: origin)
        }
        let rebuilt = try rebuilding.finish()
        var found: [UnlikeRows.What: UnlikeRows] = [:]
        for check in RowCheck.all where scope.hasOutcomes || check.isOfOrders {
            if check.isOfTimes, rebuilding.isClockDoubtful { continue }
            try count(check, in: &found)
        }
        for plan in rebuilding.recordedPlans where try !isStored("plan", plan.value) {
            found[.plan(plan)] = UnlikeRows(what: .plan(plan), recorded: 1)
        }
        // Whom these name nobody knows here: their rows are neither as the log has them nor otherwise.
        for hold in rebuilt.lostHolds {
            found[.hold(hold)] =
                try isStored("hold", hold.value) ? nil : UnlikeRows(what: .hold(hold), recorded: 1)
        }
        for request in rebuilt.lostRequests {
            found[.request(request)] =
                try isStored("request", request.value) ? nil : UnlikeRows(what: .request(request), recorded: 1)
        }
        let unlike = found.values.filter { row in row.what.id.map { !rebuilding.lost.contains($0) } ?? true }
        return Comparison(unlike: unlike.sorted { $0.order < $1.order }, lost: rebuilding.lost)
    }

    /// What the rows of this snapshot know: what somebody recorded since is not in it, but for what became of a request, which is in its row
    /// before that is noted.
    private func isInForce(_ seq: Int64, of origin: String) throws -> Bool {
        if seq <= applied[origin] ?? -1 { return true }
        return try OwnChanges.isNoted(origin, seq, in: database)
    }

    private func count(_ check: RowCheck, in found: inout [UnlikeRows.What: UnlikeRows]) throws {
        for id in try database.all(narrowed(check.stored), row: { $0.id(0) ?? 0 }) {
            let what = check.what(id)
            found[what, default: UnlikeRows(what: what)].stored += 1
            // Such a row is there, and claims what the log does not say.
            if check.recorded == nil { found[what]?.recorded += 1 }
        }
        guard let recorded = check.recorded else { return }
        for id in try database.all(narrowed(recorded), row: { $0.id(0) ?? 0 }) {
            let what = check.what(id)
            found[what, default: UnlikeRows(what: what)].recorded += 1
        }
    }

    private func isStored(_ table: String, _ id: UInt128) throws -> Bool {
        try database.first("SELECT 1 FROM main.\(table) WHERE id = ?", id) { $0.int(0) } != nil
    }
}

extension UnlikeRows.What {
    /// Of the order, as text.
    fileprivate var id: String? {
        switch self {
        case .hold(let id): id.description
        case .request(let id): id.description
        case .plan(let id), .approvals(let id), .items(let id): id.description
        case .others: nil
        }
    }
}

extension UnlikeRows {
    fileprivate var order: String { "\(what)" }
}
