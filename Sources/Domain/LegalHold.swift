/// A standing order to keep, stronger than every rule and every erasure request.
package struct LegalHold: Sendable, Equatable {
    package enum Scope: Sendable, Equatable {
        /// Every attachment of every chat these pseudonyms are in, both directions, and whatever has an unknown recipient.
        case subject([SubjectPseudonym])
        case chat(ChatID)
        case line(PhoneLine)
        case attachment(AttachmentID)
        case all
    }

    package let id: HoldID
    package let scope: Scope
    package let placedAt: Timestamp
    package let placedBy: String
    package let reason: String
    /// First instant at which it no longer holds; `nil` = until released.
    package let until: Timestamp?
    package var releasedAt: Timestamp?

    package init(
        id: HoldID, scope: Scope, placedAt: Timestamp, placedBy: String, reason: String, until: Timestamp? = nil,
        releasedAt: Timestamp? = nil
    ) {
        self.id = id
        self.scope = scope
        self.placedAt = placedAt
        self.placedBy = placedBy
        self.reason = reason
        self.until = until
        self.releasedAt = releasedAt
    }

    /// In force at `now`.
    package func isActive(at now: Timestamp) -> Bool {
        guard releasedAt == nil else { return false }
        guard let until else { return true }
        return now < until
    }
}

extension LegalHold {
    /// The stored row holds the same, as long, and was not ended.
    package func stands(as stored: LegalHold?) -> Bool {
        guard let stored, stored.releasedAt == nil, stored.until == until else { return false }
        switch (scope, stored.scope) {
        case (.subject(let people), .subject(let others)): return Set(people) == Set(others)
        default: return scope == stored.scope
        }
    }
}

extension Sequence<LegalHold> {
    /// Those that are in force at `now` and that `stored` lacks or has in another form, by id, each with what is stored of it.
    package func lacking(in stored: [LegalHold], at now: Timestamp) -> [(hold: LegalHold, stored: LegalHold?)] {
        var known: [HoldID: LegalHold] = [:]
        for hold in stored { known[hold.id] = hold }
        return filter { $0.isActive(at: now) && !$0.stands(as: known[$0.id]) }.sorted { $0.id < $1.id }
            .map { ($0, known[$0.id]) }
    }
}

extension LegalHold.Scope: CustomStringConvertible {
    /// As the audit log records it: `subject:<64 hex>[,<64 hex>…]`, `chat:<uuid>`, `line:+…`, `attachment:<uuid>`, `all`.
    package var description: String {
        switch self {
        case .subject(let pseudonyms): "subject:" + pseudonyms.sorted().map(\.hex).joined(separator: ",")
        case .chat(let id): "chat:\(id)"
        case .line(let line): "line:\(line)"
        case .attachment(let id): "attachment:\(id)"
        case .all: "all"
        }
    }

    package init(_ text: String) throws(LetheError) {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count) {
        case ("all", 1): self = .all
        case ("chat", 2): self = .chat(try ChatID(parts[1]))
        case ("line", 2): self = .line(try PhoneLine(parts[1]))
        case ("attachment", 2): self = .attachment(try AttachmentID(parts[1]))
        case ("subject", 2):
            var pseudonyms: [SubjectPseudonym] = []
            for hex in parts[1].split(separator: ",") { pseudonyms.append(try SubjectPseudonym(hex: String(hex))) }
            self = .subject(pseudonyms)
        default: throw LetheError("invalid-hold-scope", .failed, "not the scope of a hold")
        }
    }
}
