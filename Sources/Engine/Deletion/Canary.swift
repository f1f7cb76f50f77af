/// Lets a large plan start small: 1 item, then 1 %, then 10 %, then the rest. After each step some of its items are asked
/// for, and the next begins when all answers are in.
struct Canary: Sendable {
    /// How many items may have been admitted by the end of each step, growing.
    private var bounds: [Int]
    private var step = 0

    static let sampleSize = 20

    /// `items`: how many this run has to delete; up to 100 go without a canary.
    init(items: Int, isWanted: Bool) {
        guard isWanted, items > 100 else {
            bounds = [items]
            return
        }
        let shares = [1, (items + 99) / 100, (items + 9) / 10]
        var sum = 0
        bounds =
            shares.map { share in
                sum = min(items, sum + share)
                return sum
            } + [items]
    }

    /// Admission of this many items is allowed so far.
    var bound: Int { bounds[step] }
    var isLastStep: Bool { step == bounds.count - 1 }

    /// One item more in this step, and so in those after it.
    mutating func widen() {
        let most = bounds[bounds.count - 1]
        for index in step..<bounds.count { bounds[index] = min(most, bounds[index] + 1) }
    }

    mutating func advance() {
        if !isLastStep { step += 1 }
    }
}
