import Domain

/// Whether a policy can ever win against the others.
struct PolicyShadow {
    private let policy: Policy
    /// Where nothing that it matches can be ephemeral, a rival for persistent files matches as much as one for any.
    private let isPersistent: Bool

    init(_ policy: Policy, tiers: TierMap) {
        self.policy = policy
        isPersistent = !tiers.mayBeEphemeral(policy)
    }

    /// The id of a policy that wins wherever this one could; where `retain` and `delete_after` lose to two different
    /// ones, that of the second.
    func shadowingPolicy(among others: [Policy]) -> String? {
        let rivals = others.filter { $0.id != policy.id && covers($0) }
        var shadowingPolicy: String?
        if policy.retain != nil {
            guard let found = rivals.first(where: outlasts) else { return nil }
            shadowingPolicy = found.id
        }
        if policy.deleteAfter != nil {
            guard let found = rivals.first(where: comesFirst) else { return nil }
            shadowingPolicy = found.id
        }
        return shadowingPolicy
    }

    /// Whatever this policy matches, the rival matches too.
    private func covers(_ rival: Policy) -> Bool {
        guard isPersistent, rival.match.tier == .persistent else { return rival.covers(policy) }
        var wider = rival
        wider.match.tier = nil
        return wider.covers(policy)
    }

    private func outlasts(_ rival: Policy) -> Bool {
        guard let mine = policy.retain, let theirs = rival.retain, policy.startsFrom == rival.startsFrom,
            policy.ground == nil || rival.ground != nil, theirs.isNeverShorter(than: mine)
        else { return false }
        return !mine.isNeverShorter(than: theirs) || rival.id < policy.id
    }

    private func comesFirst(_ rival: Policy) -> Bool {
        guard let mine = policy.deleteAfter, let theirs = rival.deleteAfter else { return false }
        if rival.rank > policy.rank {
            // The higher rank wins whatever the periods are, where it applies at all: to a file that was never used, what
            // counts from the last use does not.
            return rival.startsFrom == .created || policy.startsFrom == .lastUsed
        }
        guard policy.startsFrom == rival.startsFrom, policy.rank == rival.rank, mine.isNeverShorter(than: theirs)
        else { return false }
        return !theirs.isNeverShorter(than: mine) || rival.id < policy.id
    }
}

extension Policy {
    /// What wins in row 5: line scope, then a named tier.
    var rank: Int { (lines == nil ? 0 : 2) + (match.tier == nil ? 0 : 1) }

    /// Whatever the other matches, this matches too.
    func covers(_ other: Policy) -> Bool {
        Self.covers(lines, other.lines) && match.covers(other.match)
    }

    /// Both would delete the same attachment at the same instant with the same rank.
    func ties(with other: Policy) -> Bool {
        guard let mine = deleteAfter, let theirs = other.deleteAfter, startsFrom == other.startsFrom,
            rank == other.rank, mine.isNeverShorter(than: theirs), theirs.isNeverShorter(than: mine)
        else { return false }
        return Self.overlap(lines, other.lines) && match.overlaps(other.match)
    }

    fileprivate static func covers<Value>(_ mine: Set<Value>?, _ theirs: Set<Value>?) -> Bool {
        guard let mine else { return true }
        return theirs.map(mine.isSuperset(of:)) ?? false
    }

    fileprivate static func overlap<Value>(_ mine: Set<Value>?, _ theirs: Set<Value>?) -> Bool {
        guard let mine, let theirs else { return true }
        return !mine.isDisjoint(with: theirs)
    }
}

extension Policy.Match {
    func covers(_ other: Self) -> Bool {
        (tier == nil || tier == other.tier) && (direction == nil || direction == other.direction)
            && Policy.covers(sources, other.sources) && coversTypes(other) && coversSizes(other)
    }

    private func coversTypes(_ other: Self) -> Bool {
        guard let mine = delivered else { return true }
        return other.delivered?.allSatisfy { mine.contains($0) || mine.contains($0.family) } ?? false
    }

    private var delivered: Set<MimePattern>? { mime.map { Set($0.compactMap { MimePattern($0.delivered) }) } }

    private func coversSizes(_ other: Self) -> Bool {
        guard let size else { return true }
        guard let theirs = other.size else { return false }
        return (size.atLeast ?? 0) <= (theirs.atLeast ?? 0) && (size.below ?? .max) >= (theirs.below ?? .max)
    }

    fileprivate func overlaps(_ other: Self) -> Bool {
        // Several sightings may differ in direction, source, type or size, so only the tier keeps two policies apart
        // for sure; the rest is judged as for one sighting, which is the usual case.
        (tier == nil || other.tier == nil || tier == other.tier)
            && (direction == nil || other.direction == nil || direction == other.direction)
            && Policy.overlap(sources, other.sources) && overlapsTypes(other) && overlapsSizes(other)
    }

    private func overlapsTypes(_ other: Self) -> Bool {
        guard let mine = delivered, let theirs = other.delivered else { return true }
        func reach(_ one: MimePattern, _ others: Set<MimePattern>, _ families: Set<MimePattern>) -> Bool {
            others.contains(one) || others.contains(one.family) || one.isFamily && families.contains(one)
        }
        let (few, many) = mine.count < theirs.count ? (mine, theirs) : (theirs, mine)
        let families = few.contains(where: \.isFamily) ? Set(many.map(\.family)) : []
        return few.contains { reach($0, many, families) }
    }

    private func overlapsSizes(_ other: Self) -> Bool {
        guard let mine = size, let theirs = other.size else { return true }
        return max(mine.atLeast ?? 0, theirs.atLeast ?? 0) < min(mine.below ?? .max, theirs.below ?? .max)
    }
}
