import Domain

/// The policies of a set, up to 64 at a time, as bit masks: bit `i` is the policy at `first + i`. Deciding one attachment
/// is then a few ANDs, whatever the number of policies.
struct PolicyIndex: Sendable {
    /// What the table needs of a policy once it matches: plain numbers, cheap to read a million times.
    struct Term: Sendable {
        let startsFrom: Policy.Start
        let retain: Period?
        let deleteAfter: Period?
        let rank: Int
    }

    /// Where this block begins in the set.
    let first: Int
    private(set) var terms: [Term] = []
    private(set) var retains: UInt64 = 0
    private(set) var deletes: UInt64 = 0
    private(set) var grounded: UInt64 = 0

    private let all: UInt64
    /// Policies that have a criterion on the fact.
    private var constrained = Criteria(filledWith: 0)
    private var lines: [(line: PhoneLine, policies: UInt64)] = []
    private var types: [(type: String, policies: UInt64)] = []
    /// `image/` for `image/*`.
    private var families: [(prefix: String, policies: UInt64)] = []
    private var sizes: [(range: Policy.SizeRange, policies: UInt64)] = []
    private var persistent: UInt64 = 0
    private var ephemeral: UInt64 = 0
    private var inbound: UInt64 = 0
    private var outbound: UInt64 = 0
    private var sources = SourceMasks()

    init(_ policies: ArraySlice<Policy>) {
        first = policies.startIndex
        all = policies.count == 64 ? .max : (1 << UInt64(policies.count)) - 1
        var bit: UInt64 = 1
        for policy in policies {
            terms.append(
                Term(
                    startsFrom: policy.startsFrom, retain: policy.retain, deleteAfter: policy.deleteAfter,
                    rank: policy.rank))
            if policy.retain != nil { retains |= bit }
            if policy.deleteAfter != nil { deletes |= bit }
            if policy.ground != nil { grounded |= bit }
            add(lines: policy.lines, bit)
            add(policy.match, bit)
            bit <<= 1
        }
    }

    private mutating func add(lines scope: Set<PhoneLine>?, _ bit: UInt64) {
        guard let scope else { return }
        constrained.line |= bit
        for line in scope {
            if let known = lines.firstIndex(where: { $0.line == line }) {
                lines[known].policies |= bit
            } else {
                lines.append((line, bit))
            }
        }
    }

    private mutating func add(_ match: Policy.Match, _ bit: UInt64) {
        if let tier = match.tier {
            constrained.tier |= bit
            if tier == .persistent { persistent |= bit } else { ephemeral |= bit }
        }
        if let direction = match.direction {
            constrained.direction |= bit
            if direction == .inbound { inbound |= bit } else { outbound |= bit }
        }
        if let wanted = match.sources {
            constrained.source |= bit
            for source in wanted { sources[source] |= bit }
        }
        if let patterns = match.mime {
            constrained.mime |= bit
            for pattern in patterns { add(pattern, bit) }
        }
        if let range = match.size {
            constrained.size |= bit
            sizes.append((range, bit))
        }
    }

    private mutating func add(_ pattern: MimePattern, _ bit: UInt64) {
        if pattern.isFamily {
            let prefix = String(pattern.description.dropLast())
            if let known = families.firstIndex(where: { $0.prefix == prefix }) {
                families[known].policies |= bit
            } else {
                families.append((prefix, bit))
            }
        } else if let known = types.firstIndex(where: { $0.type == pattern.delivered }) {
            types[known].policies |= bit
        } else {
            types.append((pattern.delivered, bit))
        }
    }

    /// Which policies each fact of the attachment lets through. For a `retain` any message may meet any criterion, and one
    /// without a line or a direction may meet any; for a `delete_after` one and the same message must meet both. An upload's
    /// own sighting is no message: it has neither by nature and lacks nothing.
    func criteria(of attachment: borrowing Attachment, tier: Tier?) -> Criteria {
        var met = Criteria(filledWith: 0)
        if let tier { met.seeTier(tier == .persistent ? persistent : ephemeral) }
        attachment.sightings.withUnsafeBufferPointer { sightings in
            for index in sightings.indices { look(at: sightings[index], &met) }
        }
        met.finish(constrained: constrained, all: all)
        return met
    }

    @inline(__always)
    private func look(at sighting: borrowing Sighting, _ met: inout Criteria) {
        met.seeSource(sources[sighting.source])
        if sighting.source != .upload { lookAtMessage(sighting, &met) }
        if let mime = sighting.mime { met.seeMime(policies(ofType: MimePattern.essence(of: mime))) }
        if let size = sighting.size {
            var policies: UInt64 = 0
            for index in sizes.indices where sizes[index].range.contains(size) { policies |= sizes[index].policies }
            met.seeSize(policies)
        }
    }

    /// What is a message's own: its line and its direction.
    @inline(__always)
    private func lookAtMessage(_ sighting: borrowing Sighting, _ met: inout Criteria) {
        var (sure, perhaps) = (UInt64.max, UInt64.max)
        if let line = sighting.line {
            var policies: UInt64 = 0
            for index in lines.indices where lines[index].line == line { policies |= lines[index].policies }
            met.seeLine(policies)
            sure = policies | ~constrained.line
            perhaps = sure
        } else {
            met.lackLine()
            sure = ~constrained.line
        }
        if let direction = sighting.direction {
            let policies = direction == .inbound ? inbound : outbound
            met.seeDirection(policies)
            sure &= policies | ~constrained.direction
            perhaps &= policies | ~constrained.direction
        } else {
            met.lackDirection()
            sure &= ~constrained.direction
        }
        met.seeMessage(sure: sure, perhaps: perhaps)
    }

    private func policies(ofType type: String) -> UInt64 {
        var policies: UInt64 = 0
        for index in types.indices where types[index].type == type { policies |= types[index].policies }
        for index in families.indices where type.hasPrefix(families[index].prefix) {
            policies |= families[index].policies
        }
        return policies
    }

    /// Why the policy at `bit` does not match for sure: the fact, and whether it is missing.
    func obstacle(_ bit: UInt64, _ met: Criteria) -> (fact: Fact, isMissing: Bool)? {
        met.obstacle(bit, constrained: constrained)
    }

    /// Why its `delete_after` does not match for sure, where all facts by themselves do.
    func obstacleToDelete(_ bit: UInt64, _ met: Criteria) -> (fact: Fact, isMissing: Bool)? {
        met.obstacleToDelete(bit, constrained: constrained)
    }
}
