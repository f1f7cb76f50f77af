package import Domain

extension LegalHold {
    /// The hold's scope takes this attachment in, or it cannot be known that it does not.
    ///
    /// A line or chat hold also covers whatever has no known line or chat, a subject hold whatever may concern anyone:
    /// participants that were not loaded, an unknown recipient, a chat that is not known or whose members are not.
    package func covers(_ attachment: Attachment) -> Bool {
        switch scope {
        case .all: true
        case .attachment(let id): id == attachment.id
        case .chat(let chat): attachment.sightings.contains { $0.chat == chat } || attachment.lacks(\.chat)
        case .line(let line): attachment.sightings.contains { $0.line == line } || attachment.lacks(\.line)
        case .subject(let subjects): Self.concerns(subjects, attachment)
        }
    }

    private static func concerns(_ subjects: [SubjectPseudonym], _ attachment: Attachment) -> Bool {
        guard let participants = attachment.participants, !attachment.hasUnknownRecipient,
            !attachment.mayHaveSilentMember, !attachment.lacks(\.chat)
        else { return true }
        return subjects.contains { subject in
            participants.contains(subject) || attachment.sightings.contains { $0.sender == subject }
        }
    }
}

extension Attachment {
    /// No sighting gives the fact, or one in a message does not: where that message was is not known. An upload has
    /// neither line nor chat by nature and does not count as long as a message gives them.
    fileprivate func lacks<Value>(_ fact: KeyPath<Sighting, Value?>) -> Bool {
        var isKnown = false
        for sighting in sightings {
            if sighting[keyPath: fact] != nil { isKnown = true } else if sighting.source != .upload { return true }
        }
        return !isKnown
    }
}
