/// How an item of a plan ended. Closed: each item of a closed plan has exactly one, and they add up to the plan.
package enum Outcome: String, CaseIterable, Codable, Sendable {
    case deleted
    case deletedAfterRetry = "deleted_after_retry"
    case alreadyAbsent = "already_absent"
    case expiredByVendor = "expired_by_vendor"
    case notFoundUnproven = "not_found_unproven"
    case withheldHold = "withheld_hold"
    case withheldRetention = "withheld_retention"
    case withheldShared = "withheld_shared"
    case changedSincePlan = "changed_since_plan"
    case invalidID = "invalid_id"
    case refusedByVendor = "refused_by_vendor"
    case failedExhausted = "failed_exhausted"
    case failedUnexpected = "failed_unexpected"
    case notAttempted = "not_attempted"

    /// The five counts of `run.end`.
    package enum Group: String, CaseIterable, Sendable {
        case deleted, absent, withheld, failed, open
    }

    package var group: Group {
        switch self {
        case .deleted, .deletedAfterRetry: .deleted
        case .alreadyAbsent, .expiredByVendor: .absent
        case .withheldHold, .withheldRetention, .withheldShared, .changedSincePlan: .withheld
        case .notFoundUnproven, .invalidID, .refusedByVendor, .failedExhausted, .failedUnexpected: .failed
        case .notAttempted: .open
        }
    }
}

extension Outcome {
    /// What the outcome proves by itself; a verification may say more.
    package var ownGrade: EvidenceGrade? {
        switch self {
        case .deleted: .c
        case .deletedAfterRetry, .alreadyAbsent, .expiredByVendor: .d
        case .notFoundUnproven: .e
        default: nil
        }
    }

    /// What the object is after it; `nil` = it says nothing of the object, which stays what it was.
    package var stateOfObject: AttachmentState? {
        switch self {
        case .deleted, .deletedAfterRetry, .alreadyAbsent: .gone
        case .expiredByVendor: .expired
        default: nil
        }
    }
}

extension Outcome {
    /// Whether what was said later of an attachment takes the place of this, that has `grade`. That its turn did not come
    /// says nothing of it, and neither does its leaving a plan once it is gone: the last word on what is gone is what removed
    /// it. What a GET found again is not gone, and stays failed until it is deleted or kept on a ground.
    package func givesWay(to later: Outcome, grade: EvidenceGrade?) -> Bool {
        let isFoundAgain = grade == .x
        let isGone = stateOfObject != nil && !isFoundAgain
        switch later {
        case .notAttempted: return self == .notAttempted
        case .changedSincePlan: return !isGone && !isFoundAgain
        // Only what was there is answered with a 204.
        case .deleted: return true
        default: return !isGone || group == .absent && later.stateOfObject != nil
        }
    }

    /// What it counts as: what a GET found again after it was called gone has failed, as a run that finds it so says itself.
    package func counted(at grade: EvidenceGrade?) -> Outcome {
        grade == .x && stateOfObject != nil ? .failedUnexpected : self
    }
}

/// Items by outcome; every outcome is there, zero included.
package struct OutcomeCounts: Sendable, Equatable {
    package private(set) var byOutcome: [Outcome: Int]

    package init(_ outcomes: some Sequence<Outcome> = []) {
        byOutcome = Dictionary(uniqueKeysWithValues: Outcome.allCases.map { ($0, 0) })
        for outcome in outcomes { add(outcome) }
    }

    package mutating func add(_ outcome: Outcome, count: Int = 1) { byOutcome[outcome, default: 0] += count }
    package subscript(outcome: Outcome) -> Int { byOutcome[outcome, default: 0] }
    package subscript(group: Outcome.Group) -> Int {
        byOutcome.lazy.filter { $0.key.group == group }.map(\.value).reduce(0, +)
    }
    package var total: Int { byOutcome.values.reduce(0, +) }
}

/// The counts of one `run.end`: the items of its plan, and how many of them are in each group of outcomes.
package struct RunCounts: Codable, Sendable, Equatable {
    package var items: Int
    package var deleted: Int
    package var absent: Int
    package var withheld: Int
    package var failed: Int
    package var open: Int

    package init(items: Int, deleted: Int, absent: Int, withheld: Int, failed: Int, open: Int) {
        self.items = items
        self.deleted = deleted
        self.absent = absent
        self.withheld = withheld
        self.failed = failed
        self.open = open
    }

    package init(_ counts: OutcomeCounts) {
        self.init(
            items: counts.total, deleted: counts[.deleted as Outcome.Group], absent: counts[.absent],
            withheld: counts[.withheld], failed: counts[.failed], open: counts[.open])
    }
}

/// What stands behind an outcome, best first: `docs/execution.md`.
package enum EvidenceGrade: String, CaseIterable, Codable, Sendable {
    case a = "A"
    case b = "B"
    case c = "C"
    case d = "D"
    /// Unproven: never counted as erased.
    case e = "E"
    /// A GET answered 200 after the 204: failed.
    case x = "X"
}

/// What the vendor's answer to a DELETE means, before it is known what came before.
package enum AnswerClass: String, CaseIterable, Codable, Sendable {
    case deleted
    case notReady = "not_ready"
    case absent
    case invalid
    case refused
    case throttled
    case unknown
    case notSent = "not_sent"
    case unexpected

    /// The vendor may have carried the DELETE out although no answer says so.
    package var mayHaveActed: Bool { self == .unknown }
}
