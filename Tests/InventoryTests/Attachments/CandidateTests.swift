import Domain
import Foundation
import TestSupport
import Testing

@testable import Inventory

/// What is due, what is not, and what makes something due again.
struct CandidateTests {
    private func due(_ world: World, at time: Timestamp = now, limit: Int = 100) throws -> [AttachmentID] {
        var ids: [AttachmentID] = []
        var cursor: CandidateCursor?
        repeat {
            let page = try world.store.candidates(dueBy: time, after: cursor, limit: limit)
            ids += page.candidates.map(\.attachment.id)
            cursor = page.next
        } while cursor != nil
        return ids
    }

    private func settle(_ world: World, _ at: Timestamp?) throws {
        let page = try world.store.candidates(dueBy: Timestamp(microseconds: .max), limit: 1000)
        try world.store.setNextCheck(page.candidates.map { NextCheck($0, at: at) })
    }

    @Test(arguments: [(-1, 0), (0, 1), (1, 1)] as [(Int64, Int)])
    func anAttachmentIsDueFromItsNextCheckOn(microseconds: Int64, count: Int) throws {
        let world = try World()
        try world.record(inbound(1))
        try settle(world, now)
        #expect(try due(world, at: now.adding(microseconds: microseconds)).count == count)
    }

    @Test func pagesGiveEverythingOnceWhateverIsWrittenBetween() throws {
        let world = try World()
        for id in 0..<25 { try world.record(inbound(id)) }
        try settle(world, day(1))
        for id in 10..<20 { try world.record(inbound(id, event: 100 + id, message: 200 + id)) }
        for limit in [1, 3, 10, 25, 26] {
            let ids = try due(world, limit: limit)
            #expect(ids == (Array(10..<20) + Array(0..<10) + Array(20..<25)).map(attachment), "limit \(limit)")
        }
        var seen = 0
        var cursor: CandidateCursor?
        repeat {
            let page = try world.store.candidates(dueBy: now, after: cursor, limit: 4)
            seen += page.candidates.count
            try world.store.setNextCheck(page.candidates.map { NextCheck($0, at: now.adding(seconds: 1)) })
            cursor = page.next
        } while cursor != nil
        #expect(seen == 25)
        #expect(try due(world).isEmpty)
    }

    @Test func aDecisionAboutOlderFactsIsNotWrittenDown() throws {
        let world = try World()
        try world.record(inbound(1))
        let page = try world.store.candidates(dueBy: now)
        try world.record(inbound(1, event: 2, message: 2))
        try world.store.setNextCheck(page.candidates.map { NextCheck($0, at: nil) })
        #expect(try due(world) == [attachment(1)])
    }

    @Test func newFactsMakeDueAndRepetitionsDoNot() throws {
        let world = try World()
        try world.record(inbound(1, at: day(5)))
        try settle(world, nil)
        var repeated = try inbound(1, event: 2, at: day(5))
        repeated.messages[0].envelopeTime = day(7)
        try world.record(repeated)
        #expect(try due(world).isEmpty)
        #expect(try world.store.record(of: attachment(1))?.lastSeen == day(7))
        try world.record(inbound(1, event: 3, at: day(4)))
        #expect(try due(world) == [attachment(1)])
        try settle(world, nil)
        try world.store.setTierDrift([attachment(1)])
        #expect(try due(world) == [attachment(1)])
        #expect(try world.store.attachment(attachment(1))?.hasTierDrift == true)
    }

    @Test func aScopeIsDecidedAgain() throws {
        let world = try World()
        try world.record(
            inbound(1), inbound(2, chat: 2, line: "+12025550188"), inbound(3, from: "+14155550118", chat: 3))
        for (scope, expected) in [
            (RecheckScope.attachment(attachment(1)), [1]), (.line(try PhoneLine("+12025550188")), [2]),
            (.chat(chat(3)), [3]), (.subject(try world.subject("+14155550117")), [1, 2]),
        ] {
            try settle(world, nil)
            try world.store.resetNextChecks(scope)
            #expect(try due(world) == expected.map(attachment), "\(scope)")
        }
    }

    @Test func theBasisOfDecisionsIsWithdrawnEvenDuringAFullDecision() throws {
        let world = try World()
        let first = try world.store.decisionBasis()
        #expect(first.digest == nil)
        try world.store.setDecisionBasis("rules-1", after: first)
        let second = try world.store.decisionBasis()
        #expect(second.digest == "rules-1")
        try world.store.resetNextChecks(.all)
        try world.store.setDecisionBasis("rules-2", after: second)
        #expect(try world.store.decisionBasis().digest == nil)
    }

    @Test func participantsAreLookedUpOnlyWhenAsked() throws {
        let world = try World()
        try world.record(inbound(1))
        #expect(try world.store.candidates(dueBy: now).candidates.first?.attachment.participants == nil)
        let person = try world.subject("+14155550117")
        let asked = try world.store.candidates(dueBy: now, people: true).candidates.first?.attachment
        #expect(asked?.participants == [person])
        #expect(asked?.sightings.first?.sender == person)
    }

    /// What we send reaches the one other member of a direct chat, or a roster that was listed whole.
    @Test(
        arguments: [
            (false, ["+14155550117"], false, false), (false, [], false, true), (false, [], true, true),
            (true, ["+14155550117"], false, true), (true, ["+14155550117"], true, false),
            (nil, ["+14155550117"], false, true),
            (nil, ["+14155550117"], true, false),
        ] as [(Bool?, [String], Bool, Bool)])
    func recipientsAreKnownOrNot(group: Bool?, members: [String], complete: Bool, unknown: Bool) throws {
        let world = try World()
        try world.record(outbound(1, group: group, members: members, complete: complete))
        #expect(try world.store.attachment(attachment(1))?.hasUnknownRecipient == unknown)
        let person = try world.subject("+14155550117")
        #expect(try world.store.erasureCoverage(subjects: [person]).recipientUnknown == (unknown ? 1 : 0))
    }

    @Test func anUploadWithoutAMessageMayGoToAnyone() throws {
        let world = try World()
        var upload = Delivery(messages: [MessageObservation(envelopeTime: day(0))])
        upload.messages[0].attachments = [ObservedAttachment(id: attachment(1), source: .upload)]
        try world.record(upload)
        #expect(try world.store.attachment(attachment(1))?.hasUnknownRecipient == true)
        try world.record(outbound(1, members: ["+14155550117"]))
        #expect(try world.store.attachment(attachment(1))?.hasUnknownRecipient == false)
    }

    @Test func fullDecisionsSeeTheSameFactsAsSingleOnes() throws {
        let world = try World()
        for id in 0..<40 {
            try world.record(inbound(id, message: id / 3), outbound(id, event: 500 + id, message: 600 + id))
        }
        _ = try world.store.record(
            [Delivery(lookups: [ObservedAttachment(id: attachment(99), source: .message)])], now: now)
        var count = 0
        try world.store.forEachAttachment(people: true) { candidate in
            let single = try world.store.candidate(candidate.attachment.id)
            #expect(candidate == single)
            count += 1
            return true
        }
        #expect(count == 41)
        try world.store.forEachAttachment { _ in
            count -= 1
            return count > 36
        }
        #expect(count == 36)
    }
}
