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

    /// A GET found an attachment gone whose 24 hours were over. No record names it: it is kept here alone.
    package func noteAbsent(_ attachment: AttachmentID, at now: Timestamp) throws(LetheError) {
        try write { try $0.set("absent:\(attachment)", to: now.description) }
    }

    package func foundAbsent(_ attachment: AttachmentID) throws(LetheError) -> Timestamp? {
        try read { try $0.setting("absent:\(attachment)").flatMap { Timestamp($0) } }
    }

    /// Attachments with a tier drift on record that are not gone.
    package func tierDriftCount() throws(LetheError) -> Int {
        try read { database in
            try database.first("SELECT count(*) FROM attachment WHERE tier_drift = 1 AND state <> 1") { $0.count(0) }
                ?? 0
        }
    }
}
