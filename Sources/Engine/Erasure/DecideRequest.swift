import Audit
package import Domain
import Inventory

/// What a person decides of a request: it is refused, it is withdrawn, or it takes longer. Deletes nothing.
package struct DecideRequest: Sendable {
    private let context: RunContext

    package init(_ context: RunContext) {
        self.context = context
    }

    /// The answer is no. `reason` is the ground; nothing may have been carried out yet.
    package func refuse(_ id: RequestID, by name: String, reason: String) throws(LetheError) -> ErasureRequest {
        try end(id, as: .refused, from: [.received, .planned, .approved], by: name, reason: reason)
    }

    /// The person takes it back. What was deleted before that stays deleted.
    package func withdraw(_ id: RequestID, by name: String, reason: String) throws(LetheError) -> ErasureRequest {
        try end(
            id, as: .withdrawn, from: [.received, .planned, .approved, .applying, .verifying], by: name, reason: reason)
    }

    /// Moves the deadline by what the law allows, once. `told`: the day on which the person was told; `nil` = today.
    package func extend(
        _ id: RequestID, by name: String, reason: String, told: Timestamp? = nil
    ) throws(LetheError) -> ErasureRequest {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        let now = context.time.now()
        var request = try open(id)
        guard request.extensionToldOn == nil else {
            throw LetheError("already-extended", .refused, "request \(id) was extended before: the law allows it once")
        }
        let day = told ?? now
        guard request.received <= day, day <= now else {
            throw LetheError(
                "invalid-value", .usage, "the person was told between \(request.received.date) and today, or not yet")
        }
        let deadline = try ErasureDeadline(
            request.jurisdiction, received: request.received, course: .init(extendedOn: day), now: now)
        let (name, reason) = (try OperatorText.actor(name), try OperatorText.reason(reason))
        request.due = deadline.answerBy
        request.extensionReason = reason
        request.extensionToldOn = day
        try RequestStates(inventory: context.inventory, log: context.log).update(request, by: name, reason: reason)
        return request
    }

    /// Under the run lease, since its plan may be in work.
    private func end(
        _ id: RequestID, as state: ErasureRequest.State, from allowed: Set<ErasureRequest.State>, by name: String,
        reason: String
    ) throws(LetheError) -> ErasureRequest {
        let lease = try RunLease(context.leaseFile)
        defer { withExtendedLifetime(lease) {} }
        try CatchUp(inventory: context.inventory, log: context.log).run()
        var request = try open(id)
        guard allowed.contains(request.state) else {
            throw LetheError(
                "request-state", .refused, "request \(id) is \(request.state.rawValue): part of it may be carried out",
                hint: "finish it: lethe run --apply, or end it: lethe requests withdraw \(id) --as NAME --reason TEXT")
        }
        let (name, reason) = (try OperatorText.actor(name), try OperatorText.reason(reason))
        if let plan = request.plan, try !context.inventory.plan(plan).state.isClosed {
            try ClosePlan(context).cancel(plan, by: name, reason: "the request is \(state.rawValue)")
        }
        request.state = state
        request.answered = context.time.now()
        if state == .refused { request.ground = reason }
        try RequestStates(inventory: context.inventory, log: context.log).update(request, by: name, reason: reason)
        return request
    }

    private func open(_ id: RequestID) throws(LetheError) -> ErasureRequest {
        guard let request = try context.inventory.request(id) else {
            throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
        }
        guard !request.state.isClosed else {
            throw LetheError(
                "request-state", .refused, "request \(id) is closed (\(request.state.rawValue))",
                hint: "lethe requests show \(id)")
        }
        return request
    }
}
