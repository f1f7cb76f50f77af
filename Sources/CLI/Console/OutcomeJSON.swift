import Domain

/// Outcomes as every answer shows them.
enum OutcomeJSON {
    /// Every key of the closed list, zero included.
    static func counts(_ counts: OutcomeCounts) -> JSONValue {
        .object(Dictionary(uniqueKeysWithValues: Outcome.allCases.map { ($0.rawValue, JSONValue(counts[$0])) }))
    }

    /// `120 deleted, 2 withheld, 1 failed`; groups without items are left out.
    static func sentence(_ counts: OutcomeCounts) -> String {
        let parts = Outcome.Group.allCases.compactMap { group -> String? in
            let count = group == .deleted ? counts[Outcome.deleted] : counts[group]
            let settled = group == .deleted ? counts[.deletedAfterRetry] : 0
            if settled > 0 { return "\(count) deleted, \(settled) deleted after retry" }
            return count == 0 ? nil : "\(count) \(group.rawValue)"
        }
        return parts.isEmpty ? "nothing to do" : parts.joined(separator: ", ")
    }

    /// `digest`: `nil` = it is not recorded, so nobody can name it.
    static func plan(_ plan: Plan, digest: String?) -> JSONValue {
        [
            "id": digest == nil ? nil : JSONValue(plan.id), "digest": JSONValue(digest),
            "kind": .string(plan.kind.rawValue),
            "items": JSONValue(plan.items.count), "bytes": JSONValue(plan.bytes),
        ]
    }
}
