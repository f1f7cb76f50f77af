import Domain

/// Lets requests go at a steady rate: at most a tenth of a second's worth at once, so that no second sees many more than
/// `perSecond`.
struct RequestPace: Sendable {
    private let perSecond: Int64
    private let capacity: Int64
    /// In millionths of a token, so that a microsecond adds a whole number.
    private var level: Int64
    private var last: Timestamp?

    init(perSecond: Int) {
        self.perSecond = Int64(min(max(1, perSecond), 1_000_000))
        capacity = max(1, self.perSecond / 10) * 1_000_000
        level = capacity
    }

    mutating func take(at now: Timestamp) -> Bool {
        refill(at: now)
        guard level >= 1_000_000 else { return false }
        level -= 1_000_000
        return true
    }

    /// When a token will be there.
    func next(after now: Timestamp) -> Timestamp {
        now.adding(microseconds: max(0, (1_000_000 - level + perSecond - 1) / perSecond))
    }

    private mutating func refill(at now: Timestamp) {
        if let last {
            let elapsed = min(max(0, now.microseconds - last.microseconds), 60_000_000)
            level = min(capacity, level + elapsed * perSecond)
        }
        last = now
    }
}
