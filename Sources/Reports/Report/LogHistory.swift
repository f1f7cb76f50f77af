import Audit
import Domain

/// What the records of one or more logs say of plans, runs and requests, read in order. Every outcome that a report shows comes
/// from here or, attachment by attachment, from `PeriodWork`, and so from verified lines.
struct LogHistory {
    private(set) var runs: [RunID: ReportValues.Run] = [:]
    /// The runs of each plan, in order.
    private(set) var runsOfPlan: [PlanID: [RunID]] = [:]
    private(set) var approvals: [PlanID: [ReportValues.Approval]] = [:]
    /// Which plan each run carries out; no attachment.
    private(set) var heads: Endings
    private(set) var orders = Fold()
    /// Every plan that was recorded.
    private(set) var plans: [PlanID: LostPlan] = [:]
    /// The request that a plan answers, as the rule of a DELETE that it announced says.
    private(set) var requestOfPlan: [PlanID: RequestID] = [:]
    /// Plans, requests and holds that somebody put on record as lost, by id: a sentence each.
    private(set) var lost: [String: String] = [:]
    private(set) var samples: [ReportValues.Sample] = []
    /// Grade X: called gone before, and there at that time.
    private(set) var foundAgain: Set<AttachmentID> = []
    /// The last `egress.check`.
    private(set) var egress: ReportValues.Egress?
    private(set) var archived = 0
    private(set) var archiveFailed = 0
    /// Records were removed with a segment, or are lost and the log says so.
    var isCut = false
    private let period: ReportValues.Period

    /// What the log alone says of a plan.
    struct LostPlan {
        let id: PlanID
        let kind: Plan.Kind
        let digest: String
        let created: Timestamp
        let items: Int
        var state = Plan.State.proposed
    }

    /// Nothing from the end of the period on counts as an ending; what is open is open at the end of the log.
    init(_ period: ReportValues.Period) {
        self.period = period
        heads = Endings(end: period.to)
    }

    /// `kind`: of what a `vendor.sample` was taken.
    mutating func add(_ entry: LogEntry, of origin: String = "", samples kind: ReportValues.Sample.Kind = .deleted) {
        let at = entry.time
        orders.add(entry, of: origin)
        switch entry.record {
        case .runStart(let start):
            heads.add(entry)
            runs[start.run] = ReportValues.Run(id: start.run, plan: start.plan, start: at)
            runsOfPlan[start.plan, default: []].append(start.run)
            plans[start.plan]?.state = .applying
        case .deleteIntent(let intent):
            guard intent.rule.hasPrefix("erasure:"), let plan = heads.plan(of: intent.run),
                requestOfPlan[plan] == nil
            else { return }
            requestOfPlan[plan] = try? RequestID(String(intent.rule.dropFirst("erasure:".count)))
        case .operatorAct(let act) where act.act == .stateLost:
            lost[act.ref] = "\(act.ref) is lost, as \(act.by) put on record on \(at.date)"
        case _ where at >= period.to: return
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
        case .runHalt(let halt):
            runs[halt.run]?.end = at
            runs[halt.run]?.haltCause = halt.cause
        case .egressCheck(let check):
            let hosts = [check.reached ? check.host : nil, check.blocked ? nil : check.other].compactMap(\.self)
            egress = ReportValues.Egress(
                domains: hosts, checkedAt: at, source: "lethe doctor --egress, record \(entry.seq)")
        case _ where at < period.from: return
        case .deleteVerified(let found) where found.grade == .x: foundAgain.insert(found.attachment)
        case .vendorSample(let sample):
            samples.append(
                ReportValues.Sample(at: at, kind: kind, checked: sample.checked, present: sample.present))
        case .archiveStored(let copy):
            archived += copy.ok ? 1 : 0
            archiveFailed += copy.ok ? 0 : 1
        default: return
        }
    }

    /// Of the deleted ones in each run's counts, those without a 204: the counts are of the plan, up to that run.
    mutating func note(afterRetry: [RunID: Int]) {
        for runs in runsOfPlan.values {
            var sum = 0
            for run in runs {
                sum += afterRetry[run] ?? 0
                if self.runs[run]?.counts != nil { self.runs[run]?.afterRetry = sum }
            }
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
