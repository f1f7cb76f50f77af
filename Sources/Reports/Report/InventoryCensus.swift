import Domain
import Inventory
import Rules

/// One pass over what is live: what is held, what is overdue, what will be due.
struct InventoryCensus {
    private(set) var held: [Place: ReportValues.Held] = [:]
    private(set) var overdue: ReportValues.Overdue?
    private(set) var drift: [ReportValues.Drift] = []
    private(set) var urlSeen = 0
    private(set) var doubtfulTimes = 0
    private(set) var forecast: Forecast?
    private let decider: Decider?
    private let tiers: TierMap
    private let holds: [LegalHold]
    private let now: Timestamp

    struct Place: Hashable {
        var line: PhoneLine?
        var tier: Tier
    }

    init(_ sources: ReportSources, holds: [LegalHold], now: Timestamp) {
        tiers = sources.tiers
        self.holds = holds
        self.now = now
        decider = sources.policies.map { Decider(policies: $0, tiers: sources.tiers) }
        forecast = decider.map { Forecast(decider: $0, holds: holds, now: now, days: sources.forecastDays) }
    }

    mutating func add(_ attachment: Attachment) {
        let line = attachment.homeLine
        addDrift(attachment, line: line)
        guard attachment.state == .live else { return }
        let place = Place(line: line, tier: tiers.tier(of: attachment))
        var row = held[place] ?? ReportValues.Held(line: line, tier: place.tier, attachments: 0, bytes: 0)
        row.attachments += 1
        row.bytes += attachment.size ?? 0
        row.sizeUnknown += attachment.size == nil ? 1 : 0
        held[place] = row
        urlSeen += attachment.sawPersistentURL ? 1 : 0
        doubtfulTimes += attachment.created == nil && attachment.hasDoubtfulTime ? 1 : 0
        forecast?.add(attachment)
        addOverdue(attachment)
    }

    /// What expired and was then seen with a persistent URL is no less a finding than what is live.
    private mutating func addDrift(_ attachment: Attachment, line: PhoneLine?) {
        guard attachment.state != .gone, tiers.hasDrift(attachment) else { return }
        let sawURL = tiers.isContradicted(by: attachment)
        drift.append(
            ReportValues.Drift(
                attachment: attachment.id, line: line,
                finding: sawURL ? "persistent URL seen" : "still there after 48 h"))
    }

    /// Only what a policy promised to remove: an erasure is a request's, with a deadline of its own.
    private mutating func addOverdue(_ attachment: Attachment) {
        guard let ruling = decider?.ruling(on: attachment, holds: holds, now: now), ruling.verdict == .delete,
            case .policy = ruling.reason
        else { return }
        let due = min(ruling.latestRemoval ?? now, now)
        let sum = overdue ?? ReportValues.Overdue(attachments: 0, bytes: 0, oldestDue: due)
        overdue = ReportValues.Overdue(
            attachments: sum.attachments + 1, bytes: sum.bytes + (attachment.size ?? 0),
            oldestDue: min(sum.oldestDue, due))
    }
}

extension ReportSources {
    /// The live count that the store keeps is a second source of the total, unless something came in during the pass.
    func census(holds: [LegalHold], now: Timestamp) throws(LetheError) -> (InventoryCensus, ReportValues.Holdings) {
        var census = InventoryCensus(self, holds: holds, now: now)
        let before = try inventory.liveCount()
        // Who took part is asked by holds of persons alone, and costs several look-ups each.
        let people = holds.contains { if case .subject = $0.scope { true } else { false } }
        try inventory.forEachAttachment(people: people) { candidate in
            census.add(candidate.attachment)
            return true
        }
        let rows = Array(census.held.values)
        let counted = rows.map(\.attachments).reduce(0, +)
        let isStill = try inventory.liveCount() == before
        let total = ReportValues.Amount(
            attachments: isStill ? before : counted, bytes: rows.map(\.bytes).reduce(0, +))
        let holdings = ReportValues.Holdings(
            held: rows, total: total, known: try inventory.knownCount(),
            urlSeen: census.urlSeen, overdue: census.overdue, drift: census.drift)
        return (census, holdings)
    }
}
