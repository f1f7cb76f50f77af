import Domain
import Inventory

/// What a drill uploads. From the moment that the vendor named it until it is gone, a bookmark of the inventory has its id and
/// its size: `32 hex digits with dashes`, a space, bytes.
struct DrillUpload: Sendable, Equatable {
    let id: AttachmentID
    /// Bytes.
    let size: Int64

    static let mime = "text/plain"
    private static let bookmark = "drill"

    init(id: AttachmentID, size: Int64) {
        self.id = id
        self.size = size
    }

    /// The one item of a drill's plan that is in the log.
    init?(_ record: PlanRecord) {
        guard record.plan.kind == .drill, record.isRecorded, record.isWhole, let item = record.plan.items.first,
            let size = item.size
        else { return nil }
        self.init(id: item.attachment, size: size)
    }

    /// Of a length that hardly any other file has: by it the vendor's answer is told from somebody else's file.
    static func bytes() -> [UInt8] {
        Array("a drill of lethe: this file deletes itself\n".utf8)
            + [UInt8](repeating: UInt8(ascii: "."), count: .random(in: 0..<60_000))
    }

    func note(in inventory: InventoryStore) throws(LetheError) {
        try inventory.setBookmark(Self.bookmark, to: "\(id) \(size)")
    }

    static func forget(in inventory: InventoryStore) throws(LetheError) {
        try inventory.setBookmark(bookmark, to: nil)
    }

    /// What a drill uploaded that is not known to be gone.
    static func left(in inventory: InventoryStore) throws(LetheError) -> DrillUpload? {
        guard let words = try inventory.bookmark(bookmark)?.split(separator: " "), words.count == 2,
            let id = try? AttachmentID(String(words[0])), let size = Int64(words[1])
        else { return nil }
        guard let state = try inventory.attachment(id)?.state, state != .live else {
            return DrillUpload(id: id, size: size)
        }
        try forget(in: inventory)
        return nil
    }

    /// In the inventory, as any upload that no message has used.
    func record(in inventory: InventoryStore, at now: Timestamp) throws(LetheError) {
        let observed = ObservedAttachment(id: id, source: .upload, mime: Self.mime, size: size)
        _ = try inventory.record([Delivery(messages: [MessageObservation(attachments: [observed])])], now: now)
    }

    func isShown(by lookUp: AttachmentLookup) -> Bool {
        guard let file = lookUp.found else { return false }
        return file.id == id && file.size == size && file.mime.flatMap(MediaType.canonical) == Self.mime
    }

    /// What the vendor names as the upload is deleted: it must be nobody's.
    static func refuseKnown(_ id: AttachmentID, _ context: RunContext) throws(LetheError) {
        guard try context.inventory.attachment(id) != nil else { return try refuseHeld(id, context) }
        throw LetheError(
            "drill-known-id", .failed, "the vendor gave the drill an attachment that is in the inventory: \(id)",
            hint: "nothing was deleted; tell Linq's support, and do not trust this endpoint")
    }

    /// As above for one that is on record as the drill's own: no message has named it since.
    func refuseForeign(_ context: RunContext) throws(LetheError) {
        guard try context.inventory.attachment(id).map({ $0.isUnusedUpload }) ?? true else {
            throw LetheError(
                "drill-known-id", .failed, "a message names the attachment of the drill: \(id)",
                hint: "nothing was deleted; see: lethe inventory show \(id)")
        }
        try Self.refuseHeld(id, context)
    }

    private static func refuseHeld(_ id: AttachmentID, _ context: RunContext) throws(LetheError) {
        let holds = try context.inventory.activeHolds(at: context.time.now())
        guard let hold = holds.first(where: { $0.scope == .attachment(id) }) else { return }
        throw LetheError(
            "drill-known-id", .failed, "hold \(hold.id) names the attachment of the drill: \(id)",
            hint: "nothing was deleted; see: lethe hold list")
    }
}

extension Attachment {
    /// No message is known to have used it.
    var isUnusedUpload: Bool { sightings.allSatisfy { $0.source == .upload && $0.message == nil } }
}
