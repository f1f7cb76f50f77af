extension Explanation {
    /// A rule that was tried. Members that a rule does not have are left out of the JSON.
    package struct ConsideredRule: Sendable, Encodable {
        package let rule: String
        package let title: String?
        /// The purpose, as the policy's author wrote it for reviewers.
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
    static func all(of decision: Decision, policies: PolicySet) -> [Self] {
        let won = decision.winner.map {
            Self(
                $0, in: policies, won: true, reason: decision.reason.code, fact: decision.reason.fact,
                text: Wording.sentence(for: decision.ruling))
        }
        return [won].compactMap { $0 }
            + decision.losers.map {
                Self(
                    $0.rule, in: policies, won: false, reason: $0.reason.code, fact: $0.reason.fact,
                    text: Wording.sentence(for: $0))
            }
    }

    private init(_ rule: RuleName, in policies: PolicySet, won: Bool, reason: String, fact: Fact?, text: String) {
        var policy: Policy?
        if case .policy(let id) = rule { policy = policies[id] }
        self.init(
            rule: rule.description, title: policy?.title, why: policy?.why, retain: policy?.retain?.description,
            deleteAfter: policy?.deleteAfter?.description, legalGround: policy?.ground?.name, won: won, reason: reason,
            fact: fact?.rawValue, text: text)
    }
}
