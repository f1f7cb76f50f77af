import Domain
import Testing

@testable import Engine

@Suite struct LimitCheckTests {
    private func items(_ count: Int, size: Int64? = 1) -> [PlanItem] {
        (0..<count).map {
            PlanItem(attachment: AttachmentID(value: UInt128($0)), rule: "policy:p", tier: .persistent, size: size)
        }
    }

    private func check(_ limits: Limits, live: Int = 1_000_000, isErasure: Bool = false) -> LimitCheck {
        LimitCheck(limits: limits, live: live, isErasure: isErasure)
    }

    @Test(arguments: [(999, false), (1000, false), (1001, true)])
    func maxDeletesOfARun(count: Int, isOver: Bool) {
        #expect((check(Limits()).breach(by: items(count)) != nil) == isOver)
    }

    @Test(arguments: [(0, false), (1, true)])
    func zeroMeansZero(count: Int, isOver: Bool) {
        #expect((check(Limits(maxDeletes: 0)).breach(by: items(count)) != nil) == isOver)
    }

    @Test(arguments: [(49, 50, false), (50, 500, false), (50, 499, true), (51, 510, false), (51, 509, true)])
    func maxPercentOfWhatIsHeldFromFiftyDeletesOn(count: Int, live: Int, isOver: Bool) {
        #expect((check(Limits(), live: live).breach(by: items(count)) != nil) == isOver)
        #expect(check(Limits(), live: live, isErasure: true).breach(by: items(count)) == nil)
    }

    @Test(arguments: [(499, false), (500, false), (501, true)])
    func anUnknownSizeCountsAHundredMegabytes(count: Int, isOver: Bool) {
        #expect((check(Limits()).breach(by: items(count, size: nil)) != nil) == isOver)
    }

    @Test(arguments: [(300_000_001, false), (300_000_000, false), (299_999_999, true)] as [(Int64, Bool)])
    func threeUnknownSizesCountThreeHundredMegabytes(maxBytes: Int64, isOver: Bool) {
        #expect((check(Limits(maxBytes: maxBytes)).breach(by: items(3, size: nil)) != nil) == isOver)
    }

    @Test func aPlanThatDeletesNothingIsWithinEveryLimit() {
        let check = LimitCheck(limits: Limits(maxDeletes: 0), live: 0, recentDeletes: 900, recentBytes: .max / 2)
        #expect(check.breach(by: []) == nil)
    }

    @Test(arguments: [(99, false), (100, false), (101, true)])
    func theLastDayCountsToo(count: Int, isOver: Bool) {
        let check = LimitCheck(limits: Limits(), live: 1_000_000, recentDeletes: 900, recentBytes: 900)
        #expect((check.breach(by: items(count)) != nil) == isOver)
    }

    @Test(arguments: [(99, false), (100, false), (101, true)])
    func theBytesOfTheLastDayCountToo(count: Int, isOver: Bool) {
        let check = LimitCheck(limits: Limits(), live: 1_000_000, recentBytes: 49_999_999_900)
        #expect((check.breach(by: items(count)) != nil) == isOver)
    }

    /// Forty deletes alone are below fifty; with the forty of the last day they are not, and what these took is held no more.
    @Test(arguments: [(761, false), (760, false), (759, true)])
    func maxPercentIsTestedWithTheLastDayToo(live: Int, isOver: Bool) {
        var check = LimitCheck(limits: Limits(), live: live, recentDeletes: 40)
        #expect((check.breach(by: items(40)) != nil) == isOver)
        check.isErasure = true
        #expect(check.breach(by: items(40)) == nil)
    }
}
