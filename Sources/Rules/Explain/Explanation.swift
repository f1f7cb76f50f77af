package import Domain

/// One decision, told to a person: the facts, every rule tried, the winner, and what would change it and when.
package struct Explanation: Sendable, Encodable {
    package struct Facts: Sendable, Encodable {
        package let state: String
        package let tier: String
        /// Configuration calls it ephemeral, and it was seen that it is kept.
        package let tierDrift: Bool
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
            case tierDrift = "tier_drift"
            case createdFrom = "created_from"
            case lastUsed = "last_used"
        }
    }

    /// How an attachment that is gone went.
    package struct Removal: Sendable, Encodable {
        /// As the inventory has it, of the last plan that had it.
        package var outcome: String?
        package var at: Timestamp?
        /// The audit record that says so.
        package var origin: String?
        package var seq: Int64?

        package init(outcome: String? = nil, at: Timestamp? = nil, origin: String? = nil, seq: Int64? = nil) {
            self.outcome = outcome
            self.at = at
            self.origin = origin
            self.seq = seq
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(outcome, forKey: .outcome)
            try container.encodeIfPresent(at?.description, forKey: .at)
            try container.encodeIfPresent(origin, forKey: .origin)
            try container.encodeIfPresent(seq, forKey: .seq)
        }

        private enum CodingKeys: String, CodingKey { case outcome, at, origin, seq }
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
    /// Something about `at` that a reader must know first.
    package let note: String?
    /// It is gone, and the verdict is what the policies alone would say.
    package let gone: Removal?
    package let request: Bool
    package let facts: Facts
    package let verdict: String
    package let reason: String
    package let winner: String?
    package let text: String
    package let changesAt: String?
    package let earliestRemoval: String?
    package let latestRemoval: String?
    package let tried: [ConsideredRule]
    package let changes: [Change]
    package let policyDigest: String

    private enum CodingKeys: String, CodingKey {
        case attachment, at, note, gone, request, facts, verdict, reason, winner, text, tried, changes
        case changesAt = "changes_at"
        case earliestRemoval = "earliest_removal"
        case latestRemoval = "latest_removal"
        case policyDigest = "policy_digest"
    }

    /// Decides the attachment and tells how.
    package init(of question: Question, by decider: Decider) {
        let decision = decider.decide(
            question.attachment, holds: question.holds(at: question.now), request: question.request, now: question.now)
        attachment = question.attachment.id.description
        at = question.now.description
        note = question.note
        gone = question.goneBy
        request = question.request != nil
        facts = Facts(question.attachment, decision.tier, decider.tiers)
        verdict = decision.verdict.rawValue
        reason = decision.reason.code
        winner = decision.winner?.description
        let sentence = Wording.sentence(for: decision.ruling)
        text =
            gone == nil
            ? sentence
            : decision.reason == .expired
                ? "it is gone: its 24 hours were over, and the vendor has removed it"
                : "it is gone; the policies alone would say: \(sentence)"
        changesAt = decision.changesAt?.description
        earliestRemoval = decision.earliestRemoval?.description
        latestRemoval = decision.latestRemoval?.description
        tried = ConsideredRule.all(of: decision, policies: decider.policies, holds: question.holds)
        changes =
            gone == nil
            ? question.timeline(by: decider, from: decision.ruling) + Counterfactuals(question, decider).changes : []
        policyDigest = decision.policyDigest
    }
}

extension Explanation.Facts {
    fileprivate init(_ attachment: Attachment, _ tier: Tier, _ tiers: TierMap) {
        func distinct(_ values: [String?]) -> [String] { Set(values.compactMap { $0 }).sorted() }
        let sightings = attachment.sightings
        self.init(
            state: attachment.state.rawValue, tier: tier.rawValue, tierDrift: tiers.hasDrift(attachment),
            created: attachment.created?.description,
            createdFrom: attachment.apiCreated != nil ? "api" : attachment.created.map { _ in "message" },
            lastUsed: attachment.lastUsed?.description, lines: distinct(sightings.map { $0.line?.number }),
            directions: distinct(sightings.map { $0.direction?.rawValue }),
            sources: distinct(sightings.map { $0.source.rawValue }), mime: distinct(sightings.map(\.mime)),
            sizes: Set(sightings.compactMap(\.size)).sorted(), messages: Set(sightings.compactMap(\.message)).count)
    }
}
