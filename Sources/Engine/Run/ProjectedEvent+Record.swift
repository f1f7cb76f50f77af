import Audit
import Domain
import Inventory

extension LoggedEvent {
    /// What a record of the log means for the inventory; `nil` = nothing.
    init?(_ record: AuditRecord, seq: Int64, at: Timestamp) {
        guard let event = ProjectedEvent(record) else { return nil }
        self.init(seq: seq, at: at, event: event)
    }
}

extension ProjectedEvent {
    fileprivate init?(_ record: AuditRecord) {
        switch record {
        case .runStart(let run, let plan, _, _): self = .runStarted(run, plan: plan)
        case .deleteIntent(let intent):
            self = .intent(
                run: intent.run, op: intent.operation, attempt: intent.attempt, attachment: intent.attachment,
                rule: intent.rule)
        case .deleteOutcome(let answer):
            self = .outcome(
                op: answer.operation, attempt: answer.attempt, attachment: answer.attachment, class: answer.answer,
                http: answer.http, trace: answer.trace, final: answer.final)
        case .itemClosed(let run, let attachment, let outcome, _):
            self = .itemClosed(run: run, attachment: attachment, outcome: outcome)
        case .deleteVerified(let run, let attachment, let http, let grade):
            self = .verified(run: run, attachment: attachment, http: http, grade: grade)
        case .runEnd(let run, let counts): self = .runEnded(run, counts)
        case .runHalt(let run, let cause): self = .runHalted(run, cause: cause)
        case .planCreated(let plan, _, let digest, _, _): self = .planCreated(plan, digest: digest)
        case .operatorAct(.limitRaise, let ref, _, _):
            guard let plan = try? PlanID(ref) else { return nil }
            self = .limitsLifted(plan)
        case .operatorAct(.planCancel, let ref, _, _):
            guard let plan = try? PlanID(ref) else { return nil }
            self = .planClosed(plan, .cancelled)
        case .operatorAct(.planExpire, let ref, _, _):
            guard let plan = try? PlanID(ref) else { return nil }
            self = .planClosed(plan, .expired)
        case .planApproved(let plan, let digest, let by, let how):
            self = .planApproved(plan, digest: digest, by: by, how: how.rawValue)
        case .requestOpened(let opening): self = .requestOpened(opening.request)
        case .requestUpdated(let request, let state, let due, _, _): self = .requestUpdated(request, state, due: due)
        case .holdPlaced(let hold, _, _, _, _): self = .holdPlaced(hold)
        case .holdReleased(let hold, _, _): self = .holdReleased(hold)
        case .policyLocked(let id, let sha256): self = .policyLocked(id, sha256: sha256)
        case .operatorAct(.policyUnlock, let id, _, _): self = .policyUnlocked(id)
        default: return nil
        }
    }
}
