package import Audit
package import Domain
import Inventory

/// A log that this inventory has not followed to its end, but from beyond it.
extension CatchUp {
    /// The bookmark of the segment that was live when the inventory last caught up.
    static let followed = "followed-log"

    /// Throws, before anything is written, where `audit.db` is older than what this inventory has applied of it. What a run does on
    /// such a log it may have done before, and nobody could tell.
    /// Gives the segments, each admitted.
    @discardableResult
    package func refuseOlderLog() throws(LetheError) -> [Segment] {
        try refuseEarlierLog()
        return try log.segments()
    }

    /// The same, whatever became of closed segments.
    package func refuseEarlierLog() throws(LetheError) {
        let found = try log.foundSegments()
        try refuseOtherLog(found)
        try refuseShorterLog()
        try refuseEarlierSegment(found)
    }

    /// What was applied is read first: the log of another process only grows meanwhile.
    func refuseShorterLog() throws(LetheError) {
        let applied = try inventory.appliedSeq(origin: log.origin)
        let size = try log.size()
        guard applied >= size else { return }
        throw Self.older(
            "inventory.db has followed \(log.origin) to record \(applied), and audit.db ends with record \(size - 1)")
    }

    /// A segment that follows others names the one before it; so the one that was followed last is the live one, or before it.
    func refuseEarlierSegment(_ segments: [Segment]) throws(LetheError) {
        guard let last = try inventory.bookmark(Self.followed), last != log.origin,
            !segments.contains(where: { $0.previous?.origin == last })
        else { return }
        let live = segments.first { $0.isLive }?.opened
        if let segment = segments.first(where: { $0.origin == last }) {
            // One that was pruned has no time.
            guard let opened = segment.opened, let live, opened > live else { return }
        }
        throw Self.older("inventory.db has followed \(last), which comes after the segment that audit.db is")
    }

    /// From `lethe init` on: an inventory follows the log that it was made with.
    package func noteFollowed() throws(LetheError) {
        guard try inventory.bookmark(Self.followed) != log.origin else { return }
        try inventory.setBookmark(Self.followed, to: log.origin)
    }

    private static func older(_ detail: String) -> LetheError {
        LetheError(
            "older-log", .failed, "an older audit.db was put back: \(detail)",
            hint:
                "put back the newest audit.db, with its folder audit; nothing was written, and nothing is deleted until then"
        )
    }
}
