package import Domain
internal import GRDB

extension InventoryStore {
    /// Writes down a request before its audit record.
    package func insert(_ request: ErasureRequest) throws(LetheError) {
        try write { database in
            try database.perform(
                """
                INSERT INTO request (id, state, received, due, jurisdiction, scope, opened_by, coverage)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """, request.id, request.state.rawValue, request.received, request.due, request.jurisdiction.rawValue,
                request.scope.rawValue, request.openedBy, request.coverage.rawValue)
            for key in Set(try Self.subjectKeys(request.subjects, in: database)) {
                try database.perform("INSERT INTO request_subject VALUES (?, ?)", request.id, key)
            }
            try Self.writeVariable(request, in: database)
        }
    }

    /// Writes what may change of a request: everything but when it came, whose it is, its scope and its law.
    package func update(_ request: ErasureRequest) throws(LetheError) {
        try write { database in
            try Self.writeVariable(request, in: database)
            guard database.changesCount == 1 else {
                throw LetheError(
                    "unknown-request", .usage, "there is no request \(request.id)", hint: "lethe requests list")
            }
        }
    }

    package func request(_ id: RequestID) throws(LetheError) -> ErasureRequest? {
        try read { try Self.requests("WHERE id = ?", [id], in: $0).first }
    }

    /// All of them, by the day they came in.
    package func requests() throws(LetheError) -> [ErasureRequest] {
        try read { try Self.requests("", [], in: $0) }
    }

    /// Requests that are not closed and name any of these people.
    package func openRequests(naming subjects: [SubjectPseudonym]) throws(LetheError) -> [ErasureRequest] {
        try requests().filter { request in
            !request.state.isClosed && request.subjects.contains { subjects.contains($0) }
        }
    }

    private static func writeVariable(_ request: ErasureRequest, in database: Database) throws {
        try database.perform(
            """
            UPDATE request SET state = ?2, due = ?3, channel = ?4, identity_method = ?5, identity_date = ?6,
                identity_by = ?7, extension_reason = ?8, extension_told = ?9, includes_shared = ?10, coverage = ?11,
                plan = ?12, ground = ?13, merged_into = ?14, answered = ?15
            WHERE id = ?1
            """, request.id, request.state.rawValue, request.due, request.channel, request.identityMethod,
            request.identityDate, request.identityBy, request.extensionReason, request.extensionToldOn,
            request.included.rawValue, request.coverage.rawValue, request.plan, request.ground, request.mergedInto,
            request.answered)
    }

    private static func requests(
        _ condition: String, _ values: [any SQLValue], in database: Database
    ) throws -> [ErasureRequest] {
        let subjects = try Prepared(
            database,
            "SELECT s.pseudonym FROM request_subject r JOIN identity s ON s.key = r.subject WHERE r.request = ? ORDER BY 1"
        )
        let rows = try Prepared(
            database,
            """
            SELECT id, state, received, due, jurisdiction, scope, opened_by, channel, identity_method, coverage, plan,
                answered, identity_date, identity_by, extension_reason, extension_told, includes_shared, ground, merged_into
            FROM request \(condition) ORDER BY received, id
            """)
        try rows.bind(all: values)
        var requests: [ErasureRequest] = []
        while try rows.step() { requests.append(try request(rows, subjects: subjects)) }
        return requests
    }

    private static func request(_ row: Prepared, subjects: Prepared) throws -> ErasureRequest {
        guard let id: RequestID = row.letheID(0), let state: ErasureRequest.State = row.value(1),
            let received = row.time(2), let due = row.time(3),
            let jurisdiction: ErasureRequest.Jurisdiction = row.value(4),
            let scope: ErasureRequest.Scope = row.value(5),
            let openedBy = row.text(6), let coverage: ErasureRequest.Coverage = row.value(9)
        else { throw StoreErrors.impossible("request") }
        try subjects.bind(1, id)
        var people: [SubjectPseudonym] = []
        while try subjects.step() {
            if let one = subjects.bytes(0).flatMap({ SubjectPseudonym(bytes: $0) }) { people.append(one) }
        }
        return ErasureRequest(
            id: id, state: state, received: received, due: due, jurisdiction: jurisdiction, scope: scope,
            subjects: people, openedBy: openedBy, channel: row.text(7), identityMethod: row.text(8),
            coverage: coverage, plan: row.letheID(10), answered: row.time(11), identityDate: row.time(12),
            identityBy: row.text(13), extensionReason: row.text(14), extensionToldOn: row.time(15),
            included: SharedInclusion(rawValue: row.int(16) ?? 0), ground: row.text(17), mergedInto: row.letheID(18))
    }
}
