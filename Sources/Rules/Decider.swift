package import Domain

/// The decision table of `docs/policies.md` for one set of policies and one tier map: pure and total.
///
/// `ruling` answers what happens and when that changes; `decide` adds every loser with its reason. Both walk the same
/// table over the same masks.
package struct Decider: Sendable {
    package let policies: PolicySet
    package let tiers: TierMap
    let blocks: [PolicyIndex]
    private let needsLine: Bool

    package init(policies: PolicySet, tiers: TierMap) {
        self.policies = policies
        self.tiers = tiers
        needsLine = policies.hasLineScope
        let all = policies.policies
        blocks = stride(from: 0, to: all.count, by: 64).map { PolicyIndex(all[$0..<min($0 + 64, all.count)]) }
    }

    /// What happens to the attachment at `now`. `request` = an approved erasure request covers it; `holds` are those that
    /// may be in force, released and ended ones do no harm.
    package func ruling(
        on attachment: Attachment, holds: [LegalHold], request: RequestID? = nil, now: Timestamp
    ) -> Ruling {
        var table = DecisionTable(self, attachment, request: request, now: now)
        return table.ruling(holds: holds)
    }

    /// `ruling`, and every rule that lost with its reason.
    package func decide(
        _ attachment: Attachment, holds: [LegalHold], request: RequestID? = nil, now: Timestamp
    ) -> Decision {
        var table = DecisionTable(self, attachment, request: request, now: now)
        let ruling = table.ruling(holds: holds)
        return Decision(
            attachment: attachment.id, tier: tiers.tier(of: attachment), request: request, ruling: ruling,
            losers: table.losers(of: ruling, holds: holds), policyDigest: policies.digest)
    }

    /// `line` is a needed fact where any policy has line scope, `created` always.
    func missingFact(of attachment: Attachment, created: Timestamp?) -> Fact? {
        if created == nil { return .created }
        if needsLine, attachment.sightings.allSatisfy({ $0.line == nil }) { return .line }
        return nil
    }
}
