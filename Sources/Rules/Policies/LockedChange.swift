package import Domain

/// How a locked policy was weakened: it may only be lengthened or widened.
package struct LockedChange: Sendable, Equatable, Encodable {
    package enum Kind: String, CaseIterable, Codable, Sendable {
        case vanished
        case unlocked
        /// It keeps for a shorter time, deletes earlier, or counts from another instant.
        case shorter
        /// Something no longer matches.
        case narrower
    }

    package let policy: String
    package let kind: Kind
    /// What was and what is: `retain 7y -> 5y`.
    package let detail: String

    /// Every weakening of the policies that were locked when they were remembered. `new` is what is loaded now.
    package static func found(old: [Policy], new: PolicySet) -> [LockedChange] {
        old.filter(\.isLocked).sorted { $0.id < $1.id }.flatMap { changes(of: $0, to: new[$0.id]) }
    }

    private static func changes(of old: Policy, to new: Policy?) -> [LockedChange] {
        func change(_ kind: Kind, _ detail: String) -> LockedChange {
            LockedChange(policy: old.id, kind: kind, detail: detail)
        }
        guard let new else { return [change(.vanished, "the policy is gone")] }
        var changes: [LockedChange] = []
        if !new.isLocked { changes.append(change(.unlocked, "locked true -> false")) }
        if let was = old.retain, !(new.retain.map { $0.isNeverShorter(than: was) } ?? false) {
            changes.append(change(.shorter, "retain \(was) -> \(new.retain?.description ?? "none")"))
        }
        if let now = new.deleteAfter, !(old.deleteAfter.map { now.isNeverShorter(than: $0) } ?? false) {
            changes.append(change(.shorter, "delete_after \(old.deleteAfter?.description ?? "none") -> \(now)"))
        }
        if new.startsFrom != old.startsFrom {
            changes.append(change(.shorter, "starts_from \(old.startsFrom.rawValue) -> \(new.startsFrom.rawValue)"))
        }
        if new.ground == nil, let was = old.ground {
            changes.append(change(.shorter, "legal_ground \(was) -> none"))
        }
        if !new.covers(linesOf: old) {
            changes.append(change(.narrower, "scope names fewer lines"))
        }
        if !new.match.covers(old.match) { changes.append(change(.narrower, "match lets less through")) }
        return changes
    }
}

extension Policy {
    fileprivate func covers(linesOf old: Policy) -> Bool {
        guard let lines else { return true }
        return old.lines.map(lines.isSuperset(of:)) ?? false
    }
}

extension LoadedPolicies {
    /// Says of a locked policy, where it stands, that it is weaker than a workspace remembers it: `retain 7y -> 5y`.
    package func weakened(_ policy: String, _ detail: String, isStrict: Bool) -> Diagnostic {
        let place = places[policy]
        return Diagnostic(
            file: place?.file ?? files.first ?? "policies", line: place?.line ?? 1, column: place?.column ?? 1,
            severity: isStrict ? .error : .warning, code: "locked-weakened",
            message: "locked policy \"\(policy)\" is weaker than it was: \(detail)", excerpt: place?.excerpt,
            suggestion:
                "every apply is refused until you put it back or record why: "
                + "lethe policy unlock \(policy) --as NAME --reason TEXT")
    }
}
