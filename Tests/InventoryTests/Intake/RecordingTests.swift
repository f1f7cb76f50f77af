import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// What deliveries become.
struct RecordingTests {
    @Test func aDeliveryCountsOnce() throws {
        let world = try World()
        let batch = try world.record(inbound(1), inbound(1), inbound(2), inbound(1, event: 77))
        #expect(batch.deliveries.map(\.isDuplicate) == [false, true, false, false])
        #expect(batch.deliveries.map(\.new) == [1, 0, 1, 0])
        #expect(batch.deliveries.map(\.seenAgain) == [0, 0, 0, 1])
        #expect(try world.record(inbound(1)).duplicates == 1)
        #expect(try world.store.liveCount() == 2)
    }

    @Test func factsOfAMessageAreMergedWhicheverCameFirst() throws {
        let world = try World()
        var late = try inbound(1, event: 2)
        late.messages[0].sentAt = day(3)
        late.messages[0].envelopeTime = day(1)
        late.messages[0].reconciledAt = day(9)
        late.messages[0].attachments[0].size = 5000
        late.messages[0].attachments[0].layout = .persistent
        try world.record(inbound(1, at: day(1)), late)
        let found = try #require(try world.store.attachment(attachment(1)))
        let sighting = try #require(found.sightings.first)
        #expect(found.sightings.count == 1)
        #expect(sighting.sentAt == day(1))
        #expect(sighting.firstEnvelope == day(1))
        #expect(sighting.reconciledAt == day(9))
        #expect(sighting.size == 5000)
        #expect(sighting.sender == (try world.subject("+14155550117")))
        #expect(found.sawPersistentURL)
        #expect(found.participants == [try world.subject("+14155550117")])
        #expect(found.created == day(1))
    }

    @Test func aFileInSeveralMessagesHasASightingEach() throws {
        let world = try World()
        var upload = Delivery(messages: [MessageObservation(envelopeTime: day(0))])
        upload.messages[0].attachments = [ObservedAttachment(id: attachment(1), source: .upload, mime: "image/png")]
        var memo = try outbound(1, event: 2, message: 2)
        memo.messages[0].attachments[0].source = .voiceMemo
        try world.record(upload, outbound(1, event: 1, message: 1), memo, outbound(1, event: 3, message: 2))
        let sightings = try #require(try world.store.attachment(attachment(1))).sightings
        #expect(sightings.map(\.source) == [.upload, .message, .message, .voiceMemo])
        #expect(sightings.map(\.message) == [nil, message(1), message(2), message(2)])
    }

    @Test func seenTimesAreTheVendorsAndNotOurClock() throws {
        let world = try World()
        _ = try world.store.record([inbound(1, event: 1, at: day(5))], now: day(500))
        _ = try world.store.record([inbound(1, event: 2, at: day(2))], now: day(600))
        let record = try #require(try world.store.record(of: attachment(1)))
        #expect(record.firstSeen == day(2).adding(seconds: 1))
        #expect(record.lastSeen == day(5).adding(seconds: 1))
    }

    @Test(
        arguments: [
            ("image/JPEG; name=\"holiday.jpg\"", "image/jpeg"), ("IMAGE/png", "image/png"), ("holiday.jpg", nil),
            ("a/b/c", nil), ("image/x y", nil), ("/", nil),
            ("application/vnd.apple.pkpass", "application/vnd.apple.pkpass"),
        ] as [(String, String?)])
    func aTypeIsKeptWithoutParameters(given: String, stored: String?) throws {
        let world = try World()
        var delivery = try inbound(1)
        delivery.messages[0].attachments[0].mime = given
        try world.record(delivery)
        #expect(try world.store.attachment(attachment(1))?.sightings.first?.mime == stored)
    }

    @Test func theTimeOfTheAPIIsKeptForGood() throws {
        let world = try World()
        try world.record(inbound(1, at: day(3)))
        let lookup = ObservedAttachment(id: attachment(1), source: .message, apiCreated: day(2))
        let batch = try world.store.record([Delivery(lookups: [lookup])], now: now)
        #expect(batch.seenAgain == 1)
        try world.record(inbound(1, event: 9, at: day(1)))
        let found = try #require(try world.store.attachment(attachment(1)))
        #expect(found.apiCreated == day(2))
        #expect(found.created == day(2))
        #expect(try world.store.record(of: attachment(1))?.apiSeen == now)
    }

    /// Zeros of Go, Unix and Apple. The rows are as they were stored before anybody saw that they are no times.
    @Test(arguments: ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2001-01-01T00:00:00Z"])
    func whatIsNoTimeIsUnknownAlsoWhereItIsStored(zero: String) throws {
        let world = try World()
        let zero = try #require(Timestamp(zero))
        try world.record(inbound(1, at: day(3)), inbound(2, at: day(3)), inbound(3, at: day(3)))
        try world.store.pool.write { database in
            try database.execute(
                sql: """
                    UPDATE attachment SET api_created = \(zero.microseconds), first_seen = \(zero.microseconds) WHERE key = 1;
                    UPDATE sighting SET first_envelope = \(zero.microseconds), reconciled_at = \(zero.microseconds)
                        WHERE attachment <> 3;
                    UPDATE sighting SET sent_at = NULL WHERE attachment = 2;
                    UPDATE sighting SET sent_at = \(zero.microseconds) WHERE attachment = 3;
                    """)
        }
        let first = try #require(try world.store.attachment(attachment(1)))
        #expect(first.apiCreated == nil && first.created == day(3))
        #expect(first.sightings.first?.firstEnvelope == nil && first.sightings.first?.reconciledAt == nil)
        #expect(try world.store.attachment(attachment(2))?.created == nil)
        #expect(try world.store.attachment(attachment(3))?.lacksMessageTime == true)
        let answers = (1...3).map { ObservedAttachment(id: attachment($0), source: .message, apiCreated: day(2)) }
        try world.record(Delivery(lookups: answers), inbound(2, event: 9, at: day(4)))
        for id in 1...3 { #expect(try world.store.attachment(attachment(id))?.created == day(2), "\(id)") }
        let told = try #require(try world.store.attachment(attachment(2))?.sightings.first)
        #expect(told.sentAt == day(4) && told.firstEnvelope == day(4).adding(seconds: 1) && told.reconciledAt == nil)
    }

    @Test func aTimeOfTheAPIThatIsNoneOrAheadIsAskedForAgain() throws {
        let world = try World()
        var delivery = try inbound(1)
        delivery.messages[0].sentAt = nil
        delivery.messages[0].envelopeTime = nil
        try world.record(delivery)
        for (created, isTaken) in [
            (Timestamp(seconds: 0), false), (now.adding(seconds: 86_401), false), (now.adding(seconds: 86_400), true),
        ] {
            let found = ObservedAttachment(id: attachment(1), source: .message, apiCreated: created)
            try world.record(Delivery(lookups: [found]))
            #expect(try world.store.attachment(attachment(1))?.created == (isTaken ? created : nil))
        }
    }

    @Test func aMessageWithoutALineHasThatOfItsChat() throws {
        let world = try World()
        var delivery = try inbound(1)
        delivery.messages[0].line = nil
        try world.record(delivery)
        #expect(try world.store.attachment(attachment(1))?.sightings.first?.line == nil)
        let line = try PhoneLine("+12025550143")
        let listed = Delivery(chats: [ChatObservation(chat: chat(1), line: line)])
        try world.record(listed)
        #expect(try world.store.attachment(attachment(1))?.sightings.first?.line == line)
        #expect(try world.store.attachments(AttachmentFilter(line: line), limit: 5).attachments.count == 1)
        #expect(try world.store.lines() == [line])
    }

    @Test func whatWasDeletedStaysGoneAndIsCounted() throws {
        let world = try World()
        try world.record(inbound(1), inbound(2), inbound(3))
        let plan = try makePlan([1, 2, 3])
        _ = try world.store.save(plan)
        let log = FakeLog(world.store)
        try log.delete(1, plan: plan.id)
        try log.delete(2, plan: plan.id, outcome: .deletedAfterRetry, http: 404)
        try log.delete(3, plan: plan.id, outcome: .alreadyAbsent, http: 404)
        let batch = try world.record(inbound(1, event: 11), inbound(2, event: 12), inbound(3, event: 13))
        #expect(batch.deliveries.map(\.suppressed) == [1, 1, 0])
        #expect(batch.deliveries.map(\.seenAgain) == [0, 0, 1])
        #expect(try world.store.liveCount() == 0)
        #expect(try world.store.candidates(dueBy: now).candidates.isEmpty)
        // They were named again: each is to be asked for, and only a GET that answers 200 brings one back.
        #expect(try world.store.namedAgain() == [attachment(1), attachment(2), attachment(3)])
        try world.store.settleNamedAgain(attachment(1))
        let lookups = (2...3).map { ObservedAttachment(id: attachment($0), source: .message) }
        let looked = try world.store.record([Delivery(lookups: lookups)], now: now)
        #expect(looked.suppressed == 0)
        #expect(
            try world.store.candidates(dueBy: now).candidates.map(\.attachment.id) == [attachment(2), attachment(3)])
        #expect(try world.store.namedAgain().isEmpty)
    }

    @Test func noHandleAndNoFileNameIsInAnyFile() throws {
        let world = try World()
        var delivery = try inbound(1, from: "+14155550117")
        delivery.messages[0].members = [try Handle("dana.lindqvist@example.com")]
        delivery.messages[0].attachments[0].mime = "image/heic; name=passport-scan.heic"
        try world.record(delivery, outbound(2, event: 5, members: ["+14155550118"]))
        let bytes = try world.allBytes()
        for secret in ["4155550117", "4155550118", "dana", "lindqvist", "passport-scan", "mailto:", "tel:"] {
            #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(secret)")
        }
        for number: UInt64 in [14_155_550_117, 4_155_550_117] {
            let big = withUnsafeBytes(of: number.bigEndian) { Data($0).drop { $0 == 0 } }
            #expect(bytes.range(of: Data(big)) == nil)
        }
        // The search would find what is there: our own line, as the number that it is.
        let line = withUnsafeBytes(of: UInt64(12_025_550_143).bigEndian) { Data($0).drop { $0 == 0 } }
        #expect(bytes.range(of: Data(line)) != nil)
    }

    @Test func aBatchIsWrittenWholeOrNotAtAll() throws {
        let world = try World()
        try world.store.pool.write { try $0.execute(sql: Self.sabotage) }
        #expect(code { try world.record(inbound(1), inbound(2, from: "+14155550118"), inbound(3)) } != nil)
        #expect(try world.store.liveCount() == 0)
        #expect(try world.store.pseudonym(for: Handle("+14155550117"), createIfMissing: false) == nil)
        try world.store.pool.write { try $0.execute(sql: "DROP TRIGGER sabotage") }
        #expect(try world.record(inbound(1), inbound(2, from: "+14155550118"), inbound(3)).new == 3)
        #expect(try world.store.attachment(attachment(2))?.participants?.count == 2)
    }

    private static let sabotage = """
        CREATE TRIGGER sabotage BEFORE INSERT ON attachment WHEN NEW.id = x'000000000000000000000000A0000003'
        BEGIN SELECT raise(ABORT, 'sabotage'); END
        """
}
