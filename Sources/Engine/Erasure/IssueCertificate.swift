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
        /// The last one that says something of it; `not_attempted` where no plan has got to it.
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

    package struct PlanApproval: Sendable, Equatable {
        package let plan: PlanID
        package let approval: Approval
    }

    package let request: ErasureRequest
    /// The latest plan of the request.
    package let plan: PlanRecord
    /// 1 for the first; each further plan under the request counts on.
    package let issue: Int
    /// Over all plans of the request, the latest word on each attachment, by id.
    package let items: [Item]
    /// Of each plan that was carried out, or is being so, oldest first.
    package let approvals: [PlanApproval]
    /// No message and no chat of the person was ever seen.
    package let isUnseen: Bool
    /// The person's attachments that no plan of the request lists, since they had gone before its first.
    package let goneBefore: OutcomeCounts
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
        var worked: [WorkedPlan] = []
        for plan in plans { worked.append(WorkedPlan(plan, try inventory.results(of: plan.plan.id))) }
        return CertificateFacts(
            request: request, plan: latest, issue: max(1, plans.count { $0.state == .done }),
            items: try items(of: worked, selector), approvals: worked.flatMap(\.approvals),
            isUnseen: try inventory.unseen(request.subjects).count == request.subjects.count,
            goneBefore: try goneBefore(request, since: plans[0].plan.created, listed: attachments),
            coverage: try inventory.erasureCoverage(subjects: request.subjects), origin: log.origin, vkey: log.vkey,
            checkpoint: try log.head().map { String(decoding: $0.note, as: UTF8.self) }, records: records)
    }

    private func items(
        of plans: [WorkedPlan], _ cited: EvidenceSelector
    ) throws(LetheError) -> [CertificateFacts.Item] {
        var items: [AttachmentID: CertificateFacts.Item] = [:]
        for worked in plans {
            for (planned, result) in zip(worked.record.plan.items, worked.results) {
                let outcome = result.outcome ?? .notAttempted
                if let standing = items[planned.attachment],
                    !standing.outcome.givesWay(to: outcome, grade: standing.grade)
                {
                    continue
                }
                let attachment = try inventory.attachment(planned.attachment)
                // Why it stayed, where it was to go when the plan was made.
                let reasons = [planned.withheld, cited.withheld[planned.attachment]]
                let refuted = outcome == .failedUnexpected ? cited.refuted[planned.attachment] : nil
                items[planned.attachment] = CertificateFacts.Item(
                    attachment: planned.attachment, rule: planned.rule, line: planned.line, tier: planned.tier,
                    mime: attachment?.sightings.lazy.compactMap(\.mime).first, bytes: planned.size,
                    outcome: outcome, closedAt: result.closedAt, grade: refuted == nil ? result.grade : .x,
                    attempts: result.attempts, http: result.http ?? refuted?.http,
                    trace: result.trace ?? refuted?.trace,
                    withheld: reasons.lazy.compactMap { $0 }.first { $0.outcome == outcome } ?? planned.withheld)
            }
        }
        return try items.values.map(afterAll).sorted { $0.attachment < $1.attachment }
    }

    /// What another plan removed since is not kept: how it went counts, whatever the plans of the request say of it.
    private func afterAll(_ item: CertificateFacts.Item) throws(LetheError) -> CertificateFacts.Item {
        let isGone = item.outcome.stateOfObject != nil && item.grade != .x
        guard !isGone, let record = try inventory.record(of: item.attachment), record.attachment.state == .gone,
            let outcome = record.outcome
        else { return item }
        var (rule, http, trace) = (item.rule, item.http, item.trace)
        for entry in record.history {
            switch entry.event {
            case .intent(_, _, let last): rule = last
            case .answer(_, let status, let id, outcome): (http, trace) = (status, id)
            default: break
            }
        }
        return CertificateFacts.Item(
            attachment: item.attachment, rule: rule, line: item.line, tier: item.tier, mime: item.mime,
            bytes: item.bytes, outcome: outcome, closedAt: record.outcomeAt, grade: record.grade,
            attempts: max(1, item.attempts), http: http, trace: trace, withheld: nil)
    }

    /// By how it went: what retention, an earlier request or the vendor had removed.
    private func goneBefore(
        _ request: ErasureRequest, since: Timestamp, listed: Set<AttachmentID>
    ) throws(LetheError) -> OutcomeCounts {
        var counts = OutcomeCounts()
        let filter = AttachmentFilter(subjects: request.subjects)
        var page = try inventory.attachments(filter, limit: 500, where: { $0.state != .live })
        while true {
            for attachment in page.attachments where !listed.contains(attachment.id) {
                let isOfRequest =
                    try inventory.erasureCandidate(
                        attachment.id, subjects: request.subjects, scope: request.scope) != nil
                guard isOfRequest, let record = try inventory.record(of: attachment.id), let outcome = record.outcome,
                    let at = record.outcomeAt, at < since
                else { continue }
                counts.add(outcome)
            }
            guard let next = page.next else { return counts }
            page = try inventory.attachments(filter, after: next, limit: 500, where: { $0.state != .live })
        }
    }

    /// What the log says of the request, its plans, and how each item ended, closed segments included.
    private func records(_ selector: inout EvidenceSelector) throws(LetheError) -> [CertificateFacts.Record] {
        var records: [CertificateFacts.Record] = []
        for segment in try log.segments() {
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

/// A plan and what became of it.
private struct WorkedPlan {
    let record: PlanRecord
    let results: [ItemResult]

    init(_ record: PlanRecord, _ results: [ItemResult]) {
        self.record = record
        self.results = results
    }

    /// Those of a plan of which nothing was carried out approved nothing.
    var approvals: [CertificateFacts.PlanApproval] {
        let isWorked =
            [.applying, .halted, .done].contains(record.state)
            || results.contains { $0.outcome.map { $0 != .notAttempted } ?? false }
        return isWorked ? record.approvals.map { .init(plan: record.plan.id, approval: $0) } : []
    }
}

/// Which records a statement cites, asked in the order of the log.
private struct EvidenceSelector {
    let request: RequestID
    let plans: Set<PlanID>
    let attachments: Set<AttachmentID>
    /// Why items of the request's runs stayed, the last word on each.
    private(set) var withheld: [AttachmentID: Withholding] = [:]
    /// The answer that a run of the request took for the end, until its own GET found the attachment again.
    private(set) var refuted: [AttachmentID: AuditRecord.Answer] = [:]
    private var answers: [AttachmentID: AuditRecord.Answer] = [:]
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
            refuted[attachment] = reason == HaltCause.stillThere.rawValue ? answers[attachment] : nil
            return attachments.contains(attachment)
        case .deleteOutcome(let answer) where answer.final != nil && attachments.contains(answer.attachment):
            answers[answer.attachment] = answer
            refuted[answer.attachment] = nil
            return true
        default: return record.finalOutcome != nil && record.attachment.map(attachments.contains) == true
        }
    }
}
