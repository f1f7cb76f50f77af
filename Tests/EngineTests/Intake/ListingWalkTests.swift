import Domain
import Testing

@testable import Engine

@Suite struct ListingWalkTests {
    private func page(_ elements: [Int], next: String?, status: Int = 200) -> Listing<Int> {
        Listing(answer: .http(status), elements: elements, nextCursor: next, isComplete: status == 200)
    }

    private func take(_ walk: inout ListingWalk, _ page: Listing<Int>) -> [Int] {
        let new = walk.take(page, tellings: page.elements.map { .init($0, saying: $0) }).tellings
        walk.keepPlace()
        return new.map { page.elements[$0] }
    }

    /// The tens say what is told, the rest how.
    private func tell(_ walk: inout ListingWalk, _ page: Listing<Int>) -> ListingWalk.News {
        walk.take(page, tellings: page.elements.map { .init($0 / 10, saying: $0) })
    }

    @Test func onePageIsReadOnce() {
        var walk = ListingWalk()
        #expect(take(&walk, page([1, 2], next: nil)) == [1, 2])
        #expect(walk.isDone && !walk.isPartial && walk.bookmark == nil)
    }

    @Test func anEmptyPageWithACursorIsNoEnd() {
        var walk = ListingWalk()
        #expect(take(&walk, page([], next: "a")) == [])
        #expect(!walk.isDone && walk.cursor == "a" && walk.bookmark == "a")
        #expect(take(&walk, page([1], next: nil)) == [1])
        #expect(!walk.isDone && walk.cursor == nil && walk.bookmark == nil)
        _ = take(&walk, page([], next: "a"))
        #expect(take(&walk, page([1], next: nil)) == [])
        #expect(walk.isDone && !walk.isPartial)
    }

    /// What moved to the first page while the second was read is found by the next pass.
    @Test func aListThatShiftsIsReadUntilAPassShowsNothingNew() {
        var walk = ListingWalk()
        #expect(take(&walk, page([1, 2], next: "2")) == [1, 2])
        #expect(take(&walk, page([2, 3], next: nil)) == [3])
        #expect(take(&walk, page([4, 1], next: "2")) == [4])
        #expect(take(&walk, page([2, 3], next: nil)) == [])
        #expect(!walk.isDone)
        _ = take(&walk, page([4, 1], next: "2"))
        _ = take(&walk, page([2, 3], next: nil))
        #expect(walk.isDone && !walk.isPartial)
    }

    @Test func aListThatNeverSettlesIsPartial() {
        var walk = ListingWalk()
        var number = 0
        while !walk.isDone, number < 1000 {
            number += 1
            _ = take(&walk, page([number], next: walk.cursor == nil ? "b" : nil))
        }
        #expect(walk.isPartial && number == 10)
    }

    @Test func freshCursorsWithoutAnythingNewEnd() {
        var walk = ListingWalk()
        var number = 0
        while !walk.isDone, number < 1000 {
            number += 1
            _ = take(&walk, page([7], next: "\(number)"))
        }
        #expect(walk.isPartial && number == 51)
    }

    /// A message that is told again with one part more is news, on the same page and in a later pass.
    @Test func whatIsToldOtherwiseThanBeforeIsNews() {
        var walk = ListingWalk()
        #expect(tell(&walk, page([10, 20, 11, 20], next: "a")) == .init(tellings: [0, 1, 2], things: [0, 1]))
        #expect(tell(&walk, page([21, 10], next: nil)) == .init(tellings: [0], things: []))
        #expect(tell(&walk, page([10, 22], next: "a")) == .init(tellings: [1], things: []))
        #expect(tell(&walk, page([21], next: nil)) == .init())
        #expect(!walk.isDone)
        _ = tell(&walk, page([10, 22], next: "a"))
        _ = tell(&walk, page([21], next: nil))
        #expect(walk.isDone && !walk.isPartial)
    }

    @Test(arguments: [19, 20, 21])
    func freshCursorsWithNewThingsEndAtABound(pages: Int) {
        var walk = ListingWalk(mostPages: 20)
        var number = 0
        while !walk.isDone, number < pages {
            number += 1
            _ = take(&walk, page([number], next: number == pages ? nil : "\(number)"))
        }
        #expect(number == min(pages, 20))
        #expect(walk.isEndless == (pages == 21) && walk.isPartial == (pages == 21))
    }

    @Test(arguments: [(400, true), (404, true), (410, true), (403, false), (429, false), (500, false)])
    func aPlaceThatTheVendorRefusesIsDropped(status: Int, isDropped: Bool) {
        var walk = ListingWalk(from: "old")
        #expect(walk.cursor == "old")
        _ = take(&walk, page([], next: nil, status: status))
        #expect(walk.isDone == !isDropped && walk.isPartial == !isDropped)
        #expect(walk.cursor == (isDropped ? nil : "old"))
    }

    @Test func anInterruptedWalkGoesOnWhereItWas() {
        var walk = ListingWalk()
        _ = take(&walk, page([1], next: "a"))
        _ = walk.take(page([2], next: "b"), tellings: [.init(2, saying: 2)])
        walk.interrupt()
        #expect(walk.isDone && walk.isPartial && walk.bookmark == "a")
    }

    @Test func afterAResumedWalkTheBeginningIsReadToo() {
        var walk = ListingWalk(from: "m")
        #expect(take(&walk, page([5], next: nil)) == [5])
        #expect(!walk.isDone && walk.cursor == nil)
        #expect(take(&walk, page([1], next: "m")) == [1])
    }
}
