import Domain
import TestSupport
import Testing

/// Times that messages claim, and sizes.
@Suite struct MessageTimeTests {
    private static let day: Int64 = 86_400
    private static let envelope = Timestamp(seconds: 1_795_000_000)

    private func attachment(sent: Timestamp?, reconciled: Bool = false, api: Timestamp? = nil) -> Domain.Attachment {
        let sighting = Sighting(
            sentAt: sent, firstEnvelope: Self.envelope, reconciledAt: reconciled ? Self.envelope : nil)
        return Domain.Attachment(id: AttachmentID(value: 1), apiCreated: api, sightings: [sighting])
    }

    @Test(
        arguments: [
            (-7 * day - 1, false), (-7 * day, true), (-7 * day + 1, true), (0, true), (299, true), (300, true),
            (301, false),
        ] as [(Int64, Bool)])
    func aTimeFarFromItsEnvelopeIsNotBelieved(seconds: Int64, isBelieved: Bool) {
        let sent = Self.envelope.adding(seconds: seconds)
        #expect(attachment(sent: sent).created == (isBelieved ? sent : nil))
        #expect(attachment(sent: sent).lastUsed == (isBelieved ? sent : nil))
    }

    /// Go's zero time, Unix's, and Apple's.
    @Test(arguments: ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2001-01-01T00:00:00Z"])
    func aZeroForNoTimeMakesNothingDue(zero: String) throws {
        let sent = try #require(Timestamp(zero))
        #expect(attachment(sent: sent).created == nil)
        #expect(attachment(sent: sent, reconciled: true).created == sent, "recovered late")
        #expect(attachment(sent: sent, api: Self.envelope).created == Self.envelope, "the API's own time counts")
    }

    /// One message's time is not believed: the other's is not the earliest, nor the latest, for all that is known.
    @Test func oneDoubtfulTimeOfSeveralMakesNothingDue() {
        var attachment = attachment(sent: Timestamp(seconds: 0))
        attachment.sightings.append(Sighting(sentAt: Self.envelope, firstEnvelope: Self.envelope))
        #expect(attachment.created == nil && attachment.lastUsed == nil)
        attachment.sightings.removeFirst()
        #expect(attachment.created == Self.envelope && attachment.lastUsed == Self.envelope)
    }

    @Test(
        arguments: [(-1, nil), (0, 0), (104_857_600, 104_857_600), (104_857_601, nil), (.max, nil)] as [(Int64, Int64?)]
    )
    func aSizeThatCannotBeIsUnknown(size: Int64, plausible: Int64?) {
        #expect(Sighting.plausible(size: size) == plausible)
    }
}
