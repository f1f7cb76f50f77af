import Domain

/// The way through one listing of the vendor's: which page to ask for next, and when it was read whole. Pure.
///
/// A listing ends where the vendor names no further page; an empty page with a cursor is no end. A list that shifts while it is
/// read may hide what moved from one page to another, so it is read again until a pass shows nothing new. Whatever ends it
/// otherwise makes it partial.
struct ListingWalk {
    /// Passes over one list, pages in a row that bring nothing, and pages in all.
    private static let mostPasses = 5
    private static let mostIdlePages = 50
    private static let mostPages = 100_000

    /// The page to ask for; `nil` = the first.
    private(set) var cursor: String?
    private(set) var isDone = false
    private(set) var isPartial = false
    /// Where a walk that is interrupted now goes on.
    private(set) var bookmark: String?

    private let start: String?
    private var passes = 1
    private var pages = 0
    private var idle = 0
    private var isNewInPass = false
    private var places: Set<String?> = []
    /// Elements of this pass, and of all of them.
    private var met: Set<AnyHashable> = []
    private var seen: Set<AnyHashable> = []

    init(from start: String? = nil) {
        self.start = start
        (cursor, bookmark) = (start, start)
    }

    /// Takes the page at `cursor`. Gives the places of the elements that no page before had; `keys` tell them apart, `nil`
    /// where nothing does.
    mutating func take<Element>(_ page: Listing<Element>, keys: [AnyHashable?]) -> [Int] {
        if refuses(page.answer) { return [] }
        if page.answer.status != 200 || !page.isComplete {
            isPartial = true
            guard !page.elements.isEmpty else {
                isDone = true
                return []
            }
        }
        places.insert(cursor)
        pages += 1
        var (new, isIdle) = ([Int](), true)
        for (index, key) in keys.enumerated() {
            if key.map({ met.insert($0).inserted }) ?? true { isIdle = false }
            if key.map({ seen.insert($0).inserted }) ?? true { new.append(index) }
        }
        if !new.isEmpty { isNewInPass = true }
        idle = isIdle ? idle + 1 : 0
        goOn(page.nextCursor)
        return new
    }

    /// Whoever walks was asked to stop before the page was worked through: the walk goes on there.
    mutating func interrupt() {
        (isDone, isPartial) = (true, true)
    }

    /// The page was worked through.
    mutating func keepPlace() { bookmark = passes == 1 && !isDone ? cursor : nil }

    /// The place at which the last walk stopped means nothing to the vendor any more: from the beginning.
    private mutating func refuses(_ answer: VendorAnswer) -> Bool {
        guard pages == 0, cursor != nil, (400..<500).contains(answer.status),
            ![401, 403, 408, 429].contains(answer.status)
        else { return false }
        (cursor, bookmark) = (nil, nil)
        return true
    }

    private mutating func goOn(_ next: String?) {
        cursor = next
        guard let next else { return endPass() }
        if places.contains(next) || idle >= Self.mostIdlePages || pages >= Self.mostPages {
            (isDone, isPartial) = (true, true)
        }
    }

    private mutating func endPass() {
        // One page cannot shift against another.
        let cannotShift = pages == 1 && passes == 1 && places == [nil]
        guard !cannotShift, isNewInPass else {
            isDone = true
            return
        }
        guard passes < Self.mostPasses else {
            (isDone, isPartial) = (true, true)
            return
        }
        passes += 1
        (pages, idle, isNewInPass) = (0, 0, false)
        (places, met) = ([], [])
    }
}
