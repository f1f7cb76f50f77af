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
        /// The last word on it; `not_attempted` where no plan has got to it.
        package let outcome: Outcome
        package let closedAt: Timestamp?
        package let grade: EvidenceGrade?
        /// DELETEs that were sent for it, whichever plans sent them.
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
    /// The first of its answers, which was in time or was not; `nil` = there is none yet.
    package let firstAnswer: Timestamp?
    /// The latest plan of the request.
    package let plan: PlanRecord
    /// 1 for the first answer; whatever came on record since and changes what is said counts on.
    package let issue: Int
    /// The last word on each attachment that the request comes to, by id.
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
                "no-plan", .refused,
                request.state.isAnswered
                    ? "the plan that answered request \(id) was lost with the inventory that had it"
                    : "request \(id) has no plan yet",
                hint: request.state.isAnswered
                    ? "put back the newest inventory.db; what the log has of it: lethe audit show --type request.updated"
                    : "go on with it: lethe erase --resume \(id)")
        }
        _ = try log.sealIfNeeded()
        let listed = Set(plans.flatMap { $0.plan.items.map(\.attachment) })
        let (start, ids) = (plans[0].plan.created, Set(plans.map(\.plan.id)))
        let found = try foundAgain(request, listed: listed)
        var selector = EvidenceSelector(request: id, plans: ids, attachments: listed.union(found))
        let records = try records(&selector)
        var worked: [WorkedPlan] = []
        for plan in plans { worked.append(WorkedPlan(plan, try inventory.results(of: plan.plan.id))) }
        // What only a removed segment told, the inventory remembers.
        if try log.segments().contains(where: { $0.file == nil }) {
            for plan in worked { selector.endings.supply(plan.endings) }
        }
        let words = try selector.endings.words(on: listed, of: ids, since: start) { found.contains($0) }
        return CertificateFacts(
            request: request,
            firstAnswer: try inventory.firstAnswer(of: request, recorded: selector.firstAnswer), plan: latest,
            issue: max(1, selector.issue), items: try items(of: worked, words, selector.endings),
            approvals: worked.flatMap(\.approvals),
            isUnseen: try inventory.unseen(request.subjects).count == request.subjects.count,
            goneBefore: try goneBefore(request, since: start, listed: listed),
            coverage: try inventory.erasureCoverage(subjects: request.subjects), origin: log.origin, vkey: log.vkey,
            checkpoint: try log.head().map { String(decoding: $0.note, as: UTF8.self) }, records: records)
    }

    private func items(
        of plans: [WorkedPlan], _ words: [AttachmentID: Endings.Ending], _ endings: Endings
    ) throws(LetheError) -> [CertificateFacts.Item] {
        var planned: [AttachmentID: PlanItem] = [:]
        var reasons: [AttachmentID: [PlanID: Withholding]] = [:]
        for worked in plans {
            for item in worked.record.plan.items {
                planned[item.attachment] = item
                if let reason = item.withheld { reasons[item.attachment, default: [:]][worked.record.plan.id] = reason }
            }
        }
        for (id, word) in words where planned[id] == nil {
            planned[id] = try inventory.plan(word.plan, evenIfChanged: true).plan.items.first { $0.attachment == id }
        }
        return try planned.values.sorted { $0.attachment < $1.attachment }.map { (item) throws(LetheError) in
            let (id, word) = (item.attachment, words[item.attachment])
            return CertificateFacts.Item(
                attachment: id, rule: word?.rule ?? item.rule, line: item.line, tier: item.tier,
                mime: try inventory.attachment(id)?.sightings.lazy.compactMap(\.mime).first, bytes: item.size,
                outcome: word?.counted ?? .notAttempted, closedAt: word.map { $0.foundAt ?? $0.at }, grade: word?.grade,
                attempts: endings.attempts(on: id), http: word?.decision?.http, trace: word?.decision?.trace,
                withheld: word.map { $0.withholding(reasons[id]?[$0.plan]) } ?? item.withheld)
        }
    }

    /// The person's attachments that no plan lists, since they had gone before, and that a GET found again.
    private func foundAgain(
        _ request: ErasureRequest, listed: Set<AttachmentID>
    ) throws(LetheError) -> Set<AttachmentID> {
        var found: Set<AttachmentID> = []
        for candidate in try inventory.erasureCandidates(subjects: request.subjects, scope: request.scope) {
            let id = candidate.attachment.id
            guard !listed.contains(id), try inventory.record(of: id)?.grade == .x else { continue }
            found.insert(id)
        }
        return found
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
            try reader.forEachEntry { entry in if selector.includes(entry) { cited.append(entry) } }
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

    /// What the inventory has of them; its answers and attempts are not there.
    var endings: [Endings.Ending] {
        results.compactMap { result in
            guard let outcome = result.outcome, let at = result.closedAt else { return nil }
            var ending = Endings.Ending(
                attachment: result.attachment, plan: record.plan.id, run: RunID(value: 0), at: at, outcome: outcome)
            ending.grade = result.grade
            return ending
        }
    }
}

/// Which records a statement cites, asked in the order of the log.
private struct EvidenceSelector {
    let request: RequestID
    let plans: Set<PlanID>
    let attachments: Set<AttachmentID>
    var endings = Endings()
    /// Records from the first answer on that change what the statement says.
    private(set) var issue = 0
    private(set) var firstAnswer: Timestamp?
    private var isAnswered = false
    private var runs: Set<RunID> = []

    init(request: RequestID, plans: Set<PlanID>, attachments: Set<AttachmentID>) {
        self.request = request
        self.plans = plans
        self.attachments = attachments
    }

    mutating func includes(_ entry: LogEntry) -> Bool {
        endings.add(entry)
        let isCited = cites(entry.record)
        switch entry.record {
        case .requestUpdated(request, let state, _, _, _):
            isAnswered = state.isClosed
            if isAnswered { firstAnswer = firstAnswer ?? entry.time }
            issue += isAnswered ? 1 : 0
        case .deleteVerified: issue += isCited && isAnswered ? 1 : 0
        // Each run of a plan of the request ends in an answer.
        default: issue += isCited && isAnswered && entry.record.finalOutcome != nil ? 1 : 0
        }
        return isCited
    }

    private mutating func cites(_ record: AuditRecord) -> Bool {
        switch record {
        case .requestOpened(let opening): return opening.request == request
        case .requestUpdated(let id, _, _, _, _): return id == request
        case .planCreated(let plan, _, _, _, _), .planApproved(let plan, _, _, _): return plans.contains(plan)
        case .runStart(let run, let plan, _, _):
            if plans.contains(plan) { runs.insert(run) }
            return plans.contains(plan)
        case .runEnd(let run, _): return runs.contains(run)
        case .deleteVerified(_, let attachment, _, _): return attachments.contains(attachment)
        default: return record.finalOutcome != nil && record.attachment.map(attachments.contains) == true
        }
    }
}

extension Endings.Ending {
    /// Why it stays. `planned`: why its plan withheld it from the beginning.
    fileprivate func withholding(_ planned: Withholding?) -> Withholding? {
        guard counted.group == .withheld else { return nil }
        return planned?.outcome == counted ? planned : reason.map { Withholding(outcome: counted, ground: $0) }
    }
}
