import Audit
import Domain

/// What the records of one or more logs say of plans, runs and items, read in order. Every outcome that a report shows
/// comes from here, and so from verified lines.
struct LogHistory {
    private(set) var runs: [RunID: ReportValues.Run] = [:]
    private(set) var approvals: [PlanID: [ReportValues.Approval]] = [:]
    private(set) var endings: Endings
    private(set) var orders = Fold()
    /// Every plan that was recorded.
    private(set) var plans: [PlanID: LostPlan] = [:]
    private(set) var samples: [ReportValues.Sample] = []
    /// Grade X: called gone before, and there at that time.
    private(set) var foundAgain: [(at: Timestamp, attachment: AttachmentID)] = []
    /// The last `egress.check`.
    private(set) var egress: ReportValues.Egress?
    private(set) var archived = 0
    private(set) var archiveFailed = 0
    private let end: Timestamp

    /// What the log alone says of a plan.
    struct LostPlan {
        let id: PlanID
        let kind: Plan.Kind
        let digest: String
        let created: Timestamp
        let items: Int
        var state = Plan.State.proposed
    }

    /// Nothing from `end` on counts as an ending; what is open is open at the end of the log.
    init(end: Timestamp) {
        self.end = end
        endings = Endings(end: end)
    }

    /// Intents without an answer, oldest first.
    var open: [ReportValues.OpenIntent] {
        endings.open.map { trial in
            ReportValues.OpenIntent(
                op: trial.intent.operation, attachment: trial.intent.attachment, run: trial.intent.run,
                rule: trial.intent.rule, at: trial.since, tries: trial.tries, lastAnswer: trial.answer?.words)
        }
    }

    /// `kind`: of what a `vendor.sample` was taken.
    mutating func add(_ entry: LogEntry, of origin: String = "", samples kind: ReportValues.Sample.Kind = .deleted) {
        let at = entry.time
        endings.add(entry)
        orders.add(entry, of: origin)
        switch entry.record {
        case .runStart(let start):
            runs[start.run] = ReportValues.Run(id: start.run, plan: start.plan, start: at)
            plans[start.plan]?.state = .applying
        case _ where at >= end: return
        case .planCreated(let made):
            plans[made.plan] = LostPlan(
                id: made.plan, kind: made.kind, digest: made.digest, created: at, items: made.items)
        case .operatorAct(let act) where act.act == .planCancel: close(act.ref, as: .cancelled)
        case .operatorAct(let act) where act.act == .planExpire: close(act.ref, as: .expired)
        case .planApproved(let approval):
            approvals[approval.plan, default: []].append(
                ReportValues.Approval(by: approval.by, how: approval.how.rawValue, at: at))
        case .runEnd(let end):
            runs[end.run]?.end = at
            runs[end.run]?.counts = end.counts
            let plan = runs[end.run]?.plan
            if let plan, end.counts.open == 0, plans[plan]?.state.isClosed == false { plans[plan]?.state = .done }
            runs[end.run]?.afterRetry = plan.map { endings.of($0).values.count { $0.outcome == .deletedAfterRetry } }
        case .runHalt(let halt):
            runs[halt.run]?.end = at
            runs[halt.run]?.haltCause = halt.cause
        case .deleteVerified(let found) where found.grade == .x: foundAgain.append((at, found.attachment))
        case .vendorSample(let sample):
            samples.append(
                ReportValues.Sample(at: at, kind: kind, checked: sample.checked, present: sample.present))
        case .egressCheck(let check):
            let hosts = [check.reached ? check.host : nil, check.blocked ? nil : check.other].compactMap(\.self)
            egress = ReportValues.Egress(
                domains: hosts, checkedAt: at, source: "lethe doctor --egress, record \(entry.seq)")
        case .archiveStored(let copy):
            archived += copy.ok ? 1 : 0
            archiveFailed += copy.ok ? 0 : 1
        default: return
        }
    }

    private mutating func close(_ ref: String, as state: Plan.State) {
        if let plan = try? PlanID(ref) { plans[plan]?.state = state }
    }
}

extension AuditRecord.Answer {
    /// A status, or why there was none (`timeout`).
    var words: String { error?.rawValue ?? String(http) }
}
