package import Audit
import Domain
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
    /// What only the caller knows.
    package var coverage = ReportValues.Coverage()

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

    /// The records that were verified, log after log, up to `end`.
    func history(until end: Timestamp) throws(LetheError) -> LogHistory {
        var history = LogHistory(end: end)
        for log in logs {
            var last: Int64 = -1
            while last + 1 < log.verification.records {
                let rest = log.verification.records - last - 1
                let entries = try log.reader.entries(after: last, limit: Int(min(rest, 5000)))
                guard let final = entries.last else { break }
                for entry in entries {
                    let origin = log.reader.origin
                    history.add(entry, of: origin, samples: try kind(ofSample: entry, in: origin))
                }
                last = final.seq
            }
        }
        return history
    }

    private func kind(
        ofSample entry: LogEntry, in origin: String
    ) throws(LetheError) -> ReportValues.Sample.Kind {
        guard case .vendorSample = entry.record else { return .deleted }
        return try inventory.isExpiredSample(origin: origin, seq: entry.seq) ? .expired : .deleted
    }
}
