package import Domain

/// One written rule: which attachments, how long they are kept, when they go, and why.
package struct Policy: Sendable, Equatable {
    /// `[a-z0-9-]{1,63}`, unique over all files.
    package let id: String
    package var title: String
    /// Shown to reviewers; with the ground `other` it carries the ground.
    package var why: String
    /// Numbers of ours; `nil` = partner-wide.
    package var lines: Set<PhoneLine>?
    package var match: Match
    package var startsFrom: Start
    /// Not deleted before: a promise to keep.
    package var retain: Period?
    /// Deleted from then on: a promise to remove.
    package var deleteAfter: Period?
    /// Makes `retain` stand against an erasure request.
    package var ground: LegalGround?
    /// May later only be lengthened or widened.
    package var isLocked: Bool
    /// Name of our own storage that gets a copy first.
    package var archive: String?

    /// The instant that both periods count from.
    package enum Start: String, CaseIterable, Codable, Sendable {
        case created
        case lastUsed = "last_used"
    }

    /// Every criterion must hold; `nil` = any.
    package struct Match: Sendable, Equatable {
        package var tier: Tier?
        package var direction: Direction?
        package var sources: Set<AttachmentSource>?
        package var mime: Set<MimePattern>?
        package var size: SizeRange?

        package var isEmpty: Bool { self == Match() }
    }

    /// Bytes: `atLeast` is in, `below` is out.
    package struct SizeRange: Sendable, Equatable {
        package var atLeast: Int64?
        package var below: Int64?

        package init(atLeast: Int64? = nil, below: Int64? = nil) {
            self.atLeast = atLeast
            self.below = below
        }

        package func contains(_ bytes: Int64) -> Bool { bytes >= (atLeast ?? .min) && bytes < (below ?? .max) }
    }

    package init(
        id: String, title: String, why: String, lines: Set<PhoneLine>? = nil, match: Match = Match(),
        startsFrom: Start = .created, retain: Period? = nil, deleteAfter: Period? = nil, ground: LegalGround? = nil,
        isLocked: Bool = false, archive: String? = nil
    ) {
        self.id = id
        self.title = title
        self.why = why
        self.lines = lines
        self.match = match
        self.startsFrom = startsFrom
        self.retain = retain
        self.deleteAfter = deleteAfter
        self.ground = ground
        self.isLocked = isLocked
        self.archive = archive
    }
}
