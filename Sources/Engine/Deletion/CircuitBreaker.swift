import Domain

/// Pauses a run while the vendor is down: opens after five straight failures or when more than half of the last twenty
/// failed, for 2 s and then twice as long each time up to 30 s; then a GET probes, then one DELETE, and both must succeed
/// before it closes. It never fails an item.
struct CircuitBreaker: Sendable {
    enum State: Sendable, Equatable {
        case closed
        case open(until: Timestamp)
        case probing
        case halfOpen(isTrying: Bool)
    }

    private(set) var state = State.closed
    private var recent: [Bool] = []
    private var straight = 0
    private var pause = Self.shortest
    /// Attachments whose probes and trial DELETEs something else than the vendor answered, since it last answered a trial.
    private(set) var foreign: Set<AttachmentID> = []
    /// How often that was so in a row.
    private(set) var foreignAnswers = 0

    /// Since when nothing has got through; `nil` = it is closed.
    private(set) var openSince: Timestamp?

    private static let shortest: Int64 = 2_000_000
    private static let longest: Int64 = 30_000_000

    /// Whether a DELETE may go now; `claim` says that it goes.
    var letsDeletesGo: Bool { state == .closed || state == .halfOpen(isTrying: false) }

    mutating func claim() {
        if state == .halfOpen(isTrying: false) { state = .halfOpen(isTrying: true) }
    }

    /// A claimed DELETE was not sent after all.
    mutating func unclaim() {
        if state == .halfOpen(isTrying: true) { state = .halfOpen(isTrying: false) }
    }

    /// The pause is over and a probe is on its way.
    mutating func probe() { state = .probing }

    mutating func probeAnswered(success: Bool, foreign id: AttachmentID?, at now: Timestamp) {
        guard state == .probing else { return }
        note(foreign: id)
        if success { state = .halfOpen(isTrying: false) } else { open(at: now) }
    }

    /// The answer to a DELETE. `throttled` is no news: the vendor is there.
    mutating func answered(_ answer: AnswerClass, foreign id: AttachmentID?, at now: Timestamp) {
        if state == .halfOpen(isTrying: true) {
            if id == nil { (foreign, foreignAnswers) = ([], 0) }
            note(foreign: id)
        }
        let failed = answer == .unknown || answer == .notSent
        switch state {
        case .halfOpen(isTrying: true):
            if answer == .throttled { unclaim() } else if failed { open(at: now) } else { close() }
        case .closed where answer != .throttled:
            straight = failed ? straight + 1 : 0
            recent.append(failed)
            if recent.count > 20 { recent.removeFirst() }
            if straight >= 5 || (recent.count == 20 && recent.count(where: { $0 }) > 10) { open(at: now) }
        default: break
        }
    }

    private mutating func note(foreign id: AttachmentID?) {
        guard let id else { return }
        foreign.insert(id)
        foreignAnswers += 1
    }

    private mutating func open(at now: Timestamp) {
        state = .open(until: now.adding(microseconds: pause))
        openSince = openSince ?? now
        pause = min(pause * 2, Self.longest)
        recent = []
        straight = 0
    }

    private mutating func close() {
        state = .closed
        openSince = nil
        pause = Self.shortest
    }
}
