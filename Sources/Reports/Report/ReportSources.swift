package import Audit
package import Domain
package import Inventory
package import Rules

/// Where the values of a report are read from.
package struct ReportSources: Sendable {
    /// One log (a segment, or another worker's), and what verifying it just found. Only records that were verified are
    /// read: nothing that came in since.
    package struct VerifiedLog: Sendable {
        package let reader: LogReader
        package let verification: VerificationReport

        package init(reader: LogReader, verification: VerificationReport) {
            self.reader = reader
            self.verification = verification
        }
    }

    package var inventory: InventoryStore
    /// Oldest first.
    package var logs: [VerifiedLog]
    /// `nil` = the policies do not load: nothing is forecast.
    package var policies: PolicySet?
    package var tiers: TierMap
    /// `tiers` is written in the configuration.
    package var tiersStated: Bool
    package var partner: String
    /// Name and version of the program.
    package var tool: String
    package var forecastDays = 90
    /// When what `tiers` says was last written; `nil` = not known.
    package var tiersWritten: Timestamp?
    /// When the last listing of everything was walked to its end; `nil` = none on record.
    package var lastCompleteSync: Timestamp?
    /// Where the inventory is not as the log has it, as whoever deletes by it found.
    package var differences: [Difference] = []

    /// What it is about, empty for many things, and a sentence.
    package struct Difference: Sendable {
        package let id: String
        package let text: String

        package init(_ id: some CustomStringConvertible, _ text: String) {
            self.id = id.description
            self.text = text
        }
    }

    package init(
        inventory: InventoryStore, logs: [VerifiedLog], policies: PolicySet?, tiers: TierMap, tiersStated: Bool,
        partner: String, tool: String
    ) {
        self.inventory = inventory
        self.logs = logs
        self.policies = policies
        self.tiers = tiers
        self.tiersStated = tiersStated
        self.partner = partner
        self.tool = tool
    }

    /// The records that were verified, log after log, as far as the period goes; and those about attachments, to be read again.
    func history(of period: ReportValues.Period) throws(LetheError) -> (LogHistory, RecordParts) {
        var history = LogHistory(period)
        let links = logs.map(\.verification.opening?.previous)
        history.isCut = (links.first ?? nil).map { $0.size > 0 } ?? false || links.contains { $0?.lost ?? 0 > 0 }
        let parts = try RecordParts(of: logs.map(\.verification.records).reduce(0, +))
        for log in logs {
            let origin = log.reader.origin
            try log.reader.sort(first: log.verification.records, into: parts) { entry throws(LetheError) in
                history.add(entry, of: origin, samples: try kind(ofSample: entry, in: origin))
            }
        }
        return (history, parts)
    }

    private func kind(
        ofSample entry: LogEntry, in origin: String
    ) throws(LetheError) -> ReportValues.Sample.Kind {
        guard case .vendorSample = entry.record else { return .deleted }
        return try inventory.isExpiredSample(origin: origin, seq: entry.seq) ? .expired : .deleted
    }
}
