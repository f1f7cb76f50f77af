package import Domain

/// Prices a change of policies against real attachments before it is live: feed it the inventory, one by one.
package struct PolicyDiff: Sendable {
    /// What changes on one line under one policy.
    package struct Row: Sendable, Equatable, Encodable {
        /// Our number with the smallest digits of those the attachment was seen on; `nil` = not known.
        package let line: String?
        /// For newly deletable ones the new policy that deletes, for newly kept ones the old policy that would have.
        package let policy: String
        package fileprivate(set) var newlyDeletable = 0
        package fileprivate(set) var newlyDeletableBytes: Int64 = 0
        package fileprivate(set) var newlyKept = 0
        package fileprivate(set) var newlyKeptBytes: Int64 = 0
        /// Deleted by the last day looked at, and not by then under the old policies.
        package fileprivate(set) var newlyDeletableWithin = 0
        package fileprivate(set) var newlyDeletableWithinBytes: Int64 = 0
        package fileprivate(set) var newlyKeptWithin = 0
        package fileprivate(set) var newlyKeptWithinBytes: Int64 = 0

        private enum CodingKeys: String, CodingKey {
            case line, policy
            case newlyDeletable = "newly_deletable"
            case newlyDeletableBytes = "newly_deletable_bytes"
            case newlyKept = "newly_kept"
            case newlyKeptBytes = "newly_kept_bytes"
            case newlyDeletableWithin = "newly_deletable_within"
            case newlyDeletableWithinBytes = "newly_deletable_within_bytes"
            case newlyKeptWithin = "newly_kept_within"
            case newlyKeptWithinBytes = "newly_kept_within_bytes"
        }
    }

    /// Over all rows.
    package struct Sum: Sendable, Equatable {
        package fileprivate(set) var deletable = 0
        package fileprivate(set) var deletableBytes: Int64 = 0
        package fileprivate(set) var kept = 0
        package fileprivate(set) var keptBytes: Int64 = 0
    }

    private struct Key: Hashable {
        let line: PhoneLine?
        let policy: String
    }

    private let old: Decider
    private let new: Decider
    private let holds: [LegalHold]
    private let now: Timestamp
    private let end: Timestamp
    private var byKey: [Key: Row] = [:]
    /// Attachments looked at.
    package private(set) var examined = 0
    /// Those that both delete by the last day, but the new policies at an earlier instant, or a later one.
    package private(set) var earlier = 0
    package private(set) var earlierBytes: Int64 = 0
    package private(set) var later = 0
    package private(set) var laterBytes: Int64 = 0
    /// Locked policies of the old set that the new one weakens.
    package let lockedChanges: [LockedChange]

    /// `days`: how far to look ahead, the day of `now` included.
    package init(old: Decider, new: Decider, holds: [LegalHold], now: Timestamp, days: Int) {
        self.old = old
        self.new = new
        self.holds = holds
        self.now = now
        end = Forecast.end(of: days, from: now)
        lockedChanges = LockedChange.found(old: old.policies.policies, new: new.policies)
    }

    /// Objects that are gone or expired change nothing and are passed over.
    package mutating func add(_ attachment: Attachment) {
        guard attachment.state == .live else { return }
        examined += 1
        let before = old.ruling(on: attachment, holds: holds, now: now)
        let after = new.ruling(on: attachment, holds: holds, now: now)
        let size = attachment.size ?? 0
        count(attachment, before, after) { row, isDeletion in
            if isDeletion {
                row.newlyDeletable += 1
                row.newlyDeletableBytes += size
            } else {
                row.newlyKept += 1
                row.newlyKeptBytes += size
            }
        }
        let (then, oldRuling) = old.finalRuling(of: attachment, holds: holds, after: (now, before), before: end)
        let (now, newRuling) = new.finalRuling(of: attachment, holds: holds, after: (now, after), before: end)
        count(attachment, oldRuling, newRuling) { row, isDeletion in
            if isDeletion {
                row.newlyDeletableWithin += 1
                row.newlyDeletableWithinBytes += size
            } else {
                row.newlyKeptWithin += 1
                row.newlyKeptWithinBytes += size
            }
        }
        guard oldRuling.verdict == .delete, newRuling.verdict == .delete else { return }
        if now < then {
            earlier += 1
            earlierBytes += size
        }
        if now > then {
            later += 1
            laterBytes += size
        }
    }

    /// Hands over the row of the policy that deletes, where one of two rulings does and the other does not.
    private mutating func count(
        _ attachment: Attachment, _ before: Ruling, _ after: Ruling, _ add: (inout Row, _ isDeletion: Bool) -> Void
    ) {
        guard before.verdict != after.verdict else { return }
        let deciding = after.verdict == .delete ? after : before
        guard case .policy(let policy)? = deciding.winner else { return }
        let key = Key(line: attachment.sightings.lazy.compactMap(\.line).min(), policy: policy)
        add(&byKey[key, default: Row(line: key.line?.number, policy: policy)], after.verdict == .delete)
    }

    /// By line, then policy; the unknown line comes last.
    package var rows: [Row] {
        byKey.values.sorted { ($0.line ?? "~", $0.policy) < ($1.line ?? "~", $1.policy) }
    }

    /// What changes at once.
    package var today: Sum {
        byKey.values.reduce(into: Sum()) { sum, row in
            sum.deletable += row.newlyDeletable
            sum.deletableBytes += row.newlyDeletableBytes
            sum.kept += row.newlyKept
            sum.keptBytes += row.newlyKeptBytes
        }
    }

    /// What changes by the last day.
    package var within: Sum {
        byKey.values.reduce(into: Sum()) { sum, row in
            sum.deletable += row.newlyDeletableWithin
            sum.deletableBytes += row.newlyDeletableWithinBytes
            sum.kept += row.newlyKeptWithin
            sum.keptBytes += row.newlyKeptWithinBytes
        }
    }
}
