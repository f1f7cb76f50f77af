package import Domain
import Inventory
import LinqClient

/// Walks chats and messages through the API into the inventory. A page that fails, after its retries, makes the coverage
/// partial and the walk goes on; what was read stays. A walk over lines goes on where it was interrupted.
package struct SyncFromAPI: Sendable {
    package struct Report: Sendable, Equatable {
        package var chats = 0
        package var messages = 0
        package var attachmentsNew = 0
        package var attachmentsSeen = 0
        package var suppressed = 0
        /// Attachments that were called gone and that a GET found.
        package var revived = 0
        /// Media items with a URL and no attachment id.
        package var unaddressable = 0
        package var unknownParts = 0
        /// The coverage is partial, and not only since parts of messages cannot be read.
        package var isBrokenOff = false
        /// Of those without an id: parts that could not be read.
        package var unreadableParts = 0
        package var coverage = ErasureRequest.Coverage.complete
        /// A list was left because it had no end.
        package var isEndless = false
        /// Somebody asked it to stop.
        package var isInterrupted = false
        package var reopened: [RequestID] = []

        package var status: ExitStatus { coverage == .complete ? .done : .incomplete }

        /// For people.
        package var warnings: [String] {
            guard isEndless else { return [] }
            return [
                "the vendor's list of chats or of messages goes on without an end, and was left after "
                    + "\(ListingWalk.mostPages) pages: tell Linq's support"
            ]
        }
    }

    private let context: RunContext
    private let retrying: Retrying
    private let isInterrupted: @Sendable () -> Bool
    private let mostPages: Int

    package init(_ context: RunContext, requestsPerSecond: Int = 10, mostPages: Int? = nil) {
        self.context = context
        self.mostPages = mostPages ?? ListingWalk.mostPages
        var policy = RetryPolicy()
        policy.maximumTries = 6
        isInterrupted = context.isInterrupted
        retrying = Retrying(
            policy: policy, perSecond: requestsPerSecond, time: context.time, shouldStop: isInterrupted)
    }

    /// All lines of the account, or these.
    package func run(
        lines wanted: [PhoneLine] = [], progress: @escaping @Sendable (Report) -> Void = { _ in }
    ) async throws(LetheError) -> Report {
        var report = Report()
        let preflight = try await Preflight(context).listLines()
        for line in wanted where !preflight.contains(line) {
            throw LetheError(
                "unknown-line", .usage, "the account has no line \(line)",
                hint: "its lines are \(preflight.sorted().map(\.number).joined(separator: ", "))")
        }
        let known = try context.inventory.lines()
        for line in wanted.isEmpty ? preflight.sorted() : wanted where !isInterrupted() {
            try await walkChats(Target(line: line, bookmark: "sync:\(line)"), &report, progress)
        }
        // Under another account's key every attachment would be missed.
        try await lookUpUndated(&report, notesMisses: known.isEmpty || !known.isDisjoint(with: preflight), progress)
        report.revived = try await ReviveGone(context).run().count
        if isInterrupted() { (report.isInterrupted, report.coverage) = (true, .partial) }
        return report
    }

    /// Everything of one person, by each of their handles.
    package func run(
        of handles: [Handle], progress: @escaping @Sendable (Report) -> Void = { _ in }
    ) async throws(LetheError) -> Report {
        var report = Report()
        for handle in handles { try await walkChats(Target(handle: handle), &report, progress) }
        report.isInterrupted = isInterrupted()
        return report
    }

    /// Whose chats, or on which line; and the name under which an interrupted walk is remembered.
    private struct Target {
        var handle: Handle?
        var line: PhoneLine?
        var bookmark: String?
    }

    private func walkChats(
        _ target: Target, _ report: inout Report, _ progress: @escaping @Sendable (Report) -> Void
    ) async throws(LetheError) {
        let vendor = context.vendor
        var walk = ListingWalk(
            from: try target.bookmark.flatMap { (name) throws(LetheError) in try context.inventory.bookmark(name) },
            mostPages: mostPages)
        while !walk.isDone {
            let (handle, line, place) = (target.handle, target.line, walk.cursor)
            let page = await retrying.page { await vendor.chats(of: handle, on: line, cursor: place) }
            try Self.refuseBadKey(page.answer)
            let news = walk.take(page, tellings: page.elements.map(\.telling))
            try record([Delivery(chats: page.elements)], &report)
            for index in news.things where !isInterrupted() {
                try await walkMessages(in: page.elements[index].chat, &report, progress)
                report.chats += 1
            }
            progress(report)
            if isInterrupted() { walk.interrupt() } else { walk.keepPlace() }
            if let name = target.bookmark { try context.inventory.setBookmark(name, to: walk.bookmark) }
        }
        report.take(end: walk)
    }

    private func walkMessages(
        in chat: ChatID, _ report: inout Report, _ progress: @escaping @Sendable (Report) -> Void
    ) async throws(LetheError) {
        let vendor = context.vendor
        var walk = ListingWalk(mostPages: mostPages)
        while !walk.isDone {
            let place = walk.cursor
            let page = await retrying.page { await vendor.messages(in: chat, cursor: place) }
            try Self.refuseBadKey(page.answer)
            let news = walk.take(page, tellings: page.elements.map(\.telling))
            try take(news.tellings.map { page.elements[$0] }, of: chat, &report)
            report.messages += news.things.count
            progress(report)
            if isInterrupted() { walk.interrupt() }
        }
        report.take(end: walk)
    }

    private static func refuseBadKey(_ answer: VendorAnswer) throws(LetheError) {
        if answer.status == 401 { try Preflight.refuseBadKey(answer) }
    }

    private func take(_ messages: [ListedMessage], of chat: ChatID, _ report: inout Report) throws(LetheError) {
        var delivery = Delivery(messages: messages.map(\.observation))
        for message in messages {
            // What cannot be read cannot be deleted either.
            let withoutID = message.unaddressable + message.unreadableParts
            if message.unreadableParts > 0 { report.coverage = .partial }
            guard withoutID > 0, let id = message.observation.message else { continue }
            delivery.unaddressable.append(
                UnaddressableMedia(message: id, chat: chat, count: withoutID, unreadable: message.unreadableParts))
            report.unaddressable += withoutID
        }
        report.unknownParts += messages.reduce(0) { $0 + $1.unknownParts }
        report.unreadableParts += messages.reduce(0) { $0 + $1.unreadableParts }
        try record([delivery], &report)
    }

    /// Uploads that no message used have no time; the API knows it.
    private func lookUpUndated(
        _ report: inout Report, notesMisses: Bool, _ progress: @escaping @Sendable (Report) -> Void
    ) async throws(LetheError) {
        let vendor = context.vendor
        var cursor: AttachmentID?
        repeat {
            let page = try context.inventory.attachments(
                AttachmentFilter(state: .live), after: cursor, limit: 500, where: { $0.created == nil })
            for attachment in page.attachments where !isInterrupted() {
                let lookUp = await retrying(answer: { $0.answer }, call: { await vendor.lookUp(attachment.id) })
                if notesMisses { try context.noteFinding(lookUp.answer, of: attachment.id) }
                if let found = lookUp.found {
                    try record([Delivery(lookups: [found])], &report, countsAttachments: false)
                } else if LookUpFinding(lookUp.answer) != .absent {
                    report.coverage = .partial
                }
            }
            cursor = page.next
            progress(report)
        } while cursor != nil && !isInterrupted()
    }

    private func record(
        _ deliveries: [Delivery], _ report: inout Report, countsAttachments: Bool = true
    ) throws(LetheError) {
        let batch = try context.inventory.record(deliveries, now: context.time.now())
        report.reopened += batch.reopens.subtracting(report.reopened).sorted()
        guard countsAttachments else { return }
        report.attachmentsNew += batch.new
        report.attachmentsSeen += batch.seenAgain
        report.suppressed += batch.suppressed
    }
}

extension SyncFromAPI.Report {
    fileprivate mutating func take(end walk: ListingWalk) {
        if walk.isPartial { (coverage, isBrokenOff) = (.partial, true) }
        if walk.isEndless { isEndless = true }
    }
}

extension ListedMessage {
    /// All of it: parts of every telling are taken in, and what two of them contradict is unknown.
    var telling: ListingWalk.Telling { .init(observation.message, saying: self) }
}

extension ChatObservation {
    /// Not when it was last used: a list that is in use would never settle.
    var telling: ListingWalk.Telling {
        var told = self
        told.members = []
        told.seenAt = nil
        return .init(chat, saying: [AnyHashable(told), AnyHashable(Set(members))])
    }
}
