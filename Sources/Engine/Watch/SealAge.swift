package import Audit
package import Domain

/// When the log was last sealed, and whether records have waited for a seal since.
package struct SealAge: Sendable {
    /// Every command seals what it recorded before it ends, and a run does each hour. What waits for a day was left by one that
    /// was cut short, or sealing fails. In seconds.
    package static let longest: Int64 = 86_400

    /// `nil` = never.
    package let last: Timestamp?
    /// Records that no checkpoint counts.
    package let unsealed: Int64
    /// Of the first of these.
    package let waitingSince: Timestamp?

    package init(_ log: AuditLog) throws(LetheError) {
        let sealed = try log.head()?.size ?? 0
        unsealed = max(0, try log.size() - sealed)
        last = sealed > 0 ? try log.reader.entry(sealed - 1)?.time : nil
        waitingSince = unsealed > 0 ? try log.reader.entry(sealed)?.time : nil
    }

    package func isOverdue(at now: Timestamp) -> Bool {
        waitingSince.map { $0.adding(seconds: Self.longest) < now } ?? false
    }
}
