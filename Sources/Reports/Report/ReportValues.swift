package import Domain

/// Everything a reviewer's report says of one account and one period, as plain values: whoever gathers them fills this
/// in, `checked` holds the totals against one another, and only what came through that can be printed.
package struct ReportValues: Codable, Sendable, Equatable {
    /// Changes when a field changes its meaning.
    package var format = "lethe-report/v1"
    package var period: Period
    /// When the values were read; days left and overdue count from here.
    package var generated: Timestamp
    /// Name and version of the program.
    package var tool: String
    package var account: Account
    /// What the audit log says otherwise than `inventory.db`, sentence by sentence; the log's word is what is reported.
    package var differs: [String] = []
    /// What is lost of the inventory, as somebody put on record: no difference any more.
    package var lost: [String] = []
    package var holdings = Holdings()
    /// Operations whose intent is in the log and whose outcome is not.
    package var openIntents: [OpenIntent] = []
    package var plans: [Plan] = []
    package var runs: [Run] = []
    package var requests: [Request] = []
    package var holds: [Hold] = []
    package var policies = Policies()
    package var forecast = Forecast()
    /// One for each log that was read: a segment, or a worker.
    package var logs: [Log] = []
    package var coverage = Coverage()
    package var evidence = Evidence()

    /// `from` up to, and not including, `to`.
    package struct Period: Codable, Sendable, Equatable {
        package var from: Timestamp
        package var to: Timestamp

        package init(from: Timestamp, to: Timestamp) {
            self.from = from
            self.to = to
        }

        package func contains(_ time: Timestamp) -> Bool { from <= time && time < to }
    }

    /// Whose account it is, and what configuration says of its tiers.
    package struct Account: Codable, Sendable, Equatable {
        package var partner: String
        package var defaultTier: Tier
        /// Configuration says which tier holds; `false` = nobody wrote it down.
        package var tiersStated: Bool
        /// When that was last written; `nil` = not known.
        @OrNull package var tiersWritten: Timestamp?
        package var lines: [Line]
    }

    /// A phone line of the account.
    package struct Line: Codable, Sendable, Equatable {
        package var number: PhoneLine
        package var tier: Tier
        /// From when until when the line has been ephemeral.
        package var since: Timestamp?
        package var until: Timestamp?

        package init(number: PhoneLine, tier: Tier, since: Timestamp? = nil, until: Timestamp? = nil) {
            self.number = number
            self.tier = tier
            self.since = since
            self.until = until
        }
    }
}
