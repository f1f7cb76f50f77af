import Domain

/// Stands where a command works without the vendor: every call answers that nothing was sent.
struct NoVendor: VendorAPI {
    private let none = VendorAnswer(.failure(.connectionRefused))

    func delete(_ id: AttachmentID) async -> VendorAnswer { none }
    func lookUp(_ id: AttachmentID) async -> AttachmentLookup { AttachmentLookup(answer: none) }
    func head(_ url: DownloadURL) async -> VendorAnswer { none }
    func phoneLines() async -> Listing<PhoneLine> { Listing(answer: none) }
    func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation> {
        Listing(answer: none)
    }
    func chat(_ id: ChatID) async -> Listing<ChatObservation> { Listing(answer: none) }
    func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage> { Listing(answer: none) }
    func upload(
        _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
    ) async -> UploadAnswer { UploadAnswer(answer: none) }
}
