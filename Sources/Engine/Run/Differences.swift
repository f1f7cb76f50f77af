import Audit
package import Domain
package import Inventory

/// Where the rows of `inventory.db` are not what the audit log comes to: an older file was put back, or somebody wrote to it, in both
/// directions: what the log has and the inventory lacks, and what the inventory has and the log does not. Those of `differences` stop
/// every apply, those of `everyDifference` are said.
package struct Difference: Sendable, Equatable {
    package enum Subject: Sendable, Hashable {
        case hold(HoldID)
        case request(RequestID)
        case plan(PlanID)
        /// A DELETE of it that was announced and has no answer.
        case intent(AttachmentID)
        /// Who agreed to the plan.
        case approvals(PlanID)
        /// How so many items of the plan ended.
        case items(PlanID, Int)
        /// So many rows of what came of it all, of the kind that is named.
        case others(String, Int)
    }

    package enum Kind: Sendable, Equatable {
        /// The log has it in force or open, and the inventory lacks it.
        case missing
        /// Both have it, in two ways.
        case changed
        /// The inventory has it in force or open, and the log does not: it was never recorded, or has ended.
        case unrecorded
    }

    package let subject: Subject
    package let kind: Kind
    /// The log has it as ended: nothing waits for it.
    package var isEnded = false
}

extension RecordedTruth {
    /// In the order of holds, requests and plans, by id.
    package func differences(in inventory: InventoryStore, at now: Timestamp) throws(LetheError) -> [Difference] {
        guard try !compare(inventory, at: now).isEmpty else { return [] }
        // Somebody may be between a record and its effect.
        try CatchUp(inventory: inventory, log: log).follow()
        return try compare(inventory, at: now)
    }

    func compare(_ inventory: InventoryStore, at now: Timestamp) throws(LetheError) -> [Difference] {
        let fold = try fold()
        let requests = try inventory.requests()
        let orders = try Self.holds(fold, inventory, now) + Self.requests(fold, requests)
        return try orders + Self.plans(fold, inventory, requests) + Self.intents(fold, inventory)
    }

    private static func holds(
        _ fold: Fold, _ inventory: InventoryStore, _ now: Timestamp
    ) throws(LetheError) -> [Difference] {
        let stored = try inventory.holds()
        var found: [HoldID: Difference.Kind] = [:]
        for (hold, other) in fold.holds.values.lacking(in: stored, at: now) {
            found[hold.id] = other == nil ? .missing : .changed
        }
        for hold in stored where hold.isActive(at: now) && fold.holds[hold.id]?.isActive(at: now) != true {
            found[hold.id] = .unrecorded
        }
        return found.sorted { $0.key < $1.key }.map { Difference(subject: .hold($0.key), kind: $0.value) }
    }

    private static func requests(_ fold: Fold, _ stored: [ErasureRequest]) -> [Difference] {
        var found: [RequestID: Difference.Kind] = [:]
        var missing = fold.requests
        for request in stored {
            let isOpen = missing.remove(request.id) != nil
            guard isOpen != request.state.isDecided else {
                found[request.id] = isOpen ? .changed : .unrecorded
                continue
            }
            if let recorded = fold.opened[request.id], isOpen, !recorded.stands(as: request) {
                found[request.id] = .changed
            }
        }
        for id in missing { found[id] = .missing }
        return found.sorted { $0.key < $1.key }.map { Difference(subject: .request($0.key), kind: $0.value) }
    }

    private static func intents(_ fold: Fold, _ inventory: InventoryStore) throws(LetheError) -> [Difference] {
        // What was lost with records may have announced or answered any: the vendor is asked.
        guard !fold.hasLoss else { return [] }
        var found: [AttachmentID: Difference.Kind] = [:]
        var missing = Set(fold.intents.keys)
        for intent in try inventory.openIntents() {
            if fold.mayHave(intent) {
                missing.remove(intent.attachment)
            } else {
                found[intent.attachment] = .unrecorded
            }
        }
        for id in missing where found[id] == nil { found[id] = .missing }
        return found.sorted { $0.key < $1.key }.map { Difference(subject: .intent($0.key), kind: $0.value) }
    }

    /// What the log has open and the inventory closed or lacks is planned anew: nothing is lost by it, unless a request goes by it.
    private static func plans(
        _ fold: Fold, _ inventory: InventoryStore, _ requests: [ErasureRequest]
    ) throws(LetheError) -> [Difference] {
        var found: [Difference] = []
        let stored = try inventory.plans()
        let ended = Set(requests.lazy.filter(\.state.isClosed).map(\.id))
        for summary in stored where !summary.state.isClosed {
            // What its request left behind is never begun: the next run closes it.
            if let request = summary.request, ended.contains(request) { continue }
            let record = try inventory.plan(summary.id, evenIfChanged: true)
            // Nothing is done with one that is pending.
            guard record.isRecorded else { continue }
            guard record.isWhole else {
                found.append(Difference(subject: .plan(summary.id), kind: .changed))
                continue
            }
            guard let plan = fold.plans[summary.id] else {
                // All of it has ended: it is about to be closed here too.
                let isOver = try inventory.results(of: summary.id).allSatisfy { $0.outcome != nil }
                if !isOver { found.append(Difference(subject: .plan(summary.id), kind: .unrecorded)) }
                continue
            }
            if !plan.stands(as: record) { found.append(Difference(subject: .plan(summary.id), kind: .unrecorded)) }
        }
        let known = Set(stored.map(\.id))
        for request in requests where !request.state.isClosed {
            guard let plan = request.plan, !known.contains(plan) else { continue }
            found.append(Difference(subject: .plan(plan), kind: .missing))
        }
        return found.sorted { $0.id < $1.id }
    }
}

extension Fold.Request {
    /// The stored row is of the same people, scope, law and dates, and answered or not as the log has it.
    func stands(as request: ErasureRequest) -> Bool {
        Set(opening.subjects) == Set(request.subjects) && opening.scope == request.scope
            && opening.by == request.openedBy && opening.received == request.received
            && opening.jurisdiction == request.jurisdiction && due == request.due
            && state.isAnswered == request.state.isAnswered
    }
}

extension Fold.OpenPlan {
    /// Who agreed to it counts as the log has it, whatever rows there are.
    fileprivate func stands(as record: PlanRecord) -> Bool { kind == record.plan.kind && digest == record.digest }
}

extension Difference {
    /// Of what it is about; empty where that is many things.
    package var id: String { name.id }

    private var name: (noun: String, id: String) {
        switch subject {
        case .hold(let id): ("hold", id.description)
        case .request(let id): ("request", id.description)
        case .plan(let id): ("plan", id.description)
        case .intent(let id): ("an open DELETE of", id.description)
        case .approvals(let id): ("the approvals of plan", id.description)
        case .items(let id, let count): ("the end of \(counted(count, "item")) of plan", id.description)
        case .others(let noun, let count): (counted(count, noun), "")
        }
    }

    /// In force in the log, and missing or different here.
    package var lostHold: HoldID? {
        if case .hold(let id) = subject, kind != .unrecorded, !isEnded { id } else { nil }
    }

    /// Open or answered in the log, and missing here.
    package var lostRequest: RequestID? {
        if case .request(let id) = subject, kind == .missing, !isEnded { id } else { nil }
    }

    /// For people: `the audit log has hold …, which the inventory lacks`.
    package var message: String {
        let what = name.id.isEmpty ? name.noun : "\(name.noun) \(name.id)"
        return switch kind {
        case .missing: "the audit log has \(what), which the inventory lacks"
        case .changed: "the audit log has \(what), which the inventory has in another form"
        case .unrecorded: "the inventory has \(what), which the audit log does not have, or has as ended"
        }
    }

    /// What a person does about it, beside putting back the newest inventory.
    package var hint: String {
        let rebuild = "take what the log has: lethe inventory rebuild --as NAME --reason TEXT"
        if isEnded { return "put back the newest inventory.db, or \(rebuild)" }
        return switch (subject, kind) {
        case (.hold(let id), .missing), (.hold(let id), .changed):
            "put back the newest inventory.db, or \(rebuild); if the hold is over: "
                + "lethe hold release \(id) --as NAME --reason TEXT"
        case (.request(let id), .missing):
            "put back the newest inventory.db, or \(rebuild); if nobody can tell any more who asked: "
                + "lethe requests withdraw \(id) --as NAME --reason TEXT"
        case (.request(let id), _):
            "put back the newest inventory.db, or \(rebuild); or end it: "
                + "lethe requests withdraw \(id) --as NAME --reason TEXT"
        case (.plan(let id), .changed), (.plan(let id), .unrecorded):
            "lethe plan cancel \(id), then plan anew; or \(rebuild)"
        default: "put back the newest inventory.db, or \(rebuild)"
        }
    }

    var error: LetheError {
        let code =
            switch (subject, kind) {
            case (.hold, _): "hold-unresolved"
            case (.request, .missing): "request-unresolved"
            case (.request, _): "request-changed"
            case (.plan, .missing): "plan-unresolved"
            case (.plan, .changed): "plan-changed"
            case (.plan, .unrecorded): "plan-unrecorded"
            case (.intent, _): "intent-unresolved"
            case (.approvals, _), (.items, _), (.others, _): "inventory-changed"
            }
        return LetheError(
            code, code.hasSuffix("-changed") ? .failed : .refused, "\(message): nothing may be deleted", hint: hint)
    }
}
