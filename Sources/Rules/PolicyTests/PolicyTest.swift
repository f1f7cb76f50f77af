package import Domain

/// One row of a table test: the facts of an attachment, an instant, and the decision that is expected.
package struct PolicyTest: Sendable {
    package let name: String
    package let file: String
    package let line: Int
    package let attachment: Attachment
    package let tiers: TierMap
    package let isHeld: Bool
    package let isRequested: Bool
    package let at: Timestamp
    package let expected: Expectation

    package struct Expectation: Sendable, Equatable {
        package let verdict: Ruling.Action
        /// A code of `Reason`; `nil` = any.
        package let reason: String?
        /// The policy that wins; `nil` = not said.
        package let policy: String?
        package let changesAt: Timestamp?

        /// `delete (policy, by identity-documents)`.
        package var description: String {
            PolicyTest.describe(verdict.rawValue, reason, by: policy, changesAt: changesAt)
        }
    }

    /// What the policies decide for this row.
    package func decision(under policies: PolicySet) -> Decision {
        let start = Timestamp(microseconds: .min)
        let hold = LegalHold(id: HoldID(value: 1), scope: .all, placedAt: start, placedBy: "test", reason: "test")
        return Decider(policies: policies, tiers: tiers).decide(
            attachment, holds: isHeld ? [hold] : [], request: isRequested ? RequestID(value: 1) : nil, now: at)
    }

    /// The decision as an expectation that says no more than this row's own.
    func observed(_ decision: Decision) -> Expectation {
        var policy: String?
        if expected.policy != nil, case .policy(let id)? = decision.winner { policy = id }
        return Expectation(
            verdict: decision.verdict, reason: expected.reason.map { _ in decision.reason.code }, policy: policy,
            changesAt: expected.changesAt.flatMap { _ in decision.changesAt })
    }

    static func describe(_ verdict: String, _ reason: String?, by policy: String?, changesAt: Timestamp?) -> String {
        let details = [reason, policy.map { "by \($0)" }, changesAt.map { "until \($0.brief)" }].compactMap { $0 }
        return details.isEmpty ? verdict : "\(verdict) (\(details.joined(separator: ", ")))"
    }
}
