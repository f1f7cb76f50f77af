package import Domain

/// The limits of a run and of the last 24 hours, tested before the first DELETE: pure.
package struct LimitCheck: Sendable {
    /// The bytes that an attachment of unknown size counts.
    package static let unknownSize: Int64 = 100_000_000
    /// The number of deletes below which `max_percent` is not tested.
    package static let smallest = 50

    package var limits: Limits
    /// Attachments neither gone nor expired.
    package var live: Int
    /// Deleted in the last 24 hours by plans whose limits nobody lifted.
    package var recentDeletes: Int = 0
    package var recentBytes: Int64 = 0
    /// Erasure plans have approval instead of `max_percent`.
    package var isErasure: Bool = false

    /// What is over a limit, for people; `nil` = within all of them. `items`: those that are still to be deleted.
    package func breach(by items: [PlanItem]) -> String? {
        guard !items.isEmpty else { return nil }
        let bytes = items.reduce(Int64(0)) { $0 + ($1.size ?? Self.unknownSize) }
        return breach(deletes: items.count, bytes: bytes, held: live, over: "this plan")
            ?? breach(
                deletes: items.count + recentDeletes, bytes: bytes + recentBytes, held: live + recentDeletes,
                over: "with the last 24 hours it")
    }

    private func breach(deletes: Int, bytes: Int64, held: Int, over what: String) -> String? {
        if deletes > limits.maxDeletes {
            return "\(what) deletes \(deletes) attachments, max_deletes is \(limits.maxDeletes)"
        }
        if bytes > limits.maxBytes {
            return "\(what) deletes \(formatBytes(bytes)), max_bytes is \(formatBytes(limits.maxBytes))"
        }
        if !isErasure, deletes >= Self.smallest, deletes * 100 > limits.maxPercent * held {
            return "\(what) deletes \(deletes) of \(held) attachments, max_percent is \(limits.maxPercent)"
        }
        return nil
    }
}
