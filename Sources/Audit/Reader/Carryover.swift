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
        var state: State?
        var due: Timestamp?
    }

    private struct State {
        let state: ErasureRequest.State
        let by: String?
        let reason: String?
        let isLater: Bool
    }

    /// In the order of the log. `isLater`: of a segment that stays. Says whether the record makes what is carried over another.
    @discardableResult
    mutating func add(_ record: AuditRecord, isLater: Bool) -> Bool {
        switch record {
        case .holdPlaced(let hold, _, _, _, _):
            orders["hold \(hold)"] = isLater || released.contains(hold) ? nil : record
        case .holdReleased(let hold, _, _):
            released.insert(hold)
            orders["hold \(hold)"] = nil
        case .policyLocked(let id, _): orders["policy \(id)"] = isLater ? nil : record
        case .operatorAct(.policyUnlock, let id, _, _): orders["policy \(id)"] = nil
        case .operatorAct(.segmentRemove, let origin, _, _): orders["segment \(origin)"] = isLater ? nil : record
        case .requestOpened(let opening):
            requests[opening.request, default: Request()].isOpenedLater = isLater
            if !isLater { requests[opening.request]?.opening = record }
        case .requestUpdated(let id, let state, let due, let by, let reason):
            requests[id, default: Request()].state = State(state: state, by: by, reason: reason, isLater: isLater)
            if let due { requests[id]?.due = due }
        default: return false
        }
        return true
    }

    /// To be appended in one commit. A request's opening comes before its state, which is what it is in from then on.
    var records: [AuditRecord] {
        orders.sorted { $0.key < $1.key }.map(\.value)
            + requests.sorted { $0.key < $1.key }.flatMap { Self.records(of: $0.key, $0.value) }
    }

    private static func records(of id: RequestID, _ request: Request) -> [AuditRecord] {
        // Nothing follows once it was refused or withdrawn, and a segment that stays says so.
        if let state = request.state, state.isLater, state.state.isDecided { return [] }
        let opening = request.isOpenedLater ? nil : request.opening
        guard let state = request.state, opening != nil || !state.isLater else { return [opening].compactMap { $0 } }
        let update = AuditRecord.requestUpdated(
            request: id, state: state.state, due: request.due, by: state.by, reason: state.reason)
        return [opening, update].compactMap { $0 }
    }
}
