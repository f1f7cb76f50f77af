import Cryptography
package import Domain

/// The decision table of `docs/policies.md` for one set of policies and one tier map: pure and total.
///
/// `ruling` answers what happens and when that changes; `decide` adds every loser with its reason. Both walk the same
/// table over the same masks.
package struct Decider: Sendable {
    /// One reference for a table that is asked millions of times.
    let index: Index

    /// What is worked out of the policies once.
    final class Index: Sendable {
        let policies: PolicySet
        let tiers: TierMap
        let ids: [String]
        let blocks: [PolicyIndex]
        /// Some policy names lines, so the line is a needed fact.
        let needsLine: Bool
        /// Some policy counts from the last use.
        let needsLastUse: Bool

        init(_ policies: PolicySet, _ tiers: TierMap) {
            self.policies = policies
            self.tiers = tiers
            needsLine = policies.hasLineScope
            let all = policies.policies
            ids = all.map(\.id)
            needsLastUse = all.contains { $0.startsFrom == .lastUsed }
            // Without a policy there is still a block, so that the facts are looked at in one way.
            blocks = stride(from: 0, to: max(all.count, 1), by: 64).map {
                PolicyIndex(all[$0..<min($0 + 64, all.count)])
            }
        }
    }

    package init(policies: PolicySet, tiers: TierMap) {
        index = Index(policies, tiers)
    }

    package var policies: PolicySet { index.policies }
    package var tiers: TierMap { index.tiers }

    /// What this version makes of the facts; another number has everything decided again, as a change of policies does.
    private static let reading = "2"

    /// Of policies and tiers, as 64 hex digits: a change of either asks for everything to be decided again.
    package var digest: String {
        var text = "\(Self.reading)\n\(policies.digest)\n\(tiers.defaultTier.rawValue)\n"
        text += tiers.defaultSince?.description ?? ""
        for line in tiers.ephemeralLines {
            text += "\n\(line.line) \(line.since) \(line.until?.description ?? "")"
        }
        return Hex.encode(Digest.sha256(Array(text.utf8)))
    }

    /// What happens to the attachment at `now`. `request` = an approved erasure request covers it, to be carried out by
    /// `due` where that is known; `holds` are those that may be in force, released and ended ones do no harm.
    package func ruling(
        on attachment: Attachment, holds: [LegalHold], request: RequestID? = nil, due: Timestamp? = nil, now: Timestamp
    ) -> Ruling {
        DecisionTable(index, attachment, request: request, due: due, now: now).ruling(holds: holds)
    }

    /// `ruling`, and every rule that lost with its reason.
    package func decide(
        _ attachment: Attachment, holds: [LegalHold], request: RequestID? = nil, due: Timestamp? = nil, now: Timestamp
    ) -> Decision {
        let table = DecisionTable(index, attachment, request: request, due: due, now: now)
        let ruling = table.ruling(holds: holds)
        return Decision(
            attachment: attachment.id, tier: table.tier, request: request, ruling: ruling,
            losers: table.losers(of: ruling, holds: holds), policyDigest: policies.digest)
    }
}
