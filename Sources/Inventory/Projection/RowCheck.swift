import Domain

/// What of a table comes from the log, and is held against it: `main` has what the file says, `temp` what a rebuild makes.
struct RowCheck: Sendable {
    let what: @Sendable (UInt128) -> UnlikeRows.What
    let isOfOrders: Bool
    /// It holds times against one another: not where a person accepted a clock that was far off.
    var isOfTimes = false
    /// The ids of rows of the file that a rebuild does not make.
    let stored: String
    /// The other way round; `nil` = `stored` are rows that a rebuild makes, and that claim more than the log says.
    let recorded: String?

    /// Rows of `tables`, in which `@.` stands before each name, by `id`.
    private init(
        _ id: String, _ columns: String, of tables: String, isOfOrders: Bool = false,
        _ what: @escaping @Sendable (UInt128) -> UnlikeRows.What
    ) {
        func rows(_ schema: String) -> String {
            "SELECT \(id) AS id, \(columns) FROM \(tables.replacing("@", with: schema))"
        }
        self.what = what
        self.isOfOrders = isOfOrders
        stored = "SELECT id FROM (\(rows("main")) EXCEPT \(rows("temp")))"
        recorded = "SELECT id FROM (\(rows("temp")) EXCEPT \(rows("main")))"
    }

    private init(
        claims sql: String, isOfTimes: Bool = false, _ what: @escaping @Sendable (UInt128) -> UnlikeRows.What
    ) {
        self.what = what
        self.isOfTimes = isOfTimes
        isOfOrders = true
        stored = sql
        recorded = nil
    }

    private static func hold(_ id: UInt128) -> UnlikeRows.What { .hold(HoldID(value: id)) }
    private static func request(_ id: UInt128) -> UnlikeRows.What { .request(RequestID(value: id)) }
    private static func plan(_ id: UInt128) -> UnlikeRows.What { .plan(PlanID(value: id)) }
    private static func approvals(_ id: UInt128) -> UnlikeRows.What { .approvals(PlanID(value: id)) }
    private static func items(_ id: UInt128) -> UnlikeRows.What { .items(PlanID(value: id)) }
    private static func others(_ noun: String) -> @Sendable (UInt128) -> UnlikeRows.What { { _ in .others(noun) } }

    static let all = orders + outcomes

    private static let orders = [
        RowCheck(
            "id", "scope, placed_at, placed_by, reason, until, released_at", of: "@.hold WHERE recorded = 1",
            isOfOrders: true, hold),
        RowCheck(
            "h.id", "s.subject", of: "@.hold_subject s JOIN @.hold h ON h.id = s.hold WHERE h.recorded = 1",
            isOfOrders: true, hold),
        RowCheck(
            "id", "state, received, due, jurisdiction, scope, opened_by, answered IS NULL",
            of: "@.request WHERE recorded = 1", isOfOrders: true, request),
        RowCheck(
            "r.id", "s.subject", of: "@.request_subject s JOIN @.request r ON r.id = s.request WHERE r.recorded = 1",
            isOfOrders: true, request),
        RowCheck("request", "subject", of: "@.erased_person", isOfOrders: true, request),
        RowCheck(
            "id", "kind, digest, CASE state WHEN 'applying' THEN 'halted' ELSE state END, lifted",
            of: "@.plan WHERE recorded = 1", isOfOrders: true, plan),
        RowCheck(
            "p.id", "a.digest, a.name, a.how", of: "@.approval a JOIN @.plan p ON p.key = a.plan WHERE p.recorded = 1",
            isOfOrders: true, approvals),
        RowCheck(
            "NULL", "id, plan, started, ended, cause, items, deleted, absent, withheld, failed, open", of: "@.run",
            isOfOrders: true, others("run")),
        RowCheck(
            "NULL", "id, sha256, origin", of: "@.locked_policy", isOfOrders: true, others("locked policy")),
        // The row has the time of the answer itself, by the vendor's clock where that is behind: its record has another.
        RowCheck(
            claims: """
                SELECT s.id FROM main.request s JOIN temp.request m ON m.id = s.id
                WHERE s.recorded = 1 AND abs(s.answered - m.answered) > \(day)
                """, isOfTimes: true, request),
        RowCheck(
            claims: """
                SELECT s.request FROM main.erased_person s
                JOIN temp.erased_person m ON m.request = s.request AND m.subject = s.subject
                WHERE abs(s.until - m.until) > \(day)
                """, isOfTimes: true, request),
        // Its plan is one that was made for it, and one that has ended has none only where none was made.
        RowCheck(
            claims: """
                SELECT s.id FROM main.request s WHERE s.recorded = 1 AND s.plan IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM main.plan p WHERE p.id = s.plan AND p.request = s.id)
                """, request),
        RowCheck(
            claims: """
                SELECT s.id FROM main.request s JOIN temp.request m ON m.id = s.id
                WHERE s.recorded = 1 AND s.plan IS NULL AND m.plan IS NOT NULL
                """, request),
        // That the log could not be written is not in the log.
        RowCheck(
            claims: """
                SELECT s.id FROM main.plan s JOIN temp.plan m ON m.id = s.id
                WHERE s.recorded = 1 AND s.cause <> 'audit_write_failed' AND s.cause IS NOT m.cause
                """, plan),
        // One that was carried over is as old as where it was given.
        RowCheck(
            claims: """
                SELECT p.id FROM main.approval s JOIN main.plan p ON p.key = s.plan JOIN temp.approval m
                    ON m.plan = s.plan AND m.name = s.name
                WHERE p.recorded = 1 AND NOT EXISTS (
                    SELECT 1 FROM temp.approval o WHERE o.name = s.name AND o.at = s.at AND o.at <= m.at)
                """, approvals),
    ]

    private static let outcomes = [
        RowCheck(
            "p.id", "i.attachment, i.attempts, i.outcome, i.grade, i.http, i.trace, i.closed_at",
            of: "@.plan_item i JOIN @.plan p ON p.key = i.plan WHERE p.recorded = 1", items),
        RowCheck(
            "NULL", "id, state = 1, outcome, outcome_at, grade",
            of: "@.attachment WHERE state = 1 OR outcome IS NOT NULL OR grade IS NOT NULL", others("attachment")),
        RowCheck("NULL", "key, attachment, at, http, trace", of: "@.confirmation", others("confirmation")),
        RowCheck("NULL", "attachment, run, at, http, grade", of: "@.verification", others("look-up")),
        RowCheck(
            "NULL", "op, try, run, attachment, rule, at, answered_at, class, http, trace, outcome", of: "@.intent",
            others("announced DELETE")),
    ]

    /// In microseconds.
    private static let day = 86_400_000_000
}
