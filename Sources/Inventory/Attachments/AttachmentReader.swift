internal import Domain
internal import GRDB

/// Reads attachments with their sightings inside one transaction: no Codable, no dictionary of columns, no string that
/// can be avoided.
final class AttachmentReader {
    /// The first columns of every query over `attachment a` that this reads.
    static let columns = "a.key, a.id, a.api_created, a.layouts, a.tier_drift, a.state, a.revision"
    static let columnCount: Int32 = 7

    private let sightings: Prepared
    private let participants: Prepared?
    private let unknown: Prepared?
    private let sender: Prepared?
    private let chatLine: Prepared
    private var lines: [Int64: PhoneLine] = [:]
    private var senders: [Int64: SubjectPseudonym] = [:]

    /// With `people` also senders, participants and unknown recipients: several more look-ups for each.
    init(_ database: Database, people: Bool) throws {
        func prepare(_ sql: String) throws -> Prepared { try Prepared(database, sql) }
        sightings = try prepare(Self.sightingsOf + " WHERE attachment = ? ORDER BY message, source")
        chatLine = try prepare("SELECT line FROM chat WHERE id = ?")
        sender = people ? try prepare("SELECT pseudonym FROM identity WHERE key = ?") : nil
        participants = people ? try prepare(Self.participantsOf) : nil
        unknown =
            people
            ? try prepare("SELECT \(People.anyUnknown), \(People.anySilent) FROM attachment a WHERE a.key = ?") : nil
    }

    static let sightingsOf = """
        SELECT message, source, chat, line, direction, mime, size, sent_at, first_envelope, reconciled_at, sender, attachment,
            contradicted
        FROM sighting
        """

    private static let participantsOf = """
        SELECT pseudonym FROM identity WHERE key IN (
            SELECT sender FROM sighting WHERE attachment = ?1 AND sender IS NOT NULL
            UNION SELECT m.subject FROM sighting g JOIN chat_member m ON m.chat = g.chat WHERE g.attachment = ?1)
        """

    /// The attachment of the current row, looked up with its sightings.
    func candidate(_ row: Prepared) throws -> Candidate {
        var candidate = try bare(row)
        defer { sightings.reset() }
        try sightings.bind(1, candidate.key)
        while try sightings.step() { candidate.attachment.sightings.append(try sighting(sightings)) }
        try addPeople(to: &candidate)
        return candidate
    }

    /// The attachment of the current row without its sightings.
    func bare(_ row: Prepared) throws -> Candidate {
        guard let key = row.int(0), let id: AttachmentID = row.vendorID(1),
            let state = AttachmentState(code: row.int(5))
        else { throw StoreErrors.impossible("attachment") }
        let attachment = Attachment(
            id: id, apiCreated: row.time(2),
            sawPersistentURL: SeenLayouts(rawValue: row.int(3) ?? 0).contains(.persistent),
            hasTierDrift: row.bool(4), state: state)
        return Candidate(key: key, revision: row.int(6) ?? 0, attachment: attachment)
    }

    /// The sighting of the current row of `sightingsOf`.
    func sighting(_ row: Prepared) throws -> Sighting {
        guard let source = AttachmentSource(code: row.int(1)) else { throw StoreErrors.impossible("sighting") }
        var sighting = Sighting(
            message: row.vendorID(0), chat: row.vendorID(2), direction: Direction(code: row.int(4)), source: source,
            mime: row.text(5), size: Sighting.plausible(size: row.int(6)), sentAt: row.time(7),
            firstEnvelope: row.time(8),
            reconciledAt: row.time(9))
        let contradicted = Contradictions(rawValue: row.int(12) ?? 0)
        let digits = try row.int(3) ?? (contradicted.contains(.line) ? nil : lineOfChat(sighting.chat))
        if let digits { sighting.line = try line(digits) }
        if let sender, let key = row.int(10) { sighting.sender = try pseudonym(key, sender) }
        return sighting
    }

    func addPeople(to candidate: inout Candidate) throws {
        guard let participants, let unknown else { return }
        try participants.bind(1, candidate.key)
        var people: Set<SubjectPseudonym> = []
        while try participants.step() {
            if let pseudonym = participants.bytes(0).flatMap({ SubjectPseudonym(bytes: $0) }) {
                people.insert(pseudonym)
            }
        }
        candidate.attachment.participants = people
        try unknown.bind(1, candidate.key)
        let isKnown = try unknown.step()
        candidate.attachment.hasUnknownRecipient = isKnown ? unknown.bool(0) : true
        candidate.attachment.mayHaveSilentMember = isKnown ? unknown.bool(1) : true
        unknown.reset()
    }

    /// For a message that did not name our number itself.
    private func lineOfChat(_ chat: ChatID?) throws -> Int64? {
        guard let chat else { return nil }
        try chatLine.bind(1, chat)
        defer { chatLine.reset() }
        return try chatLine.step() ? chatLine.int(0) : nil
    }

    private func line(_ digits: Int64) throws -> PhoneLine {
        if let line = lines[digits] { return line }
        let line = try PhoneLine("+\(digits)")
        lines[digits] = line
        return line
    }

    private func pseudonym(_ key: Int64, _ statement: Prepared) throws -> SubjectPseudonym? {
        if let known = senders[key] { return known }
        try statement.bind(1, key)
        let pseudonym = try statement.step() ? statement.bytes(0).flatMap { SubjectPseudonym(bytes: $0) } : nil
        statement.reset()
        if senders.count > 10_000 { senders.removeAll(keepingCapacity: true) }
        senders[key] = pseudonym
        return pseudonym
    }
}
