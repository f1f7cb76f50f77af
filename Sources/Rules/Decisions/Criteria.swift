import Domain

/// Facts by which a policy may match.
private struct KnownFacts: OptionSet {
    let rawValue: UInt8
    static let line = KnownFacts(rawValue: 1)
    static let tier = KnownFacts(rawValue: 2)
    static let direction = KnownFacts(rawValue: 4)
    static let source = KnownFacts(rawValue: 8)
    static let mime = KnownFacts(rawValue: 16)
    static let size = KnownFacts(rawValue: 32)
}

/// What one attachment meets: one bit mask per fact, in which bit i stands for policy i of the block.
struct Criteria: Sendable {
    var line: UInt64
    var tier: UInt64
    var direction: UInt64
    var source: UInt64
    var mime: UInt64
    var size: UInt64
    private var seen = KnownFacts()
    /// Facts of a message (line, direction) that some message lacks.
    private var lacking = KnownFacts()
    /// Types and sizes that every message which gives one meets.
    private var everyMime: UInt64 = .max
    private var everySize: UInt64 = .max
    /// Line and direction, met by one and the same message: for sure, and as far as is known.
    private var oneMessage: UInt64 = 0
    private var perhapsOneMessage: UInt64 = 0
    private var hasMessage = false
    /// Policies that nothing known rules out: their `retain` counts.
    private(set) var possible: UInt64 = 0
    /// Those of `possible` that a missing fact may yet rule out.
    private(set) var unsure: UInt64 = 0
    /// Policies that match for sure: their `delete_after` counts.
    private(set) var sure: UInt64 = 0
    /// Policies that may match or not, as a missing or contradicted fact turns out.
    private(set) var perhaps: UInt64 = 0

    init(filledWith mask: UInt64) {
        (line, tier, direction, source, mime, size) = (mask, mask, mask, mask, mask, mask)
    }

    /// Every message is on a line that is known, and there is one.
    var knowsLine: Bool { seen.contains(.line) && !lacking.contains(.line) }

    mutating func seeLine(_ policies: UInt64) { (line, seen) = (line | policies, seen.union(.line)) }
    mutating func seeTier(_ policies: UInt64) { (tier, seen) = (tier | policies, seen.union(.tier)) }
    mutating func seeDirection(_ policies: UInt64) {
        (direction, seen) = (direction | policies, seen.union(.direction))
    }
    mutating func seeSource(_ policies: UInt64) { (source, seen) = (source | policies, seen.union(.source)) }
    mutating func seeMime(_ policies: UInt64) {
        (mime, everyMime, seen) = (mime | policies, everyMime & policies, seen.union(.mime))
    }
    mutating func seeSize(_ policies: UInt64) {
        (size, everySize, seen) = (size | policies, everySize & policies, seen.union(.size))
    }
    mutating func seeMessage(sure: UInt64, perhaps: UInt64) {
        (oneMessage, perhapsOneMessage, hasMessage) = (oneMessage | sure, perhapsOneMessage | perhaps, true)
    }
    mutating func lackLine() { lacking.insert(.line) }
    mutating func lackDirection() { lacking.insert(.direction) }

    /// Lets through the policies without a criterion on the fact, and all of them where the fact is missing. A line or a
    /// direction is a message's own: where one message lacks it, what the others say rules nothing out.
    mutating func finish(constrained: Criteria, all: UInt64) {
        possible = all
        unsure = 0
        line = settled(line, constrained.line, .line)
        tier = settled(tier, constrained.tier, .tier)
        direction = settled(direction, constrained.direction, .direction)
        source = settled(source, constrained.source, .source)
        mime = settled(mime, constrained.mime, .mime)
        size = settled(size, constrained.size, .size)
        unsure &= possible
        let ownFacts = hasMessage ? oneMessage : ~(constrained.line | constrained.direction)
        let agreed = (everyMime | ~constrained.mime) & (everySize | ~constrained.size)
        sure = possible & ~unsure & ownFacts & agreed
        perhaps = possible & (hasMessage ? perhapsOneMessage : all) & ~sure
    }

    private mutating func settled(_ met: UInt64, _ constrained: UInt64, _ fact: KnownFacts) -> UInt64 {
        guard seen.contains(fact) else {
            unsure |= constrained
            return ~0
        }
        let through = met | ~constrained
        if !lacking.contains(fact) { possible &= through } else { unsure |= ~through }
        return through
    }

    /// Why the policy at `bit` does not match for sure: the fact, and whether it is missing. A fact that rules it out
    /// comes before one that is missing.
    func obstacle(_ bit: UInt64, constrained: Criteria) -> (fact: Fact, isMissing: Bool)? {
        if line & bit == 0, !lacking.contains(.line) { return (.line, false) }
        if tier & bit == 0 { return (.tier, false) }
        if direction & bit == 0, !lacking.contains(.direction) { return (.direction, false) }
        if source & bit == 0 { return (.source, false) }
        if mime & bit == 0 { return (.mime, false) }
        if size & bit == 0 { return (.size, false) }
        guard unsure & bit != 0 else { return nil }
        if line & bit == 0 || (!seen.contains(.line) && constrained.line & bit != 0) { return (.line, true) }
        if !seen.contains(.tier), constrained.tier & bit != 0 { return (.tier, true) }
        if direction & bit == 0 || (!seen.contains(.direction) && constrained.direction & bit != 0) {
            return (.direction, true)
        }
        if !seen.contains(.source), constrained.source & bit != 0 { return (.source, true) }
        return !seen.contains(.mime) && constrained.mime & bit != 0 ? (.mime, true) : (.size, true)
    }
}

extension Criteria {
    /// Why the `delete_after` of the policy at `bit`, whose facts are met one by one, does not match for sure.
    func obstacleToDelete(_ bit: UInt64, constrained: Criteria) -> (fact: Fact, isMissing: Bool)? {
        guard sure & bit == 0 else { return nil }
        if hasMessage, oneMessage & bit == 0 { return (.direction, perhapsOneMessage & bit != 0) }
        return (everyMime | ~constrained.mime) & bit == 0 ? (.mime, true) : (.size, true)
    }
}

/// One bit mask per source.
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
