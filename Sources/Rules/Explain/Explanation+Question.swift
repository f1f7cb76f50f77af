package import Domain

extension Explanation {
    /// What is to be explained.
    package struct Question: Sendable {
        package var attachment: Attachment
        /// Every hold that was ever placed; those that do not count at the instant do no harm.
        package var holds: [LegalHold]
        /// As if this approved erasure request covered it.
        package var request: RequestID?
        package var now: Timestamp
        /// `now` is not the clock's: holds count as they stood then.
        package var asOf: Bool
        /// How the attachment went, if it is known to be gone: of what expired that is not known by itself.
        package var ending: Removal?

        package init(
            _ attachment: Attachment, holds: [LegalHold], request: RequestID? = nil, now: Timestamp, asOf: Bool = false
        ) {
            self.attachment = attachment
            self.holds = holds
            self.request = request
            self.now = now
            self.asOf = asOf
        }
    }
}

extension Explanation.Question {
    func holds(at instant: Timestamp) -> [LegalHold] { asOf ? holds.compactMap { $0.standing(at: instant) } : holds }

    func ruling(by decider: Decider, at instant: Timestamp) -> Ruling {
        decider.ruling(on: attachment, holds: holds(at: instant), request: request, now: instant)
    }

    private var isGone: Bool { attachment.state == .gone || attachment.state == .expired && ending != nil }

    /// How it went; `nil` as long as it was there at the instant.
    var goneBy: Explanation.Removal? {
        guard isGone else { return nil }
        let ending = ending ?? Explanation.Removal()
        return asOf && ending.at.map { $0 > now } ?? false ? nil : ending
    }

    var note: String? {
        if let created = attachment.created, now < created {
            return "it did not exist then: it was created \(created.brief)"
        }
        guard isGone, goneBy == nil, let at = ending?.at else { return nil }
        return "it was still there: it is gone since \(at.brief)"
    }

    /// Every later decision, at most eight, until nothing changes any more.
    func timeline(by decider: Decider, from first: Ruling) -> [Explanation.Change] {
        var changes: [Explanation.Change] = []
        var (at, ruling) = (now, first)
        while changes.count < 8, let next = nextInstant(after: at, ruling) {
            let later = self.ruling(by: decider, at: next)
            if (later.verdict, later.reason, later.winner) != (ruling.verdict, ruling.reason, ruling.winner) {
                changes.append(Explanation.Change(at: next.description, later, Wording.sentence(for: later)))
            }
            (at, ruling) = (next, later)
        }
        return changes
    }

    /// When it is first deleted if nothing is done; `nil` = never.
    func deletion(by decider: Decider) -> Timestamp? {
        var (at, ruling) = (now, ruling(by: decider, at: now))
        while ruling.verdict == .keep, let next = nextInstant(after: at, ruling) {
            (at, ruling) = (next, self.ruling(by: decider, at: next))
        }
        return ruling.verdict == .delete ? at : nil
    }

    /// Seen from an instant in the past, holds are yet to be placed.
    private func nextInstant(after instant: Timestamp, _ ruling: Ruling) -> Timestamp? {
        let placings = asOf ? holds.lazy.map(\.placedAt).filter { $0 > instant }.min() : nil
        return [ruling.changesAt, placings].compactMap { $0 }.min()
    }
}

extension LegalHold {
    /// The hold as it stood at an instant of the past or the future; `nil` where it was not placed yet, or was released. A
    /// later release is its end.
    func standing(at instant: Timestamp) -> LegalHold? {
        guard placedAt <= instant else { return nil }
        guard let releasedAt else { return self }
        guard instant < releasedAt else { return nil }
        return LegalHold(
            id: id, scope: scope, placedAt: placedAt, placedBy: placedBy, reason: reason,
            until: min(until ?? releasedAt, releasedAt))
    }
}
