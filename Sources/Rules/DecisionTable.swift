import Domain

/// One attachment on its way through the table, row by row.
struct DecisionTable {
    let decider: Decider
    let attachment: Attachment
    let request: RequestID?
    let now: Timestamp
    let created: Timestamp?
    private let lastUsed: Timestamp?
    /// The instant at which an ephemeral attachment is past its 24 h; `nil` = persistent.
    private let expiry: Timestamp?
    let criteria: [Criteria]

    init(_ decider: Decider, _ attachment: Attachment, request: RequestID?, now: Timestamp) {
        self.decider = decider
        self.attachment = attachment
        self.request = request
        self.now = now
        created = attachment.created
        lastUsed = attachment.lastUsed
        let tier = decider.tiers.tier(of: attachment)
        expiry = tier == .ephemeral ? attachment.ephemeralStart?.adding(seconds: 86_400) : nil
        // The tier follows from `created`, so without it the tier is a missing fact too.
        let knownTier = created == nil ? nil : tier
        criteria = decider.blocks.map { $0.criteria(of: attachment, tier: knownTier) }
    }

    mutating func ruling(holds: [LegalHold]) -> Ruling {
        let retain = longestRetain()
        if let missing = decider.missingFact(of: attachment, created: created) {
            if request == nil { return Ruling(.keep, .unknown(missing)) }
            if case .until(let end, _) = retain, end > now {
                return Ruling(.keep, .unknown(missing), changesAt: end)
            }
            if case .unknown = retain { return Ruling(.keep, .unknown(missing)) }
        }
        if let hold = strongestHold(holds), hold.isActive(at: now) {
            return Ruling(.keep, .held(hold.id), winner: .hold(hold.id), changesAt: hold.until)
        }
        var earliest = created
        switch retain {
        case .none: break
        case .unknown(let fact, let policy):
            return Ruling(.keep, .unknown(fact), winner: .policy(decider.policies.policies[policy].id))
        case .until(let end, let policy):
            if end > now { return retained(by: decider.policies.policies[policy], until: end) }
            earliest = max(end, created ?? end)
        }
        if let request {
            return Ruling(.delete, .erasure, winner: .request(request), earliestRemoval: earliest)
        }
        return ending(earliest: earliest)
    }

    private func retained(by policy: Policy, until end: Timestamp) -> Ruling {
        guard request != nil, let ground = policy.ground else {
            return Ruling(.keep, .retained(until: end), winner: .policy(policy.id), changesAt: end)
        }
        return Ruling(
            .keep, .withheld(ground: ground, until: end), winner: .policy(policy.id), changesAt: end)
    }

    /// Rows 4 to 6.
    private func ending(earliest: Timestamp?) -> Ruling {
        if let expiry, expiry <= now { return Ruling(.keep, .expired) }
        guard let winner = strongestDelete() else { return Ruling(.keep, .noPolicy, changesAt: expiry) }
        let id = decider.policies.policies[winner.policy].id
        guard winner.due <= now else {
            return Ruling(
                .keep, .notDue(at: winner.due), winner: .policy(id), changesAt: min(winner.due, expiry ?? winner.due))
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

    func start(of policy: Policy) -> Timestamp? { policy.startsFrom == .created ? created : lastUsed }

    /// The retain that keeps longest, whether or not it has ended. A criterion on a missing fact counts as matching.
    private func longestRetain() -> Retain {
        var longest = Retain.none
        for (block, met) in zip(decider.blocks, criteria) {
            var candidates = met.possible & block.retains
            if request != nil { candidates &= block.grounded }
            while candidates != 0 {
                let index = block.first + candidates.trailingZeroBitCount
                candidates &= candidates - 1
                let policy = decider.policies.policies[index]
                guard let period = policy.retain else { continue }
                guard let start = start(of: policy) else {
                    return .unknown(policy.startsFrom == .created ? .created : .lastUsed, policy: index)
                }
                let end = period.end(from: start)
                if case .until(let current, _) = longest, end <= current { continue }
                longest = .until(end, policy: index)
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
        for (block, met) in zip(decider.blocks, criteria) {
            var candidates = met.possible & ~met.unsure & block.deletes
            while candidates != 0 {
                let bit = candidates & (~candidates + 1)
                candidates &= candidates - 1
                guard let delete = delete(at: bit, in: block) else { continue }
                if let current = strongest, !delete.beats(current) { continue }
                strongest = delete
            }
        }
        return strongest
    }

    /// `nil` where the instant it counts from is missing.
    func delete(at bit: UInt64, in block: PolicyIndex) -> Delete? {
        let index = block.first + bit.trailingZeroBitCount
        let policy = decider.policies.policies[index]
        guard let period = policy.deleteAfter, let start = start(of: policy) else { return nil }
        let rank = (block.lineScoped & bit == 0 ? 0 : 2) + (block.tierScoped & bit == 0 ? 0 : 1)
        return Delete(policy: index, rank: rank, due: period.end(from: start))
    }
}
