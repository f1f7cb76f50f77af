import Domain

/// What items are added up into. A 204 and a DELETE that may have acted are never one figure, and neither are what is kept on
/// a ground and what had left its plan for whatever cause.
enum Share: String, CaseIterable, Sendable {
    case deleted
    case afterRetry = "after retry"
    case absent, withheld
    case leftAlone = "left alone"
    case failed, open

    init(_ outcome: Outcome) {
        self =
            switch outcome {
            case .deletedAfterRetry: .afterRetry
            case .changedSincePlan: .leftAlone
            default:
                switch outcome.group {
                case .deleted: .deleted
                case .absent: .absent
                case .withheld: .withheld
                case .failed: .failed
                case .open: .open
                }
            }
    }

    /// The class of the page that colours it.
    var style: String { "g-" + rawValue.filter { $0 != " " } }
}

extension OutcomeCounts {
    func count(of share: Share) -> Int {
        Outcome.allCases.lazy.filter { Share($0) == share }.map { self[$0] }.reduce(0, +)
    }
}

extension EndedItem {
    var counted: Outcome { outcome.counted(at: grade) }
}

extension [EndedItem] {
    /// Of items of one attachment: the last word that says something of it, of whatever plan.
    var lastWord: EndedItem? {
        var word: EndedItem?
        for item in sorted(by: { ($0.at, $0.plan) < ($1.at, $1.plan) }) {
            guard word?.outcome.givesWay(to: item.outcome, grade: word?.grade) ?? true else { continue }
            word = item
        }
        return word
    }
}
