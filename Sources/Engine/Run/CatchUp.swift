package import Audit
package import Domain
import Foundation
package import Inventory

/// Brings the inventory's projection up to the audit log: what a process that died in between left undone. Every command
/// that reads the projection or writes to it begins with this.
package struct CatchUp: Sendable {
    private static let page = 1000
    let inventory: InventoryStore
    let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
        inventory.record(in: log)
    }

    /// How many records were applied. Closed segments come first: an inventory that was put back may lack what they say.
    @discardableResult
    package func run() throws(LetheError) -> Int {
        var count = 0
        for segment in try refuseOlderLog() where !segment.isLive {
            guard let file = segment.file else { continue }
            let reader = try LogReader(file)
            guard try inventory.appliedSeq(origin: reader.origin) + 1 < reader.size() else { continue }
            count += try apply(origin: reader.origin, reader.entries)
        }
        count += try follow()
        try noteFollowed()
        return count
    }

    /// An inventory that has followed a log follows that one only, and those that go on from it.
    func refuseOtherLog(_ segments: [Segment]) throws(LetheError) {
        let applied = try inventory.appliedOrigins().union(
            try inventory.bookmark(Self.followed).map { [$0] } ?? [])
        let known = Set(segments.flatMap { [$0.origin, $0.previous?.origin].compactMap { $0 } })
        guard !applied.isEmpty, applied.isDisjoint(with: known) else { return }
        throw LetheError(
            "other-log", .configuration, "inventory.db belongs to another audit log than the one of this workspace",
            hint: "put back the inventory.db that belongs to audit.db")
    }

    /// The live segment alone: for what was written in the meantime.
    @discardableResult
    package func follow() throws(LetheError) -> Int {
        try refuseShorterLog()
        return try apply(origin: log.origin, log.entries)
    }

    private func apply(
        origin: String, _ page: (_ after: Int64, _ limit: Int) throws(LetheError) -> [LogEntry]
    ) throws(LetheError) -> Int {
        var count = 0
        var after = try inventory.appliedSeq(origin: origin)
        while true {
            let entries = try page(after, Self.page)
            guard let last = entries.last else { return count }
            try inventory.apply(
                entries.map { LoggedRecord(seq: $0.seq, at: $0.time, record: $0.record) }, origin: origin,
                after: after, through: last.seq)
            count += entries.count
            after = last.seq
        }
    }
}
