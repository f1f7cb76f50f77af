package import Domain

extension AuditLog {
    /// Puts on record that a closed segment is lost for good, with what only that segment told and the signed fold still knows. Throws
    /// where it is not missing, or that is on record.
    package func recordLoss(of origin: String, by: String, reason: String) throws(LetheError) {
        let segments = try foundSegments()
        let isThere = segments.contains { $0.file != nil && $0.isOf(origin) }
        let isNamed = segments.contains { $0.previous?.origin == origin || ($0.origin == origin && $0.file == nil) }
        let told = try told(by: segments)
        guard isNamed, !isThere, !told.removed.contains(origin) else {
            throw LetheError(
                "not-missing", .refused,
                told.removed.contains(origin)
                    ? "that \(origin) is not there any more is on record"
                    : "no segment \(origin) of the audit log is missing",
                hint: "lethe audit verify says which one is")
        }
        // Where the fold is lost too, only what is there can be told.
        let known = (try? fold()) ?? told.fold
        _ = try append(
            known.records(notIn: told.fold)
                + [.operatorAct(.init(act: .segmentRemove, ref: origin, by: by, reason: reason))])
        try seal()
    }

    /// What those segments come to that are there, and which ones they say were removed.
    private func told(by segments: [Segment]) throws(LetheError) -> (fold: Fold, removed: Set<String>) {
        var (fold, removed) = (Fold(), Set<String>())
        for segment in segments {
            guard let reader = try reader(of: segment) else { continue }
            try reader.forEachEntry { entry in
                fold.add(entry, of: segment.origin)
                if case .operatorAct(let act) = entry.record, act.act == .segmentRemove { removed.insert(act.ref) }
            }
        }
        return (fold, removed)
    }
}

extension Fold {
    /// What is in force here and not in `told`: to be recorded again. Who moved a request is not known any more.
    fileprivate func records(notIn told: Fold) -> [AuditRecord] {
        var records: [AuditRecord] = []
        for hold in holds.values.sorted(by: { $0.id < $1.id }) where told.holds[hold.id] == nil {
            records.append(
                .holdPlaced(
                    .init(hold: hold.id, scope: hold.scope, until: hold.until, by: hold.placedBy, reason: hold.reason)))
        }
        for (id, lock) in locks.sorted(by: { $0.key < $1.key }) where told.locks[id]?.sha256 != lock.sha256 {
            records.append(.policyLocked(.init(id: id, sha256: lock.sha256)))
        }
        for (id, request) in opened.sorted(by: { $0.key < $1.key }) where requests.contains(id) {
            let known = told.opened[id]
            if known == nil { records.append(.requestOpened(request.opening)) }
            let before = (known?.state ?? .received, known?.due ?? request.opening.due)
            guard before != (request.state, request.due) else { continue }
            records.append(
                .requestUpdated(.init(request: id, state: request.state, due: request.due, by: nil, reason: nil)))
        }
        return records
    }
}
