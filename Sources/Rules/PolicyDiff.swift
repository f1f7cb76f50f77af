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

        private enum CodingKeys: String, CodingKey {
            case line, policy
            case newlyDeletable = "newly_deletable"
            case newlyDeletableBytes = "newly_deletable_bytes"
            case newlyKept = "newly_kept"
            case newlyKeptBytes = "newly_kept_bytes"
        }
    }

    private struct Key: Hashable {
        let line: PhoneLine?
        let policy: String
    }

    private let old: Decider
    private let new: Decider
    private let holds: [LegalHold]
    private let now: Timestamp
    private var byKey: [Key: Row] = [:]
    /// Attachments looked at.
    package private(set) var examined = 0
    /// Locked policies of the old set that the new one weakens.
    package let lockedChanges: [LockedChange]

    package init(old: PolicySet, new: PolicySet, tiers: TierMap, holds: [LegalHold], now: Timestamp) {
        self.old = Decider(policies: old, tiers: tiers)
        self.new = Decider(policies: new, tiers: tiers)
        self.holds = holds
        self.now = now
        lockedChanges = LockedChange.found(old: old.policies, new: new)
    }

    /// Objects that are gone or expired change nothing and are passed over.
    package mutating func add(_ attachment: Attachment) {
        guard attachment.state == .live else { return }
        examined += 1
        let before = old.ruling(on: attachment, holds: holds, now: now)
        let after = new.ruling(on: attachment, holds: holds, now: now)
        guard before.verdict != after.verdict else { return }
        let deciding = after.verdict == .delete ? after : before
        guard case .policy(let policy)? = deciding.winner else { return }
        let key = Key(line: attachment.sightings.lazy.compactMap(\.line).min(), policy: policy)
        var row = byKey[key] ?? Row(line: key.line?.number, policy: policy)
        if after.verdict == .delete {
            row.newlyDeletable += 1
            row.newlyDeletableBytes += attachment.size ?? 0
        } else {
            row.newlyKept += 1
            row.newlyKeptBytes += attachment.size ?? 0
        }
        byKey[key] = row
    }

    /// By line, then policy; the unknown line comes last.
    package var rows: [Row] {
        byKey.values.sorted { ($0.line ?? "~", $0.policy) < ($1.line ?? "~", $1.policy) }
    }

    package var newlyDeletable: Int { byKey.values.reduce(0) { $0 + $1.newlyDeletable } }
    package var newlyDeletableBytes: Int64 { byKey.values.reduce(0) { $0 + $1.newlyDeletableBytes } }
    package var newlyKept: Int { byKey.values.reduce(0) { $0 + $1.newlyKept } }
    package var newlyKeptBytes: Int64 { byKey.values.reduce(0) { $0 + $1.newlyKeptBytes } }
}
