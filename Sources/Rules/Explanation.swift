package import Domain

/// One decision, told to a person: the facts, every rule tried, the winner, and what would change it and when.
package struct Explanation: Sendable, Encodable {
    package struct Facts: Sendable, Encodable {
        package let state: String
        package let tier: String
        package let created: String?
        package let createdFrom: String?
        package let lastUsed: String?
        package let lines: [String]
        package let directions: [String]
        package let sources: [String]
        package let mime: [String]
        /// Bytes.
        package let sizes: [Int64]
        package let messages: Int

        private enum CodingKeys: String, CodingKey {
            case state, tier, created, lines, directions, sources, mime, sizes, messages
            case createdFrom = "created_from"
            case lastUsed = "last_used"
        }
    }

    /// A rule that was tried.
    package struct Trial: Sendable, Encodable {
        package let rule: String
        package let title: String?
        package let won: Bool
        /// A code of `Reason` for the winner, of `LoserReason` for the others.
        package let reason: String
        package let fact: String?
        package let text: String
    }

    /// What will be decided later if nothing happens, or what would change the decision.
    package struct Change: Sendable, Encodable {
        /// `nil` = when somebody does it.
        package let at: String?
        package let verdict: String?
        package let reason: String?
        package let text: String
    }

    package let attachment: String
    package let at: String
    package let request: Bool
    package let facts: Facts
    package let verdict: String
    package let reason: String
    package let winner: String?
    package let text: String
    package let changesAt: String?
    package let earliestRemoval: String?
    package let latestRemoval: String?
    package let tried: [Trial]
    package let changes: [Change]
    package let policyDigest: String

    private enum CodingKeys: String, CodingKey {
        case attachment, at, request, facts, verdict, reason, winner, text, tried, changes
        case changesAt = "changes_at"
        case earliestRemoval = "earliest_removal"
        case latestRemoval = "latest_removal"
        case policyDigest = "policy_digest"
    }

    /// Decides the attachment and tells how.
    package init(
        of attachment: Attachment, by decider: Decider, holds: [LegalHold], request: RequestID? = nil, now: Timestamp
    ) {
        let decision = decider.decide(attachment, holds: holds, request: request, now: now)
        self.attachment = attachment.id.description
        at = now.description
        self.request = request != nil
        facts = Facts(attachment, tier: decision.tier)
        verdict = decision.verdict.rawValue
        reason = decision.reason.code
        winner = decision.winner?.description
        text = Wording.sentence(for: decision.ruling)
        changesAt = decision.changesAt?.description
        earliestRemoval = decision.earliestRemoval?.description
        latestRemoval = decision.latestRemoval?.description
        tried = Self.trials(of: decision, policies: decider.policies)
        changes =
            Self.timeline(of: attachment, by: decider, holds: holds, request: request, from: decision.ruling)
            + Self.acts(on: attachment, decision, policies: decider.policies)
        policyDigest = decision.policyDigest
    }

    private static func trials(of decision: Decision, policies: PolicySet) -> [Trial] {
        func title(_ rule: RuleName) -> String? {
            if case .policy(let id) = rule { policies[id]?.title } else { nil }
        }
        let won = decision.winner.map {
            Trial(
                rule: $0.description, title: title($0), won: true, reason: decision.reason.code,
                fact: decision.reason.fact?.rawValue, text: Wording.sentence(for: decision.ruling))
        }
        return [won].compactMap { $0 }
            + decision.losers.map {
                Trial(
                    rule: $0.rule.description, title: title($0.rule), won: false, reason: $0.reason.code,
                    fact: $0.reason.fact?.rawValue, text: Wording.sentence(for: $0.reason))
            }
    }

    /// Every later decision, at most eight, until nothing changes any more.
    private static func timeline(
        of attachment: Attachment, by decider: Decider, holds: [LegalHold], request: RequestID?, from first: Ruling
    ) -> [Change] {
        var changes: [Change] = []
        var next = first.changesAt
        while let at = next, changes.count < 8 {
            let ruling = decider.ruling(on: attachment, holds: holds, request: request, now: at)
            changes.append(
                Change(
                    at: at.description, verdict: ruling.verdict.rawValue, reason: ruling.reason.code,
                    text: Wording.sentence(for: ruling)))
            next = ruling.changesAt
        }
        return changes
    }

    /// What people or messages may do to it.
    private static func acts(on attachment: Attachment, _ decision: Decision, policies: PolicySet) -> [Change] {
        var texts: [String] = []
        if case .held = decision.reason { texts.append("the release of the hold") }
        if case .unknown(let fact) = decision.reason {
            texts.append("learning its \(Wording.phrase(fact)), from a webhook or a sync")
        }
        if case .policy(let id)? = decision.winner, policies[id]?.startsFrom == .lastUsed {
            texts.append("another message that uses it: \(id) counts from the last use")
        }
        switch decision.reason {
        case .held: break
        default: texts.append("a legal hold")
        }
        if decision.request == nil, decision.verdict == .keep { texts.append("an approved erasure request") }
        texts.append("a change of the policies")
        return texts.map { Change(at: nil, verdict: nil, reason: nil, text: $0) }
    }
}

extension Explanation.Facts {
    fileprivate init(_ attachment: Attachment, tier: Tier) {
        func distinct(_ values: [String?]) -> [String] { Set(values.compactMap { $0 }).sorted() }
        let sightings = attachment.sightings
        self.init(
            state: attachment.state.rawValue, tier: tier.rawValue, created: attachment.created?.description,
            createdFrom: attachment.apiCreated != nil ? "api" : attachment.created.map { _ in "message" },
            lastUsed: attachment.lastUsed?.description, lines: distinct(sightings.map { $0.line?.number }),
            directions: distinct(sightings.map { $0.direction?.rawValue }),
            sources: distinct(sightings.map { $0.source.rawValue }), mime: distinct(sightings.map(\.mime)),
            sizes: Set(sightings.compactMap(\.size)).sorted(), messages: Set(sightings.compactMap(\.message)).count)
    }
}
