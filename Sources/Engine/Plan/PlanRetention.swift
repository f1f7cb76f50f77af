package import Audit
import Cryptography
package import Domain
package import Inventory
package import Rules

/// Makes the plan of what is due: candidates by `next_check`, each decided afresh. Sends nothing.
package struct PlanRetention: Sendable {
    package struct Planned: Sendable {
        package let plan: Plan
        package let digest: String
        /// It is in the inventory and its digest is in the audit log.
        package let isRecorded: Bool
        /// Attachments that were decided.
        package let decided: Int
        /// Those of them that are past the vendor's own end and were not known to be.
        let newlyExpired: Int
        /// Those that stay, by the code of the reason.
        package let kept: [String: Int]
        /// Since when the oldest of what is due should be gone; `nil` = nothing is due.
        package let dueSince: Timestamp?
        /// Locked policies that are weaker than they were: this plan will not be applied.
        package let weakened: [LockedPolicies.Finding]
    }

    private let inventory: InventoryStore
    private let log: AuditLog
    private let decider: Decider
    private let partner: String
    private let limits: Limits

    package init(inventory: InventoryStore, log: AuditLog, rules: Decider, partner: String, limits: Limits) {
        self.inventory = inventory
        self.log = log
        decider = rules
        self.partner = partner
        self.limits = limits
    }

    /// What a rehearsal puts in the place of what earlier steps of the run would have done.
    struct Earlier {
        /// Plans that would be closed: what is open in them is due again.
        var closed: Set<PlanID> = []
        /// DELETEs without an answer that would be settled.
        var settled: Set<AttachmentID> = []
    }

    /// Recorded, unless nothing is due or it is a `draft`, which writes nothing at all. `leaving`: what stays with another plan.
    package func run(
        now: Timestamp, isDraft: Bool = false, leaving others: Set<AttachmentID> = []
    ) throws(LetheError) -> Planned {
        try run(now: now, isDraft: isDraft, leaving: others, after: Earlier())
    }

    func run(
        now: Timestamp, isDraft: Bool, leaving others: Set<AttachmentID>, after earlier: Earlier
    ) throws(LetheError) -> Planned {
        try CatchUp(inventory: inventory, log: log).run()
        let locks = LockedPolicies(inventory: inventory, log: log)
        let weakened =
            isDraft
            ? try locks.weakened(by: decider.policies, tiers: decider.tiers)
            : try locks.remember(decider.policies, tiers: decider.tiers)
        let basis = try inventory.decisionBasis()
        let digest = decider.digest
        var builder = PlanBuilder(
            decider: decider, holds: try inventory.activeHolds(at: now),
            open: try inWork(after: earlier).union(others), isFull: basis.digest != digest, now: now)
        if builder.isFull {
            try decideAll(&builder, isDry: isDraft)
            if !isDraft { try inventory.setDecisionBasis(digest, after: basis) }
        } else {
            try decideCandidates(&builder, isDry: isDraft)
        }
        return try freeze(builder, at: now, isDraft: isDraft, weakened)
    }

    private func inWork(after earlier: Earlier) throws(LetheError) -> Set<AttachmentID> {
        var open = try inventory.inWork()
        for plan in earlier.closed { open.subtract(try inventory.results(of: plan).map(\.attachment)) }
        return open.union(try inventory.openIntents().map(\.attachment)).subtracting(earlier.settled)
    }

    private func decideCandidates(_ builder: inout PlanBuilder, isDry: Bool) throws(LetheError) {
        var cursor: CandidateCursor?
        repeat {
            let page = try inventory.candidates(dueBy: builder.now, after: cursor, people: builder.asksForPeople)
            let findings = page.candidates.map { builder.decide($0) }
            if !isDry { try write(findings) }
            cursor = page.next
        } while cursor != nil
    }

    /// After a change of the rules: every attachment, in one pass.
    private func decideAll(_ builder: inout PlanBuilder, isDry: Bool) throws(LetheError) {
        var working = builder
        var findings: [PlanBuilder.Finding] = []
        try inventory.forEachAttachment(people: builder.asksForPeople) { candidate in
            findings.append(working.decide(candidate))
            if findings.count >= 10_000 {
                if !isDry { try write(findings) }
                findings.removeAll(keepingCapacity: true)
            }
            return true
        }
        if !isDry { try write(findings) }
        builder = working
    }

    private func write(_ findings: [PlanBuilder.Finding]) throws(LetheError) {
        let drifted = findings.filter { $0.isDrift }.map(\.id)
        if !drifted.isEmpty { try inventory.setTierDrift(drifted) }
        let expired = findings.filter(\.isExpired).map(\.id)
        if !expired.isEmpty { try inventory.mark(expired, as: .expired) }
        try inventory.setNextCheck(findings.compactMap(\.nextCheck))
    }

    private func freeze(
        _ builder: PlanBuilder, at instant: Timestamp, isDraft: Bool, _ weakened: [LockedPolicies.Finding]
    ) throws(LetheError) -> Planned {
        let gone = try RecordedTruth(log).gone(among: Set(builder.due.map(\.attachment)))
        let plan = Plan(
            id: try Randomness.id(PlanKind.self), kind: .retention, created: instant, partner: partner,
            policyDigest: decider.policies.digest, coverage: "inventory", limits: limits,
            items: builder.due.filter { !gone.contains($0.attachment) })
        let isRecorded = !isDraft && !plan.items.isEmpty
        let digest: String
        if !isRecorded {
            digest = plan.digest
        } else {
            digest = try RecordPlan(inventory: inventory, log: log).run(plan)
        }
        var kept = builder.kept
        if !gone.isEmpty { kept["gone_on_record"] = gone.count }
        return Planned(
            plan: plan, digest: digest, isRecorded: isRecorded, decided: builder.decided,
            newlyExpired: builder.newlyExpired, kept: kept,
            dueSince: builder.dueSince, weakened: weakened)
    }
}

/// Stores a frozen plan, then records its digest: from then on it can be approved and applied.
package struct RecordPlan: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    /// Gives the digest. `change`: what becomes different of the request that the plan answers, which is planned with it.
    package func run(
        _ plan: Plan, includes: SharedInclusion? = nil, by name: String? = nil,
        change: (inout ErasureRequest) -> Void = { _ in }
    ) throws(LetheError) -> String {
        let digest = try inventory.save(plan, includes: includes)
        _ = try log.append([
            .planCreated(
                .init(
                    plan: plan.id, kind: plan.kind, digest: digest, items: plan.items.count, policy: plan.policyDigest))
        ])
        try CatchUp(inventory: inventory, log: log).run()
        guard let request = plan.request else { return digest }
        do throws(LetheError) {
            try inventory.assign(plan.id, to: request, by: name, change: change)
        } catch {
            // Somebody was faster: nothing is ever done with this one.
            _ = try log.append([
                .operatorAct(
                    .init(
                        act: .planCancel, ref: plan.id.description, by: name ?? RunContext.itself, reason: error.code,
                        how: name == nil ? .schedule : .cli))
            ])
            try CatchUp(inventory: inventory, log: log).run()
            throw error
        }
        return digest
    }
}

/// Decisions of one planning run, gathered.
private struct PlanBuilder {
    struct Finding {
        let id: AttachmentID
        let isExpired: Bool
        /// A URL contradicts the tier that configuration gives it, and that is not on record yet.
        var isDrift = false
        /// `nil`: what is due stays a candidate until it is gone.
        let nextCheck: NextCheck?
    }

    let decider: Decider
    let holds: [LegalHold]
    /// Of another plan, announced and not ended: they stay with that plan.
    let open: Set<AttachmentID>
    /// Everything is decided, not candidates alone: what is due may still have a `next_check` of the rules before.
    let isFull: Bool
    let now: Timestamp
    private(set) var due: [PlanItem] = []
    private(set) var dueSince: Timestamp?
    private(set) var decided = 0
    private(set) var newlyExpired = 0
    private(set) var kept: [String: Int] = [:]

    init(decider: Decider, holds: [LegalHold], open: Set<AttachmentID>, isFull: Bool, now: Timestamp) {
        self.decider = decider
        self.holds = holds
        self.open = open
        self.isFull = isFull
        self.now = now
    }

    /// Only a subject hold asks who is in a chat.
    var asksForPeople: Bool {
        holds.contains { if case .subject = $0.scope { true } else { false } }
    }

    mutating func decide(_ candidate: Candidate) -> Finding {
        let attachment = candidate.attachment
        decided += 1
        let isDrift = !attachment.hasTierDrift && decider.tiers.isContradicted(by: attachment)
        guard !open.contains(attachment.id) else {
            kept["in_another_plan", default: 0] += 1
            return Finding(id: attachment.id, isExpired: false, nextCheck: nil)
        }
        let ruling = decider.ruling(on: attachment, holds: holds, now: now)
        guard ruling.verdict == .delete, let winner = ruling.winner else {
            kept[ruling.reason.code, default: 0] += 1
            let isExpired = ruling.reason == .expired && attachment.state == .live
            if isExpired { newlyExpired += 1 }
            return Finding(
                id: attachment.id, isExpired: isExpired,
                isDrift: isDrift, nextCheck: NextCheck(candidate, at: ruling.changesAt))
        }
        if let since = ruling.latestRemoval { dueSince = min(since, dueSince ?? since) }
        due.append(
            PlanItem(
                attachment: attachment.id, rule: winner.description, line: attachment.homeLine,
                tier: decider.tiers.tier(of: attachment), size: attachment.size))
        let nextCheck = isFull ? NextCheck(candidate, at: Timestamp(microseconds: 0)) : nil
        return Finding(id: attachment.id, isExpired: false, isDrift: isDrift, nextCheck: nextCheck)
    }
}
