import Domain
import Rules
import TestSupport
import Testing

@testable import Inventory

/// Messages that are told in two ways, and chats whose members are not all known: what cannot be known keeps.
struct ContradictionTests {
    private func facts(_ world: World, _ id: Int = 1) throws -> Domain.Attachment {
        var found: Domain.Attachment?
        try world.store.forEachAttachment(people: true) { candidate in
            if candidate.attachment.id == attachment(id) { found = candidate.attachment }
            return true
        }
        return try #require(found)
    }

    private func isHeld(_ world: World, _ scope: LegalHold.Scope) throws -> Bool {
        let hold = LegalHold(id: HoldID(value: 1), scope: scope, placedAt: now, placedBy: "jo", reason: "matter 1")
        return try hold.covers(facts(world))
    }

    /// Either telling may be the true one, in whatever order they come and however often.
    @Test(arguments: [[0, 1], [1, 0], [0, 1, 0], [1, 0, 1]])
    func aHoldOnAnyOfTwoLinesAndChatsCoversAContradictedMessage(order: [Int]) throws {
        let world = try World()
        let lines = ["+12025550143", "+12025550188"]
        for telling in order {
            try world.record(
                inbound(1, event: .random(in: 1000...1_000_000), message: 1, chat: telling, line: lines[telling]))
        }
        for line in lines { #expect(try isHeld(world, .line(PhoneLine(line)))) }
        for number in 0...1 { #expect(try isHeld(world, .chat(chat(number)))) }
        #expect(try facts(world).sightings.map(\.line) == [nil])
    }

    @Test func whoSentAContradictedMessageIsNotKnown() throws {
        let world = try World()
        try world.record(inbound(1, event: 1, from: "+14155550117"), inbound(1, event: 2, from: "+14155550162"))
        #expect(try facts(world).sightings.map(\.sender) == [nil])
        for handle in ["+14155550117", "+14155550162"] {
            let person = try world.subject(handle)
            // It may be either's: each request lists it, and it stays until somebody decides.
            let found = try world.store.erasureCandidates(subjects: [person], scope: .sentBySubject)
            #expect(found.map(\.recipientUnknown) == [true])
            #expect(try isHeld(world, .subject([person])))
        }
    }

    /// Somebody who never wrote may be in a group that was not listed.
    @Test func aSubjectHoldCoversInboundFilesOfAGroupWhoseMembersAreNotKnown() throws {
        let world = try World()
        let silent = try world.subject("+14155550162")
        try world.record(inbound(1, group: true))
        #expect(try isHeld(world, .subject([silent])))
        let roster = ChatObservation(
            chat: chat(1), isGroup: true, line: try PhoneLine("+12025550143"), members: [try Handle("+14155550117")],
            membersAreComplete: true, seenAt: day(2))
        try world.record(Delivery(chats: [roster]))
        #expect(try !isHeld(world, .subject([silent])))
    }

    /// What was listed while a chat was direct says nothing of the group that it became.
    @Test(arguments: [false, true])
    func aRosterOfADirectChatIsNotThatOfTheGroupItBecomes(groupFirst: Bool) throws {
        let world = try World()
        let direct = try outbound(1, event: 1, members: ["+14155550117"], complete: true)
        let group = try outbound(1, event: 2, group: true)
        for delivery in groupFirst ? [group, direct] : [direct, group] { try world.record(delivery) }
        #expect(try facts(world).hasUnknownRecipient)
    }

    /// The version that is looked at right before a DELETE.
    @Test func everyFactOfAnAttachmentHasAVersion() throws {
        let world = try World()
        try world.record(outbound(1, members: ["+14155550117"]), inbound(2, from: "+14155550162", chat: 2))
        var version = try world.store.factsVersion(of: attachment(1))
        func changes(_ delivery: Delivery) throws -> Bool {
            try world.record(delivery)
            defer { version = (try? world.store.factsVersion(of: attachment(1))) ?? version }
            return try world.store.factsVersion(of: attachment(1)) != version
        }
        #expect(try !changes(outbound(1, members: ["+14155550117"])))
        #expect(try !changes(inbound(2, event: 20, from: "+14155550163", chat: 2)))
        let member = ChatObservation(chat: chat(1), members: [try Handle("+14155550162")], seenAt: day(3))
        #expect(try changes(Delivery(chats: [member])))
        #expect(try !changes(Delivery(chats: [member])))
        #expect(try changes(Delivery(chats: [ChatObservation(chat: chat(1), isGroup: true)])))
        #expect(try changes(outbound(1, event: 30, message: 3)))
        #expect(try world.store.factsVersion(of: attachment(9)).facts == nil)
    }
}
