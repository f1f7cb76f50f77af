package import Domain

/// An attachment that is to be decided, and the handle to say when to look again.
package struct Candidate: Sendable, Equatable {
    /// Row number; means nothing outside this database.
    package let key: Int64
    /// Changes with every fact; a decision about an older one is not written down.
    package let revision: Int64
    package var attachment: Attachment
}

/// When an attachment's decision can change next; `nil` = never, unless something is changed.
package struct NextCheck: Sendable, Equatable {
    package let key: Int64
    package let revision: Int64
    package let at: Timestamp?

    package init(_ candidate: Candidate, at: Timestamp?) {
        key = candidate.key
        revision = candidate.revision
        self.at = at
    }
}

/// Where the next page of candidates begins.
package struct CandidateCursor: Sendable, Equatable {
    let nextCheck: Int64
    let key: Int64
}

package struct CandidatePage: Sendable {
    package let candidates: [Candidate]
    /// `nil` = this was the last page.
    package let next: CandidateCursor?
}

/// Which attachments are to be decided again.
package enum RecheckScope: Sendable, Equatable {
    case all
    case attachment(AttachmentID)
    case line(PhoneLine)
    case chat(ChatID)
    case subject(SubjectPseudonym)
}

/// What the stored `next_check` values rest on.
package struct DecisionBasis: Sendable, Equatable {
    /// Digest of policies, tiers and configuration under which everything was last decided; `nil` = decide everything.
    package let digest: String?
    /// Grows whenever everything must be decided again.
    package let generation: Int64
}
