package import Domain
internal import GRDB

/// How many, and how much.
package struct Tally: Sendable, Equatable {
    package var attachments = 0
    /// Of those whose size is known.
    package var bytes: Int64 = 0
    package var unknownSize = 0

    mutating func add(_ attachment: Attachment) {
        attachments += 1
        if let size = attachment.size { bytes += size } else { unknownSize += 1 }
    }
}

/// What is held. Each attachment is counted once in every breakdown, so each adds up to `total`.
package struct InventoryStatistics: Sendable, Equatable {
    package var total = Tally()
    /// Under the line of its first message; `nil` = no line is known.
    package var byLine: [PhoneLine?: Tally] = [:]
    package var byTier: [Tier: Tally] = [:]
    package var byState: [AttachmentState: Tally] = [:]
}

package struct InventoryCoverage: Sendable, Equatable {
    /// Media items with a URL and no attachment id.
    package var unaddressable = 0
    /// Of these, parts that name a file in a way that cannot be read.
    package var unreadableParts = 0
    /// Gone, and named again since.
    package var namedAgain = 0
    /// Live, and it is not known to whom it went.
    package var recipientUnknown = 0
    /// The latest time that the vendor gave with an attachment; `nil` = it gave none.
    package var newestEvent: Timestamp?
}

extension InventoryStore {
    /// Counts everything in one pass. The tier follows from facts and configuration, so it is asked and not stored: a
    /// stored one would be wrong after every change of `lethe.yaml`.
    package func statistics(tier: (Attachment) -> Tier) throws(LetheError) -> InventoryStatistics {
        var statistics = InventoryStatistics()
        try forEachAttachment(includingGone: true) { candidate in
            let attachment = candidate.attachment
            statistics.total.add(attachment)
            statistics.byLine[attachment.homeLine, default: Tally()].add(attachment)
            statistics.byTier[tier(attachment), default: Tally()].add(attachment)
            statistics.byState[attachment.state, default: Tally()].add(attachment)
            return true
        }
        return statistics
    }

    /// Attachments neither gone nor expired, kept up to date by the store: one row is read.
    package func liveCount() throws(LetheError) -> Int {
        try read { database in
            guard let count = try database.first("SELECT attachments FROM live", row: { $0.int(0) }) else {
                throw StoreErrors.impossible("count")
            }
            return Int(count)
        }
    }

    /// Every attachment that was ever seen, gone ones included.
    package func knownCount() throws(LetheError) -> Int {
        try read { Int(try $0.first("SELECT count(*) FROM attachment", row: { $0.int(0) ?? 0 }) ?? 0) }
    }

    /// What the inventory knows that it cannot see or reach.
    package func coverage() throws(LetheError) -> InventoryCoverage {
        try read { database in
            let newest = try database.first("SELECT max(last_seen) FROM attachment") { $0.time(0) }
            let named = try database.first("SELECT count(*) FROM attachment WHERE named_again = 1") { $0.int(0) }
            let unknown = try database.first(
                "SELECT count(*) FROM attachment a WHERE a.state = 0 AND \(People.anyUnknown)"
            ) { $0.int(0) }
            return try database.first("SELECT sum(things), sum(unreadable) FROM residue") { row in
                InventoryCoverage(
                    unaddressable: row.count(0), unreadableParts: row.count(1), namedAgain: Int(named ?? 0),
                    recipientUnknown: Int(unknown ?? 0),
                    newestEvent: newest)
            } ?? InventoryCoverage()
        }
    }

    /// The newest webhook that named an attachment, by the time in its envelope; `nil` = none did.
    package func newestWebhook() throws(LetheError) -> Timestamp? {
        try read { try $0.first("SELECT max(first_envelope) FROM sighting") { $0.time(0) } ?? nil }
    }

    /// Our numbers that any sighting names: what the preflight compares with the account's.
    package func lines() throws(LetheError) -> Set<PhoneLine> {
        try read { database in
            Set(
                try database.all("SELECT DISTINCT line FROM chat WHERE line IS NOT NULL") {
                    try PhoneLine("+\($0.int(0) ?? 0)")
                }
                    + database.all("SELECT DISTINCT line FROM sighting WHERE chat IS NULL AND line IS NOT NULL") {
                        try PhoneLine("+\($0.int(0) ?? 0)")
                    })
        }
    }
}

extension Attachment {
    /// The line of its earliest message with a line, so that every attachment is counted under one.
    package var homeLine: PhoneLine? {
        sightings.filter { $0.line != nil }.min { left, right in
            (left.messageTime ?? Timestamp(microseconds: .max), left.line?.number ?? "")
                < (right.messageTime ?? Timestamp(microseconds: .max), right.line?.number ?? "")
        }?.line
    }
}
