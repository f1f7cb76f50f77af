internal import Cryptography
package import Domain

/// A frozen plan and how it ended.
package struct PlanRecord: Sendable, Equatable {
    package let plan: Plan
    /// SHA-256 of the plan's canonical bytes, 64 hex; it was checked against the stored items when this was read.
    package let digest: String
    package var state: Plan.State
    /// Why it was halted, cancelled or expired.
    package var cause: String?
    package var approvals: [Approval]
    /// `--allow-deletes` was recorded for it: its deletes are outside the limits of the day.
    package var limitsLifted: Bool
    /// What of the shared attachments its request included when it was made; `nil` = a retention plan, or one of 0.1.0.
    package var includes: SharedInclusion?
    /// The audit log has its `plan.created` with this digest.
    package var isRecorded: Bool
}

extension PlanRecord {
    /// The stored items are those of the digest.
    package var isWhole: Bool { plan.digest == digest }
}

extension Plan {
    /// SHA-256 of its canonical bytes, 64 hex.
    package var digest: String { Hex.encode(Digest.sha256(canonicalBytes)) }
}

/// One line of a list of plans.
package struct PlanSummary: Sendable, Equatable {
    package let id: PlanID
    package let kind: Plan.Kind
    package let state: Plan.State
    package let created: Timestamp
    package let expires: Timestamp
    package let digest: String
    package let request: RequestID?
    package let items: Int
    package let bytes: Int64
    package let cause: String?
    /// The audit log has its `plan.created` with this digest.
    package let isRecorded: Bool
}

package struct Approval: Sendable, Equatable {
    package let name: String
    /// `cli`, `web` or `schedule`.
    package let how: String
    package let at: Timestamp
    package let digest: String

    package init(name: String, how: String, at: Timestamp, digest: String) {
        self.name = name
        self.how = how
        self.at = at
        self.digest = digest
    }
}

/// How one item of a plan ended.
package struct ItemResult: Sendable, Equatable {
    package let attachment: AttachmentID
    package let rule: String
    package let line: PhoneLine?
    package let size: Int64?
    package let withheld: Withholding?
    /// DELETEs that were sent, as far as is known.
    package let attempts: Int
    /// `nil` = open.
    package let outcome: Outcome?
    package let grade: EvidenceGrade?
    /// Status of the answer that decided it.
    package let http: Int?
    package let trace: String?
    package let closedAt: Timestamp?
}

extension Plan.State {
    /// The moves there are; everything else is a mistake of the caller.
    func mayBecome(_ next: Plan.State) -> Bool {
        switch self {
        case .proposed: [.approved, .cancelled, .expired].contains(next)
        case .approved: [.applying, .cancelled, .expired].contains(next)
        case .applying: [.done, .halted, .cancelled, .expired].contains(next)
        case .halted: [.applying, .done, .cancelled, .expired].contains(next)
        case .done, .expired, .cancelled: false
        }
    }
}
