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
    static let zeros = ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2001-01-01T00:00:00Z"]

    @Test(arguments: zeros) func aZeroForNoTimeMakesNothingDue(zero: String) throws {
        let sent = try #require(Timestamp(zero))
        #expect(attachment(sent: sent).created == nil)
        #expect(attachment(sent: sent, reconciled: true).created == nil, "recovered late")
        #expect(attachment(sent: sent, api: Self.envelope).created == Self.envelope, "the API's own time counts")
        let alone = Domain.Attachment(id: AttachmentID(value: 1), sightings: [Sighting(sentAt: sent)])
        #expect(alone.created == nil && alone.lastUsed == nil && alone.ephemeralEnd == nil, "without an envelope")
    }

    @Test(arguments: zeros) func aZeroOfAnEnvelopeARecoveryOrTheAPIIsUnknown(zero: String) throws {
        let zero = try #require(Timestamp(zero))
        let sent = Self.envelope.adding(seconds: -8 * Self.day)
        func attachment(_ sighting: Sighting, api: Timestamp? = nil) -> Domain.Attachment {
            Domain.Attachment(id: AttachmentID(value: 1), apiCreated: api, sightings: [sighting])
        }
        #expect(attachment(Sighting(firstEnvelope: zero)).created == nil)
        #expect(attachment(Sighting(sentAt: sent, firstEnvelope: zero)).created == sent, "nothing vouches for it")
        let recovered = Sighting(sentAt: sent, firstEnvelope: Self.envelope, reconciledAt: zero)
        #expect(attachment(recovered).created == nil, "no recovery explains that it is so old")
        #expect(self.attachment(sent: sent, reconciled: true).created == sent, "a recovery explains it")
        #expect(attachment(Sighting(sentAt: sent), api: zero).created == sent)
        #expect(attachment(Sighting(), api: zero).created == nil)
    }

    @Test(arguments: [("2006-12-31T23:59:59Z", false), ("2007-01-01T00:00:00Z", true), ("2007-01-01T00:00:01Z", true)])
    func timesBeginWith2007(text: String, isTime: Bool) throws {
        let sent = try #require(Timestamp(text))
        let alone = Domain.Attachment(
            id: AttachmentID(value: 1), sightings: [Sighting(message: MessageID(value: 2), sentAt: sent)])
        #expect(alone.created == (isTime ? sent : nil))
        #expect(alone.lacksMessageTime == !isTime)
    }

    /// What `ingest` counts: it says at once that a feed's clock is wrong.
    @Test func aMessageWithAWrongTimeIsCounted() throws {
        let file = ObservedAttachment(id: AttachmentID(value: 1), source: .message)
        func isCounted(_ sent: Timestamp?, _ envelope: Timestamp?, files: [ObservedAttachment]) -> Bool {
            MessageObservation(sentAt: sent, envelopeTime: envelope, attachments: files)
                .hasDoubtfulTime(at: Self.envelope)
        }
        let zero = Timestamp(seconds: 0)
        #expect(!isCounted(Self.envelope, Self.envelope, files: [file]) && !isCounted(nil, nil, files: [file]))
        #expect(isCounted(zero, nil, files: [file]) && isCounted(nil, zero, files: [file]))
        #expect(isCounted(Self.envelope.adding(seconds: 301), Self.envelope, files: [file]))
        let tomorrow = Self.envelope.adding(seconds: Self.day)
        #expect(!isCounted(tomorrow, tomorrow, files: [file]))
        #expect(isCounted(tomorrow.adding(seconds: 1), tomorrow.adding(seconds: 1), files: [file]))
        #expect(!isCounted(zero, zero, files: []), "nothing depends on it")
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
