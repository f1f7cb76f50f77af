/// A data subject's request to have their data erased.
package struct ErasureRequest: Sendable, Equatable {
    package enum State: String, CaseIterable, Codable, Sendable {
        case received, planned, approved, applying, completed
        case completedWithExceptions = "completed_with_exceptions"
        case refused, withdrawn

        /// It was carried out; refused and withdrawn ones were not, and stay as they are.
        package var isAnswered: Bool { self == .completed || self == .completedWithExceptions }
        /// A person ended it: nothing follows.
        package var isDecided: Bool { self == .refused || self == .withdrawn }
        package var isClosed: Bool { isAnswered || isDecided }
    }

    package enum Jurisdiction: String, CaseIterable, Codable, Sendable {
        case gdpr, uk, ccpa
    }

    package enum Scope: String, CaseIterable, Codable, Sendable {
        /// Inbound from the subject, and what was sent only to that subject.
        case sentBySubject = "sent_by_subject"
        /// Everything in chats with the subject, but in groups never other people's files.
        case conversation
    }

    package enum Coverage: String, CaseIterable, Codable, Sendable {
        /// The vendor's listings were walked whole.
        case complete
        /// A page failed, or a part of a message cannot be read: the listing may lack items.
        case partial
        /// The inventory alone: the vendor was not asked.
        case offline

        /// After another walk. One over only some of the person's handles never makes it better than it was.
        package func after(_ walk: Coverage, ofEveryHandle isWhole: Bool) -> Coverage {
            isWhole || walk == .partial ? walk : self
        }
    }

    package let id: RequestID
    package var state: State
    package let received: Timestamp
    package var due: Timestamp
    package let jurisdiction: Jurisdiction
    package let scope: Scope
    /// One for each handle the person named.
    package let subjects: [SubjectPseudonym]
    package let openedBy: String
    package var channel: String?
    package var identityMethod: String?
    package var coverage: Coverage
    /// The coverage is partial, and nothing says that another search would make it better.
    package var isSearchSettled = false
    package var plan: PlanID?
    package var answered: Timestamp?
    /// Day and name of the identity check.
    package var identityDate: Timestamp?
    package var identityBy: String?
    /// Why the deadline was moved, and when the person was told.
    package var extensionReason: String?
    package var extensionToldOn: Timestamp?
    /// What of the shared attachments goes too, as a person decided.
    package var included: SharedInclusion
    /// Of a refusal.
    package var ground: String?

    package init(
        id: RequestID, state: State, received: Timestamp, due: Timestamp, jurisdiction: Jurisdiction, scope: Scope,
        subjects: [SubjectPseudonym], openedBy: String, channel: String? = nil, identityMethod: String? = nil,
        coverage: Coverage, plan: PlanID? = nil, answered: Timestamp? = nil, identityDate: Timestamp? = nil,
        identityBy: String? = nil, extensionReason: String? = nil, extensionToldOn: Timestamp? = nil,
        included: SharedInclusion = [], ground: String? = nil
    ) {
        self.id = id
        self.state = state
        self.received = received
        self.due = due
        self.jurisdiction = jurisdiction
        self.scope = scope
        self.subjects = subjects
        self.openedBy = openedBy
        self.channel = channel
        self.identityMethod = identityMethod
        self.coverage = coverage
        self.plan = plan
        self.answered = answered
        self.identityDate = identityDate
        self.identityBy = identityBy
        self.extensionReason = extensionReason
        self.extensionToldOn = extensionToldOn
        self.included = included
        self.ground = ground
    }
}

extension ErasureRequest {
    /// Whole days until the day on which it is due: 0 on that day, negative after it.
    package func daysLeft(at now: Timestamp) -> Int { now.days(until: due) }
}

/// Attachments that others received too, or may have: which of them a person decided to delete all the same.
package struct SharedInclusion: OptionSet, Sendable, Equatable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// Those of which other recipients are known.
    package static let others = SharedInclusion(rawValue: 1)
    /// Those of which some recipient is not known.
    package static let unknownRecipients = SharedInclusion(rawValue: 2)
    /// What an earlier plan listed and does not seem to be the person's any more: decided for one plan, never for those after it.
    package static let outOfScope = SharedInclusion(rawValue: 4)
}
