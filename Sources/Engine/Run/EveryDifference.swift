import Audit
package import Domain
package import Inventory

/// What lists, reports and the doctor say of rows: more than what stops an apply, and by reading the log.
extension RecordedTruth {
    /// Every row that is not as the log has it. Reads the records of orders, or every record, of each segment that is kept.
    package func everyDifference(
        in inventory: InventoryStore, _ scope: Comparison.Scope, at now: Timestamp
    ) throws(LetheError) -> [Difference] {
        guard try !compareAll(inventory, scope, at: now).isEmpty else { return [] }
        // Somebody may be between a record and its effect.
        try CatchUp(inventory: inventory, log: log).follow()
        return try compareAll(inventory, scope, at: now)
    }

    private func compareAll(
        _ inventory: InventoryStore, _ scope: Comparison.Scope, at now: Timestamp
    ) throws(LetheError) -> [Difference] {
        var found = try compare(inventory, at: now)
        let comparison = try inventory.comparison(of: scope, since: try oldestKept()) { (take) throws(LetheError) in
            try replay(scope, take)
        }
        let fold = try fold()
        var named = Set(found.map(\.subject))
        for row in comparison.unlike {
            let difference = Difference(row, fold)
            if named.insert(difference.subject).inserted { found.append(difference) }
        }
        if case .orders = scope { return found }
        for plan in try inventory.plans() where plan.isRecorded && !comparison.lost.contains(plan.id.description) {
            guard !named.contains(.plan(plan.id)), try !inventory.isWhole(plan.id) else { continue }
            found.append(Difference(subject: .plan(plan.id), kind: .changed))
        }
        return found
    }

    private static let orders = Set(
        [
            RecordType.holdPlaced, .holdReleased, .requestOpened, .requestUpdated, .planCreated, .planApproved,
            .runStart, .runEnd, .runHalt, .policyLocked, .operatorAct,
        ].map(\.rawValue))

    /// When the oldest segment that is kept was begun, where older ones were removed.
    func oldestKept() throws(LetheError) -> Timestamp? {
        let segments = try log.segments()
        guard segments.contains(where: { $0.file == nil }) else { return nil }
        return segments.first { $0.file != nil }?.opened
    }

    /// The records of every segment that is kept, in their order, as far as they are of the scope.
    func replay(
        _ scope: Comparison.Scope, _ take: (String, [LoggedRecord]) throws -> Void
    ) throws(LetheError) {
        do {
            for reader in try log.readers() {
                func hand(_ entries: [LogEntry]) throws {
                    try take(
                        reader.origin, entries.map { LoggedRecord(seq: $0.seq, at: $0.time, record: $0.record) })
                }
                switch scope {
                case .orders, .plans:
                    try hand(try reader.entries(ofTypes: Self.orders))
                    continue
                case .about(let attachments):
                    var entries: [LogEntry] = []
                    try reader.forEachEntry(about: attachments) { entries.append($0) }
                    try hand(entries)
                    continue
                case .all: break
                }
                var after: Int64 = -1
                while case let entries = try reader.entries(after: after, limit: 1000), let last = entries.last {
                    try hand(entries)
                    after = last.seq
                }
            }
        } catch let error as LetheError {
            throw error
        } catch {
            throw LetheError("inventory-failed", .failed, "the inventory failed: \(type(of: error))")
        }
    }
}

extension Difference {
    fileprivate init(_ row: UnlikeRows, _ fold: Fold) {
        let count = max(row.recorded, row.stored)
        subject =
            switch row.what {
            case .hold(let id): .hold(id)
            case .request(let id): .request(id)
            case .plan(let id): .plan(id)
            case .approvals(let id): .approvals(id)
            case .items(let id): .items(id, count)
            case .others(let noun): .others(noun, count)
            }
        kind = row.stored == 0 ? .missing : row.recorded == 0 ? .unrecorded : .changed
        isEnded =
            switch row.what {
            case .hold(let id): fold.holds[id] == nil
            case .request(let id): !fold.requests.contains(id)
            case .plan(let id): fold.plans[id] == nil
            case .approvals, .items, .others: false
            }
    }
}
