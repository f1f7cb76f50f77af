package import Audit
package import Domain
package import Inventory

/// What waits too long, as the audit log has it: requests past their day, and how long ago a run finished.
package struct Lateness: Sendable {
    package struct Overdue: Sendable, Equatable {
        package let request: RequestID
        package let due: Timestamp
    }

    /// In seconds, where nobody says otherwise: a night, and an hour for the run itself.
    package static let usualPatience: Int64 = 25 * 3600

    /// Open requests whose day is over, the oldest first.
    package let overdue: [Overdue]
    /// When `lethe run --apply` last finished; `nil` = never, as far as the log goes back.
    package let lastRun: Timestamp?
    /// Of the oldest segment: before it there was nothing to run on.
    private let begun: Timestamp?

    package init(_ inventory: InventoryStore, _ log: AuditLog, at now: Timestamp) throws(LetheError) {
        let fold = try log.fold()
        var dues: [RequestID: Timestamp] = [:]
        // Of a request whose opening was pruned the inventory alone knows the day.
        for request in try inventory.requests() where fold.opened[request.id] == nil && !request.state.isClosed {
            dues[request.id] = request.due
        }
        for (id, request) in fold.opened where fold.requests.contains(id) && !request.state.isClosed {
            dues[id] = request.due
        }
        overdue = dues.filter { now.days(until: $0.value) < 0 }.map { Overdue(request: $0.key, due: $0.value) }
            .sorted { ($0.due, $0.request) < ($1.due, $1.request) }
        lastRun = try LastRun(inventory, log).finished()
        begun = try log.segments().lazy.compactMap(\.opened).min()
    }

    /// No run has finished for longer than this, in seconds. A new workspace has that long for its first.
    package func isSilent(at now: Timestamp, for patience: Int64 = usualPatience) -> Bool {
        guard let since = lastRun ?? begun else { return false }
        return since.adding(seconds: patience) < now
    }

    package var overdueMessage: String? {
        guard let first = overdue.first else { return nil }
        let what = overdue.count == 1 ? "request \(first.request) was" : "\(counted(overdue.count, "request")) were"
        return "\(what) due \(overdue.count == 1 ? "" : "since ")\(first.due.date) and not answered"
    }

    /// `nil` where a run has finished in time.
    package func silenceMessage(at now: Timestamp, for patience: Int64 = usualPatience) -> String? {
        guard isSilent(at: now, for: patience) else { return nil }
        let age = lastRun.map { "for \(span(now.seconds(since: $0)))" } ?? "yet"
        return "no run has finished \(age): at most \(span(UInt64(max(patience, 0)))) may pass"
    }
}

/// When `lethe run --apply` last did all that it could. Runs of erasures alone, by hand, say nothing of it.
package struct LastRun: Sendable {
    private static let bookmark = "idle-run"
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(_ inventory: InventoryStore, _ log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    /// A segment of version 1 has no record for a run with nothing due: which seal stands for it is kept in the inventory.
    func noteIdle(_ seal: Int64) throws(LetheError) {
        try inventory.setBookmark(Self.bookmark, to: "\(log.origin) \(seal)")
    }

    func finished() throws(LetheError) -> Timestamp? {
        let idle = try idleSeal()
        for reader in try log.readers().reversed() {
            guard let last = try Self.finished(in: reader) else { continue }
            return idle.map { max($0, last) } ?? last
        }
        return idle
    }

    /// A `run.end` of a retention plan, or a `run.idle`.
    private static func finished(in reader: LogReader) throws(LetheError) -> Timestamp? {
        var (plans, runs): (Set<PlanID>, Set<RunID>) = ([], [])
        var last: Timestamp?
        for entry in try reader.entries(ofTypes: ["plan.created", "run.start", "run.end", "run.idle"]) {
            switch entry.record {
            case .planCreated(let plan) where plan.kind == .retention: plans.insert(plan.plan)
            case .runStart(let start) where plans.contains(start.plan): runs.insert(start.run)
            case .runEnd(let end) where runs.contains(end.run): last = entry.time
            case .runIdle: last = entry.time
            default: continue
            }
        }
        return last
    }

    /// The inventory names it, the log has it: what is not there, or is no seal, is none.
    private func idleSeal() throws(LetheError) -> Timestamp? {
        guard let words = try inventory.bookmark(Self.bookmark)?.split(separator: " "), words.count == 2,
            let seq = Int64(words[1])
        else { return nil }
        for reader in try log.readers() where reader.origin == words[0] {
            guard let entry = try reader.entry(seq), case .epochSeal = entry.record else { return nil }
            return entry.time
        }
        return nil
    }
}
