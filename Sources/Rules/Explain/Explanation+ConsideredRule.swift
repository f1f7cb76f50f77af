import Domain

extension Explanation {
    /// A rule that was tried. Members that a rule does not have are left out of the JSON.
    package struct ConsideredRule: Sendable, Encodable {
        package let rule: String
        /// Of a hold: who placed it and when.
        package let title: String?
        /// The purpose, as the policy's author wrote it for reviewers; of a hold its matter.
        package let why: String?
        package let retain: String?
        package let deleteAfter: String?
        package let legalGround: String?
        package let won: Bool
        /// A code of `Reason` for the winner, of `LoserReason` for the others.
        package let reason: String
        package let fact: String?
        package let text: String

        private enum CodingKeys: String, CodingKey {
            case rule, title, why, retain, won, reason, fact, text
            case deleteAfter = "delete_after"
            case legalGround = "legal_ground"
        }
    }
}

extension Explanation.ConsideredRule {
    /// The winner first, then the losers of the decision in their order.
    static func all(of decision: Decision, policies: PolicySet, holds: [LegalHold]) -> [Self] {
        let won = decision.winner.map {
            Self(
                $0, in: policies, holds, won: true, reason: decision.reason.code, fact: decision.reason.fact,
                text: Wording.sentence(for: decision.ruling))
        }
        return [won].compactMap { $0 }
            + decision.losers.map {
                Self(
                    $0.rule, in: policies, holds, won: false, reason: $0.reason.code, fact: $0.reason.fact,
                    text: Wording.sentence(for: $0))
            }
    }

    private init(
        _ rule: RuleName, in policies: PolicySet, _ holds: [LegalHold], won: Bool, reason: String, fact: Fact?,
        text: String
    ) {
        var policy: Policy?
        var hold: LegalHold?
        if case .policy(let id) = rule { policy = policies[id] }
        if case .hold(let id) = rule { hold = holds.first { $0.id == id } }
        self.init(
            rule: rule.description,
            title: policy?.title ?? hold.map { "legal hold, placed \($0.placedAt.brief) by \($0.placedBy)" },
            why: policy?.why ?? hold?.reason, retain: policy?.retain?.description,
            deleteAfter: policy?.deleteAfter?.description, legalGround: policy?.ground?.name, won: won, reason: reason,
            fact: fact?.rawValue, text: text)
    }
}
