import Audit
import Domain

/// What the records of one or more logs say of plans, runs and items, read in order. Every outcome that a report shows
/// comes from here, and so from verified lines.
struct LogHistory {
    /// How an item of a plan ended.
    struct Ending {
        var run: RunID
        var at: Timestamp
        var outcome: Outcome
        var grade: EvidenceGrade?
        var attempts = 0
        var lastAnswer: String?
        var trace: String?
    }

    /// What has been sent for an attachment and not come to its end.
    private struct Trial {
        var intent: AuditRecord.Intent
        var plan: PlanID?
        var since: Timestamp
        var tries: Int
        var isOpen: Bool
        var lastAnswer: String?
    }

    private(set) var runs: [RunID: ReportValues.Run] = [:]
    private(set) var approvals: [PlanID: [ReportValues.Approval]] = [:]
    /// By plan, then attachment: the last word on each item before `end`.
    private(set) var endings: [PlanID: [AttachmentID: Ending]] = [:]
    private(set) var samples: [ReportValues.Sample] = []
    /// Grade X: called gone before, and there at that time.
    private(set) var foundAgain: [(at: Timestamp, attachment: AttachmentID)] = []
    private(set) var archived = 0
    private(set) var archiveFailed = 0
    private var trials: [AttachmentID: Trial] = [:]
    /// The plan of the last ending of an attachment, which a verification is about.
    private var lastPlan: [AttachmentID: PlanID] = [:]
    private let end: Timestamp

    /// Nothing from `end` on counts as an ending; what is open is open at the end of the log.
    init(end: Timestamp) {
        self.end = end
    }

    /// Intents without an answer, oldest first.
    var open: [ReportValues.OpenIntent] {
        trials.values.filter(\.isOpen).map { trial in
            ReportValues.OpenIntent(
                op: trial.intent.operation, attachment: trial.intent.attachment, run: trial.intent.run,
                rule: trial.intent.rule, at: trial.since, tries: trial.tries, lastAnswer: trial.lastAnswer)
        }.sorted { ($0.at, $0.op) < ($1.at, $1.op) }
    }

    /// `kind`: of what a `vendor.sample` was taken.
    mutating func add(_ entry: LogEntry, samples kind: ReportValues.Sample.Kind = .deleted) {
        let at = entry.time
        switch entry.record {
        case .deleteIntent(let intent): announce(intent, at)
        case .deleteOutcome(let answer): answered(answer, at)
        case .itemClosed(let run, let attachment, let outcome, _):
            end(attachment, Ending(run: run, at: at, outcome: outcome))
        case .runStart(let run, let plan, _, _): runs[run] = ReportValues.Run(id: run, plan: plan, start: at)
        case _ where at >= end: return
        case .planApproved(let plan, _, let by, let how):
            approvals[plan, default: []].append(ReportValues.Approval(by: by, how: how.rawValue, at: at))
        case .runEnd(let run, let counts):
            runs[run]?.end = at
            runs[run]?.counts = counts
            let plan = runs[run]?.plan
            runs[run]?.afterRetry = plan.flatMap { endings[$0] }?.values.count { $0.outcome == .deletedAfterRetry }
        case .runHalt(let run, let cause):
            runs[run]?.end = at
            runs[run]?.haltCause = cause
        case .deleteVerified(_, let attachment, _, let grade):
            if let plan = lastPlan[attachment] { endings[plan]?[attachment]?.grade = grade }
            if grade == .x { foundAgain.append((at, attachment)) }
        case .vendorSample(let checked, let present):
            samples.append(ReportValues.Sample(at: at, kind: kind, checked: checked, present: present))
        case .archiveStored(_, _, let ok):
            archived += ok ? 1 : 0
            archiveFailed += ok ? 0 : 1
        default: return
        }
    }

    private mutating func announce(_ intent: AuditRecord.Intent, _ at: Timestamp) {
        let plan = runs[intent.run]?.plan
        let before = trials[intent.attachment].flatMap { $0.plan == plan ? $0 : nil }
        trials[intent.attachment] = Trial(
            intent: intent, plan: plan, since: at, tries: (before?.tries ?? 0) + 1, isOpen: true,
            lastAnswer: before?.lastAnswer)
    }

    private mutating func answered(_ answer: AuditRecord.Answer, _ at: Timestamp) {
        guard var trial = trials[answer.attachment], trial.intent.operation == answer.operation else { return }
        trial.isOpen = false
        trial.lastAnswer = answer.error?.rawValue ?? String(answer.http)
        trials[answer.attachment] = trial
        guard let final = answer.final else { return }
        end(answer.attachment, Ending(run: trial.intent.run, at: at, outcome: final, trace: answer.trace))
    }

    /// The last word on an item: what was tried on it is added, and forgotten.
    private mutating func end(_ attachment: AttachmentID, _ ending: Ending) {
        let trial = trials.removeValue(forKey: attachment)
        guard ending.at < end, let plan = runs[ending.run]?.plan else { return }
        var ending = ending
        ending.grade = ending.outcome.ownGrade
        if let trial, trial.plan == plan {
            ending.attempts = trial.tries
            ending.lastAnswer = trial.lastAnswer
        } else if let refuted = endings[plan]?[attachment], refuted.grade == .x, ending.outcome.group == .failed {
            // The run's own GET found it after the 204: the grade, and what it was answered before, are still so.
            (ending.grade, ending.attempts) = (refuted.grade, refuted.attempts)
            (ending.lastAnswer, ending.trace) = (refuted.lastAnswer, refuted.trace)
        }
        endings[plan, default: [:]][attachment] = ending
        lastPlan[attachment] = plan
    }
}
