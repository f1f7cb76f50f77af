import Domain

/// Whether what the records say adds up: `docs/audit-log.md`, section 6, "The ledger". An operator who has every key can sign a log that
/// contradicts itself; this finds it.
///
/// Memory grows with plans, runs, holds, requests and copies in an archive, with the items of plans that have not ended, and with what was
/// deleted, up to a bound.
struct PlanLedger {
    struct Plan {
        let kind: Domain.Plan.Kind?
        let digest: String
        let items: Int64
        var isApproved = false
        var isEnded = false
        /// Cancelled, or expired.
        var isStopped = false
        /// Items that came to an end, and of these the ones that a GET found again.
        var closed: Set<UInt128> = []
        var found: Set<UInt128> = []
        /// By `Outcome.Group.place`.
        var counts = [Int64](repeating: 0, count: Outcome.Group.allCases.count)

        /// Each item ends once; what a GET found again after its 204 has failed all the same.
        mutating func close(_ item: UInt128, _ group: Outcome.Group) -> String? {
            guard !isEnded else { return Self.again }
            if !closed.insert(item).inserted {
                guard group == .failed, found.remove(item) != nil else { return Self.again }
                counts[Outcome.Group.deleted.place] -= 1
            }
            counts[group.place] += 1
            return closed.count > items ? "ends more items than the plan has" : nil
        }

        private static let again = "ends an item of a plan a second time"

        func hasEnded(_ item: UInt128) -> Bool { isEnded || closed.contains(item) }

        mutating func end() {
            (closed, found) = ([], [])
            isEnded = true
        }
    }

    private static let most = 1_000_000

    var plans: [UInt128: Plan] = [:]
    var runs: [UInt128: (plan: UInt128, kind: Domain.Plan.Kind?)] = [:]
    var holds: Set<String> = []
    /// `nil` as a state: records that are not here may tell of it.
    var requests: [String: ErasureRequest.State?] = [:]
    /// Copies that were put into an archive, and those of them whose key was destroyed.
    var copies: [Copy: Bool] = [:]
    /// What a 204 ended, and no GET found again; `nil` = that is more than fits.
    var deleted: Set<UInt128>? = []
    var size = 0
    /// Records that are not here may tell of what these refer to.
    private(set) var isPartial = false
    /// There was more to remember than there is room for.
    private(set) var isFull = false
    private(set) var findings = 0

    /// From here on nothing is known of what came before.
    mutating func forget() {
        let (isFull, findings) = (isFull, findings)
        self = PlanLedger()
        (self.isPartial, self.isFull, self.findings) = (true, isFull, findings)
    }

    /// A segment goes on where the one before it ended.
    mutating func begin(after previous: AuditRecord.PreviousLog, _ before: (origin: String, ledger: PlanLedger)?) {
        if let before, before.origin == previous.origin { self = before.ledger }
        findings = 0
        if before?.origin != previous.origin || previous.lost > 0 { forget() }
    }

    struct Copy: Hashable {
        let item: UInt128
        /// As it stands in the line; empty in one of v1.
        let archive: String
    }

    /// What the record contradicts. `answer`: what it is to the open intents, where it is a `delete.outcome`. `misplaced`: why no record
    /// of this type stands here in a segment.
    mutating func enter(
        _ values: RecordValues, _ answer: OperationLedger.Answer?, misplaced: String? = nil
    ) -> String? {
        let problem = contradiction(values, answer) ?? misplaced
        if problem != nil { findings += 1 }
        if size > Self.most {
            isFull = true
            forget()
        }
        return problem
    }

    private mutating func contradiction(_ values: RecordValues, _ answer: OperationLedger.Answer?) -> String? {
        switch values.type {
        case .planCreated:
            created(
                values[.plan].number,
                Plan(
                    kind: .init(rawValue: values[.kind].word), digest: values[.digest].word,
                    items: values[.items].integer))
        case .planApproved: approved(values[.plan].number, values[.digest].word)
        case .runStart: started(values[.run].number, values[.plan].number, values[.digest].word)
        case .deleteIntent: announced(values)
        case .deleteOutcome: answered(values, answer)
        case .itemClosed: closed(values[.att].number, values[.outcome].word, in: values[.run].number)
        case .deleteVerified: verified(values)
        case .runEnd: ended(values)
        case .runHalt: isBegun(values[.run].number)
        default: ordered(values)
        }
    }

    /// What is told of is in records that are not here, or in none.
    func unknown(_ problem: String) -> String? { isPartial ? nil : problem }

    func isBegun(_ run: UInt128) -> String? {
        runs[run] == nil ? unknown("is of a run that was not begun") : nil
    }

    func isRecorded(_ plan: UInt128) -> String? {
        plans[plan] == nil ? unknown("is of a plan that was not recorded") : nil
    }
}

extension LineValue {
    /// A string as it stands in the line.
    var word: String { String(decoding: inner, as: UTF8.self) }
}

// MARK: - Plans and their runs

extension PlanLedger {
    private mutating func created(_ id: UInt128, _ plan: Plan) -> String? {
        if let known = plans[id] { return known.digest == plan.digest ? nil : "records a plan under a second digest" }
        plans[id] = plan
        size += 1
        return nil
    }

    private mutating func approved(_ id: UInt128, _ digest: String) -> String? {
        guard let plan = plans[id] else { return unknown("approves a plan that was not recorded") }
        guard plan.digest == digest else { return "approves another digest than the plan's" }
        plans[id]?.isApproved = true
        return nil
    }

    private mutating func started(_ run: UInt128, _ id: UInt128, _ digest: String) -> String? {
        guard let plan = plans[id] else { return unknown("begins a plan that was not recorded") }
        guard runs.updateValue((id, plan.kind), forKey: run) == nil else { return "begins a run a second time" }
        size += 1
        guard plan.digest == digest else { return "begins another digest than the plan's" }
        guard !plan.isStopped else { return "begins a plan that was cancelled or has expired" }
        return plan.isApproved ? nil : "begins a plan that nobody approved"
    }

    private func announced(_ values: RecordValues) -> String? {
        guard let run = runs[values[.run].number] else { return unknown("is of a run that was not begun") }
        let rule = values[.rule].inner
        // The parser has seen that it begins as one of the three.
        let kind: Domain.Plan.Kind =
            switch rule.first {
            case UInt8(ascii: "d"): .drill
            case UInt8(ascii: "e"): .erasure
            default: .retention
            }
        guard kind == run.kind else {
            return "deletes by a rule that is none of a plan for \(run.kind?.rawValue ?? "")"
        }
        if plans[run.plan]?.hasEnded(values[.att].number) == true { return "announces an item that has ended" }
        return kind == .erasure ? isOpen(request: rule.dropFirst("erasure:".utf8.count)) : nil
    }

    private mutating func answered(_ values: RecordValues, _ intent: OperationLedger.Answer?) -> String? {
        let final = intent?.final
        guard let answer = AnswerClass(rawValue: values[.class].text),
            answer.allows(http: values[.http].integer, final)
        else {
            return "has a class, a status and an outcome that do not go together"
        }
        if final == .deleted { noteDeleted(values[.att].number) }
        guard let final, let run = intent?.run else { return nil }
        return close(values[.att].number, final, in: run)
    }

    private mutating func closed(_ item: UInt128, _ word: String, in run: UInt128) -> String? {
        guard let outcome = Outcome(rawValue: word), outcome != .deleted else {
            return "calls an item deleted without a 204"
        }
        return close(item, outcome, in: run)
    }

    private mutating func close(_ item: UInt128, _ outcome: Outcome, in run: UInt128) -> String? {
        guard let id = runs[run]?.plan else { return unknown("is of a run that was not begun") }
        size += 1
        return plans[id]?.close(item, outcome.group)
    }

    private mutating func noteDeleted(_ item: UInt128) {
        deleted?.insert(item)
        if let count = deleted?.count, count > Self.most { deleted = nil }
    }

    private mutating func ended(_ values: RecordValues) -> String? {
        let run = values[.run].number
        let items = values[.items].integer
        let ends = [FieldKey.deleted, .absent, .withheld, .failed].map { values[$0].integer }
        guard items == ends.reduce(values[.open].integer, +) else { return "has totals that do not add up" }
        guard let id = runs[run]?.plan, let plan = plans[id] else { return unknown("is of a run that was not begun") }
        let counts = [Outcome.Group.deleted, .absent, .withheld, .failed].map { plan.counts[$0.place] }
        guard items == plan.items else { return "counts other items than its plan has" }
        guard counts == ends else { return "counts other outcomes than the plan's items have" }
        if Int64(plan.closed.count) == plan.items {
            size -= plan.closed.count
            plans[id]?.end()
        }
        return nil
    }
}

extension Outcome.Group {
    /// In the list of counts.
    fileprivate var place: Int {
        switch self {
        case .deleted: 0
        case .absent: 1
        case .withheld: 2
        case .failed: 3
        case .open: 4
        }
    }
}

extension AnswerClass {
    /// The table of `docs/audit-log.md`, section 6: which status and which final outcome an answer of this class has.
    fileprivate func allows(http: Int64, _ final: Outcome?) -> Bool {
        switch self {
        case .deleted: http == 204 && final == .deleted
        case .absent:
            http == 404
                && [nil, .deletedAfterRetry, .alreadyAbsent, .expiredByVendor, .notFoundUnproven].contains(final)
        case .invalid: http == 400 && final == .invalidID
        case .refused: [401, 403].contains(http) && [nil, .refusedByVendor].contains(final)
        case .notReady: http == 404 && [nil, .failedExhausted].contains(final)
        case .throttled: http == 429 && [nil, .failedExhausted].contains(final)
        case .notSent: http == 0 && [nil, .failedExhausted].contains(final)
        case .unknown: [0, 404, 408, 500, 502, 503, 504].contains(http) && [nil, .failedExhausted].contains(final)
        case .unexpected: ![0, 204].contains(http) && final == .failedUnexpected
        }
    }
}
