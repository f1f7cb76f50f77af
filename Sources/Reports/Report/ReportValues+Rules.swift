package import Domain

extension ReportValues {
    /// The policies in force when the values were read.
    package struct Policies: Codable, Sendable, Equatable {
        /// SHA-256 of the policy set, 64 hex; `nil` = no readable set.
        package var digest: String?
        package var inForce: [Policy] = []
    }

    package struct Policy: Codable, Sendable, Equatable {
        package var id: String
        package var title: String
        package var why: String
        /// Empty = partner-wide.
        package var lines: [PhoneLine]
        /// What else must hold, in words: `persistent, inbound, image/*`.
        package var match: String?
        /// As written: `30d`.
        package var retain: String?
        package var deleteAfter: String?
        package var legalGround: String?
        package var locked: Bool
        /// Keeps longer than the vendor does on a line that is ephemeral, and nothing archives it.
        package var keepsBeyondVendor: Bool

        package init(
            id: String, title: String, why: String, lines: [PhoneLine] = [], match: String? = nil,
            retain: String? = nil, deleteAfter: String? = nil, legalGround: String? = nil, locked: Bool = false,
            keepsBeyondVendor: Bool = false
        ) {
            self.id = id
            self.title = title
            self.why = why
            self.lines = lines
            self.match = match
            self.retain = retain
            self.deleteAfter = deleteAfter
            self.legalGround = legalGround
            self.locked = locked
            self.keepsBeyondVendor = keepsBeyondVendor
        }
    }

    /// What the policies in force will delete, day by day, if nothing changes.
    package struct Forecast: Codable, Sendable, Equatable {
        /// How many days from `generated` were looked at.
        package var days: Int
        package var entries: [ForecastEntry]

        package init(days: Int = 90, entries: [ForecastEntry] = []) {
            self.days = days
            self.entries = entries
        }
    }

    package struct ForecastEntry: Codable, Sendable, Equatable {
        /// `2026-01-02`, UTC.
        package var day: String
        package var policy: String
        package var attachments: Int
        package var bytes: Int64
    }

    /// A legal hold; whom it names stays out of the report.
    package struct Hold: Codable, Sendable, Equatable {
        package var id: HoldID
        /// `2 data subjects`, `chat <uuid>`, `line +…`, `attachment <uuid>`, `everything`.
        package var scope: String
        package var active: Bool
        package var placedAt: Timestamp
        package var by: String
        package var reason: String
        package var until: Timestamp?
        package var releasedAt: Timestamp?

        package init(_ hold: LegalHold, now: Timestamp) {
            id = hold.id
            scope = Self.scope(hold.scope)
            active = hold.isActive(at: now)
            placedAt = hold.placedAt
            by = hold.placedBy
            reason = hold.reason
            until = hold.until
            releasedAt = hold.releasedAt
        }

        private static func scope(_ scope: LegalHold.Scope) -> String {
            switch scope {
            case .subject(let subjects): "\(subjects.count) data subject\(subjects.count == 1 ? "" : "s")"
            case .chat(let id): "chat \(id)"
            case .line(let line): "line \(line)"
            case .attachment(let id): "attachment \(id)"
            case .all: "everything"
            }
        }
    }
}
