package import Domain

/// What all records of a log come to, read in order: what people ordered and nobody ended, the plans that are open with the
/// people who agreed to them, the policies that are locked. Deletions are decided by it; the rows of `inventory.db` are its
/// index.
package struct Fold: Sendable, Equatable {
    /// One request as the log has it.
    package struct Request: Sendable, Equatable {
        package let opening: AuditRecord.RequestOpening
        package internal(set) var state = ErasureRequest.State.received
        package internal(set) var due: Timestamp
        /// Of its first answer, or its end without one.
        package internal(set) var firstAnswered: Timestamp?
        /// Of its last, while it is not open again.
        package internal(set) var answered: Timestamp?
    }

    /// A plan that was recorded and has not ended.
    package struct OpenPlan: Sendable, Equatable {
        package let kind: Plan.Kind
        package let digest: String
        package let items: Int
        package let created: Timestamp
        /// Those who agreed to its digest, each with the time of the first record that says so.
        package internal(set) var approvals: [String: Approval] = [:]
        /// The run of it that was begun last; `nil` = none was.
        package internal(set) var lastRun: RunID?
        /// How far the log's time went back behind the plan's records, in microseconds: what was dated so has no age.
        package internal(set) var isAheadBy: Int64 = 0

        var latest: Timestamp { approvals.values.reduce(created) { max($0, $1.at) } }
    }

    package struct Approval: Sendable, Equatable {
        package let how: AuditRecord.Approval
        package let at: Timestamp
    }

    /// A locked policy: the digest on record, and the segment that has it last.
    package struct Lock: Sendable, Equatable {
        package let sha256: String
        package let origin: String
    }

    package internal(set) var holds: [HoldID: LegalHold] = [:]
    /// Those that were neither refused nor withdrawn.
    package internal(set) var requests: Set<RequestID> = []
    /// All whose opening was read; of a fold that was kept, those among `requests` alone.
    package internal(set) var opened: [RequestID: Request] = [:]
    package internal(set) var plans: [PlanID: OpenPlan] = [:]
    /// Runs of open plans that have not ended, as far as is known.
    var runs: [RunID: PlanID] = [:]
    package internal(set) var locks: [String: Lock] = [:]
    /// DELETEs that were announced and have no answer on record.
    package internal(set) var intents: [AttachmentID: AuditRecord.Intent] = [:]
    /// Records were lost on the way, as a segment owns up to: what those announced is not among `intents`.
    package internal(set) var hasLoss = false
    /// The greatest time of any record.
    package internal(set) var latest: Timestamp?

    package init() {}

    package mutating func add(_ entry: LogEntry, of origin: String) { add(entry.record, at: entry.time, of: origin) }

    mutating func add(_ record: AuditRecord, at time: Timestamp, of origin: String) {
        latest = max(latest ?? time, time)
        switch record {
        case .holdPlaced(let placing):
            holds[placing.hold] = LegalHold(
                id: placing.hold, scope: placing.scope, placedAt: time, placedBy: placing.by,
                reason: placing.reason ?? "", until: placing.until)
        case .holdReleased(let release): holds[release.hold] = nil
        case .requestOpened(let opening):
            requests.insert(opening.request)
            opened[opening.request] = Request(opening: opening, due: opening.due)
        case .requestUpdated(let update):
            if update.state.isDecided { requests.remove(update.request) } else { requests.insert(update.request) }
            opened[update.request]?.move(to: update.state, due: update.due, at: time)
        case .planCreated(let plan):
            plans[plan.plan] = OpenPlan(kind: plan.kind, digest: plan.digest, items: plan.items, created: time)
        case .planApproved(let approval):
            guard let plan = plans[approval.plan], plan.digest == approval.digest, plan.approvals[approval.by] == nil
            else { return }
            plans[approval.plan]?.approvals[approval.by] = Approval(how: approval.how, at: time)
        case .runStart(let start):
            guard plans[start.plan] != nil else { return }
            plans[start.plan]?.lastRun = start.run
            runs[start.run] = start.plan
        case .runHalt(let halt): runs[halt.run] = nil
        case .runEnd(let end):
            guard let plan = runs.removeValue(forKey: end.run), end.counts.open == 0 else { return }
            close(plan)
        case .deleteIntent(let intent): intents[intent.attachment] = intent
        case .deleteOutcome(let answer):
            if intents[answer.attachment]?.operation == answer.operation { intents[answer.attachment] = nil }
        case .itemClosed(let closing): intents[closing.attachment] = nil
        case .logOpen(let opening): hasLoss = hasLoss || (opening.previous?.lost ?? 0) > 0
        case .policyLocked(let lock): locks[lock.id] = Lock(sha256: lock.sha256, origin: origin)
        case .operatorAct(let act): add(act)
        case .clockStep(let step):
            latest = max(latest ?? step.from, step.from)
            for (id, plan) in plans {
                plans[id]?.isAheadBy = max(plan.isAheadBy, plan.latest.microseconds - time.microseconds)
            }
        default: return
        }
    }

    private mutating func add(_ act: AuditRecord.OperatorAct) {
        switch act.act {
        case .planCancel, .planExpire, .planClose: if let plan = try? PlanID(act.ref) { close(plan) }
        case .policyUnlock: locks[act.ref] = nil
        default: return
        }
    }

    /// A line that `parser` has just parsed.
    mutating func add(
        _ line: UnsafeBufferPointer<UInt8>, _ parser: LineParser, of origin: String
    ) throws(LetheError) {
        let time = Timestamp(microseconds: parser.time)
        guard Self.types.contains(parser.type) else {
            latest = max(latest ?? time, time)
            return
        }
        add(try parser.shape.read(RecordValues(line, parser).all), at: time, of: origin)
    }

    /// What was ordered stays so; a plan whose records are gone is not carried out by anybody.
    mutating func loseRecords() {
        plans = [:]
        runs = [:]
        intents = [:]
        hasLoss = true
    }

    private mutating func close(_ plan: PlanID) {
        plans[plan] = nil
        runs = runs.filter { $0.value != plan }
    }

    /// Of the records that change more than `latest`.
    private static let types: Set<RecordType> = [
        .holdPlaced, .holdReleased, .requestOpened, .requestUpdated, .planCreated, .planApproved, .runStart, .runEnd,
        .runHalt, .policyLocked, .operatorAct, .clockStep, .deleteIntent, .deleteOutcome, .itemClosed, .logOpen,
    ]
}

extension Fold.Request {
    fileprivate mutating func move(to next: ErasureRequest.State, due later: Timestamp?, at time: Timestamp) {
        state = next
        due = later ?? due
        answered = next.isClosed ? time : nil
        firstAnswered = firstAnswered ?? answered
    }
}
