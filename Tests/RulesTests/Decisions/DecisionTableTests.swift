import Domain
import Rules
import Testing

import struct Domain.Attachment

/// The rows of the table one by one, with their boundaries in threes.
@Suite struct DecisionTableTests {
    let created = Timestamp(seconds: 1_767_225_600)
    let line: PhoneLine
    let other: PhoneLine
    let request = RequestID(value: 5)

    init() throws {
        line = try PhoneLine("+12025550143")
        other = try PhoneLine("+12025550188")
    }

    func policy(_ id: String, retain: String? = nil, delete: String? = nil, ground: String? = nil) throws
        -> Policy
    {
        Policy(
            id: id, title: "t", why: "w", retain: try retain.map { try Period.parse($0).get() },
            deleteAfter: try delete.map { try Period.parse($0).get() }, ground: ground.flatMap(LegalGround.init))
    }

    func attachment(_ change: (inout Attachment) -> Void = { _ in }) -> Attachment {
        var attachment = Attachment(
            id: AttachmentID(value: 1), apiCreated: created,
            sightings: [
                Sighting(
                    chat: ChatID(value: 1), line: line, direction: .inbound, mime: "image/png", size: 10,
                    sentAt: created)
            ],
            participants: [])
        change(&attachment)
        return attachment
    }

    private func hold(_ scope: LegalHold.Scope, until: Timestamp? = nil, id: UInt128 = 1) -> LegalHold {
        LegalHold(id: HoldID(value: id), scope: scope, placedAt: created, placedBy: "a", reason: "r", until: until)
    }

    func ruling(
        _ policies: [Policy], _ attachment: Attachment? = nil, hours: Int64, microseconds: Int64 = 0,
        holds: [LegalHold] = [], request: RequestID? = nil, tiers: TierMap = TierMap()
    ) -> Ruling {
        Decider(policies: PolicySet(policies), tiers: tiers).ruling(
            on: attachment ?? self.attachment(), holds: holds, request: request,
            now: created.adding(seconds: hours * 3600).adding(microseconds: microseconds))
    }

    private var ephemeral: TierMap {
        TierMap(ephemeralLines: [.init(line: line, since: created)])
    }

    @Test(arguments: [(-1, "not_due"), (0, "policy"), (1, "policy")] as [(Int64, String)])
    func aPolicyDeletesFromItsInstantOn(_ step: Int64, _ reason: String) throws {
        let ruling = ruling([try policy("a", delete: "30d")], hours: 720, microseconds: step)
        #expect(ruling.reason.code == reason)
        #expect(ruling.winner == .policy("a"))
        #expect(ruling.changesAt == (step < 0 ? created.adding(seconds: 720 * 3600) : nil))
    }

    @Test(arguments: [(-1, "retained"), (0, "not_due"), (1, "not_due")] as [(Int64, String)])
    func aRetainEndsAtItsInstant(_ step: Int64, _ reason: String) throws {
        #expect(
            ruling([try policy("a", retain: "30d", delete: "31d")], hours: 720, microseconds: step).reason.code
                == reason)
    }

    @Test(arguments: [(-1, "held"), (0, "policy"), (1, "policy")] as [(Int64, String)])
    func aHoldEndsAtItsDate(_ step: Int64, _ reason: String) throws {
        let hold = hold(.all, until: created.adding(seconds: 7200))
        let ruling = ruling([try policy("a", delete: "1h")], hours: 2, microseconds: step, holds: [hold])
        #expect(ruling.reason.code == reason)
    }

    @Test(arguments: [(-1, "no_policy"), (0, "expired"), (1, "expired")] as [(Int64, String)])
    func theVendorsDayEndsAfterTwentyFourHours(_ step: Int64, _ reason: String) throws {
        #expect(ruling([], hours: 24, microseconds: step, tiers: ephemeral).reason.code == reason)
    }

    @Test func theVendorsDayRunsFromTheLatestOfCreationReconciliationAndFirstEnvelope() throws {
        let late = attachment { $0.sightings[0].reconciledAt = created.adding(seconds: 3600) }
        #expect(ruling([], late, hours: 24, tiers: ephemeral).reason == .noPolicy)
        #expect(ruling([], late, hours: 25, tiers: ephemeral).reason == .expired)
        let envelope = attachment { $0.sightings[0].firstEnvelope = created.adding(seconds: 7200) }
        #expect(ruling([], envelope, hours: 25, tiers: ephemeral).reason == .noPolicy)
        #expect(ruling([], envelope, hours: 26, tiers: ephemeral).reason == .expired)
    }

    @Test func legalHoldBeatsExpiredRetentionAndAnErasureRequest() throws {
        let policies = [try policy("a", retain: "1d", delete: "2d")]
        #expect(ruling(policies, hours: 99, holds: [hold(.line(line))]).reason == .held(HoldID(value: 1)))
        #expect(ruling(policies, hours: 99, holds: [hold(.line(line))], request: request).verdict == .keep)
        #expect(ruling(policies, hours: 99, holds: [hold(.line(other))]).verdict == .delete)
    }

    @Test func aReleasedHoldHoldsNothing() throws {
        var released = hold(.all)
        released.releasedAt = created
        #expect(ruling([try policy("a", delete: "1h")], hours: 2, holds: [released]).verdict == .delete)
    }

    @Test func aLineOrChatHoldCoversWhatHasNoKnownLineOrChat() throws {
        let upload = attachment { $0.sightings = [Sighting(source: .upload, sentAt: created)] }
        let policies = [try policy("a", delete: "1h")]
        #expect(ruling(policies, upload, hours: 2, holds: [hold(.line(other))]).verdict == .keep)
        #expect(ruling(policies, upload, hours: 2, holds: [hold(.chat(ChatID(value: 9)))]).verdict == .keep)
        let sent = attachment { $0.sightings.append(Sighting(source: .upload)) }
        #expect(ruling(policies, sent, hours: 2, holds: [hold(.line(other))]).verdict == .delete)
        #expect(ruling(policies, sent, hours: 2, holds: [hold(.chat(ChatID(value: 9)))]).verdict == .delete)
        let lost = attachment { $0.sightings.append(Sighting(source: .message)) }
        #expect(ruling(policies, lost, hours: 2, holds: [hold(.chat(ChatID(value: 9)))]).verdict == .keep)
    }

    @Test func aSubjectHoldCoversTheirChatsAndWhateverMayHaveGoneToThem() throws {
        let subject = try #require(SubjectPseudonym(bytes: [UInt8](repeating: 1, count: 32)))
        let holds = [hold(.subject([subject]))]
        let policies = [try policy("a", delete: "1h")]
        #expect(ruling(policies, hours: 2, holds: holds).verdict == .delete)
        for covered in [
            attachment { $0.participants = [subject] }, attachment { $0.participants = nil },
            attachment { $0.hasUnknownRecipient = true }, attachment { $0.sightings[0].sender = subject },
            attachment { $0.sightings[0].chat = nil },
        ] {
            #expect(ruling(policies, covered, hours: 2, holds: holds).verdict == .keep)
        }
    }

    @Test func aMissingCreationKeepsAndSaysWhich() throws {
        let ageless = attachment {
            $0.apiCreated = nil
            $0.sightings[0].sentAt = nil
        }
        #expect(ruling([try policy("a", delete: "1h")], ageless, hours: 99).reason == .unknown(.created))
        #expect(ruling([], ageless, hours: 99).reason == .unknown(.created))
    }

    @Test func aMissingLineMattersOnlyWhereSomePolicyNamesLines() throws {
        let nowhere = attachment { $0.sightings[0].line = nil }
        var scoped = try policy("scoped", delete: "9y")
        let wide = try policy("wide", delete: "1h")
        #expect(ruling([wide], nowhere, hours: 2).verdict == .delete)
        scoped.lines = [other]
        #expect(ruling([wide, scoped], nowhere, hours: 2).reason == .unknown(.line))
    }

    @Test func aMissingFactDoesNotStopAnErasureWithoutARetainToWeigh() throws {
        let ageless = attachment {
            $0.apiCreated = nil
            $0.sightings[0].sentAt = nil
        }
        let plain = [try policy("a", retain: "1y")]
        #expect(ruling(plain, ageless, hours: 0, request: request).reason == .erasure)
        let grounded = [try policy("a", retain: "1y", ground: "gdpr.17.3.b")]
        #expect(ruling(grounded, ageless, hours: 0, request: request).reason == .unknown(.created))
        var elsewhere = grounded[0]
        elsewhere.match.direction = .outbound
        #expect(ruling([elsewhere], ageless, hours: 0, request: request).reason == .erasure)
    }

    @Test func underARequestOnlyARetainWithAGroundStandsAndTheLatestEndCounts() throws {
        let policies = [
            try policy("a", retain: "9y"), try policy("b", retain: "2d", ground: "gdpr.17.3.b"),
            try policy("c", retain: "3d", ground: "other"),
        ]
        let ground = try #require(LegalGround("other"))
        let end = created.adding(seconds: 3 * 86_400)
        let before = ruling(policies, hours: 71, request: request)
        #expect(before.reason == .withheld(ground: ground, until: end))
        #expect(before.winner == .policy("c"))
        #expect(ruling(policies, hours: 72, request: request).reason == .erasure)
        #expect(ruling(policies, hours: 72).reason.code == "retained")
    }

    @Test func anErasureAlsoTakesWhatIsEphemeralAndPastItsDay() throws {
        #expect(ruling([], hours: 30, request: request, tiers: ephemeral).reason == .erasure)
        #expect(ruling([], hours: 30, tiers: ephemeral).reason == .expired)
    }

    @Test func lineScopeBeatsPartnerScopeThenATierThenTheEarliestThenTheID() throws {
        let wide = try policy("a-wide", delete: "1h")
        var tiered = try policy("b-tiered", delete: "3h")
        tiered.match.tier = .persistent
        var lined = try policy("c-lined", delete: "5h")
        lined.lines = [line]
        var both = try policy("d-both", delete: "7h")
        both.lines = [line]
        both.match.tier = .persistent
        var twin = both
        twin.deleteAfter = try Period.parse("8h").get()
        let later = Policy(
            id: "e-later", title: "t", why: "w", lines: twin.lines, match: twin.match, deleteAfter: twin.deleteAfter)
        let same = Policy(
            id: "f-same", title: "t", why: "w", lines: both.lines, match: both.match, deleteAfter: both.deleteAfter)
        #expect(ruling([wide], hours: 99).winner == .policy("a-wide"))
        #expect(ruling([wide, tiered], hours: 99).winner == .policy("b-tiered"))
        #expect(ruling([wide, tiered, lined], hours: 99).winner == .policy("c-lined"))
        #expect(ruling([wide, tiered, lined, both], hours: 99).winner == .policy("d-both"))
        let all = [wide, tiered, lined, both, later, same]
        let decision = Decider(policies: PolicySet(all), tiers: TierMap())
            .decide(attachment(), holds: [], now: created.adding(seconds: 99 * 3600))
        #expect(decision.winner == .policy("d-both"))
        #expect(
            decision.losers.map(\.description) == [
                "policy:a-wide line_scope_wins", "policy:b-tiered line_scope_wins", "policy:c-lined tier_wins",
                "policy:e-later later_instant", "policy:f-same later_id",
            ])
        #expect(
            ruling(all, hours: 6).reason == .notDue(at: created.adding(seconds: 7 * 3600)), "the winner alone counts")
    }

    @Test func anUnusedUploadIsKeptByARetainThatCountsFromTheLastUse() throws {
        let unused = attachment { $0.sightings = [Sighting(source: .upload)] }
        var fresh = try policy("fresh", retain: "1d", delete: "2d")
        fresh.startsFrom = .lastUsed
        #expect(ruling([fresh], unused, hours: 999).reason == .unknown(.lastUsed))
        #expect(ruling([fresh], hours: 48).verdict == .delete)
    }

    @Test func anErasuresWindowEndsWhenTheRequestIsDueOrThePromiseToKeepIsOver() throws {
        let decider = Decider(
            policies: PolicySet([try policy("keep", retain: "10d", ground: "gdpr.17.3.b")]), tiers: TierMap())
        func latest(due days: Int64?) -> Timestamp? {
            decider.ruling(
                on: attachment(), holds: [], request: request, due: days.map { created.adding(seconds: $0 * 86_400) },
                now: created.adding(seconds: 20 * 86_400)
            ).latestRemoval
        }
        #expect(latest(due: nil) == nil)
        #expect(latest(due: 9) == created.adding(seconds: 10 * 86_400))
        #expect(latest(due: 10) == created.adding(seconds: 10 * 86_400))
        #expect(latest(due: 30) == created.adding(seconds: 30 * 86_400))
    }

    @Test func ofTwoThatEndTogetherTheLesserIDDecidesAndTheOtherIsNotCalledShorter() throws {
        func losers(_ policies: [Policy], _ holds: [LegalHold]) -> [String] {
            Decider(policies: PolicySet(policies), tiers: TierMap())
                .decide(attachment(), holds: holds, now: created).losers.map { $0.reason.code }
        }
        let end = created.adding(seconds: 60)
        #expect(losers([], [hold(.all, id: 1), hold(.all, id: 2)]) == ["later_id"])
        #expect(losers([], [hold(.all, until: end, id: 1), hold(.all, until: end, id: 2)]) == ["later_id"])
        #expect(losers([], [hold(.all, until: end, id: 1), hold(.all, id: 2)]) == ["shorter_hold"])
        #expect(losers([try policy("a", retain: "24h"), try policy("b", retain: "1d")], []) == ["later_id"])
        #expect(losers([try policy("a", retain: "1d"), try policy("b", retain: "2d")], []) == ["shorter_retain"])
    }

    @Test func aDeletesWindowRunsFromTheLastPromiseToKeepToTheFirstToRemove() throws {
        let keep = try policy("keep", retain: "10d")
        let go = try policy("go", delete: "5d")
        let ruling = ruling([keep, go], hours: 999)
        #expect(ruling.earliestRemoval == created.adding(seconds: 10 * 86_400))
        #expect(ruling.latestRemoval == ruling.earliestRemoval)
        let alone = self.ruling([go], hours: 999)
        #expect(alone.earliestRemoval == created)
        #expect(alone.latestRemoval == created.adding(seconds: 5 * 86_400))
    }
}

@Suite struct TierMapTests {
    let created = Timestamp(seconds: 1_767_225_600)

    func attachment(_ lines: [String?], source: AttachmentSource = .message) throws -> Attachment {
        Attachment(
            id: AttachmentID(value: 1), apiCreated: created,
            sightings: try lines.map { Sighting(line: try $0.map { try PhoneLine($0) }, source: source) })
    }

    @Test(arguments: [(-1, Tier.ephemeral), (0, .ephemeral), (1, .persistent)] as [(Int64, Tier)])
    func aLineIsEphemeralFromItsInstantOn(_ step: Int64, _ tier: Tier) throws {
        let since = created.adding(microseconds: step)
        let map = TierMap(ephemeralLines: [.init(line: try PhoneLine("+12025550188"), since: since)])
        #expect(map.tier(of: try attachment(["+12025550188"])) == tier)
    }

    @Test(arguments: [(-1, Tier.persistent), (0, .persistent), (1, .ephemeral)] as [(Int64, Tier)])
    func andNoLongerFromItsEndOn(_ step: Int64, _ tier: Tier) throws {
        let span = TierMap.EphemeralLine(
            line: try PhoneLine("+12025550188"), since: Timestamp(seconds: 0), until: created.adding(microseconds: step)
        )
        #expect(TierMap(ephemeralLines: [span]).tier(of: try attachment(["+12025550188"])) == tier)
    }

    @Test func onlyIfEverySightingIsOnSuchALineAndNothingSpeaksAgainstIt() throws {
        let map = TierMap(ephemeralLines: [.init(line: try PhoneLine("+12025550188"), since: Timestamp(seconds: 0))])
        let plain = try attachment(["+12025550188", "+12025550188"])
        #expect(map.tier(of: plain) == .ephemeral)
        var url = plain
        url.sawPersistentURL = true
        var drift = plain
        drift.hasTierDrift = true
        var ageless = plain
        ageless.apiCreated = nil
        let others = [
            url, drift, ageless, try attachment(["+12025550188", "+12025550143"]),
            try attachment(["+12025550188", nil]), try attachment(["+12025550188"], source: .upload),
            try attachment([]),
        ]
        for other in others { #expect(map.tier(of: other) == .persistent) }
    }

    @Test func aPartnerWideDefaultNeedsItsDateAndALinesOwnWordComesFirst() throws {
        let line = try PhoneLine("+12025550188")
        let seen = try attachment(["+12025550188"])
        #expect(TierMap(defaultTier: .ephemeral).tier(of: seen) == .persistent)
        #expect(TierMap(defaultTier: .ephemeral, defaultSince: created).tier(of: seen) == .ephemeral)
        let later = created.adding(microseconds: 1)
        #expect(TierMap(defaultTier: .ephemeral, defaultSince: later).tier(of: seen) == .persistent)
        let ended = TierMap(
            defaultTier: .ephemeral, defaultSince: Timestamp(seconds: 0),
            ephemeralLines: [.init(line: line, since: Timestamp(seconds: 0), until: created)])
        #expect(ended.tier(of: seen) == .persistent)
    }
}
