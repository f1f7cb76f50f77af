package import Audit
package import Domain

/// One thing that happened to a request, as the log has it.
package struct RequestStep: Sendable, Equatable {
    package let at: Timestamp
    /// `opened`, a state, `plan approved`, `run started` or `run ended`.
    package let step: String
    /// `nil` = nobody: it followed from what a run did.
    package let by: String?
    package let reason: String?
    package let plan: PlanID?
}

extension AuditLog {
    /// Oldest first. `plans`: those that were made for it.
    package func steps(of request: RequestID, plans: Set<PlanID>) throws(LetheError) -> [RequestStep] {
        let types: [RecordType] = [.requestOpened, .requestUpdated, .planApproved, .runStart, .runEnd]
        var steps: [RequestStep] = []
        var runs: [RunID: PlanID] = [:]
        func add(_ entry: LogEntry, _ step: String, by: String? = nil, reason: String? = nil, plan: PlanID? = nil) {
            steps.append(RequestStep(at: entry.time, step: step, by: by, reason: reason, plan: plan))
        }
        for reader in try readers() {
            for entry in try reader.entries(ofTypes: Set(types.map(\.rawValue))) {
                switch entry.record {
                case .requestOpened(let opening) where opening.request == request: add(entry, "opened", by: opening.by)
                case .requestUpdated(let update) where update.request == request:
                    add(entry, update.state.rawValue, by: update.by, reason: update.reason)
                case .planApproved(let approval) where plans.contains(approval.plan):
                    add(entry, "plan approved", by: approval.by, plan: approval.plan)
                case .runStart(let start) where plans.contains(start.plan):
                    runs[start.run] = start.plan
                    add(entry, "run started", plan: start.plan)
                case .runEnd(let end):
                    if let plan = runs[end.run] { add(entry, "run ended", plan: plan) }
                default: break
                }
            }
        }
        return steps
    }
}
