import Domain

/// Whether the rules of a run are still those in force. A change counts once two looks two seconds apart agree on it, since an
/// editor saves in steps; rules that cannot be loaded pause the run, for a minute at most. Pure: looks and times come in.
struct RulesWatch {
    enum Look: Equatable {
        case same
        /// Nothing is sent until the next look.
        case pause
        case changed
    }

    /// Seconds between two looks that must agree.
    static let confirmation: Int64 = 2
    /// Seconds for which rules may be unreadable.
    static let patience: Int64 = 60

    /// `Decider.digest` of the run.
    let expected: String
    private var doubt: (digest: String?, since: Timestamp)?

    init(expected: String) { self.expected = expected }

    /// `digest`: of what could be loaded; `nil` = it could not.
    mutating func look(_ digest: String?, now: Timestamp) -> Look {
        guard digest != expected else {
            doubt = nil
            return .same
        }
        guard let doubt, doubt.digest == digest else {
            self.doubt = (digest, now)
            return .pause
        }
        let limit = digest == nil ? Self.patience : Self.confirmation
        return now < doubt.since.adding(seconds: limit) ? .pause : .changed
    }
}
