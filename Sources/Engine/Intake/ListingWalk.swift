import Domain

/// The way through one listing of the vendor's: which page to ask for next, and when it was read whole. Pure.
///
/// A listing ends where the vendor names no further page; an empty page with a cursor is no end. A list that shifts while it is
/// read may hide what moved from one page to another, so it is read again until a pass shows nothing new: nothing that was not
/// met, and nothing that is told otherwise than before. Whatever ends it otherwise makes it partial.
struct ListingWalk {
    /// What one element says, and of what. A message that is told again with another part or sender is news like a new one.
    struct Telling: Hashable {
        let thing: AnyHashable
        /// A hash of everything that was told: whole messages would not fit into memory.
        let content: Int

        init(_ thing: some Hashable, saying content: some Hashable) {
            self.thing = thing
            self.content = content.hashValue
        }
    }

    /// Places on a page.
    struct News: Equatable {
        /// Of what no page before said.
        var tellings: [Int] = []
        /// Of the things, among them, that no page before named.
        var things: [Int] = []
    }

    /// Passes over one list, and pages in a row that bring nothing.
    private static let mostPasses = 5
    private static let mostIdlePages = 50
    /// Pages of one pass: a million chats, or messages of one chat. A list that goes on behind that has no end.
    static let mostPages = 10_000

    /// The page to ask for; `nil` = the first.
    private(set) var cursor: String?
    private(set) var isDone = false
    private(set) var isPartial = false
    /// It was left because it had no end.
    private(set) var isEndless = false
    /// Where a walk that is interrupted now goes on.
    private(set) var bookmark: String?

    private let start: String?
    private let mostPages: Int
    private var passes = 1
    private var pages = 0
    private var idle = 0
    private var isNewInPass = false
    private var places: Set<String?> = []
    /// What was told in this pass, and in all of them.
    private var met: Set<Telling> = []
    private var seen: Set<Telling> = []
    private var known: Set<AnyHashable> = []

    init(from start: String? = nil, mostPages: Int = Self.mostPages) {
        self.start = start
        self.mostPages = mostPages
        (cursor, bookmark) = (start, start)
    }

    /// Takes the page at `cursor`, whose elements say `tellings`.
    mutating func take<Element>(_ page: Listing<Element>, tellings: [Telling]) -> News {
        var news = News()
        if refuses(page.answer) { return news }
        if page.answer.status != 200 || !page.isComplete {
            isPartial = true
            guard !page.elements.isEmpty else {
                isDone = true
                return news
            }
        }
        places.insert(cursor)
        pages += 1
        var isIdle = true
        for (index, telling) in tellings.enumerated() {
            if met.insert(telling).inserted { isIdle = false }
            guard seen.insert(telling).inserted else { continue }
            news.tellings.append(index)
            if known.insert(telling.thing).inserted { news.things.append(index) }
        }
        if !news.tellings.isEmpty { isNewInPass = true }
        idle = isIdle ? idle + 1 : 0
        goOn(page.nextCursor)
        return news
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
        isEndless = pages >= mostPages
        if isEndless || places.contains(next) || idle >= Self.mostIdlePages { (isDone, isPartial) = (true, true) }
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
