package import Audit
import Cryptography
package import Domain
package import Inventory
package import Rules

/// Remembers locked policies, the digest in the audit log (`policy.locked`) and the form itself in the inventory, and
/// refuses every apply under policies that weaken one of them.
package struct LockedPolicies: Sendable {
    /// A locked policy that is weaker than it is remembered, or of which that cannot be told.
    package struct Finding: Sendable, Equatable {
        package let policy: String
        /// `retain 7y -> 5y`.
        package let detail: String
    }

    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    /// For whatever applies: remembers, and throws `refused` while a locked policy is weaker than it was.
    package func admit(_ policies: PolicySet, tiers: TierMap) throws(LetheError) {
        try Self.refuse(try remember(policies, tiers: tiers))
    }

    static func refuse(_ findings: [Finding]) throws(LetheError) {
        guard let first = findings.first else { return }
        let list = findings.map { "\($0.policy) (\($0.detail))" }.joined(separator: ", ")
        throw LetheError(
            "locked-policy", .refused, "a locked policy may only be lengthened or widened: \(list)",
            hint: "put it back, or put on record why: lethe policy unlock \(first.policy) --as NAME --reason TEXT")
    }

    /// What is weaker than it is on record, for whoever only looks: nothing is remembered.
    package func weakened(by policies: PolicySet, tiers: TierMap) throws(LetheError) -> [Finding] {
        Self.weakened(try RecordedTruth(log).lockedPolicies(in: inventory), by: policies, tiers)
    }

    private static func weakened(_ rows: [LockedPolicyRow], by policies: PolicySet, _ tiers: TierMap) -> [Finding] {
        rows.filter { $0.id != tiersID }.flatMap { finding($0, policies) } + finding(ofTiers: rows, tiers)
    }

    /// Remembers each locked policy as it is loaded now, unless that is weaker; gives what is weaker.
    package func remember(
        _ policies: PolicySet, tiers: TierMap
    ) throws(LetheError) -> [Finding] {
        try CatchUp(inventory: inventory, log: log).run()
        let rows = try RecordedTruth(log).lockedPolicies(in: inventory)
        let known = Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0) })
        let findings = Self.weakened(rows, by: policies, tiers)
        let weakened = Set(findings.map(\.policy))
        var records: [AuditRecord] = []
        for policy in policies.policies where policy.isLocked && !weakened.contains(policy.id) {
            let row = known[policy.id]
            let isRecorded = row?.sha256 == policy.sha256 && row?.origin == log.origin
            if isRecorded, row?.form == policy.canonicalBytes { continue }
            let record = try keep(policy)
            // What the log has is not recorded again because a row lacks it.
            if !isRecorded { records.append(record) }
        }
        let isByTier = policies.policies.contains { $0.isLocked && $0.match.tier != nil }
        if isByTier, !weakened.contains(Self.tiersID),
            known[Self.tiersID]?.sha256 != tiers.sha256 || known[Self.tiersID]?.origin != log.origin
        {
            records.append(try keep(tiers))
        }
        // A new segment of the log begins with what the one before it remembered.
        for row in rows where row.origin != log.origin && weakened.contains(row.id) {
            records.append(.policyLocked(.init(id: row.id, sha256: row.sha256)))
        }
        guard !records.isEmpty else { return findings }
        _ = try log.append(records)
        try CatchUp(inventory: inventory, log: log).run()
        return findings
    }

    /// `lethe policy unlock ID`: on record, what is loaded now is what counts from then on. Gives the form that is
    /// remembered now; `nil` = the policy is not locked any more, or it was the tiers.
    package func unlock(
        _ id: String, to policies: PolicySet, tiers: TierMap, by name: String, reason: String
    ) throws(LetheError) -> Policy? {
        try CatchUp(inventory: inventory, log: log).run()
        let rows = try RecordedTruth(log).lockedPolicies(in: inventory)
        guard let row = rows.first(where: { $0.id == id }) else {
            throw LetheError(
                "unknown-lock", .usage, "no locked policy \(id) was ever loaded", hint: "lethe policy check")
        }
        let isTiers = id == Self.tiersID
        guard !(isTiers ? Self.finding(ofTiers: rows, tiers) : Self.finding(row, policies)).isEmpty else {
            throw LetheError(
                "not-weakened", .usage, "locked policy \(id) is as it is remembered, or stronger: nothing to unlock",
                hint: "change the file first; the unlock is of the form that is loaded then")
        }
        var records: [AuditRecord] = [
            .operatorAct(
                .init(
                    act: .policyUnlock, ref: id, by: try OperatorText.actor(name),
                    reason: try OperatorText.reason(reason)))
        ]
        let present = policies[id].flatMap { $0.isLocked ? $0 : nil }
        if let present { records.append(try keep(present)) }
        if isTiers { records.append(try keep(tiers)) }
        _ = try log.append(records)
        try CatchUp(inventory: inventory, log: log).run()
        return present
    }

    /// The form is on disk before the log names its digest.
    private func keep(_ policy: Policy) throws(LetheError) -> AuditRecord {
        try inventory.keepLockedForm(policy.canonicalBytes, sha256: policy.sha256)
        return .policyLocked(.init(id: policy.id, sha256: policy.sha256))
    }

    private func keep(_ tiers: TierMap) throws(LetheError) -> AuditRecord {
        try inventory.keepLockedForm(tiers.form, sha256: tiers.sha256)
        return .policyLocked(.init(id: Self.tiersID, sha256: tiers.sha256))
    }

    /// The tiers are locked together with the policies that name one: by another tier a file would escape them. No policy can
    /// have this id.
    package static let tiersID = "lethe.yaml:tiers"

    private static func finding(ofTiers rows: [LockedPolicyRow], _ tiers: TierMap) -> [Finding] {
        let isByTier = rows.contains { row in
            // A form that is lost may have named one.
            row.id != tiersID && row.form.flatMap { Policy(canonicalBytes: $0) }.map { $0.match.tier != nil } ?? true
        }
        guard isByTier, let row = rows.first(where: { $0.id == tiersID }), row.sha256 != tiers.sha256 else { return [] }
        return [Finding(policy: tiersID, detail: "the tiers have changed, and a locked policy names one")]
    }

    /// What the log names counts. Where the inventory has lost the form, or has another one, only the very same policy will do.
    private static func finding(_ row: LockedPolicyRow, _ policies: PolicySet) -> [Finding] {
        if policies[row.id]?.sha256 == row.sha256 { return [] }
        guard let form = row.form, Hex.encode(Digest.sha256(form)) == row.sha256,
            let old = Policy(canonicalBytes: form)
        else {
            return [Finding(policy: row.id, detail: "it differs from the form on record, which the inventory has lost")]
        }
        let changes = LockedChange.found(old: [old], new: policies).map(\.detail)
        return changes.isEmpty ? [] : [Finding(policy: row.id, detail: changes.joined(separator: "; "))]
    }
}

extension Policy {
    fileprivate var sha256: String { Hex.encode(Digest.sha256(canonicalBytes)) }
}

extension TierMap {
    fileprivate var form: [UInt8] {
        let lines = ephemeralLines.map { "\($0.line) \($0.since) \($0.until?.description ?? "")" }
        return Array(([defaultTier.rawValue, defaultSince?.description ?? ""] + lines).joined(separator: "\n").utf8)
    }

    fileprivate var sha256: String { Hex.encode(Digest.sha256(form)) }
}
