package import Domain

/// What a decision comes to, without the losers: the cheap answer of the table.
package struct Ruling: Sendable, Equatable {
    package enum Action: String, CaseIterable, Codable, Sendable {
        case keep
        case delete
    }

    package var verdict: Action
    package var reason: Reason
    /// The rule that decided; `nil` for a missing fact, the vendor's expiry and where nothing matches.
    package var winner: RuleName?
    /// The next instant at which the decision changes if the facts stay; `nil` = never.
    package var changesAt: Timestamp?
    /// For deletes: the first instant at which no promise to keep stood in the way.
    package var earliestRemoval: Timestamp?
    /// For deletes: the instant from which the object should be gone, by policy or by the vendor's own expiry; for an
    /// erasure the request's due date, but not before the last promise to keep has ended, and `nil` where it was not given.
    package var latestRemoval: Timestamp?

    package init(
        _ verdict: Action, _ reason: Reason, winner: RuleName? = nil, changesAt: Timestamp? = nil,
        earliestRemoval: Timestamp? = nil, latestRemoval: Timestamp? = nil
    ) {
        self.verdict = verdict
        self.reason = reason
        self.winner = winner
        self.changesAt = changesAt
        self.earliestRemoval = earliestRemoval
        self.latestRemoval = latestRemoval
    }
}

/// Why an attachment is kept or deleted: one case a result of the table in `docs/policies.md`.
package enum Reason: Sendable, Equatable {
    /// A fact is missing that decides: unknown means keep.
    case unknown(Fact)
    case held(HoldID)
    /// `until` is the end of the longest retain.
    case retained(until: Timestamp)
    /// Kept against an erasure request.
    case withheld(ground: LegalGround, until: Timestamp)
    case erasure
    /// Ephemeral and past its 24 h: the vendor's promise, observed and not deleted.
    case expired
    case policy(String)
    case notDue(at: Timestamp)
    case noPolicy

    /// `unknown`, `held`, `retained`, `withheld`, `erasure`, `expired`, `policy`, `not_due`, `no_policy`.
    package var code: String {
        switch self {
        case .unknown: "unknown"
        case .held: "held"
        case .retained: "retained"
        case .withheld: "withheld"
        case .erasure: "erasure"
        case .expired: "expired"
        case .policy: "policy"
        case .notDue: "not_due"
        case .noPolicy: "no_policy"
        }
    }

    package static let codes = [
        "unknown", "held", "retained", "withheld", "erasure", "expired", "policy", "not_due", "no_policy",
    ]
}

/// What rules may ask of an attachment and not find.
package enum Fact: String, CaseIterable, Codable, Sendable {
    case created
    case lastUsed = "last_used"
    case line
    case tier
    case direction
    case source
    case mime
    case size
}

/// A rule that can win or lose.
package enum RuleName: Sendable, Equatable, CustomStringConvertible {
    case hold(HoldID)
    case request(RequestID)
    case policy(String)

    /// `hold:<id>`, `erasure:<id>`, `policy:<id>`: as plans and the audit log name it.
    package var description: String {
        switch self {
        case .hold(let id): "hold:\(id)"
        case .request(let id): "erasure:\(id)"
        case .policy(let id): "policy:\(id)"
        }
    }
}

/// A rule that was tried and did not decide.
package struct Loser: Sendable, Equatable {
    package let rule: RuleName
    package let reason: LoserReason
}

/// Why a rule did not decide. Every case stays true until the decision itself changes.
package enum LoserReason: Sendable, Equatable {
    /// The attachment was on none of the policy's lines.
    case outOfScope
    /// A criterion of `match` that no sighting meets.
    case noMatch(Fact)
    /// A criterion on a fact that is missing: not enough to delete by.
    case unknownFact(Fact)
    /// Under an erasure request only a retain with a legal ground counts.
    case noGround
    /// A rule of a higher row decided.
    case outranked
    /// It asks to keep, and its time is over.
    case retainEnded
    /// Another retain ends later, or its end is not known.
    case shorterRetain
    /// Another matching policy names lines.
    case lineScopeWins
    /// Another matching policy names the tier.
    case tierWins
    /// Another matching policy of the same rank comes earlier.
    case laterInstant
    /// Same instant, and for policies same rank: the lesser id wins.
    case laterID
    /// Another covering hold ends later.
    case shorterHold
    /// The hold's end date has passed.
    case holdEnded

    /// `out_of_scope`, `no_match`, … as `--json` writes it.
    package var code: String {
        switch self {
        case .outOfScope: "out_of_scope"
        case .noMatch: "no_match"
        case .unknownFact: "unknown_fact"
        case .noGround: "no_ground"
        case .outranked: "outranked"
        case .retainEnded: "retain_ended"
        case .shorterRetain: "shorter_retain"
        case .lineScopeWins: "line_scope_wins"
        case .tierWins: "tier_wins"
        case .laterInstant: "later_instant"
        case .laterID: "later_id"
        case .shorterHold: "shorter_hold"
        case .holdEnded: "hold_ended"
        }
    }

    /// The fact it is about, where it is about one.
    package var fact: Fact? {
        switch self {
        case .noMatch(let fact), .unknownFact(let fact): fact
        case .outOfScope: .line
        default: nil
        }
    }
}

/// One attachment at one instant: what wins, what loses and why, and when that changes.
package struct Decision: Sendable, Equatable {
    package let attachment: AttachmentID
    package let tier: Tier
    /// The erasure request it was decided under.
    package let request: RequestID?
    package let ruling: Ruling
    /// Holds by id, then policies by id.
    package let losers: [Loser]
    /// 64 hex digits.
    package let policyDigest: String

    package var verdict: Ruling.Action { ruling.verdict }
    package var reason: Reason { ruling.reason }
    package var winner: RuleName? { ruling.winner }
    package var changesAt: Timestamp? { ruling.changesAt }
    package var earliestRemoval: Timestamp? { ruling.earliestRemoval }
    package var latestRemoval: Timestamp? { ruling.latestRemoval }
}
