import Audit
import Domain
import Synchronization

/// Appends what one run does. If another process has written of a run in the meantime, although this one has the lease, it
/// writes nothing: two runs in one log would read as a log that was tampered with.
final class RunJournal: Sendable {
    private let log: AuditLog
    private let last: Mutex<Int64>

    /// Before what it will append is read from the inventory.
    init(_ log: AuditLog) throws(LetheError) {
        self.log = log
        last = Mutex(try log.size() - 1)
    }

    func append(_ records: [AuditRecord]) throws(LetheError) {
        let after = last.withLock { $0 }
        let seqs = try log.append(records, unlessAfter: after, isThere: \.isOfARun)
        if let seq = seqs.last { last.withLock { $0 = seq } }
    }
}

extension AuditRecord {
    fileprivate var isOfARun: Bool {
        switch self {
        case .runStart, .deleteIntent, .deleteOutcome, .itemClosed, .runEnd, .runHalt: true
        default: false
        }
    }
}
