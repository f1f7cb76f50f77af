import Domain
import Rules
import Testing

import struct Domain.Attachment

/// Which facts a policy needs to match, and what a missing or contradicted one does.
extension DecisionTableTests {
    @Test func aMissingTypeCountsForRetainAndNotForDelete() throws {
        let sticker = attachment { $0.sightings[0].mime = nil }
        var images = try policy("images", retain: "1d", delete: "2d")
        images.match.mime = Set(["image/*"].compactMap(MimePattern.init))
        #expect(ruling([images], sticker, hours: 23).reason.code == "retained")
        let decision = Decider(policies: PolicySet([images]), tiers: TierMap())
            .decide(sticker, holds: [], now: created.adding(seconds: 99 * 3600))
        #expect(decision.reason == .noPolicy)
        #expect(decision.losers.map(\.description) == ["policy:images unknown_fact mime"])
    }

    @Test func aMessageWhoseLineOrDirectionIsNotKnownMayBeTheOneARetainAsksFor() throws {
        var lined = try policy("keep-lined", retain: "7y", ground: "gdpr.17.3.b")
        lined.lines = [other]
        var outbound = try policy("keep-outbound", retain: "7y")
        outbound.match.direction = .outbound
        let rest = try policy("rest", delete: "30d")
        let again = Sighting(chat: ChatID(value: 1), line: line, direction: .inbound, mime: "image/png")
        var (noLine, noDirection, upload) = (again, again, again)
        (noLine.line, noDirection.direction) = (nil, nil)
        (upload.line, upload.direction, upload.source) = (nil, nil, .upload)
        func reason(_ keep: Policy, _ second: Sighting) -> String {
            ruling([keep, rest], attachment { $0.sightings.append(second) }, hours: 60 * 24).reason.code
        }
        #expect(reason(lined, again) == "policy")
        #expect(reason(lined, noLine) == "unknown", "any line's rule may hold there")
        #expect(reason(lined, noDirection) == "policy")
        #expect(reason(lined, upload) == "policy")
        #expect(reason(outbound, again) == "policy")
        #expect(reason(outbound, noDirection) == "retained")
        #expect(reason(outbound, noLine) == "policy")
        #expect(reason(outbound, upload) == "policy")
    }

    @Test func aDeleteNeedsAMessageThatMeetsItForSureAndSaysWhichFactIsMissing() throws {
        var outbound = try policy("outbound", delete: "30d")
        outbound.match.direction = .outbound
        let lost = attachment { $0.sightings.append(Sighting(chat: ChatID(value: 1), line: other)) }
        func losers(_ policy: Policy, _ attachment: Attachment) -> [String] {
            Decider(policies: PolicySet([policy]), tiers: TierMap())
                .decide(attachment, holds: [], now: created.adding(seconds: 99 * 86_400)).losers.map(\.description)
        }
        #expect(losers(outbound, lost) == ["policy:outbound unknown_fact direction"])
        outbound.match.mime = Set(["video/*"].compactMap(MimePattern.init))
        #expect(losers(outbound, lost) == ["policy:outbound no_match mime"], "a known fact rules it out")
        var lined = try policy("lined", delete: "30d")
        lined.lines = [other]
        let sure = attachment { $0.sightings += [Sighting(line: other), Sighting(line: other)] }
        #expect(ruling([lined], sure, hours: 60 * 24).verdict == .delete)
    }

    /// A line that is not known in one message is not known: learning more must not make a file deletable.
    @Test func aMessageWithoutALineKeepsWhereAnyPolicyNamesLines() throws {
        var lined = try policy("lined", delete: "730d")
        lined.lines = [line]
        let rest = try policy("rest", delete: "30d")
        let alone = attachment { $0.sightings[0].line = nil }
        let beside = attachment { $0.sightings.append(Sighting(chat: ChatID(value: 1), direction: .inbound)) }
        for file in [alone, beside] {
            #expect(ruling([lined, rest], file, hours: 999 * 24).reason == .unknown(.line))
            #expect(ruling([rest], file, hours: 999 * 24).verdict == .delete, "nobody asks for the line")
        }
    }

    @Test func lineAndDirectionOfADeleteAreMetByOneMessage() throws {
        var inbound = try policy("inbound", delete: "1d")
        (inbound.lines, inbound.match.direction) = ([line], .inbound)
        let crossed = attachment {
            $0.sightings = [Sighting(line: line, direction: .outbound), Sighting(line: other, direction: .inbound)]
        }
        #expect(ruling([inbound], crossed, hours: 48).reason == .noPolicy)
        #expect(
            Decider(policies: PolicySet([inbound]), tiers: TierMap()).decide(crossed, holds: [], now: created)
                .losers.map(\.description) == ["policy:inbound no_match direction"])
        let met = attachment { $0.sightings = crossed.sightings + [Sighting(line: line, direction: .inbound)] }
        #expect(ruling([inbound], met, hours: 48).verdict == .delete)
        var keep = try policy("keep", retain: "9d")
        (keep.lines, keep.match.direction) = ([line], .inbound)
        #expect(ruling([keep], crossed, hours: 48).reason.code == "retained", "any message may meet any criterion")
    }

    @Test func aDeleteNeedsTheTypeOfEveryMessageAndARetainThatOfAny() throws {
        var images = try policy("images", delete: "1d")
        images.match.mime = Set(["image/*"].compactMap(MimePattern.init))
        var keep = try policy("keep", retain: "9d")
        keep.match.mime = images.match.mime
        let both = attachment { $0.sightings += [Sighting(line: line, direction: .inbound, mime: "application/pdf")] }
        #expect(ruling([images], both, hours: 48).reason == .noPolicy)
        #expect(ruling([keep], both, hours: 48).reason.code == "retained")
    }

    /// The type may be the one that a stronger and longer rule names: the file stays until that rule would let it go.
    @Test func aTypeThatIsNotKnownKeepsUntilTheRuleThatMayNameItLetsGo() throws {
        var contracts = try policy("contracts", delete: "730d")
        contracts.lines = [line]
        contracts.match.mime = Set(["application/pdf"].compactMap(MimePattern.init))
        let rest = try policy("rest", delete: "30d")
        let sticker = attachment { $0.sightings[0].mime = nil }
        let policies = [contracts, rest]
        #expect(ruling(policies, sticker, hours: 30 * 24 - 1).reason.code == "not_due")
        let kept = ruling(policies, sticker, hours: 30 * 24)
        #expect(kept.reason == .unknown(.mime) && kept.winner == .policy("contracts"))
        #expect(kept.changesAt == created.adding(seconds: 730 * 86_400))
        #expect(ruling(policies, sticker, hours: 730 * 24).winner == .policy("rest"))
        #expect(ruling(policies, hours: 30 * 24).verdict == .delete, "an image is no contract")
    }

    @Test func anyOfSeveralSightingsThatMeetsACriterionIsEnough() throws {
        var outbound = try policy("outbound", delete: "1h")
        outbound.match.direction = .outbound
        outbound.lines = [other]
        #expect(ruling([outbound], hours: 2).reason == .noPolicy)
        let again = attachment { $0.sightings.append(Sighting(line: other, direction: .outbound)) }
        #expect(ruling([outbound], again, hours: 2).verdict == .delete)
    }

    @Test func parametersOfATypeDoNotCount() throws {
        var cards = try policy("cards", delete: "1h")
        cards.match.mime = Set(["text/vcard"].compactMap(MimePattern.init))
        let card = attachment { $0.sightings[0].mime = "text/vcard; charset=utf-8" }
        #expect(ruling([cards], card, hours: 2).verdict == .delete)
    }
}
