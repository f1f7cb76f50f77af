import Domain

/// What the `parts` of a message hold for an inventory (linq-api, section 6.2): the same in webhooks, listings and send
/// responses. URLs are looked at and dropped; texts are not looked at.
struct MessageParts {
    var attachments: [ObservedAttachment] = []
    /// Media items with a URL and no attachment id: they cannot be deleted through the API.
    var unaddressable = 0
    /// Parts of a type that is not known here, and that name no file.
    var unknown = 0
    /// Parts that name a file in a way that cannot be read, or are no objects: whoever looks for everything of a person has not
    /// seen all.
    var unreadable = 0

    /// Absent, `null` and empty parts are alike. One odd part costs that part and no other.
    init(_ parts: JSONValue?) {
        guard let parts else { return }
        guard let list = parts.elements else {
            unreadable = 1
            return
        }
        for part in list {
            read(part)
            for reaction in part["reactions"]?.elements ?? [] {
                count(reaction["sticker"]?["url"])
            }
        }
    }

    private mutating func read(_ part: JSONValue) {
        guard part.isObject else {
            unreadable += 1
            return
        }
        switch part["type"]?.string {
        case "media": readFile(part, source: .message)
        case "text":
            guard let stickers = part["inline_stickers"] else { return }
            guard let list = stickers.elements else {
                unreadable += 1
                return
            }
            for sticker in list { readFile(sticker, source: .sticker) }
        case "link": break
        case "imessage_app": count(part["layout"]?["image_url"])
        case "app_clip": count(part["image_url"])
        default:
            let namesFile = ["id", "attachment_id", "url"].contains { part[$0] != nil }
            if namesFile { unreadable += 1 } else { unknown += 1 }
        }
    }

    /// A part whose attachment was deleted keeps its place in the message: without an id there is nothing left to hold.
    private mutating func readFile(_ file: JSONValue, source: AttachmentSource) {
        guard file.isObject else {
            unreadable += 1
            return
        }
        guard let id = file["id"] else {
            if ["attachment_id", "attachment", "file"].contains(where: { file[$0] != nil }) {
                unreadable += 1
            } else {
                count(file["url"])
            }
            return
        }
        guard let attachment = try? ObservedAttachment(file, id: id, source: source) else {
            unreadable += 1
            return
        }
        attachments.append(attachment)
    }

    private mutating func count(_ url: JSONValue?) {
        if let url = url?.string, !url.isEmpty { unaddressable += 1 }
    }
}

extension ObservedAttachment {
    /// A media part, an inline sticker or the inner `voice_memo` of a voice-memo response.
    init(_ file: JSONValue, id: JSONValue, source: AttachmentSource) throws(LetheError) {
        self.init(
            id: try id.uuid("an attachment id"), source: source,
            mime: file["mime_type"]?.string?.lowercased(),
            size: file["size_bytes"]?.integer.flatMap { $0 < 0 ? nil : $0 },
            layout: file["url"]?.string.map { URLLayout(of: $0) })
    }
}

extension JSONValue {
    /// An id of the vendor's; throws `invalid-id`, which names what it should have been and not what it was.
    func uuid<Kind: IdentifierKind>(_ name: StaticString) throws(LetheError) -> VendorID<Kind> {
        guard let text = string, let id = try? VendorID<Kind>(text) else {
            throw LetheError("invalid-id", .unreadable, "\(name) is no UUID")
        }
        return id
    }

    /// As `uuid`, for a member that must be there: throws `missing-field` where it is absent or `null`.
    func requiredUUID<Kind: IdentifierKind>(_ key: StaticString) throws(LetheError) -> VendorID<Kind> {
        guard let value = self[key] else {
            throw LetheError("missing-field", .unreadable, "\(key) is missing")
        }
        return try value.uuid(key)
    }

    func optionalUUID<Kind: IdentifierKind>(_ key: StaticString) throws(LetheError) -> VendorID<Kind>? {
        guard let value = self[key] else { return nil }
        return try value.uuid(key)
    }
}
