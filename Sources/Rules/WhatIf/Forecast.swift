package import Domain

/// Says what will be deleted on which day, per policy, if nothing else happens: feed it the inventory, one by one.
package struct Forecast: Sendable {
    /// What one policy will delete on one day.
    package struct Row: Sendable, Equatable, Encodable {
        /// `2026-01-31`, UTC; what is due already counts on the first day.
        package let day: String
        package let policy: String
        package fileprivate(set) var attachments = 0
        package fileprivate(set) var bytes: Int64 = 0
    }

    private struct Key: Hashable {
        let day: String
        let policy: String
    }

    package static let longest = 3660

    private let decider: Decider
    private let holds: [LegalHold]
    private let now: Timestamp
    private let end: Timestamp
    private var byKey: [Key: Row] = [:]
    /// Attachments looked at, and those of them that the vendor will have removed by its own 24 hours.
    package private(set) var examined = 0
    package private(set) var expiring = 0

    /// `days` includes the day of `now`; at most ten years.
    package init(decider: Decider, holds: [LegalHold], now: Timestamp, days: Int) {
        self.decider = decider
        self.holds = holds
        self.now = now
        end = Self.end(of: days, from: now)
    }

    /// The midnight after the last of `days` days, today included.
    static func end(of days: Int, from now: Timestamp) -> Timestamp {
        Timestamp(seconds: (now.civilDate.daysSince1970 + Int64(min(max(days, 1), longest))) * 86_400)
    }

    /// Objects that are gone or expired are passed over.
    package mutating func add(_ attachment: Attachment) {
        guard attachment.state == .live else { return }
        examined += 1
        let first = decider.ruling(on: attachment, holds: holds, now: now)
        let (at, ruling) = decider.finalRuling(of: attachment, holds: holds, after: (now, first), before: end)
        if case .expired = ruling.reason, at > now { expiring += 1 }
        guard ruling.verdict == .delete, case .policy(let policy)? = ruling.winner else { return }
        let key = Key(day: at.date, policy: policy)
        var row = byKey[key] ?? Row(day: key.day, policy: policy)
        row.attachments += 1
        row.bytes += attachment.size ?? 0
        byKey[key] = row
    }

    /// By day, then policy; days without a deletion have no row.
    package var rows: [Row] { byKey.values.sorted { ($0.day, $0.policy) < ($1.day, $1.policy) } }
    package var attachments: Int { byKey.values.reduce(0) { $0 + $1.attachments } }
    package var bytes: Int64 { byKey.values.reduce(0) { $0 + $1.bytes } }
}

extension Decider {
    /// Where the decision stands at last: at the deletion, or before `end` at what keeps it then.
    ///
    /// Each step is a later instant of a decision: a hold's end, a retain's, the 24 hours, the deletion.
    func finalRuling(
        of attachment: Attachment, holds: [LegalHold], after first: (at: Timestamp, ruling: Ruling),
        before end: Timestamp
    ) -> (at: Timestamp, ruling: Ruling) {
        var (at, ruling) = first
        while ruling.verdict == .keep, let next = ruling.changesAt, next > at, next < end {
            at = next
            ruling = self.ruling(on: attachment, holds: holds, now: at)
        }
        return (at, ruling)
    }
}
