import Audit
import Domain
import Inventory

/// What the records say of one request and its plans, read in the order of the log.
struct RequestHistory {
    struct Findings {
        var missing: [String] = []
        var leftOut: [String] = []
        var `false`: [String] = []
    }

    private let request: RequestID
    private let plans: [PlanID: Plan]
    private let attachments: Set<AttachmentID>
    private(set) var endings = Endings()
    private(set) var orders = Fold()
    /// Digests of the request's plans.
    private(set) var created: [PlanID: String] = [:]
    private var approved: [PlanID: [ProvedRequest.PlanApproval]] = [:]
    private var runs: [RunID: PlanID] = [:]
    private var started: Set<PlanID> = []
    /// The run of the request that began last, until it ends.
    private var atWork: RunID?
    /// Runs whose totals are not those of the records before, or that have none before an answer.
    private var short: [RunID] = []
    private(set) var firstAnswer: Timestamp?
    /// Records from the first answer on that change what is said.
    private(set) var issue = 0
    private var isAnswered = false
    private var due: Timestamp?
    /// How often a plan was recorded under the request.
    private(set) var timesPlanned = 0

    init(_ request: RequestID, _ plans: [Plan], about attachments: Set<AttachmentID>) {
        self.request = request
        self.plans = Dictionary(plans.map { ($0.id, $0) }) { first, _ in first }
        self.attachments = attachments
    }

    mutating func add(_ entry: LogEntry) {
        endings.add(entry)
        orders.add(entry, of: "")
        switch entry.record {
        case .requestOpened(let opening) where opening.request == request: due = opening.due
        case .requestUpdated(let update) where update.request == request:
            moved(to: update.state, due: update.due, entry.time)
        case .planCreated(let made) where made.kind == .erasure: created[made.plan] = made.digest
        case .planApproved(let approval):
            let plan = approval.plan
            guard !(approved[plan]?.contains { $0.by == approval.by } ?? false) else { return }
            approved[plan, default: []].append(
                .init(plan: plan, by: approval.by, how: approval.how.rawValue, at: entry.time))
        case .runStart(let start):
            runs[start.run] = start.plan
            guard plans[start.plan] != nil else { return }
            started.insert(start.plan)
            atWork = start.run
        case .runEnd(let end): ended(end.run, end.counts)
        case .deleteVerified(let found): told(found.attachment)
        default: if entry.record.finalOutcome != nil, let attachment = entry.record.attachment { told(attachment) }
        }
    }

    private mutating func told(_ attachment: AttachmentID) {
        issue += isAnswered && attachments.contains(attachment) ? 1 : 0
    }

    private mutating func moved(to state: ErasureRequest.State, due later: Timestamp?, _ at: Timestamp) {
        isAnswered = state.isClosed
        if isAnswered {
            firstAnswer = firstAnswer ?? at
            issue += 1
            if state.isAnswered, let run = atWork { short.append(run) }
        }
        // Its plan was closed: what comes then is of another, which may be lost.
        if isAnswered || state == .received { atWork = nil }
        // With another due date it is an extension, which leaves the state as it was.
        if state == .planned, later == nil || later == due { timesPlanned += 1 }
        due = later ?? due
    }

    private mutating func ended(_ run: RunID, _ counts: RunCounts) {
        guard let plan = runs[run].flatMap({ plans[$0] }) else { return }
        if run == atWork { atWork = nil }
        let endings = endings.of(plan.id)
        let outcomes = plan.items.map { endings[$0.attachment]?.outcome ?? .notAttempted }
        if RunCounts(OutcomeCounts(outcomes)) != counts { short.append(run) }
    }

    /// Those of a plan of which nothing was carried out approved nothing.
    func approvals(of plan: PlanID) -> [ProvedRequest.PlanApproval] {
        started.contains(plan) ? approved[plan] ?? [] : []
    }

    /// Plans that the request had, as what they announced says, and that are not here.
    func lost(besides known: Set<PlanID>) -> Set<PlanID> {
        endings.worked.subtracting(known).filter { endings.request(of: $0) == request }
    }

    func findings(on plans: [Plan]) -> Findings {
        var findings = Findings()
        for plan in plans {
            guard let digest = created[plan.id] else {
                findings.missing.append("the digest of plan \(plan.id): no record here has it")
                continue
            }
            if digest != plan.digest { findings.false.append("plan \(plan.id) is not the one that was recorded") }
            if plan.request != request { findings.false.append("plan \(plan.id) is of another request") }
        }
        for plan in created.keys.sorted() where self.plans[plan] == nil {
            findings.leftOut.append("plan \(plan) is left out")
        }
        for plan in plans where started.contains(plan.id) && approved[plan.id] == nil {
            findings.leftOut.append("who approved plan \(plan.id) is left out")
        }
        findings.leftOut += short.map { "records of run \($0) are left out: its totals say so" }
        return findings
    }
}
