package import Domain

/// What the items of a report come to, added up as they are read, attachment by attachment: what a page needs of any number of
/// them.
package struct ItemTotals: Sendable {
    /// How many rows a list on a page has.
    static let shown = 1000

    private(set) var count = 0
    /// Not of the period.
    private(set) var outside = 0
    /// The same attachment more than once in one plan.
    private(set) var twice = 0
    /// Called `deleted`.
    private(set) var confirmed = 0
    private(set) var byPlan: [PlanID: OutcomeCounts] = [:]
    /// Attachments of which an item is called `deleted` and was not answered with 204.
    private(set) var unconfirmed = 0
    /// Last words that are a failure, or say that the turn did not come.
    private(set) var failureCount = 0
    private var firstFailures: [ReportValues.Item] = []
    private var sum = Deletions.Sum()
    private let period: ReportValues.Period
    private let foundAgain: Set<AttachmentID>
    private var contradictedWithItems = 0
    private var foundWithItems = 0
    /// Of those that were found again, how many were deleted since.
    private(set) var goneSince = 0

    /// `foundAgain`: of attachments that had been called gone, those that a GET found in the period.
    package init(period: ReportValues.Period, foundAgain: some Sequence<AttachmentID>) {
        self.period = period
        self.foundAgain = Set(foundAgain)
    }

    /// All items of one attachment.
    package mutating func add(_ items: [ReportValues.Item]) {
        guard let word = items.lastWord else { return }
        count += items.count
        outside += items.count { !period.contains($0.at) }
        if items.count > 1 { twice += items.count - Set(items.map(\.plan)).count }
        for item in items { byPlan[item.plan, default: OutcomeCounts()].add(item.outcome) }
        let claimed = items.filter { $0.outcome == .deleted }
        confirmed += claimed.count
        unconfirmed += claimed.contains { $0.lastAnswer != "204" } ? 1 : 0
        let isFound = foundAgain.contains(word.attachment)
        foundWithItems += isFound ? 1 : 0
        if isFound || items.contains(where: { $0.grade == .x }) {
            contradictedWithItems += 1
            goneSince += word.counted == .deleted ? 1 : 0
        }
        sum.add(word)
        if word.counted.group == .failed || word.counted.group == .open { add(failure: word) }
    }

    private mutating func add(failure word: ReportValues.Item) {
        failureCount += 1
        firstFailures.append(word)
        if firstFailures.count >= 2 * Self.shown { firstFailures = failures }
    }

    /// The first of them, in order.
    var failures: [ReportValues.Item] {
        Array(firstFailures.sorted { ($0.at, $0.attachment) < ($1.at, $1.attachment) }.prefix(Self.shown))
    }

    var deletions: Deletions { sum.deletions }

    /// Attachments that were called gone and found again.
    var contradicted: Int { contradictedWithItems + foundAgain.count - foundWithItems }
}
