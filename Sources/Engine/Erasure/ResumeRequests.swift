import Audit
import Domain
import Inventory
import Rules

/// Requests that were completed with exceptions and of which something may be deleted now: a retention has ended, a hold
/// was released.
struct ResumeRequests: Sendable {
    let context: RunContext
    let decider: Decider

    func due() throws(LetheError) -> [RequestID] {
        let now = context.time.now()
        let holds = try context.inventory.activeHolds(at: now)
        var due: [RequestID] = []
        for request in try context.inventory.requests() where request.state == .completedWithExceptions {
            guard let plan = request.plan else { continue }
            for item in try context.inventory.results(of: plan) {
                guard item.outcome == .withheldHold || item.outcome == .withheldRetention,
                    let attachment = try context.inventory.attachment(item.attachment), attachment.state != .gone,
                    decider.ruling(on: attachment, holds: holds, request: request.id, now: now).verdict == .delete
                else { continue }
                due.append(request.id)
                break
            }
        }
        return due
    }
}
