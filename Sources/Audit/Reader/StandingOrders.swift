package import Domain

/// What people ordered, and what was not ended since, as the records of one or more logs say it, read in order.
package struct StandingOrders: Sendable {
    /// One request as the log has it.
    package struct Request: Sendable {
        package let opening: AuditRecord.RequestOpening
        package fileprivate(set) var state = ErasureRequest.State.received
        package fileprivate(set) var due: Timestamp
        /// Of its first answer, or its end without one.
        package fileprivate(set) var firstAnswered: Timestamp?
        /// Of its last, while it is not open again.
        package fileprivate(set) var answered: Timestamp?
    }

    package private(set) var holds: [HoldID: LegalHold] = [:]
    /// A placement that a crash left unrecorded may be recorded after the release: it stays released.
    private var released: Set<HoldID> = []
    /// Those that were neither refused nor withdrawn.
    package private(set) var requests: Set<RequestID> = []
    /// All that were opened.
    package private(set) var opened: [RequestID: Request] = [:]
    /// Locked policies: the digest on record, and the segment that has it last.
    package private(set) var locks: [String: (sha256: String, origin: String)] = [:]

    package init() {}

    package mutating func add(_ entry: LogEntry, of origin: String) {
        switch entry.record {
        case .holdPlaced(let id, _, _, _, _) where released.contains(id): break
        case .holdPlaced(let id, let scope, let until, let by, let reason):
            holds[id] = LegalHold(
                id: id, scope: scope, placedAt: entry.time, placedBy: by, reason: reason ?? "", until: until)
        case .holdReleased(let id, _, _):
            released.insert(id)
            holds[id] = nil
        case .requestOpened(let opening):
            requests.insert(opening.request)
            opened[opening.request] = Request(opening: opening, due: opening.due)
        case .requestUpdated(let id, let state, let due, _, _):
            if state.isDecided { requests.remove(id) } else { requests.insert(id) }
            opened[id]?.move(to: state, due: due, at: entry.time)
        case .policyLocked(let id, let sha256): locks[id] = (sha256, origin)
        case .operatorAct(.policyUnlock, let id, _, _): locks[id] = nil
        default: break
        }
    }
}

extension StandingOrders.Request {
    fileprivate mutating func move(to next: ErasureRequest.State, due later: Timestamp?, at time: Timestamp) {
        state = next
        due = later ?? due
        answered = next.isClosed ? time : nil
        firstAnswered = firstAnswered ?? answered
    }
}
