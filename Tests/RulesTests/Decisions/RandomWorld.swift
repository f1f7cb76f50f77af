import Domain
import TestSupport

@testable import Rules

/// Policies, tiers, holds and attachments drawn from a seed, small enough that everything meets everything.
struct RandomWorld {
    private var random: SeededGenerator
    let seed: UInt64
    let lines: [PhoneLine]
    let chats: [ChatID]
    let people: [SubjectPseudonym]
    private(set) var policies: [Policy] = []
    private(set) var spans: [TierMap.EphemeralLine] = []
    /// Since when the whole partner is ephemeral; `nil` = it is persistent.
    private(set) var ephemeralSince: Timestamp?
    private(set) var holds: [LegalHold] = []

    static let base = Timestamp(seconds: 1_767_225_600)  // 2026-01-01

    init(seed: UInt64, policyCount: Int? = nil) throws {
        self.seed = seed
        random = SeededGenerator(seed: seed)
        lines = try (0..<4).map { try PhoneLine("+1202555010\($0)") }
        chats = (1...4).map { ChatID(value: $0) }
        people = (1...4).compactMap { SubjectPseudonym(bytes: [UInt8](repeating: $0, count: 32)) }
        spans = chance(3, of: 4) ? (0...pick(2)).map { _ in ephemeralLine() } : []
        for index in 0..<(policyCount ?? pick(8)) { policies.append(policy(index)) }
        holds = (0..<pick(4)).map { hold($0) }
        ephemeralSince = maybe(1, of: 4) { $0.time() }
        decider = Decider(policies: PolicySet(policies), tiers: tiers)
    }

    var tiers: TierMap {
        TierMap(
            defaultTier: ephemeralSince == nil ? .persistent : .ephemeral, defaultSince: ephemeralSince,
            ephemeralLines: spans)
    }
    /// Made once a world: the digest of the policies costs more than a decision.
    private(set) var decider = Decider(policies: PolicySet([]), tiers: TierMap())

    mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
    mutating func chance(_ part: Int, of whole: Int) -> Bool { pick(whole) < part }
    mutating func shuffled<T>(_ values: [T]) -> [T] { values.shuffled(using: &random) }
    private mutating func one<T>(of values: [T]) -> T { values[pick(values.count)] }
    private mutating func some<T: Hashable>(of values: [T]) -> Set<T> {
        Set((0...pick(2)).map { _ in one(of: values) })
    }
    private mutating func maybe<T>(_ part: Int, of whole: Int, _ value: (inout Self) -> T) -> T? {
        chance(part, of: whole) ? value(&self) : nil
    }

    /// Within some months of the base, on whole hours so that instants meet.
    mutating func time() -> Timestamp { Self.base.adding(seconds: Int64(pick(200 * 24)) * 3600) }
    mutating func now() -> Timestamp { Self.base.adding(seconds: Int64(pick(600 * 24)) * 3600) }

    private mutating func ephemeralLine() -> TierMap.EphemeralLine {
        let since = time()
        return .init(
            line: one(of: lines), since: since,
            until: maybe(1, of: 3) { world in
                since.adding(seconds: Int64(world.pick(100)) * 86_400)
            })
    }

    private static let grounds = ["gdpr.17.3.b", "other"].compactMap(LegalGround.init)
    private static let patterns = ["image/*", "image/png", "application/pdf", "video/*"].compactMap(MimePattern.init)

    mutating func period() -> Period {
        let units: [(Period.Unit, Int)] = [(.hours, 100), (.days, 90), (.weeks, 12), (.months, 12), (.years, 2)]
        let (unit, most) = one(of: units)
        return Period(count: Int64(pick(most) + 1), unit: unit)!
    }

    mutating func policy(_ number: Int) -> Policy {
        let tier: Tier? = maybe(1, of: 3) { $0.one(of: Tier.allCases) }
        let direction: Direction? = maybe(1, of: 4) { $0.one(of: Direction.allCases) }
        let sources: Set<AttachmentSource>? = maybe(1, of: 4) { $0.some(of: AttachmentSource.allCases) }
        let mime: Set<MimePattern>? = maybe(1, of: 3) { $0.some(of: Self.patterns) }
        let size: Policy.SizeRange? = maybe(1, of: 4) {
            Policy.SizeRange(atLeast: $0.maybe(1, of: 2) { Int64($0.pick(5)) }, below: Int64($0.pick(5) + 4))
        }
        let lines: Set<PhoneLine>? = maybe(2, of: 5) { world in world.some(of: world.lines) }
        let start: Policy.Start = chance(1, of: 3) ? .lastUsed : .created
        let retain: Period? = maybe(1, of: 2) { $0.period() }
        let delete: Period? = retain == nil ? period() : maybe(1, of: 2) { $0.period() }
        let ground: LegalGround? = retain == nil ? nil : maybe(1, of: 2) { $0.one(of: Self.grounds) }
        return Policy(
            id: "p\(number)", title: "t", why: "w", lines: lines,
            match: .init(tier: tier, direction: direction, sources: sources, mime: mime, size: size), startsFrom: start,
            retain: retain, deleteAfter: delete, ground: ground)
    }

    mutating func hold(_ number: Int) -> LegalHold {
        let scopes: [LegalHold.Scope] = [
            .all, .chat(one(of: chats)), .line(one(of: lines)), .attachment(AttachmentID(value: UInt128(pick(4)))),
            .subject([one(of: people)]), .subject([one(of: people)]),
        ]
        return LegalHold(
            id: HoldID(value: UInt128(number + 1)), scope: one(of: scopes), placedAt: Self.base, placedBy: "a",
            reason: "r", until: maybe(2, of: 3) { $0.now() }, releasedAt: maybe(1, of: 5) { $0.now() })
    }

    /// Mostly within the hour, now and then what nobody believes.
    private mutating func envelope(of sent: Timestamp?) -> Timestamp? {
        guard chance(2, of: 3) else { return nil }
        guard let sent, !chance(1, of: 12) else { return time() }
        return sent.adding(seconds: Int64(pick(3)) * 3600)
    }

    private mutating func sighting() -> Sighting {
        let sent = chance(1, of: 30) ? Timestamp(seconds: 0) : maybe(3, of: 4) { $0.time() }
        let source: AttachmentSource = one(of: AttachmentSource.allCases)
        let isUpload = source == .upload
        return Sighting(
            chat: isUpload ? nil : maybe(9, of: 10) { world in world.one(of: world.chats) },
            line: isUpload ? nil : maybe(7, of: 8) { world in world.one(of: world.lines) },
            direction: isUpload ? nil : maybe(4, of: 5) { $0.one(of: Direction.allCases) }, source: source,
            mime: maybe(3, of: 4) {
                $0.one(of: ["image/png", "image/gif", "application/pdf", "video/mp4", "text/plain"])
            },
            size: maybe(3, of: 4) { Int64($0.pick(8)) },
            sender: maybe(1, of: 3) { world in world.one(of: world.people) },
            sentAt: sent, firstEnvelope: envelope(of: sent),
            reconciledAt: maybe(1, of: 6) { $0.time() })
    }

    mutating func attachment() -> Attachment {
        Attachment(
            id: AttachmentID(value: UInt128(pick(4))), apiCreated: maybe(1, of: 3) { $0.time() },
            sightings: (0..<(chance(1, of: 12) ? 0 : pick(3) + 1)).map { _ in sighting() },
            sawPersistentURL: chance(1, of: 8), hasTierDrift: chance(1, of: 12),
            participants: maybe(7, of: 8) { world in world.some(of: world.people) },
            hasUnknownRecipient: chance(1, of: 8), mayHaveSilentMember: chance(1, of: 8))
    }

    mutating func request() -> RequestID? { chance(1, of: 3) ? RequestID(value: 7) : nil }
}
