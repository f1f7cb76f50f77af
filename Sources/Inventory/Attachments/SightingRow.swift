internal import Domain

/// A sighting as it is stored, and how two tellings of it become one. Every rule is commutative, associative and
/// idempotent, so the order and number of deliveries never matter.
struct SightingRow: Equatable {
    /// `nil` is an empty blob: an upload that no message has used.
    var message: MessageID?
    var source: AttachmentSource
    var chat: ChatID?
    var line: PhoneLine?
    var direction: Direction?
    /// A row of `subject`.
    var sender: Int64?
    var mime: String?
    var size: Int64?
    var sentAt: Timestamp?
    var firstEnvelope: Timestamp?
    var reconciledAt: Timestamp?
    var contradicted: Contradictions = []

    init(_ message: MessageObservation, _ attachment: ObservedAttachment, sender: Int64?) {
        self.message = message.message
        source = attachment.source
        chat = message.chat
        line = message.line
        direction = message.direction
        self.sender = sender
        mime = attachment.mime.flatMap(MediaType.canonical)
        size = Sighting.plausible(size: attachment.size)
        sentAt = message.sentAt
        firstEnvelope = message.envelopeTime?.plausible
        reconciledAt = message.reconciledAt?.plausible
    }

    init(_ row: Prepared, message: MessageID?, source: AttachmentSource) {
        self.message = message
        self.source = source
        chat = row.vendorID(0)
        line = row.int(1).flatMap { try? PhoneLine("+\($0)") }
        direction = Direction(code: row.int(2))
        sender = row.int(3)
        mime = row.text(4)
        size = Sighting.plausible(size: row.int(5))
        sentAt = row.time(6)
        firstEnvelope = row.time(7)?.plausible
        reconciledAt = row.time(8)?.plausible
        contradicted = Contradictions(rawValue: row.int(9) ?? 0)
    }

    /// The earliest sending, the earliest envelope, the latest recovery, the largest size. A chat, line, direction,
    /// sender or type of which two tellings differ is not known from then on, and stays so: which of them is true nobody can say.
    func merged(with other: SightingRow) -> SightingRow {
        var row = self
        row.contradicted.formUnion(other.contradicted)
        row.chat = row.contradicted.agreed(chat, other.chat, .chat)
        row.line = row.contradicted.agreed(line, other.line, .line)
        row.direction = row.contradicted.agreed(direction, other.direction, .direction)
        row.sender = row.contradicted.agreed(sender, other.sender, .sender)
        row.mime = row.contradicted.agreed(mime, other.mime, .mime)
        row.size = greatest(size, other.size)
        row.sentAt = least(sentAt, other.sentAt)
        row.firstEnvelope = least(firstEnvelope, other.firstEnvelope)
        row.reconciledAt = greatest(reconciledAt, other.reconciledAt)
        return row
    }
}

/// Facts of which two tellings of one message differed. Their column is null for good, so whatever asks for the fact takes
/// it for unknown: a hold or a promise to keep on any of the values covers it, and nothing deletes by one of them.
struct Contradictions: OptionSet, Equatable {
    let rawValue: Int64
    static let chat = Contradictions(rawValue: 1)
    static let line = Contradictions(rawValue: 2)
    static let direction = Contradictions(rawValue: 4)
    static let sender = Contradictions(rawValue: 8)
    static let mime = Contradictions(rawValue: 16)

    /// What both say, or the one that says anything; `nil` and noted where they differ now or did before.
    mutating func agreed<Value: Equatable>(_ left: Value?, _ right: Value?, _ fact: Contradictions) -> Value? {
        if let left, let right, left != right { insert(fact) }
        return contains(fact) ? nil : left ?? right
    }
}

/// The smaller of two, where an unknown is none.
func least<Value: Comparable>(_ left: Value?, _ right: Value?) -> Value? {
    guard let left, let right else { return left ?? right }
    return min(left, right)
}

/// The larger of two, where an unknown is none.
func greatest<Value: Comparable>(_ left: Value?, _ right: Value?) -> Value? {
    guard let left, let right else { return left ?? right }
    return max(left, right)
}
