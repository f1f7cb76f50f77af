/// The vendor, as the workflows see it. Two real implementations: the HTTP client, and the scripted vendor of the
/// simulation tests. No call throws: what went wrong is in the answer.
package protocol VendorAPI: Sendable {
    /// One DELETE, one request on the wire; never retried below this call.
    func delete(_ id: AttachmentID) async -> VendorAnswer
    func lookUp(_ id: AttachmentID) async -> AttachmentLookup
    /// HEAD of a download URL that `lookUp` gave; kept in memory only.
    func head(_ url: DownloadURL) async -> VendorAnswer
    func phoneLines() async -> Listing<PhoneLine>
    /// One page of `GET /v3/chats`.
    func chats(of handle: Handle?, on line: PhoneLine?, cursor: String?) async -> Listing<ChatObservation>
    /// `GET /v3/chats/{id}`: one element, with everybody who is or was in it.
    func chat(_ id: ChatID) async -> Listing<ChatObservation>
    /// One page of `GET /v3/chats/{id}/messages`.
    func messages(in chat: ChatID, cursor: String?) async -> Listing<ListedMessage>
    /// POST and PUT of a tiny attachment of our own, for the drill. `mayGoOn` hears the id that the vendor gave before the
    /// bytes leave, and may keep them here.
    func upload(
        _ bytes: [UInt8], mime: String, name: String, mayGoOn: @Sendable (AttachmentID) -> Bool
    ) async -> UploadAnswer
}

/// One page, or the answer that stood in its way.
package struct Listing<Element: Sendable>: Sendable {
    package var answer: VendorAnswer
    package var elements: [Element]
    package var nextCursor: String?
    /// The page was read whole: 200 and every element decoded.
    package var isComplete: Bool

    package init(answer: VendorAnswer, elements: [Element] = [], nextCursor: String? = nil, isComplete: Bool = false) {
        self.answer = answer
        self.elements = elements
        self.nextCursor = nextCursor
        self.isComplete = isComplete
    }
}

/// A message as a listing gives it, with what it holds that has no id.
package struct ListedMessage: Sendable, Hashable {
    package var observation: MessageObservation
    /// Media items with a URL and no attachment id: they cannot be deleted through the API.
    package var unaddressable: Int
    package var unknownParts: Int
    /// Parts that name a file in a way that cannot be read.
    package var unreadableParts: Int

    package init(
        observation: MessageObservation, unaddressable: Int = 0, unknownParts: Int = 0, unreadableParts: Int = 0
    ) {
        self.observation = observation
        self.unaddressable = unaddressable
        self.unknownParts = unknownParts
        self.unreadableParts = unreadableParts
    }
}

/// The answer of `GET /v3/attachments/{id}`.
package struct AttachmentLookup: Sendable {
    package var answer: VendorAnswer
    /// Where the answer was a 200.
    package var found: ObservedAttachment?
    package var url: DownloadURL?

    package init(answer: VendorAnswer, found: ObservedAttachment? = nil, url: DownloadURL? = nil) {
        self.answer = answer
        self.found = found
        self.url = url
    }
}

package struct UploadAnswer: Sendable {
    package var answer: VendorAnswer
    package var id: AttachmentID?

    package init(answer: VendorAnswer, id: AttachmentID? = nil) {
        self.answer = answer
        self.id = id
    }
}

/// A signed URL in memory; it prints as `(url)` wherever it ends up.
package struct DownloadURL: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package let secret: String

    package init(_ secret: String) {
        self.secret = secret
    }

    package var description: String { "(url)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
