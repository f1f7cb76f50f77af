/// A table of `inventory.db` as far as it is what people ordered or what came of it, with what an attacker might write there.
struct EditedTable: Sendable {
    struct Column: Sendable {
        let name: String
        /// SQL expressions; `{hold}` and the like are a row's key, `{16}` random bytes.
        let values: [String]
        var isKey = false
    }

    let name: String
    let keys: [String]
    let order: String
    /// At least so many in the rich workspace; 0: none, rows are only inserted.
    let rows: Int
    var fresh: Column?
    /// Which rows there are is a fact, and so out of scope: what they say of outcomes is not.
    var isOnlyUpdated = false
    let columns: [Column]

    var isEmpty: Bool { rows == 0 }

    static let places: [(place: String, table: String, key: String, order: String, rows: Int)] = [
        ("hold", "hold", "id", "placed_at, id", 5), ("request", "request", "id", "received, id", 6),
        ("plan", "plan", "key", "key", 8), ("plan.id", "plan", "id", "key", 8), ("digest", "plan", "digest", "key", 8),
        ("attachment", "attachment", "id", "id", 140), ("subject", "subject", "key", "key", 14),
        ("run", "run", "id", "started, id", 3),
    ]

    private static let times = ["0", "1600000000000000", "1790000000000000", "4102444800000000"]
    private static let somewhen = times + ["NULL"]
    private static let nobody = "'\(String(repeating: "0", count: 64))'"
    private static let requestStates = [
        "received", "identified", "planned", "approved", "applying", "verifying", "completed",
        "completed_with_exceptions",
        "refused", "withdrawn",
    ].map { "'\($0)'" }
    private static let planStates = ["proposed", "approved", "applying", "halted", "done", "cancelled", "expired"].map {
        "'\($0)'"
    }
    private static let outcomes =
        [
            "deleted", "deleted_after_retry", "already_absent", "expired_by_vendor", "not_found_unproven",
            "withheld_hold",
            "withheld_retention", "withheld_shared", "changed_since_plan", "failed_exhausted", "not_attempted",
        ].map { "'\($0)'" } + ["NULL"]
    private static let grades = ["'A'", "'B'", "'C'", "'D'", "'E'", "'X'", "NULL"]

    private static func columns(_ all: KeyValuePairs<String, [String]>, keys: Set<String> = []) -> [Column] {
        all.map { Column(name: $0.key, values: $0.value, isKey: keys.contains($0.key)) }
    }

    private static func table(
        _ name: String, by keys: [String], _ order: String? = nil, rows: Int, fresh: (String, [String])? = nil,
        isOnlyUpdated: Bool = false, _ all: KeyValuePairs<String, [String]>
    ) -> EditedTable {
        EditedTable(
            name: name, keys: keys, order: order ?? keys.joined(separator: ","), rows: rows,
            fresh: fresh.map { Column(name: $0.0, values: $0.1) }, isOnlyUpdated: isOnlyUpdated,
            columns: columns(all, keys: fresh == nil ? [keys[keys.count - 1]] : []))
    }

    static let all: [EditedTable] = orders + plans + outcome + others

    private static let orders: [EditedTable] = [
        table(
            "hold", by: ["id"], "placed_at, id", rows: 5, fresh: ("id", ["{16}"]),
            [
                "scope": ["'all'", "'line:+12025550100'", "'subject'"], "placed_at": times, "placed_by": ["'mallory'"],
                "reason": ["'none'"], "until": somewhen, "released_at": somewhen, "recorded": ["0", "1", "1"],
            ]),
        table("hold_subject", by: ["hold", "subject"], rows: 1, ["hold": ["{hold}"], "subject": ["{subject}"]]),
        table(
            "request", by: ["id"], "received, id", rows: 6, fresh: ("id", ["{16}"]),
            [
                "state": requestStates, "received": times, "due": times, "jurisdiction": ["'gdpr'", "'uk'", "'ccpa'"],
                "scope": ["'sent_by_subject'", "'conversation'"], "opened_by": ["'mallory'"], "channel": ["'mail'"],
                "identity_method": ["'passport'"], "identity_date": somewhen, "identity_by": ["'mallory'"],
                "extension_reason": ["'x'"], "extension_told": somewhen, "includes_shared": ["0", "1", "2", "3"],
                "coverage": ["'complete'", "'partial'", "'offline'"], "plan": ["{plan.id}", "NULL"],
                "ground": ["'gdpr.17.3.b'"], "answered": somewhen, "recorded": ["0", "1", "1"],
                "search_settled": ["0", "1"],
            ]),
        table(
            "request_subject", by: ["request", "subject"], rows: 6,
            ["request": ["{request}"], "subject": ["{subject}"]]
        ),
        table(
            "erased_person", by: ["subject", "request"], rows: 1,
            ["subject": ["{subject}"], "request": ["{request}"], "until": times]),
    ]

    private static let plans: [EditedTable] = [
        table(
            "plan", by: ["key"], rows: 8, fresh: ("key", ["9001", "9002"]),
            [
                "kind": ["'retention'", "'erasure'", "'drill'"], "created": times,
                "partner": ["'11111111-1111-4111-8111-111111111111'"], "policy": [nobody],
                "request": ["{request}", "NULL"], "coverage": ["'complete'", "'partial'"],
                "max_deletes": ["0", "1000000"], "max_percent": ["0", "100"], "digest": ["{digest}", nobody],
                "items": ["0", "500"], "bytes": ["1"], "state": planStates, "cause": ["'x'"], "lifted": ["0", "1"],
                "recorded": ["0", "1"], "includes": ["0", "3"], "stop": ["0", "1"], "id": ["{16}"],
            ]),
        table(
            "plan_item", by: ["plan", "attachment"], rows: 120,
            [
                "plan": ["{plan}"], "attachment": ["{attachment}"], "rule": ["'policy:default'", "'policy:kyc'"],
                "line": ["12025550143"], "tier": ["0", "1"], "size": ["0", "1000000000"],
                "withheld": ["NULL", "'withheld_hold'", "'withheld_retention'"], "ground": ["'gdpr.17.3.b'"],
                "ends": somewhen, "attempts": ["0", "9"], "outcome": outcomes, "grade": grades,
                "http": ["204", "404", "500"], "trace": ["'forged-trace'"], "closed_at": somewhen,
            ]),
        table(
            "approval", by: ["plan", "name"], rows: 3,
            [
                "plan": ["{plan}"], "digest": ["{digest}", nobody], "how": ["'cli'", "'web'", "'schedule'"],
                "at": times, "name": ["'mallory'", "'robin'", "'alex'"],
            ]),
    ]

    private static let outcome: [EditedTable] = [
        table(
            "attachment", by: ["id"], rows: 140, isOnlyUpdated: true,
            [
                "state": ["0", "1"], "outcome": outcomes, "grade": grades, "outcome_at": somewhen,
                "next_check": ["NULL", "0", "4102444800000000"],
            ]),
        table(
            "confirmation", by: ["key"], rows: 40, fresh: ("key", ["9001"]),
            ["attachment": ["{attachment}"], "at": times, "http": ["204", "200"], "trace": ["'forged-trace'"]]),
        table(
            "verification", by: ["key"], rows: 40, fresh: ("key", ["9001"]),
            [
                "attachment": ["{attachment}"], "run": ["{run}"], "at": times, "http": ["200", "404"],
                "grade": ["'B'", "'X'"],
            ]
        ),
        table(
            "intent", by: ["op", "try"], "at, op", rows: 40, fresh: ("op", ["{16}"]),
            [
                "run": ["{run}"], "attachment": ["{attachment}"], "rule": ["'policy:default'"], "at": times,
                "answered_at": somewhen, "class": ["'deleted'", "'absent'", "'unknown'"], "http": ["204", "404", "0"],
                "trace": ["'forged-trace'"], "outcome": outcomes,
            ]),
        table(
            "run", by: ["id"], "started, id", rows: 3, fresh: ("id", ["{16}"]),
            [
                "plan": ["{plan.id}", "NULL"], "started": times, "ended": somewhen, "cause": ["'x'"], "items": ["99"],
                "deleted": ["99"], "withheld": ["9"], "failed": ["9"], "open": ["9"],
            ]),
    ]

    private static let others: [EditedTable] = [
        table(
            "locked_policy", by: ["id"], rows: 1,
            ["sha256": [nobody], "origin": ["'lethe.local/0000000000000001'"], "id": ["'kyc'", "'default'"]]),
        table("locked_form", by: ["sha256"], rows: 1, ["form": ["{16}"], "sha256": [nobody]]),
        table(
            "applied", by: ["origin"], rows: 3,
            ["seq": ["0", "5", "20", "1000000"], "origin": ["'lethe.local/0000000000000001'"]]),
        table(
            "setting", by: ["name"], rows: 4,
            [
                "value": ["'lethe.local/0000000000000001'", "'2'", nobody],
                "name": ["'bookmark:followed-log'", "'partner'", "'rules_digest'"],
            ]),
        table(
            "answered_by_others", by: ["attachment"], rows: 0,
            ["attachment": ["{attachment}"], "first": times, "last": times]),
    ]
}
