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
        case .holdPlaced(let placed) where released.contains(placed.hold): break
        case .holdPlaced(let placed):
            holds[placed.hold] = LegalHold(
                id: placed.hold, scope: placed.scope, placedAt: entry.time, placedBy: placed.by,
                reason: placed.reason ?? "", until: placed.until)
        case .holdReleased(let release):
            released.insert(release.hold)
            holds[release.hold] = nil
        case .requestOpened(let opening):
            requests.insert(opening.request)
            opened[opening.request] = Request(opening: opening, due: opening.due)
        case .requestUpdated(let update):
            let id = update.request
            if update.state.isDecided { requests.remove(id) } else { requests.insert(id) }
            opened[id]?.move(to: update.state, due: update.due, at: entry.time)
        case .policyLocked(let lock): locks[lock.id] = (lock.sha256, origin)
        case .operatorAct(let act) where act.act == .policyUnlock: locks[act.ref] = nil
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
