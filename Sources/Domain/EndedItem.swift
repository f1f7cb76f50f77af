/// One attachment of one plan, and how it ended.
package struct EndedItem: Codable, Sendable, Equatable {
    package var attachment: AttachmentID
    package var at: Timestamp
    package var plan: PlanID
    package var run: RunID?
    package var request: RequestID?
    /// `policy:<id>`, `erasure:<request>` or `drill`.
    package var rule: String
    package var line: PhoneLine?
    package var tier: Tier
    /// `nil` = unknown.
    package var bytes: Int64?
    package var outcome: Outcome
    package var grade: EvidenceGrade?
    package var attempts: Int
    /// The vendor's last answer: a status, or why there was none (`timeout`).
    package var lastAnswer: String?
    package var trace: String?

    package init(
        attachment: AttachmentID, at: Timestamp, plan: PlanID, run: RunID? = nil, request: RequestID? = nil,
        rule: String, line: PhoneLine? = nil, tier: Tier, bytes: Int64? = nil, outcome: Outcome,
        grade: EvidenceGrade? = nil, attempts: Int = 0, lastAnswer: String? = nil, trace: String? = nil
    ) {
        self.attachment = attachment
        self.at = at
        self.plan = plan
        self.run = run
        self.request = request
        self.rule = rule
        self.line = line
        self.tier = tier
        self.bytes = bytes
        self.outcome = outcome
        self.grade = grade
        self.attempts = attempts
        self.lastAnswer = lastAnswer
        self.trace = trace
    }
}
