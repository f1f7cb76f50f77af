package import Domain
package import Inventory
import Rules

/// What a hold takes in of the inventory as it is now: a hold on a mistyped number holds nothing, and whoever placed it
/// must hear of that.
package struct HoldCoverage: Sendable, Equatable {
    /// Attachments at the vendor, as far as is known, that it covers.
    package private(set) var attachments = 0
    /// What about its scope was never seen; without personal data.
    package private(set) var doubts: [String] = []

    /// Reads the whole inventory, but for a hold on one attachment.
    package init(of hold: LegalHold, in inventory: InventoryStore) throws(LetheError) {
        if case .attachment(let id) = hold.scope {
            let attachment = try inventory.attachment(id)
            attachments = attachment.map { $0.state != .gone } ?? false ? 1 : 0
            if attachment == nil { doubts.append("attachment \(id) was never seen") }
        } else {
            try walk(hold, inventory)
        }
        if attachments == 0, doubts.isEmpty { doubts.append("it covers no attachment now") }
    }

    private mutating func walk(_ hold: LegalHold, _ inventory: InventoryStore) throws(LetheError) {
        var asked: Set<SubjectPseudonym> = []
        if case .subject(let subjects) = hold.scope { asked = Set(subjects) }
        var seenPeople: Set<SubjectPseudonym> = []
        var isPlaceSeen = false
        var covered = 0
        try inventory.forEachAttachment(includingGone: true, people: !asked.isEmpty) { candidate in
            let attachment = candidate.attachment
            if attachment.state != .gone, hold.covers(attachment) { covered += 1 }
            if !isPlaceSeen { isPlaceSeen = attachment.sightings.contains { hold.scope.names($0) } }
            if !asked.isEmpty, let people = attachment.participants {
                seenPeople.formUnion(asked.intersection(people.union(attachment.sightings.compactMap(\.sender))))
            }
            return true
        }
        attachments = covered
        switch hold.scope {
        case .line(let line) where !isPlaceSeen: doubts.append("no attachment was ever seen on line \(line)")
        case .chat(let chat) where !isPlaceSeen: doubts.append("no attachment was ever seen in chat \(chat)")
        case .subject(let subjects) where seenPeople.count < asked.count:
            doubts.append(
                "\(asked.count - seenPeople.count) of \(subjects.count) handles are of nobody who was ever seen with an attachment"
            )
        default: break
        }
    }
}

extension LegalHold.Scope {
    /// The sighting is in the very line or chat.
    fileprivate func names(_ sighting: Sighting) -> Bool {
        switch self {
        case .line(let line): sighting.line == line
        case .chat(let chat): sighting.chat == chat
        default: false
        }
    }
}
