import Domain

/// How one attachment is decided: the table of docs/policies.md, row by row, for the few shapes of policy that a world has.
extension Rulebook {
    private static let day: Int64 = 86_400

    /// `nil` = a policy deletes it now.
    func reasonToStay(_ file: AttachmentID, _ facts: Facts, now: Timestamp) -> String? {
        let messages = facts.messages(of: file)
        guard let created = facts.createdTime(of: file) else { return "its time is unknown" }
        if policies.contains(where: { $0.lines != nil }), messages.contains(where: { $0.line.value == nil }) {
            return "a line is unknown"
        }
        let tier = self.tier(of: file, facts, created: created)
        for policy in policies where mayRetain(policy, file, facts, tier) {
            guard let days = policy.retain, now < created.adding(seconds: days * Self.day) else { continue }
            return "\(policy.id) retains it"
        }
        if tier == .ephemeral, let end = ephemeralEnd(file, facts, created: created), end <= now {
            return "the vendor has removed it"
        }
        return deletion(file, facts, tier, created: created, now: now)
    }

    private func deletion(
        _ file: AttachmentID, _ facts: Facts, _ tier: Tier, created: Timestamp, now: Timestamp
    ) -> String? {
        func due(_ policy: Policy) -> Timestamp { created.adding(seconds: (policy.delete ?? 0) * Self.day) }
        let sure = policies.filter { $0.delete != nil && surelyMatches($0, file, facts, tier) }
        let best = sure.min { (-$0.rank, due($0), $0.id) < (-$1.rank, due($1), $1.id) }
        guard let best else { return "no policy deletes it" }
        guard due(best) <= now else { return "\(best.id) is not due" }
        let rival = policies.first {
            $0.delete != nil && $0.rank > best.rank && now < due($0) && mayMatch($0, file, facts, tier)
                && mayMeetTogether($0, facts.messages(of: file))
        }
        return rival.map { "\($0.id) may be the one that decides" }
    }

    /// A promise to keep that stands against a request, and has not ended.
    func groundToStay(_ file: AttachmentID, _ facts: Facts, now: Timestamp) -> String? {
        let created = facts.createdTime(of: file)
        let tier: Tier = created.map { self.tier(of: file, facts, created: $0) } ?? .persistent
        for policy in policies where policy.ground != nil && mayRetain(policy, file, facts, tier) {
            guard let days = policy.retain else { continue }
            guard let created else { return "\(policy.id) may stand against it" }
            if now < created.adding(seconds: days * Self.day) { return "\(policy.id) stands against it" }
        }
        return nil
    }

    /// "Ephemeral is only what was seen on nothing but lines that were ephemeral, was never uploaded, and never had a URL of
    /// the persistent kind."
    func tier(of file: AttachmentID, _ facts: Facts, created: Timestamp) -> Tier {
        let messages = facts.messages(of: file)
        guard let ephemeralLine, !messages.isEmpty, !facts.uploads.contains(file),
            !facts.persistentURLs.contains(file)
        else { return .persistent }
        return messages.allSatisfy { $0.line.value == ephemeralLine } ? .ephemeral : .persistent
    }

    func ephemeralEnd(_ file: AttachmentID, _ facts: Facts, created: Timestamp) -> Timestamp? {
        let first = facts.messages(of: file).compactMap(\.envelope).min()
        return max(created, first ?? created).adding(seconds: Self.day)
    }

    /// "For a retain any of its messages may meet any criterion", and a missing fact counts as met.
    private func mayRetain(_ policy: Policy, _ file: AttachmentID, _ facts: Facts, _ tier: Tier) -> Bool {
        policy.retain != nil && mayMatch(policy, file, facts, tier)
    }

    private func mayMatch(_ policy: Policy, _ file: AttachmentID, _ facts: Facts, _ tier: Tier) -> Bool {
        let messages = facts.messages(of: file)
        if let lines = policy.lines {
            guard messages.contains(where: { $0.line.value.map(lines.contains) ?? true }) || messages.isEmpty else {
                return false
            }
        }
        if let isInbound = policy.isInbound {
            guard messages.contains(where: { $0.isInbound.value.map { $0 == isInbound } ?? true }) || messages.isEmpty
            else { return false }
        }
        if policy.isPicture {
            let types = messages.compactMap(\.mime)
            guard types.isEmpty || types.contains(where: { $0.hasPrefix("image/") }) else { return false }
        }
        if let wanted = policy.tier, wanted != tier { return false }
        if policy.isUpload, !facts.uploads.contains(file) { return false }
        return true
    }

    /// Were what is missing as the policy asks, one and the same message would be on the line and go in the direction.
    private func mayMeetTogether(_ policy: Policy, _ messages: [Facts.Message]) -> Bool {
        messages.isEmpty
            || messages.contains { message in
                let onLine = policy.lines.map { lines in message.line.value.map(lines.contains) ?? true } ?? true
                return onLine && (policy.isInbound.map { (message.isInbound.value ?? $0) == $0 } ?? true)
            }
    }

    /// "For a delete_after one and the same message must be on the line and go in the direction", all must be of the type.
    private func surelyMatches(_ policy: Policy, _ file: AttachmentID, _ facts: Facts, _ tier: Tier) -> Bool {
        let messages = facts.messages(of: file)
        if policy.lines != nil || policy.isInbound != nil {
            let isMet = messages.contains { message in
                let onLine = policy.lines.map { lines in message.line.value.map(lines.contains) ?? false } ?? true
                let goesSo = policy.isInbound.map { message.isInbound.value == $0 } ?? true
                return onLine && goesSo
            }
            guard isMet else { return false }
        }
        if policy.isPicture {
            let types = messages.compactMap(\.mime)
            guard !types.isEmpty, types.allSatisfy({ $0.hasPrefix("image/") }) else { return false }
        }
        if let wanted = policy.tier, wanted != tier { return false }
        return !policy.isUpload || facts.uploads.contains(file)
    }
}
