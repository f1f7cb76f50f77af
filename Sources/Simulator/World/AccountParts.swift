package import Domain

/// One customer of the vendor: what its keys may see ends where the other's begins.
package struct SimulatedPartner: Sendable {
    /// The `partner_id` of webhooks and of persistent URLs.
    package var id: String
    package var keys: [String]

    /// The account of `lethe simulate`, key `sim-key`.
    package static let first = SimulatedPartner(id: "34296a83-d4a8-442a-a7f8-c874e6b9197d", keys: ["sim-key"])
    /// Somebody else's account on the same vendor, key `other-key`: for tests of ownership.
    package static let second = SimulatedPartner(id: "7c1d3f0e-52b4-4a43-9d0e-2f6a8c5b1e90", keys: ["other-key"])
}

/// What the vendor was told to do with a line's files.
package enum LineRegime: String, CaseIterable, Sendable {
    /// Kept until DELETE.
    case persistent
    /// Bytes and metadata removed 24 hours after creation, URLs signed for 15 minutes.
    case ephemeral
    /// Zero-day retention: messages come without parts and nothing is kept.
    case zeroRetention = "zero_retention"
}

/// A file as it came in: what a part and the metadata say of it.
package struct SimulatedFile: Sendable, Equatable {
    package var name: String
    package var mime: String
    /// Bytes.
    package var size: Int64
}

/// The truth about one attachment at the vendor.
package enum SimulatedState: String, CaseIterable, Sendable {
    /// Asked for by `POST /v3/attachments`, and no byte of it has come.
    case pending
    case live
    /// A DELETE took effect.
    case deleted
    /// The ephemeral tier removed it.
    case expired
}

/// One DELETE as the vendor saw it, whatever the client was told.
package struct DeleteRecord: Sendable, Equatable {
    package var id: String
    /// What was answered; `nil` where no whole answer was sent.
    package var status: Int?
    /// The attachment went away by this very request.
    package var tookEffect: Bool
    /// The fault that was played, as its specification names it.
    package var fault: String?
    package var at: Timestamp
}

/// A line, in the order of the phone-number listing.
struct Line {
    var id: UInt128
    var number: String
    var regime: LineRegime
    var partner: Int
}

struct Member {
    /// As the API spells it: a number or a mail address.
    var handle: String
    var joined: Timestamp
    var left: Timestamp?
}

struct Chat {
    var id: ChatID
    var line: Int
    var created: Timestamp
    var updated: Timestamp
    var members: [Member]
    var isGroup: Bool
    var messages: [Int32] = []
}

enum Part {
    case text(String)
    /// The place of the attachment in the world's list.
    case media(Int32)
}

struct Message {
    var id: MessageID
    var chat: Int32
    /// The place in the chat's members; `nil` = we sent it.
    var sender: Int16?
    /// `sent_at`.
    var sent: Timestamp
    var parts: [Part]
}

struct StoredFile {
    var id: AttachmentID
    var partner: UInt8
    /// An upload names no line and is persistent (linq-api, section 13).
    var isEphemeral: Bool
    var isPending: Bool
    var line: Int32?
    var created: Timestamp
    /// 404 with code 2007 until then.
    var readyAt: Timestamp
    var deletedAt: Timestamp?
    var file: SimulatedFile
}
