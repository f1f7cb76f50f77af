import Domain

/// One attachment on its way through the table, row by row.
struct DecisionTable {
    let index: Decider.Index
    let attachment: Attachment
    let request: RequestID?
    /// By when the request is to be carried out, where the caller knows it.
    private let requestDue: Timestamp?
    let tier: Tier
    private let now: Timestamp
    private let created: Timestamp?
    private let lastUsed: Timestamp?
    /// The instant at which an ephemeral attachment is past its 24 h; `nil` = persistent.
    private let expiry: Timestamp?
    private let firstCriteria: Criteria
    /// Those of the second block of 64 policies and later: seldom any.
    private let otherCriteria: [Criteria]

    init(_ index: Decider.Index, _ attachment: Attachment, request: RequestID?, due: Timestamp?, now: Timestamp) {
        self.index = index
        self.attachment = attachment
        self.request = request
        requestDue = due
        self.now = now
        created = attachment.created
        lastUsed = index.needsLastUse ? attachment.lastUsed : nil
        tier = index.tiers.tier(of: attachment)
        expiry = tier == .ephemeral ? attachment.ephemeralEnd : nil
        // The tier follows from `created`, so without it the tier is a missing fact too.
        let knownTier = created == nil ? nil : tier
        firstCriteria = index.blocks[0].criteria(of: attachment, tier: knownTier)
        otherCriteria =
            index.blocks.count == 1
            ? [] : index.blocks.dropFirst().map { $0.criteria(of: attachment, tier: knownTier) }
    }

    func criteria(ofBlock number: Int) -> Criteria { number == 0 ? firstCriteria : otherCriteria[number - 1] }

    /// `created` is needed always, the line of every message where any policy has line scope.
    private var missingFact: Fact? {
        if created == nil { return .created }
        return index.needsLine && !firstCriteria.knowsLine ? .line : nil
    }

    func ruling(holds: [LegalHold]) -> Ruling {
        let retain = longestRetain()
        if let missing = missingFact {
            switch retain {
            case _ where request == nil: return Ruling(.keep, .unknown(missing))
            case .until(let end, _) where end > now: return Ruling(.keep, .unknown(missing), changesAt: end)
            case .unknown: return Ruling(.keep, .unknown(missing))
            default: break
            }
        }
        if !holds.isEmpty, let hold = strongestHold(holds), hold.isActive(at: now) {
            return Ruling(.keep, .held(hold.id), winner: .hold(hold.id), changesAt: hold.until)
        }
        var earliest = created
        switch retain {
        case .none: break
        case .unknown(let fact, let policy):
            return Ruling(.keep, .unknown(fact), winner: .policy(id(policy)))
        case .until(let end, let policy):
            if end > now { return retained(by: policy, until: end) }
            earliest = max(end, created ?? end)
        }
        if let request {
            return Ruling(
                .delete, .erasure, winner: .request(request), earliestRemoval: earliest,
                latestRemoval: requestDue.map { max($0, earliest ?? $0) })
        }
        return ending(earliest: earliest)
    }

    private func id(_ policy: Int) -> String { index.ids[policy] }

    private func retained(by policy: Int, until end: Timestamp) -> Ruling {
        let winner = RuleName.policy(id(policy))
        guard request != nil, let ground = index.policies.policies[policy].ground else {
            return Ruling(.keep, .retained(until: end), winner: winner, changesAt: end)
        }
        return Ruling(.keep, .withheld(ground: ground, until: end), winner: winner, changesAt: end)
    }

    /// Rows 4 to 6.
    private func ending(earliest: Timestamp?) -> Ruling {
        if let expiry, expiry <= now { return Ruling(.keep, .expired) }
        guard let winner = strongestDelete() else { return Ruling(.keep, .noPolicy, changesAt: expiry) }
        let id = id(winner.policy)
        guard winner.due <= now else {
            return Ruling(
                .keep, .notDue(at: winner.due), winner: .policy(id), changesAt: min(winner.due, expiry ?? winner.due))
        }
        if let other = laterRuleThatMayMatch(than: winner), other.due > now {
            return Ruling(
                .keep, .unknown(other.fact), winner: .policy(self.id(other.policy)),
                changesAt: min(other.due, expiry ?? other.due))
        }
        let latest = max(winner.due, earliest ?? winner.due)
        return Ruling(
            .delete, .policy(id), winner: .policy(id), changesAt: expiry, earliestRemoval: earliest,
            latestRemoval: min(latest, expiry ?? latest))
    }
}

// Row 1.
extension DecisionTable {
    /// Of the covering holds that were not released, the one that ends last; the lesser id where two end together.
    private func strongestHold(_ holds: [LegalHold]) -> LegalHold? {
        var strongest: LegalHold?
        for hold in holds where hold.releasedAt == nil && hold.covers(attachment) {
            if let current = strongest, !hold.isStronger(than: current) { continue }
            strongest = hold
        }
        return strongest
    }
}

extension LegalHold {
    fileprivate func isStronger(than other: LegalHold) -> Bool {
        let forever = Timestamp(microseconds: .max)
        let (mine, theirs) = (until ?? forever, other.until ?? forever)
        return mine == theirs ? id < other.id : mine > theirs
    }
}

// Rows 2 and 5.
extension DecisionTable {
    enum Retain {
        case none
        case until(Timestamp, policy: Int)
        /// The instant it counts from is missing, so its end is not known.
        case unknown(Fact, policy: Int)
    }

    func start(_ start: Policy.Start) -> Timestamp? { start == .created ? created : lastUsed }

    /// The retain that keeps longest, whether or not it has ended. A criterion on a missing fact counts as matching.
    private func longestRetain() -> Retain {
        var longest = Retain.none
        for number in index.blocks.indices {
            var candidates = criteria(ofBlock: number).possible & index.blocks[number].retains
            if request != nil { candidates &= index.blocks[number].grounded }
            while candidates != 0 {
                let offset = candidates.trailingZeroBitCount
                candidates &= candidates - 1
                let term = index.blocks[number].terms[offset]
                guard let period = term.retain else { continue }
                let policy = index.blocks[number].first + offset
                guard let start = start(term.startsFrom) else {
                    return .unknown(term.startsFrom == .created ? .created : .lastUsed, policy: policy)
                }
                if case .until(let current, _) = longest,
                    start.adding(microseconds: period.mostMicroseconds) <= current
                {
                    continue
                }
                let end = period.end(from: start)
                if case .until(let current, _) = longest, end <= current { continue }
                longest = .until(end, policy: policy)
            }
        }
        return longest
    }

    struct Delete {
        let policy: Int
        let rank: Int
        let due: Timestamp

        func beats(_ other: Delete) -> Bool {
            rank == other.rank ? (due, policy) < (other.due, other.policy) : rank > other.rank
        }
    }

    /// Line scope beats partner scope, then a tier-specific policy one for any tier, then the earliest instant, then the
    /// id. A criterion on a missing fact counts as not matching.
    private func strongestDelete() -> Delete? {
        var strongest: Delete?
        for number in index.blocks.indices {
            var candidates = criteria(ofBlock: number).sure & index.blocks[number].deletes
            while candidates != 0 {
                let offset = candidates.trailingZeroBitCount
                candidates &= candidates - 1
                if let strongest, !mayBeat(strongest, at: offset, ofBlock: number) { continue }
                guard let delete = delete(at: offset, ofBlock: number) else { continue }
                if let current = strongest, !delete.beats(current) { continue }
                strongest = delete
            }
        }
        return strongest
    }

    /// Of the policies that would beat `winner` if a fact that is missing or contradicted were theirs, the one that keeps
    /// longest: as long as it may be the one, the file stays.
    private func laterRuleThatMayMatch(than winner: Delete) -> (policy: Int, due: Timestamp, fact: Fact)? {
        var latest: (policy: Int, due: Timestamp, fact: Fact)?
        for number in index.blocks.indices {
            let (block, met) = (index.blocks[number], criteria(ofBlock: number))
            var candidates = met.perhaps & block.deletes
            while candidates != 0 {
                let offset = candidates.trailingZeroBitCount
                candidates &= candidates - 1
                guard block.terms[offset].rank > winner.rank, let other = delete(at: offset, ofBlock: number),
                    other.due > latest?.due ?? winner.due
                else { continue }
                let bit = UInt64(1) << UInt64(offset)
                guard let fact = (block.obstacle(bit, met) ?? block.obstacleToDelete(bit, met))?.fact else { continue }
                latest = (other.policy, other.due, fact)
            }
        }
        return latest
    }

    /// Asking the calendar costs most: it is left alone where rank or the shortest months rule the policy out.
    private func mayBeat(_ other: Delete, at offset: Int, ofBlock number: Int) -> Bool {
        let term = index.blocks[number].terms[offset]
        guard term.rank == other.rank else { return term.rank > other.rank }
        guard let period = term.deleteAfter, let start = start(term.startsFrom) else { return false }
        return start.adding(microseconds: period.leastMicroseconds) <= other.due
    }

    /// `nil` where the instant it counts from is missing.
    func delete(at offset: Int, ofBlock number: Int) -> Delete? {
        let term = index.blocks[number].terms[offset]
        guard let period = term.deleteAfter, let start = start(term.startsFrom) else { return nil }
        return Delete(policy: index.blocks[number].first + offset, rank: term.rank, due: period.end(from: start))
    }
}
