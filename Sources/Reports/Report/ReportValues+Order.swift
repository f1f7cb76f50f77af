import Domain

extension ReportValues {
    /// The one order in which everything is shown, whatever order it came in: equal values give equal bytes.
    var inOrder: ReportValues {
        var values = self
        values.account.lines.sort { $0.number < $1.number }
        values.holdings.held.sort { $0.order < $1.order }
        values.holdings.drift.sort { $0.attachment < $1.attachment }
        values.openIntents.sort { ($0.at, $0.op) < ($1.at, $1.op) }
        values.plans.sort { ($0.created, $0.id) < ($1.created, $1.id) }
        values.runs.sort { ($0.start, $0.id) < ($1.start, $1.id) }
        values.requests.sort { $0.order < $1.order }
        values.holds.sort { ($0.active ? 0 : 1, $0.placedAt, $0.id) < ($1.active ? 0 : 1, $1.placedAt, $1.id) }
        values.policies.inForce.sort { $0.id < $1.id }
        values.forecast.entries.sort { ($0.day, $0.policy) < ($1.day, $1.policy) }
        values.logs.sort { $0.origin < $1.origin }
        values.evidence.samples.sort { ($0.at, $0.kind.rawValue) < ($1.at, $1.kind.rawValue) }
        return values
    }
}

extension ReportValues.Held {
    /// Lines in order, those without one last.
    fileprivate var order: (Int, String, String) { (line == nil ? 1 : 0, line?.number ?? "", tier.rawValue) }
}

extension ReportValues.Request {
    /// Open ones first, the most urgent of them on top.
    fileprivate var order: (Int, Timestamp, RequestID) { (standing.isOpen ? 0 : 1, due, id) }
}
