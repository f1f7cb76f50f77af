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
        package var coverage = ErasureRequest.Coverage.complete
        package var reopened: [RequestID] = []

        package var status: ExitStatus { coverage == .complete ? .done : .incomplete }
    }

    private let context: RunContext
    private let retrying: Retrying

    package init(_ context: RunContext, requestsPerSecond: Int = 10) {
        self.context = context
        var policy = RetryPolicy()
        policy.maximumTries = 6
        retrying = Retrying(policy: policy, perSecond: requestsPerSecond, time: context.time)
    }

    /// All lines of the account, or these.
    package func run(
        lines wanted: [PhoneLine] = [], progress: @Sendable (Report) -> Void = { _ in }
    ) async throws(LetheError) -> Report {
        var report = Report()
        let preflight = try await Preflight(context).listLines()
        for line in wanted where !preflight.contains(line) {
            throw LetheError(
                "unknown-line", .usage, "the account has no line \(line)",
                hint: "its lines are \(preflight.sorted().map(\.number).joined(separator: ", "))")
        }
        for line in wanted.isEmpty ? preflight.sorted() : wanted {
            try await walkChats(of: nil, on: line, bookmark: "sync:\(line)", &report, progress)
        }
        try await lookUpUndated(&report, progress)
        report.revived = try await ReviveGone(context).run().count
        try RecordRequests(context).run()
        return report
    }

    /// Everything of one person, by each of their handles.
    package func run(
        of handles: [Handle], progress: @Sendable (Report) -> Void = { _ in }
    ) async throws(LetheError) -> Report {
        var report = Report()
        for handle in handles { try await walkChats(of: handle, on: nil, bookmark: nil, &report, progress) }
        try RecordRequests(context).run()
        return report
    }

    private func walkChats(
        of handle: Handle?, on line: PhoneLine?, bookmark: String?, _ report: inout Report,
        _ progress: @Sendable (Report) -> Void
    ) async throws(LetheError) {
        let vendor = context.vendor
        var cursor = try bookmark.flatMap { (name) throws(LetheError) in try context.inventory.bookmark(name) }
        var places: Set<String?> = []
        repeat {
            let place = cursor
            places.insert(place)
            let page = await retrying.page { await vendor.chats(of: handle, on: line, cursor: place) }
            guard try accept(page.answer, isComplete: page.isComplete, &report) else { return }
            try record([Delivery(chats: page.elements)], &report)
            for chat in page.elements { try await walkMessages(in: chat.chat, &report, progress) }
            report.chats += page.elements.count
            progress(report)
            cursor = page.nextCursor
            if Self.isRepeated(cursor, places, &report) { cursor = nil }
            if let bookmark { try context.inventory.setBookmark(bookmark, to: cursor) }
            if context.shouldStop() {
                report.coverage = .partial
                return
            }
        } while cursor != nil
    }

    private func walkMessages(
        in chat: ChatID, _ report: inout Report, _ progress: @Sendable (Report) -> Void
    ) async throws(LetheError) {
        let vendor = context.vendor
        var cursor: String?
        var places: Set<String?> = []
        repeat {
            let place = cursor
            places.insert(place)
            let page = await retrying.page { await vendor.messages(in: chat, cursor: place) }
            guard try accept(page.answer, isComplete: page.isComplete, &report) || !page.elements.isEmpty else {
                return
            }
            var delivery = Delivery(messages: page.elements.map(\.observation))
            for message in page.elements where message.unaddressable > 0 {
                guard let id = message.observation.message else { continue }
                delivery.unaddressable.append(UnaddressableMedia(message: id, chat: chat, count: message.unaddressable))
                report.unaddressable += message.unaddressable
            }
            report.messages += page.elements.count
            report.unknownParts += page.elements.reduce(0) { $0 + $1.unknownParts }
            try record([delivery], &report)
            progress(report)
            cursor = page.nextCursor
            if Self.isRepeated(cursor, places, &report) { return }
        } while cursor != nil && !context.shouldStop()
        if cursor != nil { report.coverage = .partial }
    }

    /// A listing that leads back to where it was would never end: what it did not show is missing.
    private static func isRepeated(_ cursor: String?, _ places: Set<String?>, _ report: inout Report) -> Bool {
        guard cursor != nil, places.contains(cursor) else { return false }
        report.coverage = .partial
        return true
    }

    /// `false`: the page could not be read whole, and the coverage is partial.
    private func accept(_ answer: VendorAnswer, isComplete: Bool, _ report: inout Report) throws(LetheError) -> Bool {
        if answer.status == 401 { try Preflight.refuseBadKey(answer) }
        if answer.status == 200, isComplete { return true }
        report.coverage = .partial
        return false
    }

    /// Uploads that no message used have no time; the API knows it.
    private func lookUpUndated(
        _ report: inout Report, _ progress: @Sendable (Report) -> Void
    ) async throws(LetheError) {
        let vendor = context.vendor
        var cursor: AttachmentID?
        repeat {
            let page = try context.inventory.attachments(
                AttachmentFilter(state: .live), after: cursor, limit: 500, where: { $0.created == nil })
            for attachment in page.attachments {
                let lookUp = await retrying(answer: { $0.answer }, call: { await vendor.lookUp(attachment.id) })
                if let found = lookUp.found {
                    try record([Delivery(lookups: [found])], &report, countsAttachments: false)
                } else if LookUpFinding(lookUp.answer) != .absent {
                    report.coverage = .partial
                }
            }
            cursor = page.next
            progress(report)
        } while cursor != nil && !context.shouldStop()
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
