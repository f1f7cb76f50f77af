import Audit
package import Domain
import Inventory
package import Rules

/// What a person decides of a request: it is refused, it is withdrawn, or it takes longer. Deletes nothing.
package struct DecideRequest: Sendable {
    private let context: RunContext
    private let decider: Decider
    private let name: String
    private let reason: String

    /// `name` decides it, for `reason`: both stay in the log.
    package init(_ context: RunContext, rules: Decider, by name: String, reason: String) throws(LetheError) {
        self.context = context
        decider = rules
        self.name = try OperatorText.actor(name)
        self.reason = try OperatorText.reason(reason)
    }

    /// The answer is no. `reason` is the ground; nothing may have been carried out yet.
    package func refuse(_ id: RequestID) async throws(LetheError) -> ErasureRequest {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        _ = try open(id)
        guard try !context.inventory.wasBegun(id) else { throw Self.isBegun(id) }
        return try await end(id, .refused)
    }

    /// The person takes it back. What was deleted before that stays deleted.
    package func withdraw(_ id: RequestID) async throws(LetheError) -> ErasureRequest {
        try await end(id, .withdrawn)
    }

    /// Puts on record that a request is lost which only the log knows, since an older inventory was put back. Throws
    /// `unknown-request` for any other.
    package func recordLoss(of id: RequestID) throws(LetheError) {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        guard try RecordedTruth(context.log).hasLost(id, from: context.inventory) else {
            throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
        }
        _ = try context.log.append([
            .requestUpdated(.init(request: id, state: .withdrawn, due: nil, by: name, reason: reason))
        ])
        try CatchUp(inventory: context.inventory, log: context.log).run()
    }

    /// Moves the deadline by what the law allows, once. `told`: the day on which the person was told; `nil` = today.
    package func extend(_ id: RequestID, told: Timestamp? = nil) throws(LetheError) -> ErasureRequest {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        let now = context.time.now()
        let request = try open(id)
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
        let extended = try context.inventory.advance(id, .extended, by: name, reason: reason) {
            $0.due = deadline.answerBy
            $0.extensionReason = reason
            $0.extensionToldOn = day
        }
        return extended
    }

    /// Its plan may be in work: that ends first.
    private func end(_ id: RequestID, _ event: RequestEvent) async throws(LetheError) -> ErasureRequest {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        let request = try open(id)
        guard let state = request.state.after(event) else {
            throw Self.isBegun(id)
        }
        if let plan = request.plan, try !context.inventory.plan(plan).state.isClosed {
            try await CancelPlan(context, rules: decider, by: name, reason: "the request is \(state.rawValue)").run(
                plan)
        }
        let now = context.time.now()
        let ended = try context.inventory.advance(id, event, by: name, reason: reason) {
            $0.answered = now
            if state == .refused { $0.ground = reason }
        }
        return ended
    }

    private static func isBegun(_ id: RequestID) -> LetheError {
        LetheError(
            "request-state", .refused, "part of request \(id) was carried out, so it can no longer be refused",
            hint: "finish it as lethe requests show \(id) says, or end it: "
                + "lethe requests withdraw \(id) --as NAME --reason TEXT")
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
