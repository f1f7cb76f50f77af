import Domain
import Inventory
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// A message that one walk tells twice: every telling counts as a delivery does.
@Suite struct TellingTests {
    private static let dana = "+14155550117"
    private static let rowan = "+14155550162"
    private static let (first, second) = (AttachmentID(value: 0xA1), AttachmentID(value: 0xA2))
    private let workspace: TestWorkspace

    init() throws { workspace = try TestWorkspace() }

    enum Place: CaseIterable {
        case samePage, nextPage, nextPass
    }

    /// A chat whose only message is told as `one` and as `other`, beside one that holds nothing.
    private final class Vendor: QuietVendor {
        let (one, other): (ListedMessage, ListedMessage)
        let place: Place
        let isGroup: Bool
        let beginnings = Mutex(0)

        init(_ one: ListedMessage, _ other: ListedMessage, _ place: Place, isGroup: Bool) {
            (self.one, self.other, self.place, self.isGroup) = (one, other, place, isGroup)
        }

        func delete(_ id: AttachmentID) async -> VendorAnswer { .http(204) }
        func lookUp(_ id: AttachmentID) async -> AttachmentLookup { AttachmentLookup(answer: .http(500)) }
        func phoneLines() async -> Listing<PhoneLine> {
            guard let line = try? PhoneLine(TestWorkspace.lines[0]) else { return Listing(answer: .http(500)) }
            return Listing(answer: .http(200), elements: [line], isComplete: true)
        }
        func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
            let chat = ChatObservation(
                chat: ChatID(value: 0xC1), isGroup: isGroup, line: try? PhoneLine(TestWorkspace.lines[0]),
                members: isGroup ? TellingTests.people : Array(TellingTests.people.prefix(1)), membersAreComplete: true)
            return Listing(answer: .http(200), elements: [chat], isComplete: true)
        }
        func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> {
            let text = ListedMessage(observation: MessageObservation(message: MessageID(value: 0xB9), chat: chat))
            if cursor != nil {
                return Listing(
                    answer: .http(200), elements: place == .nextPage ? [other] : [text], isComplete: true)
            }
            let pass = beginnings.withLock { count in
                count += 1
                return count
            }
            let elements =
                switch place {
                case .samePage: [one, other]
                case .nextPage: [one, text]
                case .nextPass: [pass == 1 ? one : other]
                }
            return Listing(
                answer: .http(200), elements: elements, nextCursor: place == .samePage ? nil : "b", isComplete: true)
        }
    }

    private static var people: [Handle] { [dana, rowan].compactMap { try? Handle($0) } }

    /// `sender`: `nil` = we sent it.
    private func telling(_ files: [AttachmentID], from sender: String? = dana) throws -> ListedMessage {
        let time = TestWorkspace.start.adding(seconds: -10 * 86_400)
        return ListedMessage(
            observation: MessageObservation(
                message: MessageID(value: 0xB1), chat: ChatID(value: 0xC1),
                direction: sender == nil ? .outbound : .inbound,
                sender: try sender.map { try Handle($0) }, sentAt: time, envelopeTime: time,
                attachments: files.map { ObservedAttachment(id: $0, source: .message, mime: "image/png", size: 9) }))
    }

    private func walk(_ vendor: Vendor) async throws -> SyncFromAPI.Report {
        try await SyncFromAPI(workspace.context(vendor), requestsPerSecond: 1000).run(of: [try Handle(Self.dana)])
    }

    @Test(arguments: Place.allCases, [[first], []])
    func partsOfEveryTellingAreSeen(place: Place, before: [AttachmentID]) async throws {
        let vendor = Vendor(try telling(before), try telling([Self.first, Self.second]), place, isGroup: false)
        let report = try await walk(vendor)
        #expect(report.coverage == .complete)
        #expect(report.messages == (place == .samePage ? 1 : 2))
        #expect(try workspace.inventory.attachments(limit: 9).attachments.map(\.id) == [Self.first, Self.second])
    }

    @Test(arguments: Place.allCases, [[dana, rowan], [rowan, dana], [dana, nil], [nil, dana]])
    func whatTwoTellingsContradictIsUnknown(place: Place, senders: [String?]) async throws {
        let tellings = try senders.map { try telling([Self.first], from: $0) }
        let isGroup = senders.allSatisfy { $0 != nil }
        _ = try await walk(Vendor(tellings[0], tellings[1], place, isGroup: isGroup))
        let sighting = try #require(try workspace.inventory.attachment(Self.first)?.sightings.first)
        if isGroup { #expect(sighting.sender == nil) } else { #expect(sighting.direction == nil) }
    }

    /// A list of chats, or of the messages of one, that names something new on every page for ever.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func aListWithoutAnEndIsLeft(ofChats: Bool) async throws {
        let vendor = Endless(ofChats: ofChats, try telling([Self.first]))
        let report = try await SyncFromAPI(workspace.context(vendor), requestsPerSecond: 1000, mostPages: 30)
            .run(of: [try Handle(Self.dana)])
        #expect(report.coverage == .partial && report.status == .incomplete)
        #expect(report.isEndless && report.warnings.count == 1)
        #expect(ofChats ? report.chats == 30 : report.messages == 30)
    }
}

private final class Endless: QuietVendor {
    private let ofChats: Bool
    private let message: ListedMessage
    private let pages = Mutex<UInt128>(0)

    init(ofChats: Bool, _ message: ListedMessage) {
        self.ofChats = ofChats
        self.message = message
    }

    private func next() -> UInt128 {
        pages.withLock { count in
            count += 1
            return count
        }
    }

    func delete(_ id: AttachmentID) async -> VendorAnswer { .http(500) }
    func lookUp(_ id: AttachmentID) async -> AttachmentLookup { AttachmentLookup(answer: .http(500)) }
    func phoneLines() async -> Listing<PhoneLine> { Listing(answer: .http(200), isComplete: true) }

    func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
        let page = next()
        return Listing(
            answer: .http(200), elements: [ChatObservation(chat: ChatID(value: 0xC1 + page))],
            nextCursor: ofChats ? "\(page)" : nil, isComplete: true)
    }

    func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> {
        let page = next()
        var message = message
        message.observation.message = MessageID(value: 0xB1 + page)
        return Listing(
            answer: .http(200), elements: [message], nextCursor: ofChats ? nil : "\(page)", isComplete: true)
    }
}
