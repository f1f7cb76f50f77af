package import Domain
internal import GRDB
internal import Synchronization

/// A change of a request as the audit log is to have it.
package struct RequestChange: Sendable, Equatable {
    package let request: ErasureRequest
    package let isOpening: Bool
    package let state: ErasureRequest.State
    package let due: Timestamp
    package let by: String?
    package let reason: String?
}

extension InventoryStore {
    /// Opens a request: pending until the log has it. One open request per person, whoever asks at the same time: two would race for
    /// the same attachments.
    package func insert(_ request: ErasureRequest) throws(LetheError) {
        try HandleList.refuseTooMany(request.subjects.count)
        try write { database in
            if !request.state.isClosed { try Self.refuseSecondRequest(naming: request.subjects, in: database) }
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
        do throws(LetheError) {
            try write { database in
                if !request.state.isClosed { try Self.refuseSecondRequest(naming: request.subjects, in: database) }
                try database.perform("UPDATE request SET recorded = 1 WHERE id = ?", request.id)
                try Self.note(request, isOpening: true, by: request.openedBy, reason: nil, in: database)
            }
        } catch {
            try? write { database in
                try database.perform("DELETE FROM request_subject WHERE request = ?", request.id)
                try database.perform("DELETE FROM request WHERE id = ? AND recorded = 0", request.id)
            }
            throw error
        }
    }

    /// Moves a request on, as the table in `docs/erasure.md` says; the audit log has it first.
    /// `change`: what else becomes different of it. Throws `request-state` where there is no such move.
    @discardableResult
    package func advance(
        _ id: RequestID, _ event: RequestEvent, by: String? = nil, reason: String? = nil,
        change: (inout ErasureRequest) -> Void = { _ in }
    ) throws(LetheError) -> ErasureRequest {
        try write { try Self.advance(id, event, by: by, reason: reason, in: $0, change: change) }
    }

    @discardableResult
    static func advance(
        _ id: RequestID, _ event: RequestEvent, by: String? = nil, reason: String? = nil, in database: Database,
        change: (inout ErasureRequest) -> Void = { _ in }
    ) throws -> ErasureRequest {
        guard var request = try requests(id, in: database).first else {
            throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
        }
        guard let next = request.state.after(event) else {
            throw LetheError(
                "request-state", .refused,
                "request \(id) is \(request.state.rawValue): \(event.rawValue.replacing("_", with: " ")) does not follow that",
                hint: "lethe requests show \(id)")
        }
        if event == .planned, request.state.isAnswered {
            try refuseSecondRequest(naming: request.subjects, in: database)
        }
        request.state = next
        if !next.isClosed { request.answered = nil }
        change(&request)
        try writeVariable(request, in: database)
        try note(request, isOpening: false, by: by, reason: reason, in: database)
        return request
    }

    private static func note(
        _ request: ErasureRequest, isOpening: Bool, by: String?, reason: String?, in database: Database
    ) throws {
        try database.perform(
            "INSERT INTO request_change (request, is_opening, state, due, by_name, reason) VALUES (?, ?, ?, ?, ?, ?)",
            request.id, isOpening ? 1 : 0, request.state.rawValue, request.due, by, reason)
    }

    /// Whoever has the log says where what becomes of requests is recorded.
    package func recordChanges(_ recorder: @escaping Recorder) {
        self.recorder.withLock { $0 = recorder }
    }

    /// Before the transaction is committed. A process that dies right after the record finds it in the log.
    func tell(_ database: Database) throws {
        let changes = try database.all(
            "SELECT request, is_opening, state, due, by_name, reason FROM request_change ORDER BY seq"
        ) { row in
            guard let id: RequestID = row.letheID(0), let state: ErasureRequest.State = row.value(2),
                let due = row.time(3), let request = try Self.requests(id, in: database).first
            else { throw StoreErrors.impossible("change of a request") }
            return RequestChange(
                request: request, isOpening: row.bool(1), state: state, due: due, by: row.text(4), reason: row.text(5))
        }
        guard !changes.isEmpty else { return }
        guard let recorder = recorder.withLock({ $0 }) else { throw StoreErrors.impossible("change without a log") }
        let (origin, seqs) = try recorder(changes)
        try database.perform("DELETE FROM request_change")
        for seq in seqs { try OwnChanges.add(origin, seq, in: database) }
    }

    static func isOpen(_ request: ErasureRequest) -> LetheError {
        LetheError(
            "request-open", .refused,
            "request \(request.id) of this person is not finished (\(request.state.rawValue))",
            hint: "go on with it: lethe erase --resume \(request.id), or look at it: lethe requests show \(request.id)")
    }

    package func request(_ id: RequestID) throws(LetheError) -> ErasureRequest? {
        try read { try Self.requests(id, in: $0).first }
    }

    /// All of them, by the day they came in.
    package func requests() throws(LetheError) -> [ErasureRequest] {
        try read { try Self.requests(in: $0) }
    }

    /// Throws `request-open` where one of these people has a request that is not closed.
    package func refuseSecondRequest(naming subjects: [SubjectPseudonym]) throws(LetheError) {
        try read { try Self.refuseSecondRequest(naming: subjects, in: $0) }
    }

    private static func refuseSecondRequest(naming subjects: [SubjectPseudonym], in database: Database) throws {
        let open = try requests(in: database).first { !$0.state.isClosed && $0.names(anyOf: subjects) }
        if let open { throw isOpen(open) }
    }

    private static func writeVariable(_ request: ErasureRequest, in database: Database) throws {
        try database.perform(
            """
            UPDATE request SET state = ?2, due = ?3, channel = ?4, identity_method = ?5, identity_date = ?6,
                identity_by = ?7, extension_reason = ?8, extension_told = ?9, includes_shared = ?10, coverage = ?11,
                plan = ?12, ground = ?13, answered = ?14, search_settled = ?15
            WHERE id = ?1
            """, request.id, request.state.rawValue, request.due, request.channel, request.identityMethod,
            request.identityDate, request.identityBy, request.extensionReason, request.extensionToldOn,
            request.included.rawValue, request.coverage.rawValue, request.plan, request.ground, request.answered,
            request.isSearchSettled ? 1 : 0)
    }

    static func requests(
        _ id: RequestID? = nil, in database: Database
    ) throws -> [ErasureRequest] {
        let subjects = try Prepared(
            database,
            "SELECT s.pseudonym FROM request_subject r JOIN identity s ON s.key = r.subject WHERE r.request = ? ORDER BY 1"
        )
        let rows = try Prepared(
            database,
            """
            SELECT id, state, received, due, jurisdiction, scope, opened_by, channel, identity_method, coverage, plan,
                answered, identity_date, identity_by, extension_reason, extension_told, includes_shared, ground,
                search_settled
            FROM request WHERE recorded = 1 AND (?1 IS NULL OR id = ?1) ORDER BY received, id
            """)
        try rows.bind(1, id)
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
        var request = ErasureRequest(
            id: id, state: state, received: received, due: due, jurisdiction: jurisdiction, scope: scope,
            subjects: people, openedBy: openedBy, channel: row.text(7), identityMethod: row.text(8),
            coverage: coverage, plan: row.letheID(10), answered: row.time(11), identityDate: row.time(12),
            identityBy: row.text(13), extensionReason: row.text(14), extensionToldOn: row.time(15),
            included: SharedInclusion(rawValue: row.int(16) ?? 0), ground: row.text(17))
        request.isSearchSettled = row.bool(18)
        return request
    }
}

extension ErasureRequest {
    func names(anyOf people: [SubjectPseudonym]) -> Bool { subjects.contains { people.contains($0) } }
}

/// Records of changes that this inventory made itself and has not read back yet. Any other that the log has was made by a newer
/// inventory, in whose place this one was put back.
enum OwnChanges {
    static func add(_ origin: String, _ seq: Int64, in database: Database) throws {
        try database.set(name(origin, seq), to: "")
    }

    static func isNoted(_ origin: String, _ seq: Int64, in database: Database) throws -> Bool {
        try database.first("SELECT 1 FROM main.setting WHERE name = ?", name(origin, seq)) { $0.int(0) } != nil
    }

    /// Whether it was one.
    static func take(_ origin: String, _ seq: Int64, in database: Database) throws -> Bool {
        guard try database.setting(name(origin, seq)) != nil else { return false }
        try database.set(name(origin, seq), to: nil)
        return true
    }

    private static func name(_ origin: String, _ seq: Int64) -> String { "told:\(origin)#\(seq)" }
}
