import Cryptography
import Domain
import Foundation

/// A fold as it is kept beside the checkpoint of the same records, `fold.<size>.note` in the key directory: a signed note.
///
///     lethe fold v1
///     lethe.example.org/3f9a1c5e7b2d4680
///     15
///     MgRs+meIXxDmqm9XrIu+6UN+wxaK0nXvHDRvxsIqbBY=
///     {"hasLoss":false,"holds":[…],"intents":[…],"latest":"…","locks":[…],"plans":[…],"requests":[…],"told":[…]}
///
///     — lethe.example.org/3f9a1c5e7b2d4680 vPpurCbG…
///
/// No checkpoint begins so, since there is a space in its first line: neither can be taken for the other.
enum FoldNote {
    /// 64 MiB: some 200,000 open requests.
    static let longest = 1 << 26

    static func make(_ fold: Fold, for head: Checkpoint, with key: Ed25519.SigningKey) throws(LetheError) -> [UInt8] {
        try SignedNote.sign("\(start(of: head))\(json(fold))\n", name: head.origin, with: key)
    }

    /// `nil` for what is not the fold of these records, signed by this key.
    static func read(_ note: [UInt8], for head: Checkpoint, publicKey: [UInt8]) -> Fold? {
        let start = start(of: head)
        guard let parsed = try? SignedNote(note, atMost: longest), parsed.text.hasPrefix(start),
            let key = try? VerifierKey(name: head.origin, publicKey: publicKey), parsed.verdict(key) == .valid,
            let stored = try? JSONDecoder().decode(
                Stored.self, from: Data(parsed.text.utf8.dropFirst(start.utf8.count)))
        else { return nil }
        return try? stored.fold()
    }

    private static func start(of head: Checkpoint) -> String {
        "lethe fold v1\n\(head.origin)\n\(head.size)\n\(Base64.encode(head.root.bytes))\n"
    }

    private static func json(_ fold: Fold) throws(LetheError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(Stored(fold)), as: UTF8.self)
        } catch {
            throw LetheError("audit-write-failed", .failed, "what the audit log comes to cannot be written down")
        }
    }
}

/// Ids, times and scopes as records spell them.
private struct Stored: Codable {
    struct Hold: Codable {
        let hold, scope, at, by, reason: String
        let until: String?
    }

    struct Request: Codable {
        let req: String
        let subs: [String]
        let jurisdiction, scope, received, due, by, state: String
        let firstAnswered, answered, firstDue: String?
    }

    struct Plan: Codable {
        struct Approval: Codable {
            let by, how, at: String
        }

        let plan, kind, digest, created: String
        let items: Int
        let approvals: [Approval]
        let lastRun: String?
        let isAheadBy: Int64
        let runs: [String]
    }

    struct Intent: Codable {
        let run, op, att, rule: String
        let `try`: Int
    }

    struct Lock: Codable {
        let id, sha256, origin: String
    }

    let holds: [Hold]
    let requests: [Request]
    /// Of which the opening is not known any more.
    let told: [String]
    let plans: [Plan]
    let locks: [Lock]
    let intents: [Intent]
    let hasLoss: Bool
    let latest: String?

    init(_ fold: Fold) {
        holds = fold.holds.values.sorted { $0.id < $1.id }.map { hold in
            Hold(
                hold: "\(hold.id)", scope: "\(hold.scope)", at: "\(hold.placedAt)", by: hold.placedBy,
                reason: hold.reason, until: hold.until.map { "\($0)" })
        }
        let known = fold.requests.sorted().compactMap { fold.opened[$0] }
        requests = known.map { request in
            let opening = request.opening
            return Request(
                req: "\(opening.request)", subs: opening.subjects.map(\.hex),
                jurisdiction: opening.jurisdiction.rawValue, scope: opening.scope.rawValue,
                received: "\(opening.received)", due: "\(request.due)", by: opening.by, state: request.state.rawValue,
                firstAnswered: request.firstAnswered.map { "\($0)" }, answered: request.answered.map { "\($0)" },
                firstDue: request.due == opening.due ? nil : "\(opening.due)")
        }
        told = fold.requests.subtracting(known.map(\.opening.request)).sorted().map { "\($0)" }
        plans = fold.plans.sorted { $0.key < $1.key }.map { id, plan in
            Plan(
                plan: "\(id)", kind: plan.kind.rawValue, digest: plan.digest, created: "\(plan.created)",
                items: plan.items,
                approvals: plan.approvals.sorted { $0.key < $1.key }.map {
                    Plan.Approval(by: $0.key, how: $0.value.how.rawValue, at: "\($0.value.at)")
                }, lastRun: plan.lastRun.map { "\($0)" }, isAheadBy: plan.isAheadBy,
                runs: fold.runs.filter { $0.value == id }.map { "\($0.key)" }.sorted())
        }
        locks = fold.locks.sorted { $0.key < $1.key }.map {
            Lock(id: $0.key, sha256: $0.value.sha256, origin: $0.value.origin)
        }
        intents = fold.intents.values.sorted { $0.attachment < $1.attachment }.map { intent in
            Intent(
                run: "\(intent.run)", op: "\(intent.operation)", att: "\(intent.attachment)", rule: intent.rule,
                try: intent.attempt)
        }
        hasLoss = fold.hasLoss
        latest = fold.latest.map { "\($0)" }
    }

    /// Throws for a value that no fold has.
    func fold() throws -> Fold {
        var fold = Fold()
        for hold in holds {
            let id = try HoldID(hold.hold)
            fold.holds[id] = LegalHold(
                id: id, scope: try LegalHold.Scope(hold.scope), placedAt: try time(hold.at), placedBy: hold.by,
                reason: hold.reason, until: try hold.until.map(time))
        }
        for request in requests {
            let id = try RequestID(request.req)
            let due = try time(request.due)
            let asked = ErasureRequest(
                id: id, state: .received, received: try time(request.received),
                due: try request.firstDue.map(time) ?? due, jurisdiction: try value(request.jurisdiction),
                scope: try value(request.scope), subjects: try request.subs.map { try SubjectPseudonym(hex: $0) },
                openedBy: request.by, coverage: .partial)
            fold.requests.insert(id)
            fold.opened[id] = Fold.Request(
                opening: .init(asked), state: try value(request.state), due: due,
                firstAnswered: try request.firstAnswered.map(time), answered: try request.answered.map(time))
        }
        for id in told { fold.requests.insert(try RequestID(id)) }
        for plan in plans {
            let id = try PlanID(plan.plan)
            var open = Fold.OpenPlan(
                kind: try value(plan.kind), digest: plan.digest, items: plan.items, created: try time(plan.created))
            for approval in plan.approvals {
                open.approvals[approval.by] = Fold.Approval(how: try value(approval.how), at: try time(approval.at))
            }
            open.lastRun = try plan.lastRun.map { try RunID($0) }
            open.isAheadBy = plan.isAheadBy
            fold.plans[id] = open
            for run in plan.runs { fold.runs[try RunID(run)] = id }
        }
        for lock in locks { fold.locks[lock.id] = Fold.Lock(sha256: lock.sha256, origin: lock.origin) }
        for intent in intents {
            let id = try AttachmentID(intent.att)
            fold.intents[id] = AuditRecord.Intent(
                run: try RunID(intent.run), operation: try OperationID(intent.op), attempt: intent.try,
                attachment: id, rule: intent.rule)
        }
        fold.hasLoss = hasLoss
        fold.latest = try latest.map(time)
        return fold
    }

    private func time(_ text: String) throws -> Timestamp {
        guard let time = Timestamp(text) else { throw malformed }
        return time
    }

    private func value<Value: RawRepresentable<String>>(_ text: String) throws -> Value {
        guard let value = Value(rawValue: text) else { throw malformed }
        return value
    }

    private var malformed: LetheError { LetheError("malformed-note", .failed, "not a fold of the audit log") }
}
