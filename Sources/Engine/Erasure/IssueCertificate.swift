package import Audit
package import Domain
import Foundation
package import Inventory

/// What an erasure certificate says of one request, read from the inventory and proved by the audit log. Evidence, not
/// certification; `Reports` gives it its form.
package struct CertificateFacts: Sendable {
    package struct Item: Sendable, Equatable {
        package let attachment: AttachmentID
        package let rule: String
        package let line: PhoneLine?
        package let tier: Tier
        package let mime: String?
        /// `nil` = unknown.
        package let bytes: Int64?
        /// `not_attempted` where it is still open.
        package let outcome: Outcome
        package let closedAt: Timestamp?
        package let grade: EvidenceGrade?
        package let attempts: Int
        /// Status of the answer that decided it.
        package let http: Int?
        package let trace: String?
        package let withheld: Withholding?
    }

    package struct Record: Sendable, Equatable {
        /// The segment of the log it is in.
        package let origin: String
        package let seq: Int64
        /// The line's bytes without its LF: ASCII.
        package let line: String
        /// A C2SP tlog-proof file, whole; `nil` while no checkpoint covers the record.
        package let inclusion: String?
    }

    package let request: ErasureRequest
    /// The latest plan of the request.
    package let plan: PlanRecord
    /// 1 for the first; each further plan under the request counts on.
    package let issue: Int
    /// Over all plans of the request, the latest word on each attachment, by id.
    package let items: [Item]
    package let coverage: ErasureCoverage
    package let origin: String
    package let vkey: String
    /// The signed note, whole.
    package let checkpoint: String?
    package let records: [Record]
}

/// Gathers the statement of one request. Seals the log first, so that a checkpoint covers what it cites.
package struct IssueCertificate: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog

    package init(inventory: InventoryStore, log: AuditLog) {
        self.inventory = inventory
        self.log = log
    }

    package func run(_ id: RequestID) throws(LetheError) -> CertificateFacts {
        try CatchUp(inventory: inventory, log: log).run()
        guard let request = try inventory.request(id) else {
            throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
        }
        try RecordedTruth(log).refuseChanged(request)
        var plans: [PlanRecord] = []
        for summary in try inventory.plans() where summary.request == id {
            plans.append(try inventory.plan(summary.id))
        }
        plans.sort { $0.plan.created < $1.plan.created }
        guard let latest = plans.last else {
            throw LetheError(
                "no-plan", .refused, "request \(id) has no plan yet", hint: "go on with it: lethe erase --resume \(id)")
        }
        _ = try log.sealIfNeeded()
        let attachments = Set(plans.flatMap { $0.plan.items.map(\.attachment) })
        var selector = EvidenceSelector(request: id, plans: Set(plans.map(\.plan.id)), attachments: attachments)
        let records = try records(&selector)
        let items = try items(of: plans, selector.withheld)
        return CertificateFacts(
            request: request, plan: latest, issue: max(1, plans.count { $0.state == .done }), items: items,
            coverage: try inventory.erasureCoverage(subjects: request.subjects), origin: log.origin, vkey: log.vkey,
            checkpoint: try log.head().map { String(decoding: $0.note, as: UTF8.self) }, records: records)
    }

    /// `withheld`: why items stayed that were to go when the plan was made.
    private func items(
        of plans: [PlanRecord], _ withheld: [AttachmentID: Withholding]
    ) throws(LetheError) -> [CertificateFacts.Item] {
        var items: [AttachmentID: CertificateFacts.Item] = [:]
        for record in plans {
            let results = try inventory.results(of: record.plan.id)
            for (planned, result) in zip(record.plan.items, results) {
                let attachment = try inventory.attachment(planned.attachment)
                let reasons = [planned.withheld, withheld[planned.attachment]]
                items[planned.attachment] = CertificateFacts.Item(
                    attachment: planned.attachment, rule: planned.rule, line: planned.line, tier: planned.tier,
                    mime: attachment?.sightings.lazy.compactMap(\.mime).first, bytes: planned.size,
                    outcome: result.outcome ?? .notAttempted, closedAt: result.closedAt, grade: result.grade,
                    attempts: result.attempts, http: result.http, trace: result.trace,
                    withheld: reasons.lazy.compactMap { $0 }.first { $0.outcome == result.outcome } ?? planned.withheld)
            }
        }
        return items.values.sorted { $0.attachment < $1.attachment }
    }

    /// What the log says of the request, its plans, and how each item ended, closed segments included.
    private func records(_ selector: inout EvidenceSelector) throws(LetheError) -> [CertificateFacts.Record] {
        var records: [CertificateFacts.Record] = []
        for segment in try AuditLog.segments(log.location) {
            guard let file = segment.file else { continue }
            let reader = try LogReader(file)
            var cited: [LogEntry] = []
            try reader.forEachEntry { entry in if selector.includes(entry.record) { cited.append(entry) } }
            guard !cited.isEmpty else { continue }
            let proofs = try LogProofs(reader)
            for entry in cited {
                records.append(
                    CertificateFacts.Record(
                        origin: segment.origin, seq: entry.seq, line: String(decoding: entry.line, as: UTF8.self),
                        inclusion: String(decoding: try proofs.inclusion(of: entry.seq).bytes, as: UTF8.self)))
            }
        }
        return records
    }
}

/// Which records a statement cites, asked in the order of the log.
private struct EvidenceSelector {
    let request: RequestID
    let plans: Set<PlanID>
    let attachments: Set<AttachmentID>
    /// Why items of the request's runs stayed, the last word on each.
    private(set) var withheld: [AttachmentID: Withholding] = [:]
    private var runs: Set<RunID> = []

    init(request: RequestID, plans: Set<PlanID>, attachments: Set<AttachmentID>) {
        self.request = request
        self.plans = plans
        self.attachments = attachments
    }

    mutating func includes(_ record: AuditRecord) -> Bool {
        switch record {
        case .requestOpened(let opening): return opening.request == request
        case .requestUpdated(let id, _, _, _, _): return id == request
        case .planCreated(let plan, _, _, _, _), .planApproved(let plan, _, _, _): return plans.contains(plan)
        case .runStart(let run, let plan, _, _):
            if plans.contains(plan) { runs.insert(run) }
            return plans.contains(plan)
        case .runEnd(let run, _): return runs.contains(run)
        case .deleteVerified(_, let attachment, _, _): return attachments.contains(attachment)
        case .itemClosed(let run, let attachment, let outcome, let reason) where runs.contains(run):
            if outcome.group == .withheld, let reason {
                withheld[attachment] = Withholding(outcome: outcome, ground: reason)
            }
            return attachments.contains(attachment)
        default: return record.finalOutcome != nil && record.attachment.map(attachments.contains) == true
        }
    }
}
