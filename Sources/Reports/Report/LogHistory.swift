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
        case .runStart(let run, let plan, _, _):
            runs[run] = ReportValues.Run(id: run, plan: plan, start: at)
            plans[plan]?.state = .applying
        case _ where at >= end: return
        case .planCreated(let plan, let kind, let digest, let items, _):
            plans[plan] = LostPlan(id: plan, kind: kind, digest: digest, created: at, items: items)
        case .operatorAct(.planCancel, let ref, _, _): close(ref, as: .cancelled)
        case .operatorAct(.planExpire, let ref, _, _): close(ref, as: .expired)
        case .planApproved(let plan, _, let by, let how):
            approvals[plan, default: []].append(ReportValues.Approval(by: by, how: how.rawValue, at: at))
        case .runEnd(let run, let counts):
            runs[run]?.end = at
            runs[run]?.counts = counts
            let plan = runs[run]?.plan
            if let plan, counts.open == 0, plans[plan]?.state.isClosed == false { plans[plan]?.state = .done }
            runs[run]?.afterRetry = plan.map { endings.of($0).values.count { $0.outcome == .deletedAfterRetry } }
        case .runHalt(let run, let cause):
            runs[run]?.end = at
            runs[run]?.haltCause = cause
        case .deleteVerified(_, let attachment, _, .x): foundAgain.append((at, attachment))
        case .vendorSample(let checked, let present):
            samples.append(ReportValues.Sample(at: at, kind: kind, checked: checked, present: present))
        case .archiveStored(_, _, let ok):
            archived += ok ? 1 : 0
            archiveFailed += ok ? 0 : 1
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
