import Domain

/// The policies of a set, up to 64 at a time, as bit masks: bit `i` is the policy at `first + i`. Deciding one attachment
/// is then a few ANDs, whatever the number of policies.
struct PolicyIndex: Sendable {
    /// Where this block begins in the set.
    let first: Int
    let all: UInt64
    private(set) var retains: UInt64 = 0
    private(set) var deletes: UInt64 = 0
    private(set) var grounded: UInt64 = 0
    private(set) var lineScoped: UInt64 = 0
    private(set) var tierScoped: UInt64 = 0

    /// Policies that have a criterion on the fact.
    private var constrained = Criteria(filledWith: 0)
    private var lines: [(line: PhoneLine, policies: UInt64)] = []
    private var mime: [(pattern: MimePattern, policies: UInt64)] = []
    private var sizes: [(range: Policy.SizeRange, policies: UInt64)] = []
    private var tiers: [Tier: UInt64] = [:]
    private var inbound: UInt64 = 0
    private var outbound: UInt64 = 0
    private var sources = SourceMasks()

    init(_ policies: ArraySlice<Policy>) {
        first = policies.startIndex
        all = policies.count == 64 ? .max : (1 << UInt64(policies.count)) - 1
        var bit: UInt64 = 1
        for policy in policies {
            add(policy, bit)
            bit <<= 1
        }
    }

    private mutating func add(_ policy: Policy, _ bit: UInt64) {
        if policy.retain != nil { retains |= bit }
        if policy.deleteAfter != nil { deletes |= bit }
        if policy.ground != nil { grounded |= bit }
        if let scope = policy.lines {
            lineScoped |= bit
            constrained.line |= bit
            for line in scope {
                if let known = lines.firstIndex(where: { $0.line == line }) {
                    lines[known].policies |= bit
                } else {
                    lines.append((line, bit))
                }
            }
        }
        if let tier = policy.match.tier {
            tierScoped |= bit
            constrained.tier |= bit
            tiers[tier, default: 0] |= bit
        }
        if let direction = policy.match.direction {
            constrained.direction |= bit
            if direction == .inbound { inbound |= bit } else { outbound |= bit }
        }
        if let wanted = policy.match.sources {
            constrained.source |= bit
            for source in wanted { sources[source] |= bit }
        }
        if let patterns = policy.match.mime {
            constrained.mime |= bit
            for pattern in patterns {
                if let known = mime.firstIndex(where: { $0.pattern == pattern }) {
                    mime[known].policies |= bit
                } else {
                    mime.append((pattern, bit))
                }
            }
        }
        if let range = policy.match.size {
            constrained.size |= bit
            sizes.append((range, bit))
        }
    }

    /// Which policies each fact of the attachment lets through. Any sighting that meets a criterion is enough.
    func criteria(of attachment: Attachment, tier: Tier?) -> Criteria {
        var met = Criteria(filledWith: 0)
        if let tier { met.see(.tier, tiers[tier] ?? 0) }
        attachment.sightings.withUnsafeBufferPointer { sightings in
            for index in sightings.indices { look(at: &met, sightings[index]) }
        }
        met.finish(constrained: constrained, all: all)
        return met
    }

    /// Why the policy at `bit` does not match for sure: the fact, and whether it is missing.
    func obstacle(_ bit: UInt64, _ met: Criteria) -> (fact: Fact, isMissing: Bool)? {
        met.obstacle(bit, constrained: constrained)
    }

    private func look(at met: inout Criteria, _ sighting: borrowing Sighting) {
        met.see(.source, sources[sighting.source])
        if let line = sighting.line {
            met.see(.line, 0)
            for known in lines where known.line == line { met.line |= known.policies }
        }
        if let direction = sighting.direction { met.see(.direction, direction == .inbound ? inbound : outbound) }
        if let type = sighting.mime {
            met.see(.mime, 0)
            for known in mime where known.pattern.matches(type) { met.mime |= known.policies }
        }
        if let size = sighting.size {
            met.see(.size, 0)
            for known in sizes where known.range.contains(size) { met.size |= known.policies }
        }
    }
}

/// One mask a fact.
struct Criteria: Sendable {
    var line: UInt64
    var tier: UInt64
    var direction: UInt64
    var source: UInt64
    var mime: UInt64
    var size: UInt64
    private var seen: UInt8 = 0
    /// Policies that nothing known rules out.
    private(set) var possible: UInt64 = 0
    /// Those of `possible` that a missing fact may yet rule out.
    private(set) var unsure: UInt64 = 0

    init(filledWith mask: UInt64) {
        (line, tier, direction, source, mime, size) = (mask, mask, mask, mask, mask, mask)
    }

    /// In the order in which a loser's reason is looked for.
    static let facts: [Fact] = [.line, .tier, .direction, .source, .mime, .size]

    mutating func see(_ fact: Fact, _ policies: UInt64) {
        switch fact {
        case .line: (line, seen) = (line | policies, seen | 1)
        case .tier: (tier, seen) = (tier | policies, seen | 2)
        case .direction: (direction, seen) = (direction | policies, seen | 4)
        case .source: (source, seen) = (source | policies, seen | 8)
        case .mime: (mime, seen) = (mime | policies, seen | 16)
        case .size: (size, seen) = (size | policies, seen | 32)
        case .created, .lastUsed: break
        }
    }

    /// Lets through the policies without a criterion on the fact, and all of them where the fact is missing.
    mutating func finish(constrained: Criteria, all: UInt64) {
        possible = all
        unsure = 0
        line = settled(line, constrained.line, 1)
        tier = settled(tier, constrained.tier, 2)
        direction = settled(direction, constrained.direction, 4)
        source = settled(source, constrained.source, 8)
        mime = settled(mime, constrained.mime, 16)
        size = settled(size, constrained.size, 32)
        unsure &= possible
    }

    private mutating func settled(_ met: UInt64, _ constrained: UInt64, _ bit: UInt8) -> UInt64 {
        guard seen & bit != 0 else {
            unsure |= constrained
            return ~0
        }
        let through = met | ~constrained
        possible &= through
        return through
    }

    /// Why the policy at `bit` does not match for sure: the fact, and whether it is missing.
    func obstacle(_ bit: UInt64, constrained: Criteria) -> (fact: Fact, isMissing: Bool)? {
        let table: [(met: UInt64, constrained: UInt64, seen: UInt8)] = [
            (line, constrained.line, 1), (tier, constrained.tier, 2), (direction, constrained.direction, 4),
            (source, constrained.source, 8), (mime, constrained.mime, 16), (size, constrained.size, 32),
        ]
        for (fact, row) in zip(Self.facts, table) where row.met & bit == 0 { return (fact, false) }
        for (fact, row) in zip(Self.facts, table) where seen & row.seen == 0 && row.constrained & bit != 0 {
            return (fact, true)
        }
        return nil
    }
}

/// One mask a source.
struct SourceMasks: Sendable {
    private var masks: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    subscript(source: AttachmentSource) -> UInt64 {
        get {
            switch source {
            case .message: masks.0
            case .upload: masks.1
            case .voiceMemo: masks.2
            case .sticker: masks.3
            }
        }
        set {
            switch source {
            case .message: masks.0 = newValue
            case .upload: masks.1 = newValue
            case .voiceMemo: masks.2 = newValue
            case .sticker: masks.3 = newValue
            }
        }
    }
}
