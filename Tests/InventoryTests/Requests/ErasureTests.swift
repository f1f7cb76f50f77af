import Cryptography
import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Inventory

/// Whose is what: scopes, shared objects, coverage, and what comes back after an erasure.
struct ErasureTests {
    private let dana = "+14155550117"
    private let eli = "+14155550118"

    /// 1 dana to us · 2 us to dana · 3 eli to us · 4 us to both (one upload, two direct chats) · 5 dana in a group ·
    /// 6 eli in that group · 7 us into that group · 8 us into a chat nobody is known of · 9 dana without a chat.
    private func scene() throws -> World {
        let world = try World()
        var stray = try inbound(9)
        stray.messages[0].chat = nil
        try world.record(
            inbound(1, from: dana, chat: 1), outbound(2, chat: 1), inbound(3, from: eli, chat: 2),
            outbound(4, event: 41, message: 41, chat: 1), outbound(4, event: 42, message: 42, chat: 2),
            inbound(5, from: dana, chat: 3, group: true), inbound(6, from: eli, chat: 3, group: true),
            outbound(7, chat: 3, group: true), outbound(8, chat: 4), stray)
        return world
    }

    @Test func sentBySubjectIsWhatTheySentAndWhatOnlyTheyGot() throws {
        let world = try scene()
        let found = try world.store.erasureCandidates(subjects: [world.subject(dana)], scope: .sentBySubject)
        #expect(found.map(\.attachment.id) == [1, 2, 4, 5, 7, 9].map(attachment))
        #expect(found.map(\.sharedWith) == [0, 0, 1, 0, 1, 0])
        // Of the group nobody knows who is in it: that may be the person's, and is withheld.
        #expect(found.filter(\.recipientUnknown).map(\.attachment.id) == [attachment(7)])
    }

    @Test func aConversationNeverTakesOtherPeoplesFilesOfAGroup() throws {
        let world = try scene()
        let found = try world.store.erasureCandidates(subjects: [world.subject(dana)], scope: .conversation)
        #expect(found.map(\.attachment.id) == [1, 2, 4, 5, 7, 9].map(attachment))
        let group = try #require(found.first { $0.attachment.id == attachment(7) })
        #expect(group.sharedWith == 1)
        #expect(group.recipientUnknown)
    }

    /// Its members were listed, so it is known that others received it: not sent to that subject alone.
    @Test func whatWeSentToAGroupIsNotSentToOnePerson() throws {
        let world = try scene()
        try world.record(outbound(10, chat: 5, group: true, members: [dana, eli], complete: true))
        let person = [try world.subject(dana)]
        #expect(
            try !world.store.erasureCandidates(subjects: person, scope: .sentBySubject)
                .contains { $0.attachment.id == attachment(10) })
        let found = try #require(
            try world.store.erasureCandidates(subjects: person, scope: .conversation)
                .first { $0.attachment.id == attachment(10) })
        #expect(found.sharedWith == 1 && !found.recipientUnknown)
    }

    /// In a direct chat nobody else can have sent what has no known sender; in a group the person may have: it is listed, and
    /// stays until somebody decides.
    @Test func whatHasNoKnownSenderDropsOutOfNoRequest() throws {
        let world = try scene()
        let mail = "dana@example.com"
        var nameless = try inbound(11, from: dana, chat: 1)
        nameless.messages[0].sender = nil
        var ofGroup = try inbound(13, from: dana, chat: 3, group: true)
        ofGroup.messages[0].sender = nil
        try world.record(
            nameless, ofGroup, inbound(12, event: 121, message: 12, from: dana, chat: 6),
            inbound(12, event: 122, message: 12, from: mail, chat: 6))
        let person = [try world.subject(dana), try world.subject(mail)]
        for scope in [ErasureRequest.Scope.sentBySubject, .conversation] {
            let found = try world.store.erasureCandidates(subjects: person, scope: scope)
            let unsure = found.filter(\.recipientUnknown).map(\.attachment.id)
            #expect(Set(found.map(\.attachment.id)).isSuperset(of: [11, 12, 13].map(attachment)))
            #expect(unsure.contains(attachment(13)) && !unsure.contains(attachment(11)))
            #expect(!unsure.contains(attachment(12)))
        }
    }

    /// We sent it into a chat where the person is, and nobody knows who else.
    @Test func whatWeSentWhereMembersAreUnknownIsListedAndWithheld() throws {
        let world = try scene()
        var ours = try outbound(14, chat: 7, group: nil)
        ours.messages[0].members = [try Handle(dana)]
        try world.record(ours)
        let found = try world.store.erasureCandidates(subjects: [world.subject(dana)], scope: .sentBySubject)
        #expect(found.first { $0.attachment.id == attachment(14) }?.recipientUnknown == true)
    }

    /// One delivery says that dana sent it, another that we did: then everybody in the group may have it.
    @Test func whereTheDirectionIsContradictedOthersMayHaveReceivedIt() throws {
        let world = try scene()
        try world.record(
            inbound(10, event: 101, message: 10, from: dana, chat: 5, group: true),
            outbound(10, event: 102, message: 10, chat: 5, group: true, members: [dana, eli], complete: true))
        let found = try #require(
            try world.store.erasureCandidates(subjects: [world.subject(dana)], scope: .conversation)
                .first { $0.attachment.id == attachment(10) })
        #expect(found.sharedWith == 1)
    }

    @Test func aPersonIsAllTheirHandles() throws {
        let world = try scene()
        let both = [try world.subject(dana), try world.subject(eli)]
        let found = try world.store.erasureCandidates(subjects: both, scope: .sentBySubject)
        #expect(found.map(\.attachment.id) == [1, 2, 3, 4, 5, 6, 7, 9].map(attachment))
        #expect(found.allSatisfy { $0.sharedWith == 0 })
        #expect(try world.store.chats(of: both) == [1, 2, 3].map(chat))
    }

    @Test func whatIsGoneIsNoCandidateAndWhatExpiredIs() throws {
        let world = try scene()
        try world.store.mark([attachment(1)], as: .gone)
        try world.store.mark([attachment(2)], as: .expired)
        let found = try world.store.erasureCandidates(subjects: [world.subject(dana)], scope: .sentBySubject)
        #expect(found.map(\.attachment.id) == [2, 4, 5, 7, 9].map(attachment))
    }

    @Test func coverageCountsWhatCannotBeFoundOrDeleted() throws {
        let world = try scene()
        try world.record(
            Delivery(
                event: event(70),
                unaddressable: [
                    UnaddressableMedia(message: message(1), chat: chat(1), count: 2),
                    UnaddressableMedia(event: event(70), chat: chat(2), count: 9),
                    UnaddressableMedia(event: event(71), chat: nil, count: 1),
                ]),
            Delivery(unaddressable: [UnaddressableMedia(message: message(1), chat: chat(1), count: 3, unreadable: 1)]))
        let coverage = try world.store.erasureCoverage(subjects: [world.subject(dana)])
        // Attachments 7 (a group whose roster is not known) and 8 may have gone to anyone.
        let odd = [UnreadableParts(message: message(1), chat: chat(1), parts: 1)]
        #expect(
            coverage
                == ErasureCoverage(
                    chats: 2, recipientUnknown: 2, unaddressable: 3, unaddressableElsewhere: 1, unreadable: odd))
    }

    /// A request of Dana that was answered at `until`, its plan naming `items`.
    private func complete(
        _ world: World, until: Timestamp, items: [Int] = [], scope: ErasureRequest.Scope = .sentBySubject
    ) throws -> RequestID {
        let request = ErasureRequest(
            id: try Randomness.id(), state: .received, received: day(1), due: day(30), jurisdiction: .gdpr,
            scope: scope, subjects: [try world.subject(dana)], openedBy: "jo", coverage: .complete)
        try world.store.insert(request)
        let plan = Plan(
            id: try Randomness.id(PlanKind.self), kind: .erasure, created: until, partner: "p",
            policyDigest: String(repeating: "0", count: 64), request: request.id, coverage: "complete",
            limits: Limits(), items: items.map { PlanItem(attachment: attachment($0), rule: "r", tier: .persistent) })
        _ = try world.store.save(plan)
        try world.store.assign(plan.id, to: request.id)
        for state in [Plan.State.approved, .applying] { try world.store.move(plan.id, to: state) }
        try world.store.finish(plan.id, .erased, now: until)
        return request.id
    }

    /// A fact that reopens is one transaction with the reopening, and what a plan already names reopens nothing.
    @Test func whoBecomesKnownLaterReopensInTheSameTransaction() throws {
        let world = try World()
        let early = MessageObservation(
            message: message(80), chat: chat(8), isGroup: false, line: try PhoneLine("+12025550143"),
            direction: .outbound, sentAt: day(2),
            attachments: [ObservedAttachment(id: attachment(80), source: .message)])
        try world.record(Delivery(messages: [early]))
        let request = try complete(world, until: day(9))
        let roster = ChatObservation(
            chat: chat(8), isGroup: false, line: try PhoneLine("+12025550143"), members: [try Handle(dana)],
            membersAreComplete: true, seenAt: day(20))
        let told = Told(world.store)
        #expect(try world.record(Delivery(chats: [roster])).reopens == [request])
        #expect(try world.store.request(request)?.state == .received)
        #expect(told.changes.map(\.state) == [.received])
    }

    @Test func whatAPlanOfTheRequestNamesReopensNothing() throws {
        let world = try scene()
        _ = try complete(world, until: day(9), items: [90])
        #expect(try world.record(inbound(90, from: dana, at: day(1))).reopens.isEmpty)
    }

    @Test(arguments: [(-1, true), (0, true), (1, false)] as [(Int64, Bool)])
    func anUnknownAttachmentFromBeforeCompletionReopensTheRequest(microseconds: Int64, reopens: Bool) throws {
        let world = try scene()
        let request = try complete(world, until: day(9))
        let late = try inbound(50, from: dana, at: day(9).adding(microseconds: microseconds))
        #expect(try world.record(late).reopens == (reopens ? [request] : []))
        #expect(try world.store.attachment(attachment(50)) != nil)
        // A message from before the answer has it too.
        let known = try world.record(inbound(50, event: 999, from: dana, at: day(1)))
        #expect(known.reopens == (reopens ? [] : [request]))
    }

    @Test func whatWeSentOnlyToThemReopensToo() throws {
        let world = try scene()
        let request = try complete(world, until: day(9))
        #expect(try world.record(outbound(51, chat: 1)).reopens == [request])
        #expect(try world.record(inbound(53, from: eli, chat: 2)).reopens.isEmpty)
    }

    /// Of the group nobody knows who is in it: no plan has listed that yet.
    @Test func whatMayBeTheirsReopensToo() throws {
        let world = try scene()
        let request = try complete(world, until: day(9))
        #expect(try world.record(outbound(52, chat: 3, group: true)).reopens == [request])
    }

    @Test func whatWeSentIntoADirectChatOfTwoMayBeEithers() throws {
        let world = try scene()
        let roster = ChatObservation(
            chat: chat(1), isGroup: false, line: try PhoneLine("+12025550143"), members: [try Handle(eli)],
            membersAreComplete: true, seenAt: day(2))
        try world.record(outbound(55, chat: 1), Delivery(chats: [roster]))
        for person in [dana, eli] {
            let found = try world.store.erasureCandidates(subjects: [world.subject(person)], scope: .sentBySubject)
            #expect(found.first { $0.attachment.id == attachment(55) }?.recipientUnknown == true, "\(person)")
        }
    }

    /// Somebody in the chat cannot be read, whatever it is called, and before or after it was listed whole: what we sent there may
    /// be theirs too. What the person sent is the person's.
    @Test(arguments: [false, true], [false, true])
    func whatWeSentWhereSomebodyCannotBeReadIsWithheld(group: Bool, isLast: Bool) throws {
        let world = try World()
        var unreadable = ChatObservation(
            chat: chat(1), isGroup: group, line: try PhoneLine("+12025550143"), members: [try Handle(dana)],
            seenAt: day(2))
        unreadable.hasUnreadableMember = true
        let whole = ChatObservation(
            chat: chat(1), isGroup: group, line: try PhoneLine("+12025550143"), members: [try Handle(dana)],
            membersAreComplete: true, seenAt: day(2))
        try world.record(
            inbound(1, from: dana, chat: 1, group: group), outbound(2, chat: 1, group: group),
            Delivery(chats: isLast ? [whole, unreadable] : [unreadable, whole]))
        let found = try world.store.erasureCandidates(subjects: [world.subject(dana)], scope: .sentBySubject)
        #expect(found.map(\.attachment.id) == [1, 2].map(attachment))
        #expect(found.map(\.recipientUnknown) == [false, true])
    }

    /// Its message says 1970, or nothing: what the API says of it later decides whether it is of before the answer.
    @Test(arguments: [(nil, -1, true), (0, 0, true), (0, 1, false)] as [(Int64?, Int64, Bool)])
    func whatIsDatedAfterTheAnswerReopens(sent: Int64?, microseconds: Int64, reopens: Bool) throws {
        let world = try scene()
        let request = try complete(world, until: day(9))
        var late = try inbound(58, from: dana)
        late.messages[0].sentAt = sent.map { Timestamp(seconds: $0) }
        late.messages[0].envelopeTime = nil
        #expect(try world.record(late).reopens.isEmpty)
        let lookUp = ObservedAttachment(
            id: attachment(58), source: .message, apiCreated: day(9).adding(microseconds: microseconds))
        #expect(try world.record(Delivery(lookups: [lookUp])).reopens == (reopens ? [request] : []))
        #expect(try world.store.request(request)?.state == (reopens ? .received : .completed))
    }

    /// The chat became a group, whose members are all known: what we sent before that went to one of them.
    @Test(arguments: [true, false]) func whatWeSentWhileAGroupWasDirectMayBeTheirs(toldFirst: Bool) throws {
        let world = try World()
        let sent = try outbound(56, chat: 9, members: [dana])
        let group = ChatObservation(
            chat: chat(9), isGroup: true, line: try PhoneLine("+12025550143"),
            members: [try Handle(dana), try Handle(eli)], membersAreComplete: true, seenAt: day(3))
        try world.record(toldFirst ? sent : Delivery(chats: [group]))
        try world.record(toldFirst ? Delivery(chats: [group]) : sent)
        try world.record(inbound(57, from: eli, chat: 9, group: true))
        for person in [dana, eli] {
            let found = try world.store.erasureCandidates(subjects: [world.subject(person)], scope: .sentBySubject)
            let ours = found.first { $0.attachment.id == attachment(56) }
            #expect(ours?.recipientUnknown == true && ours?.sharedWith == 1, "\(person)")
            #expect(found.contains { $0.attachment.id == attachment(57) } == (person == eli))
        }
    }

    /// Nothing makes it the person's any more, and a plan had listed it: it may be theirs, by a decision of its own.
    @Test func whatAPlanHadListedMayBeTheirsAllTheSame() throws {
        let world = try scene()
        var request = ErasureRequest(
            id: try Randomness.id(), state: .received, received: day(1), due: day(30), jurisdiction: .gdpr,
            scope: .sentBySubject, subjects: [try world.subject(dana)], openedBy: "jo", coverage: .complete,
            included: [.others, .unknownRecipients])
        #expect(
            try world.store.erasureCandidate(attachment(3), subjects: request.subjects, scope: request.scope) == nil)
        let listed = try #require(
            try world.store.erasureCandidate(
                attachment(3), subjects: request.subjects, scope: request.scope, wasListed: true))
        #expect(listed.withheld(unlessIncludedBy: request)?.ground == ErasureCandidate.recipientUnknownGround)
        request.included.insert(.outOfScope)
        #expect(listed.withheld(unlessIncludedBy: request) == nil)
    }

    /// Another plan deleted it, or it was gone before they asked: an answer that counted on that is open again.
    @Test(arguments: [[1], []])
    func whatIsFoundAgainReopensWhoeverCountedOnItsBeingGone(items: [Int]) throws {
        let world = try scene()
        try world.store.mark([attachment(1)], as: .gone)
        let request = try complete(world, until: day(9), items: items)
        #expect(try world.store.request(request)?.state == .completed)
        let found = AuditRecord.deleteVerified(
            .init(run: RunID(value: 1), attachment: attachment(1), http: 200, grade: .x))
        try world.store.apply(
            [LoggedRecord(seq: 0, at: day(12), record: found)], origin: "o", after: -1, through: 0)
        #expect(try world.store.request(request)?.state == .received)
    }

    /// The same answer to "is it theirs?" finds what a plan lists and what reopens.
    @Test(arguments: [ErasureRequest.Scope.sentBySubject, .conversation])
    func whatReopensIsWhatARequestOfThisScopeConcerns(scope: ErasureRequest.Scope) throws {
        let world = try scene()
        let request = try complete(world, until: day(9), scope: scope)
        let isTheirs = scope == .conversation
        let late = try outbound(54, chat: 5, group: true, members: [dana, eli], complete: true)
        #expect(try world.record(late).reopens == (isTheirs ? [request] : []))
        let found = try world.store.erasureCandidates(subjects: [world.subject(dana)], scope: scope)
        #expect(found.contains { $0.attachment.id == attachment(54) } == isTheirs)
    }

    @Test func listAndStatisticsAgree() throws {
        let world = try scene()
        try world.record(inbound(60, line: "+12025550188", at: day(5)))
        try world.store.mark([attachment(1)], as: .gone)
        try world.store.mark([attachment(2)], as: .expired)
        let ephemeral = try PhoneLine("+12025550188")
        let tier = { (attachment: Domain.Attachment) -> Tier in
            attachment.homeLine == ephemeral ? .ephemeral : .persistent
        }
        let statistics = try world.store.statistics(tier: tier)
        #expect(statistics.total.attachments == 10)
        #expect(statistics.total.bytes == 10_000)
        #expect(statistics.byState.mapValues(\.attachments) == [.live: 8, .gone: 1, .expired: 1])
        #expect(statistics.byTier.mapValues(\.attachments) == [.persistent: 9, .ephemeral: 1])
        #expect(statistics.byLine[ephemeral]?.attachments == 1)
        #expect(try world.store.liveCount() == 8)
        func count(_ filter: AttachmentFilter, _ matches: (Domain.Attachment) -> Bool = { _ in true }) throws -> Int {
            try world.store.attachments(filter, limit: 100, where: matches).attachments.count
        }
        #expect(try count(AttachmentFilter(line: ephemeral)) == 1)
        #expect(try count(AttachmentFilter(state: .gone)) == 1)
        #expect(try count(AttachmentFilter(), { tier($0) == .ephemeral }) == 1)
        #expect(try count(AttachmentFilter(createdBefore: day(5))) == 9)
        #expect(try count(AttachmentFilter(createdBefore: day(5).adding(microseconds: 1))) == 10)
        #expect(try count(AttachmentFilter(subjects: [world.subject(eli)])) == 5)
    }

    @Test func aListGoesOnFromItsCursor() throws {
        let world = try scene()
        var ids: [AttachmentID] = []
        var cursor: AttachmentID?
        repeat {
            let page = try world.store.attachments(after: cursor, limit: 3)
            #expect(page.attachments.count == 3)
            ids += page.attachments.map(\.id)
            cursor = page.next
        } while cursor != nil
        #expect(ids == (1...9).map(attachment))
    }
}
