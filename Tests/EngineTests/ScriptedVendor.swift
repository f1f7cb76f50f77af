import Domain
import Synchronization

/// A vendor whose answers a test writes down. It knows the numbers of the account and holds nothing; whatever else it is
/// not told to do, it refuses.
final class ScriptedVendor: VendorAPI {
    private let sent = Mutex<[AttachmentID]>([])
    private let lines: [PhoneLine]
    private let onDelete: @Sendable (AttachmentID, Int) async -> VendorAnswer
    private let onLookUp: @Sendable (AttachmentID) async -> VendorAnswer
    private let onPhoneLines: @Sendable () async -> Void
    private let onChats: @Sendable (String?) -> Listing<ChatObservation>
    private let onChat: @Sendable (ChatID) -> Listing<ChatObservation>
    private let onMessages: @Sendable (String?) -> Listing<ListedMessage>

    init(
        lines: [PhoneLine], onPhoneLines: @escaping @Sendable () async -> Void = {},
        lookUp: @escaping @Sendable (AttachmentID) async -> VendorAnswer = { _ in .http(500) },
        delete: @escaping @Sendable (AttachmentID, Int) async -> VendorAnswer = { _, _ in .http(400) },
        chats: @escaping @Sendable (String?) -> Listing<ChatObservation> = { _ in Listing(answer: .http(500)) },
        chat: @escaping @Sendable (ChatID) -> Listing<ChatObservation> = { _ in Listing(answer: .http(404, code: 2004))
        },
        messages: @escaping @Sendable (String?) -> Listing<ListedMessage> = { _ in Listing(answer: .http(500)) }
    ) {
        self.lines = lines
        self.onPhoneLines = onPhoneLines
        onLookUp = lookUp
        onDelete = delete
        onChats = chats
        onChat = chat
        onMessages = messages
    }

    /// Every DELETE that was sent, in order.
    var deletes: [AttachmentID] { sent.withLock { $0 } }

    func delete(_ id: AttachmentID) async -> VendorAnswer {
        let number = sent.withLock {
            $0.append(id)
            return $0.count
        }
        return await onDelete(id, number)
    }

    func lookUp(_ id: AttachmentID) async -> AttachmentLookup { AttachmentLookup(answer: await onLookUp(id)) }
    func head(_ url: DownloadURL) async -> VendorAnswer { .http(500) }

    func phoneLines() async -> Listing<PhoneLine> {
        await onPhoneLines()
        return Listing(answer: .http(200), elements: lines, isComplete: true)
    }

    func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
        onChats(cursor)
    }

    func chat(_ id: ChatID) async -> Listing<ChatObservation> { onChat(id) }
    func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> { onMessages(cursor) }
    func upload(
        _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
    ) async -> UploadAnswer { UploadAnswer(answer: .http(500)) }
}

/// A vendor that is asked for little: whatever a test does not write down is answered with 500.
protocol QuietVendor: VendorAPI {}

extension QuietVendor {
    func head(_ url: DownloadURL) async -> VendorAnswer { .http(500) }
    func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
        Listing(answer: .http(500))
    }

    func chat(_ id: ChatID) async -> Listing<ChatObservation> { Listing(answer: .http(500)) }
    func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> { Listing(answer: .http(500)) }
    func upload(
        _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
    ) async -> UploadAnswer { UploadAnswer(answer: .http(500)) }
}

extension TestWorkspace {
    /// A vendor of this account's numbers.
    func scripted(
        delete: @escaping @Sendable (AttachmentID, Int) async -> VendorAnswer = { _, _ in .http(204) },
        lookUp: @escaping @Sendable (AttachmentID) async -> VendorAnswer = { _ in .http(500) },
        onPhoneLines: @escaping @Sendable () async -> Void = {}
    ) throws -> ScriptedVendor {
        ScriptedVendor(
            lines: try Self.lines.map { try PhoneLine($0) }, onPhoneLines: onPhoneLines, lookUp: lookUp, delete: delete)
    }
}
