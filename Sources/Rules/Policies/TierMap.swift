package import Domain

/// Which tier an attachment is on, from configuration: the vendor's API names none.
package struct TierMap: Sendable, Equatable {
    /// A phone line of the account that was opted in to the ephemeral tier.
    package struct EphemeralLine: Sendable, Equatable {
        package let line: PhoneLine
        /// Attachments created earlier stay persistent.
        package let since: Timestamp
        /// The first instant at which it is persistent again.
        package let until: Timestamp?

        package init(line: PhoneLine, since: Timestamp, until: Timestamp? = nil) {
            self.line = line
            self.since = since
            self.until = until
        }
    }

    package let defaultTier: Tier
    /// Since when the whole partner is ephemeral; without it nothing is, by default.
    package let defaultSince: Timestamp?
    private let spans: [PhoneLine: [EphemeralLine]]

    package init(defaultTier: Tier = .persistent, defaultSince: Timestamp? = nil, ephemeralLines: [EphemeralLine] = [])
    {
        self.defaultTier = defaultTier
        self.defaultSince = defaultSince
        spans = Dictionary(grouping: ephemeralLines, by: \.line)
    }

    /// Configuration calls something ephemeral.
    package var hasEphemeral: Bool { defaultTier == .ephemeral || !spans.isEmpty }

    package var ephemeralLines: [EphemeralLine] {
        spans.values.flatMap { $0 }.sorted { ($0.line, $0.since) < ($1.line, $1.since) }
    }

    /// Configuration calls this line ephemeral, now or at some time.
    package func calls(ephemeral line: PhoneLine) -> Bool { spans[line] != nil || defaultTier == .ephemeral }

    /// What is said of the line itself counts before what is said of the whole partner.
    package func isEphemeral(_ line: PhoneLine, at created: Timestamp) -> Bool {
        if let own = spans[line] {
            return own.contains { $0.since <= created && created < ($0.until ?? Timestamp(microseconds: .max)) }
        }
        guard defaultTier == .ephemeral, let defaultSince else { return false }
        return defaultSince <= created
    }

    /// Ephemeral only if every sighting is on a line that was ephemeral at `created`, no source is `upload`, no URL had
    /// the persistent layout and no drift was found. Otherwise persistent: it must be deleted, nobody else will.
    package func tier(of attachment: Attachment) -> Tier {
        guard hasEphemeral, !attachment.sawPersistentURL, !attachment.hasTierDrift else { return .persistent }
        return calls(ephemeral: attachment) ? .ephemeral : .persistent
    }

    /// Configuration calls it ephemeral and a URL says that it is kept: a finding, and persistent from then on.
    package func isContradicted(by attachment: Attachment) -> Bool {
        attachment.sawPersistentURL && calls(ephemeral: attachment)
    }

    /// A finding that is on record, or one that the facts give now.
    package func hasDrift(_ attachment: Attachment) -> Bool {
        attachment.hasTierDrift || isContradicted(by: attachment)
    }

    /// What configuration alone says.
    private func calls(ephemeral attachment: Attachment) -> Bool {
        guard let created = attachment.created, !attachment.sightings.isEmpty else { return false }
        for sighting in attachment.sightings {
            guard sighting.source != .upload, let line = sighting.line, isEphemeral(line, at: created) else {
                return false
            }
        }
        return true
    }
}
