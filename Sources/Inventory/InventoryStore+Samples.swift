package import Domain

extension InventoryStore {
    /// A `vendor.sample` of the log was of ephemeral attachments past their 24 hours. The record has no place for that;
    /// every other one is of deletions.
    package func noteExpiredSample(origin: String, seq: Int64) throws(LetheError) {
        try write { try $0.set("expired-sample:\(origin):\(seq)", to: "1") }
    }

    package func isExpiredSample(origin: String, seq: Int64) throws(LetheError) -> Bool {
        try read { try $0.setting("expired-sample:\(origin):\(seq)") != nil }
    }

    /// Attachments with a tier drift on record that are not gone.
    package func tierDriftCount() throws(LetheError) -> Int {
        try read { database in
            try database.first("SELECT count(*) FROM attachment WHERE tier_drift = 1 AND state <> 1") { $0.count(0) }
                ?? 0
        }
    }
}
