import Audit
import Domain
import Inventory

/// What the records say of one request and its plans, read in the order of the log.
struct RequestHistory {
    struct Findings {
        var missing: [String] = []
        var leftOut: [String] = []
        var `false`: [String] = []
        /// Records between others that are not here: nothing that is said is known to be wrong.
        var gaps: [String] = []
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
    /// And how often of these while an earlier one was open: it is closed first, but where it was lost.
    private var timesReplanned = 0
    /// `nil` until it is opened.
    private var state: ErasureRequest.State?
    /// The last announcement of each DELETE, and whether it was answered.
    private var announced: [OperationID: (attempt: Int, isAnswered: Bool)] = [:]
    /// The one that was announced last for each attachment.
    private var operations: [AttachmentID: OperationID] = [:]
    /// Where records that nobody writes one after the other follow each other.
    private var gaps: [String] = []

    init(_ request: RequestID, _ plans: [Plan], about attachments: Set<AttachmentID>) {
        self.request = request
        self.plans = Dictionary(plans.map { ($0.id, $0) }) { first, _ in first }
        self.attachments = attachments
    }

    mutating func add(_ entry: LogEntry) {
        endings.add(entry)
        orders.add(entry, of: "")
        if case .deleteOutcome(let answer) = entry.record { answered(answer) }
        // What a GET settles was answered before: else nothing would have been spent.
        if case .itemClosed(let closing) = entry.record, closing.reason == "settled_by_get",
            let last = operations[closing.attachment], announced[last]?.isAnswered == false
        {
            miss(attemptsOn: closing.attachment)
        }
        switch entry.record {
        case .requestOpened(let opening) where opening.request == request:
            due = opening.due
            state = state ?? .received
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
        case .deleteIntent(let intent): announce(intent)
        case .deleteVerified(let found): told(found.attachment)
        default: if entry.record.finalOutcome != nil, let attachment = entry.record.attachment { told(attachment) }
        }
    }

    /// The attempts at one DELETE count from 1, and each is answered before the next is announced.
    private mutating func announce(_ intent: AuditRecord.Intent) {
        let last = announced[intent.operation] ?? (0, true)
        // A new segment of the log announces again what the one before it left open.
        if intent.attempt == last.attempt, !last.isAnswered { return }
        if intent.attempt != last.attempt + 1 || !last.isAnswered { miss(attemptsOn: intent.attachment) }
        announced[intent.operation] = (intent.attempt, false)
        operations[intent.attachment] = intent.operation
    }

    private mutating func answered(_ answer: AuditRecord.Answer) {
        if announced[answer.operation]?.attempt != answer.attempt { miss(attemptsOn: answer.attachment) }
        announced[answer.operation] = (answer.attempt, true)
    }

    private mutating func miss(attemptsOn attachment: AttachmentID) {
        gaps.append("attachment \(attachment): not every attempt to delete it is on record here")
    }

    private mutating func told(_ attachment: AttachmentID) {
        issue += isAnswered && attachments.contains(attachment) ? 1 : 0
    }

    private mutating func moved(to state: ErasureRequest.State, due later: Timestamp?, _ at: Timestamp) {
        if self.state?.leads(to: state) != true {
            let before = self.state?.rawValue ?? "its opening"
            gaps.append("no record here says how the request went from \(before) to \(state.rawValue)")
        }
        defer { self.state = state }
        isAnswered = state.isClosed
        if isAnswered {
            firstAnswer = firstAnswer ?? at
            issue += 1
            if state.isAnswered, let run = atWork { short.append(run) }
        }
        // Its plan was closed: what comes then is of another, which may be lost.
        if isAnswered || state == .received { atWork = nil }
        // With another due date it is an extension, which leaves the state as it was.
        if state == .planned, later == nil || later == due {
            timesPlanned += 1
            if self.state == .planned || self.state == .approved { timesReplanned += 1 }
        }
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
        findings.gaps = gaps
        if timesPlanned < created.count {
            findings.gaps.append(
                "\(created.count) plans of the request, and \(timesPlanned) records that say it was planned")
        }
        if timesReplanned > max(0, timesPlanned - created.count) {
            findings.gaps.append("no record here says how an earlier plan of the request was closed")
        }
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
