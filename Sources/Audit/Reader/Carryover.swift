import Domain

/// What only a segment tells that is about to be removed, and what must not be forgotten: holds in force, locked policies, segments that
/// were removed, and of each request who opened it for whom and what became of it last. A restored inventory, a plan of such a request and a
/// verifier must find it in the log. `audit prune` records it again.
struct Carryover {
    /// Holds, locked policies and removals, by what they are about.
    private var orders: [String: AuditRecord] = [:]
    /// A placement that a crash left unrecorded may be recorded after the release.
    private var released: Set<HoldID> = []
    private var requests: [RequestID: Request] = [:]

    private struct Request {
        /// In the segment that goes.
        var opening: AuditRecord?
        var isOpenedLater = false
        var last: AuditRecord.RequestUpdate?
        var isLastLater = false
        var due: Timestamp?
    }

    /// In the order of the log. `isLater`: of a segment that stays. Says whether the record makes what is carried over another.
    @discardableResult
    mutating func add(_ record: AuditRecord, isLater: Bool) -> Bool {
        switch record {
        case .holdPlaced(let placed):
            orders["hold \(placed.hold)"] = isLater || released.contains(placed.hold) ? nil : record
        case .holdReleased(let release):
            released.insert(release.hold)
            orders["hold \(release.hold)"] = nil
        case .policyLocked(let lock): orders["policy \(lock.id)"] = isLater ? nil : record
        case .operatorAct(let act) where act.act == .policyUnlock: orders["policy \(act.ref)"] = nil
        case .operatorAct(let act) where act.act == .segmentRemove:
            orders["segment \(act.ref)"] = isLater ? nil : record
        case .requestOpened(let opening):
            requests[opening.request, default: Request()].isOpenedLater = isLater
            if !isLater { requests[opening.request]?.opening = record }
        case .requestUpdated(let update):
            requests[update.request, default: Request()].last = update
            requests[update.request]?.isLastLater = isLater
            if let due = update.due { requests[update.request]?.due = due }
        default: return false
        }
        return true
    }

    /// To be appended in one commit. A request's opening comes before its state, which is what it is in from then on.
    var records: [AuditRecord] {
        orders.sorted { $0.key < $1.key }.map(\.value)
            + requests.sorted { $0.key < $1.key }.flatMap { Self.records(of: $0.value) }
    }

    private static func records(of request: Request) -> [AuditRecord] {
        // Nothing follows once it was refused or withdrawn, and a segment that stays says so.
        if let last = request.last, request.isLastLater, last.state.isDecided { return [] }
        let opening = request.isOpenedLater ? nil : request.opening
        guard let last = request.last, opening != nil || !request.isLastLater else {
            return [opening].compactMap { $0 }
        }
        let update = AuditRecord.requestUpdated(
            .init(
                request: last.request, state: last.state, due: request.due, by: last.by, reason: last.reason,
                how: last.how))
        return [opening, update].compactMap { $0 }
    }
}
