import Domain
import Inventory
import Rules

/// Decides items of a plan again, on everything that the plan was made from as it is now: whose they are, who else
/// received them, tier, policies, holds.
struct Redecider: Sendable {
    let inventory: InventoryStore
    let decider: Decider
    let plan: Plan
    let accountLines: Set<PhoneLine>
    /// `false`: nothing was ever seen under this key.
    var isAccountProved = true
    /// The request of an erasure plan.
    let request: ErasureRequest?
    /// `nil` where nothing is to be deleted.
    var recordedHolds: RecordedHolds?
    /// What earlier plans of the request list, where a person decided that it goes whosever it seems to be by now.
    var listedBefore: Set<AttachmentID> = []

    /// Of the plan's items, what another one removed: the log's word, whatever the row says.
    var goneOnRecord: Set<AttachmentID> = []

    func decide(_ ids: [AttachmentID], now: Timestamp) throws(LetheError) -> [Redecision] {
        // The versions first: whatever comes after they were read shows as a change right before the DELETE.
        var versions: [FactsVersion] = []
        for id in ids { versions.append(try version(of: id)) }
        if let version = versions.first {
            try recordedHolds?.refuseChanged(in: inventory, version: version, now: now)
        }
        let holds = try inventory.activeHolds(at: now)
        var redecisions: [Redecision] = []
        for (id, version) in zip(ids, versions) {
            let verdict = try verdict(on: id, holds: holds, now: now)
            var redecision = Redecision(attachment: id, verdict: verdict, version: version)
            if case .keep = verdict, let attachment = try inventory.attachment(id) {
                redecision.wasSeen = try wasSeen(attachment)
            }
            redecisions.append(redecision)
        }
        return redecisions
    }

    /// Of what a decision rests on.
    func version(of id: AttachmentID) throws(LetheError) -> FactsVersion {
        let orders = try recordedHolds?.count() ?? 0
        var version = try inventory.factsVersion(of: id)
        version.orders = orders
        return version
    }

    private func verdict(
        on id: AttachmentID, holds: [LegalHold], now: Timestamp
    ) throws(LetheError) -> Redecision.Result {
        // A drill deletes what this process has just uploaded: nobody's data, so there is nothing to weigh.
        if plan.kind == .drill {
            if let hold = holds.first(where: { $0.scope == .attachment(id) || $0.scope == .all }) {
                return .keep(.withheldHold, reason: "hold \(hold.id)")
            }
            guard try inventory.attachment(id).map({ $0.isUnusedUpload }) ?? true else {
                return .keep(.changedSincePlan, reason: "a message names it")
            }
            return .delete(rule: "drill", seenBefore: true, ephemeralEnds: nil)
        }
        guard let attachment = try inventory.attachment(id) else {
            return .keep(.changedSincePlan, reason: "not in the inventory")
        }
        if attachment.state == .gone || goneOnRecord.contains(id) {
            return .keep(.changedSincePlan, reason: Redecision.alreadyGone)
        }
        let ruling = decider.ruling(on: attachment, holds: holds, request: plan.request, now: now)
        guard ruling.verdict == .delete else { return Self.keeping(ruling.reason) }
        if plan.kind == .erasure, let kept = try withheld(id) { return kept }
        let rule = plan.kind == .erasure ? plan.request.map { "erasure:\($0)" } : ruling.winner?.description
        guard let rule else { return .keep(.changedSincePlan, reason: ruling.reason.code) }
        return .delete(
            rule: rule, seenBefore: try wasSeen(attachment), ephemeralEnds: ephemeralEnd(of: attachment))
    }

    /// Why an item of a request does not go that rules and holds would let go: it is not of this person, as far as is
    /// known by now, or it is shared.
    private func withheld(_ id: AttachmentID) throws(LetheError) -> Redecision.Result? {
        guard let request, let candidate = try candidate(id, of: request) else {
            return .keep(.changedSincePlan, reason: "not within the scope of the request")
        }
        return candidate.withheld(unlessIncludedBy: request).map { .keep($0.outcome, reason: $0.ground) }
    }

    /// What has left the scope goes only where a person decided so, who had seen it in an earlier plan.
    private func candidate(_ id: AttachmentID, of request: ErasureRequest) throws(LetheError) -> ErasureCandidate? {
        try inventory.erasureCandidate(
            id, subjects: request.subjects, scope: request.scope, wasListed: listedBefore.contains(id))
    }

    /// Seen under this account: in a message on a line that the key lists, or by a GET that answered 200.
    func wasSeen(_ attachment: Attachment) throws(LetheError) -> Bool {
        guard isAccountProved else { return false }
        if attachment.sightings.contains(where: { $0.line.map(accountLines.contains) ?? false }) { return true }
        return try inventory.record(of: attachment.id)?.apiSeen != nil
    }

    /// When the vendor removes it by itself.
    func ephemeralEnd(of attachment: Attachment) -> Timestamp? {
        decider.tiers.tier(of: attachment) == .ephemeral ? attachment.ephemeralEnd : nil
    }

    private static func keeping(_ reason: Reason) -> Redecision.Result {
        switch reason {
        case .held(let hold): .keep(.withheldHold, reason: "hold \(hold)")
        case .retained(let until): .keep(.withheldRetention, reason: "retained until \(until.date)")
        case .withheld(let ground, let until): .keep(.withheldRetention, reason: "\(ground.name) until \(until.date)")
        default: .keep(.changedSincePlan, reason: reason.code)
        }
    }
}
