package import Domain
internal import GRDB

/// An attachment that a request concerns.
package struct ErasureCandidate: Sendable, Equatable {
    package let attachment: Attachment
    /// How many other data subjects received it from us, or sent it themselves.
    package let sharedWith: Int
    /// Some recipient is unknown: never to be called unshared.
    package let recipientUnknown: Bool
    /// A plan of the request lists it, and it would be in none that is made of what is known now.
    package var isOutOfScope = false
    /// The chats whose members are not all known, so that it cannot be said who received it.
    package let unknownChats: Set<ChatID>
}

extension ErasureCandidate {
    package static let recipientUnknownGround = "recipient_unknown"

    /// Why it stays unless a person decides otherwise: others received it, or it is not known who did.
    package func withheld(unlessIncludedBy request: ErasureRequest) -> Withholding? {
        if sharedWith > 0, !request.included.contains(.others) {
            return Withholding(outcome: .withheldShared, ground: "shared with \(sharedWith)")
        }
        if recipientUnknown, !request.included.contains(isOutOfScope ? .outOfScope : .unknownRecipients) {
            return Withholding(outcome: .withheldShared, ground: Self.recipientUnknownGround)
        }
        return nil
    }
}

/// What the inventory can and cannot say of a person.
package struct ErasureCoverage: Sendable, Equatable {
    package let chats: Int
    /// Live attachments of the whole account that may have gone to anyone.
    package let recipientUnknown: Int
    /// Media items without an attachment id in the person's chats.
    package let unaddressable: Int
    /// Media items without an attachment id whose chat is not known.
    package let unaddressableElsewhere: Int
    /// Those of the person's chats that cannot be read, by the message or event that has them.
    package let unreadable: [UnreadableParts]
}

extension InventoryStore {
    /// Everything of a person within `scope` that is not gone, by id. `subjects` are the person's pseudonyms, one a handle.
    package func erasureCandidates(
        subjects: [SubjectPseudonym], scope: ErasureRequest.Scope
    ) throws(LetheError) -> [ErasureCandidate] {
        try read { try Self.erasureCandidates(subjects, scope: scope, in: $0) }
    }

    static func erasureCandidates(
        _ subjects: [SubjectPseudonym], scope: ErasureRequest.Scope, in database: Database
    ) throws -> [ErasureCandidate] {
        let keys = list(try subjectKeys(subjects, in: database))
        let reader = try AttachmentReader(database, people: true)
        let rows = try Prepared(
            database,
            """
            SELECT \(AttachmentReader.columns) FROM attachment a
            WHERE a.state <> 1 AND a.key IN (\(attachmentsOf)) ORDER BY a.id
            """)
        try rows.bind(all: [keys, keys])
        var rosters = try Rosters(database)
        var found: [ErasureCandidate] = []
        while try rows.step() {
            let attachment = try reader.candidate(rows).attachment
            if let one = try rosters.candidate(attachment, of: Set(subjects), scope) { found.append(one) }
        }
        return found
    }

    /// One attachment as the request concerns it now; `nil` = it is not of this person, as far as is known today. `wasListed`: a plan
    /// of the request lists it, so that it may be theirs all the same.
    package func erasureCandidate(
        _ id: AttachmentID, subjects: [SubjectPseudonym], scope: ErasureRequest.Scope, wasListed: Bool = false
    ) throws(LetheError) -> ErasureCandidate? {
        try read { database in
            let reader = try AttachmentReader(database, people: true)
            let row = try Prepared(database, "SELECT \(AttachmentReader.columns) FROM attachment a WHERE a.id = ?")
            try row.bind(1, id)
            guard try row.step() else { return nil }
            let attachment = try reader.candidate(row).attachment
            var rosters = try Rosters(database)
            return try rosters.candidate(attachment, of: Set(subjects), scope, wasListed: wasListed)
        }
    }

    /// What plans of a request list, but for one of them. Rows that are not those of their plan's digest are nobody's list.
    package func listed(by request: RequestID, besides plan: PlanID? = nil) throws(LetheError) -> Set<AttachmentID> {
        var listed: Set<AttachmentID> = []
        for summary in try plans() where summary.request == request && summary.id != plan {
            guard try isWhole(summary.id) else { continue }
            let ids = try read { database in
                try database.all(
                    "SELECT i.attachment FROM plan p JOIN plan_item i ON i.plan = p.key WHERE p.id = ?", summary.id
                ) { row -> AttachmentID? in row.vendorID(0) }
            }
            listed.formUnion(ids.compactMap { $0 })
        }
        return listed
    }

    /// Those of whom nothing was ever seen: no message, no chat.
    package func unseen(_ subjects: [SubjectPseudonym]) throws(LetheError) -> [SubjectPseudonym] {
        try read { database in
            try subjects.filter { subject in
                let keys = try Self.subjectKeys([subject], in: database)
                return try keys.allSatisfy { key in
                    try database.first(
                        """
                        SELECT 1 WHERE EXISTS (SELECT 1 FROM chat_member WHERE subject = ?1)
                            OR EXISTS (SELECT 1 FROM sighting WHERE chat IS NULL AND sender = ?1)
                        """, key
                    ) { $0.int(0) } == nil
                }
            }
        }
    }

    package func chats(of subjects: [SubjectPseudonym]) throws(LetheError) -> [ChatID] {
        try read { database in
            let keys = Self.list(try Self.subjectKeys(subjects, in: database))
            return try database.all(
                "SELECT DISTINCT chat FROM chat_member WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY chat",
                keys
            ) {
                guard let id: ChatID = $0.vendorID(0) else { throw StoreErrors.impossible("chat") }
                return id
            }
        }
    }

    /// Some chats of one of our numbers.
    package func chats(on line: PhoneLine, limit: Int) throws(LetheError) -> [ChatID] {
        try read { database in
            try database.all("SELECT id FROM chat WHERE line = ? ORDER BY id LIMIT ?", line, limit) {
                guard let id: ChatID = $0.vendorID(0) else { throw StoreErrors.impossible("chat") }
                return id
            }
        }
    }

    package func erasureCoverage(subjects: [SubjectPseudonym]) throws(LetheError) -> ErasureCoverage {
        try read { database in
            let keys = Self.list(try Self.subjectKeys(subjects, in: database))
            let chats = "SELECT chat FROM chat_member WHERE subject IN (SELECT value FROM json_each(?))"
            func count(_ sql: String, of keys: String...) throws -> Int {
                let row = try Prepared(database, sql)
                try row.bind(all: keys)
                return try row.step() ? row.count(0) : 0
            }
            return ErasureCoverage(
                chats: try count("SELECT count(DISTINCT chat) FROM (\(chats))", of: keys),
                recipientUnknown: try count(
                    "SELECT count(*) FROM attachment a WHERE a.state = 0 AND \(People.anyUnknown)"),
                unaddressable: try count(
                    "SELECT coalesce(sum(things), 0) FROM residue WHERE chat IN (\(chats))", of: keys),
                unaddressableElsewhere: try count("SELECT coalesce(sum(things), 0) FROM residue WHERE chat IS NULL"),
                unreadable: try database.all(
                    "SELECT origin, chat, unreadable FROM residue WHERE unreadable > 0 AND chat IN (\(chats)) ORDER BY 1",
                    keys
                ) {
                    guard let message: MessageID = $0.vendorID(0), let chat: ChatID = $0.vendorID(1) else {
                        throw StoreErrors.impossible("part without an id")
                    }
                    return UnreadableParts(message: message, chat: chat, parts: $0.count(2))
                })
        }
    }
}

/// Who is in a chat, looked up once each.
struct Rosters {
    struct Roster {
        var isGroup: Bool?
        var isKnown: Bool
        /// It is a group, and was told of as direct: what we sent there then was sent to one of them.
        var wasDirect = false
        var members: Set<SubjectPseudonym>

        /// A direct chat has one other member: of two that were told one is wrong.
        var isCertain: Bool { isKnown && !wasDirect && (isGroup != false || members.count == 1) }
    }

    private let chat: Prepared
    private let members: Prepared
    private var known: [ChatID: Roster] = [:]

    init(_ database: Database) throws {
        chat = try Prepared(
            database, "SELECT is_group, \(People.recipientsKnown), \(People.wasDirect) FROM chat c WHERE c.id = ?")
        members = try Prepared(
            database, "SELECT s.pseudonym FROM chat_member m JOIN identity s ON s.key = m.subject WHERE m.chat = ?")
    }

    /// `nil` = no sighting makes it the person's, and no plan has listed it.
    mutating func candidate(
        _ attachment: Attachment, of person: Set<SubjectPseudonym>, _ scope: ErasureRequest.Scope,
        wasListed: Bool = false
    ) throws -> ErasureCandidate? {
        var concern = Concern.none
        var others: Set<SubjectPseudonym> = []
        var unknown: Set<ChatID> = []
        for sighting in attachment.sightings {
            concern = max(concern, try self.concern(sighting, person, scope))
            others.formUnion(try receivers(of: sighting).subtracting(person))
            if let chat = sighting.chat, try !roster(of: chat).isKnown { unknown.insert(chat) }
        }
        guard concern > .none || wasListed else { return nil }
        return ErasureCandidate(
            attachment: attachment, sharedWith: others.count,
            recipientUnknown: attachment.hasUnknownRecipient || concern < .certain, isOutOfScope: concern == .none,
            unknownChats: unknown)
    }

    /// Whether an attachment is the person's. What may be theirs is listed, and withheld until a person decides.
    enum Concern: Comparable {
        case none, possible, certain
    }

    /// Whether a sighting makes its attachment the person's, under this scope.
    mutating func concern(
        _ sighting: Sighting, _ person: Set<SubjectPseudonym>, _ scope: ErasureRequest.Scope
    ) throws -> Concern {
        if let sender = sighting.sender, person.contains(sender) { return .certain }
        guard let id = sighting.chat else { return .none }
        let roster = try roster(of: id)
        let isIn = !roster.members.isDisjoint(with: person)
        let isAlone = roster.isKnown && !roster.members.isEmpty && roster.members.isSubset(of: person)
        // Who sent it is not known, or told in two ways: in a direct chat nobody else can have.
        if sighting.message != nil, sighting.direction != .outbound, sighting.sender == nil {
            return isAlone && roster.isGroup == false ? .certain : isIn ? .possible : .none
        }
        switch scope {
        // What we sent, where nobody else can have received it.
        case .sentBySubject:
            guard sighting.direction == .outbound else { return .none }
            return isAlone ? .certain : isIn && !roster.isCertain ? .possible : .none
        // Everything in a direct chat; in a group what we sent, never what other people did.
        case .conversation:
            return isIn && (sighting.direction == .outbound || roster.isGroup == false) ? .certain : .none
        }
    }

    /// Whom we sent it to, or who sent it; where its messages contradict each other about that, all of them.
    mutating func receivers(of sighting: Sighting) throws -> Set<SubjectPseudonym> {
        let sender: Set<SubjectPseudonym> = sighting.sender.map { [$0] } ?? []
        guard sighting.direction != .inbound, let id = sighting.chat else { return sender }
        return sender.union(try roster(of: id).members)
    }

    private mutating func roster(of id: ChatID) throws -> Roster {
        if let roster = known[id] { return roster }
        try chat.bind(1, id)
        var roster = Roster(isGroup: nil, isKnown: false, members: [])
        if try chat.step() {
            roster.isGroup = chat.int(0).map { $0 == 1 }
            roster.isKnown = chat.bool(1)
            roster.wasDirect = chat.bool(2)
            chat.reset()
        }
        try members.bind(1, id)
        while try members.step() {
            if let one = members.bytes(0).flatMap({ SubjectPseudonym(bytes: $0) }) { roster.members.insert(one) }
        }
        known[id] = roster
        return roster
    }
}
