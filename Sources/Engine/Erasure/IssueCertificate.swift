package import Audit
package import Domain
import Foundation
package import Inventory
package import Rules

/// What an erasure certificate says of one request: what the audit log proves, and what the inventory knows beside. Evidence, not
/// certification; `Reports` gives it its form.
package struct CertificateFacts: Sendable {
    package struct Record: Sendable, Equatable {
        /// The segment of the log it is in.
        package let origin: String
        package let seq: Int64
        /// The line's bytes without its LF: ASCII.
        package let line: String
        /// A C2SP tlog-proof file, whole; `nil` while no checkpoint covers the record.
        package let inclusion: String?
    }

    package let proved: ProvedRequest
    /// Of the request, oldest first.
    package let plans: [PlanRecord]
    /// No message and no chat of the person was ever seen.
    package let isUnseen: Bool
    /// The person's attachments that no plan of the request lists, since they had gone before its first.
    package let goneBefore: OutcomeCounts
    package let coverage: ErasureCoverage
    package let origin: String
    package let vkey: String
    /// The signed note, whole.
    package let checkpoint: String?
    /// In the order of the log.
    package let records: [Record]
}

/// Gathers the statement of one request. Seals the log first, so that a checkpoint covers what it cites.
package struct IssueCertificate: Sendable {
    private let inventory: InventoryStore
    private let log: AuditLog
    private let tiers: TierMap

    /// `tiers`: of attachments whose plan is lost.
    package init(inventory: InventoryStore, log: AuditLog, tiers: TierMap = TierMap()) {
        self.inventory = inventory
        self.log = log
        self.tiers = tiers
    }

    package func run(_ id: RequestID) throws(LetheError) -> CertificateFacts {
        try CatchUp(inventory: inventory, log: log).run()
        guard let request = try inventory.request(id) else {
            throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
        }
        try RecordedTruth(log).refuseChanged(request)
        var plans: [PlanRecord] = []
        for summary in try inventory.plans() where summary.request == id {
            let record = try inventory.plan(summary.id)
            // One that a crash left unrecorded never came to anything.
            if record.isRecorded { plans.append(record) }
        }
        plans.sort { $0.plan.created < $1.plan.created }
        guard !plans.isEmpty else {
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
        let start = plans[0].plan.created
        let found = try foundAgain(request, listed: listed)
        var selector = EvidenceSelector(
            request: id, plans: Set(plans.map(\.plan.id)), attachments: listed.union(found))
        let cited = try cited(&selector)
        let stated = ProvedRequest.Stated(
            request: request, firstAnswer: try inventory.firstAnswer(of: request, recorded: nil),
            approvals: plans.flatMap { record in
                record.approvals.map { .init(plan: record.plan.id, by: $0.name, how: $0.how, at: $0.at) }
            },
            items: try stated(plans, selector.attachments))
        let proved = try ProvedRequest(stated, plans: plans.map(\.plan), entries: cited.flatMap(\.entries))
        if let flaw = proved.contradictions.first {
            throw LetheError(
                "plan-unlike-log", .failed, "request \(id) is not as the audit log has it: \(flaw)",
                hint: "put back the newest inventory.db")
        }
        return CertificateFacts(
            proved: proved, plans: plans,
            isUnseen: try inventory.unseen(request.subjects).count == request.subjects.count,
            goneBefore: try goneBefore(request, since: start, listed: listed),
            coverage: try inventory.erasureCoverage(subjects: request.subjects), origin: log.origin, vkey: log.vkey,
            checkpoint: try log.head().map { String(decoding: $0.note, as: UTF8.self) },
            records: try records(cited))
    }

    /// What the inventory knows of each attachment, and what it remembers of its end where the log tells nothing any more.
    private func stated(
        _ plans: [PlanRecord], _ attachments: Set<AttachmentID>
    ) throws(LetheError) -> [AttachmentID: ProvedRequest.Item] {
        var planned: [AttachmentID: PlanItem] = [:]
        var results: [AttachmentID: ItemResult] = [:]
        let isPruned = try log.segments().contains { $0.file == nil }
        for record in plans {
            for item in record.plan.items { planned[item.attachment] = item }
            for result in isPruned ? try inventory.results(of: record.plan.id) : [] {
                guard let outcome = result.outcome else { continue }
                let before = results[result.attachment]
                if before?.outcome?.givesWay(to: outcome, grade: before?.grade) ?? true {
                    results[result.attachment] = result
                }
            }
        }
        try addPlannedElsewhere(attachments, to: &planned)
        var items: [AttachmentID: ProvedRequest.Item] = [:]
        for id in attachments {
            let attachment = try inventory.attachment(id)
            let result = results[id]
            let item =
                planned[id]
                ?? PlanItem(
                    attachment: id, rule: "", line: attachment?.sightings.lazy.compactMap(\.line).first,
                    tier: attachment.map(tiers.tier) ?? .persistent,
                    size: attachment?.sightings.lazy.compactMap(\.size).first)
            items[id] = ProvedRequest.Item(
                item, mime: attachment?.sightings.lazy.compactMap(\.mime).first,
                outcome: result?.outcome.map { $0.counted(at: result?.grade) } ?? .notAttempted,
                closedAt: result?.closedAt, grade: result?.grade, attempts: result?.attempts ?? 0, http: result?.http,
                trace: result?.trace)
        }
        return items
    }

    /// What had gone before the request is listed by the plan that removed it.
    private func addPlannedElsewhere(
        _ attachments: Set<AttachmentID>, to planned: inout [AttachmentID: PlanItem]
    ) throws(LetheError) {
        let rest = attachments.subtracting(planned.keys)
        guard !rest.isEmpty else { return }
        var places: [PlanID: Int] = [:]
        for (place, summary) in try inventory.plans().enumerated() { places[summary.id] = place }
        try inventory.forEachListing(of: Array(rest)) { id, listings in
            planned[id] = listings.min { places[$0.plan] ?? .max < places[$1.plan] ?? .max }?.item
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

    /// By how it went, as the log has it: what retention, an earlier request or the vendor had removed.
    private func goneBefore(
        _ request: ErasureRequest, since: Timestamp, listed: Set<AttachmentID>
    ) throws(LetheError) -> OutcomeCounts {
        var ids: Set<AttachmentID> = []
        var next: AttachmentID?
        repeat {
            let page = try inventory.attachments(
                AttachmentFilter(subjects: request.subjects), after: next, limit: 500, where: { _ in true })
            for attachment in page.attachments where !listed.contains(attachment.id) {
                let isOfRequest =
                    try inventory.erasureCandidate(
                        attachment.id, subjects: request.subjects, scope: request.scope) != nil
                if isOfRequest { ids.insert(attachment.id) }
            }
            next = page.next
        } while next != nil
        let endings = try RecordedTruth(log).endings(of: ids)
        let words = ids.compactMap { endings.word(on: $0, of: []) }
        return OutcomeCounts(words.filter { $0.at < since && $0.counted.stateOfObject != nil }.map(\.outcome))
    }

    /// What the log says of the request, its plans and their items, closed segments included.
    private func cited(_ selector: inout EvidenceSelector) throws(LetheError) -> [CitedSegment] {
        var readers: [LogReader] = []
        for segment in try log.segments() {
            guard let file = segment.file else { continue }
            let reader = try LogReader(file)
            selector.begin()
            try reader.forEachEntry { entry in selector.add(entry) }
            readers.append(reader)
        }
        return zip(readers, selector.cited).compactMap { reader, entries in
            entries.isEmpty ? nil : CitedSegment(reader: reader, entries: entries.sorted { $0.seq < $1.seq })
        }
    }

    private func records(
        _ cited: [CitedSegment]
    ) throws(LetheError) -> [CertificateFacts.Record] {
        var records: [CertificateFacts.Record] = []
        for segment in cited {
            let reader = segment.reader
            let proofs = try LogProofs(reader)
            for entry in segment.entries {
                records.append(
                    CertificateFacts.Record(
                        origin: reader.origin, seq: entry.seq, line: String(decoding: entry.line, as: UTF8.self),
                        inclusion: String(decoding: try proofs.inclusion(of: entry.seq).bytes, as: UTF8.self)))
            }
        }
        return records
    }
}

private struct CitedSegment {
    let reader: LogReader
    let entries: [LogEntry]
}

/// Which records a statement cites, asked in the order of the log.
private struct EvidenceSelector {
    let request: RequestID
    let plans: Set<PlanID>
    /// Those of the plans, and those that a plan which is not there any more announced for the request.
    private(set) var attachments: Set<AttachmentID>
    /// By segment.
    private(set) var cited: [[LogEntry]] = []
    private var runs: Set<RunID> = []
    /// Where the runs of other plans begin, which are cited with the first record of theirs that is.
    private var beginnings: [RunID: (segment: Int, entry: LogEntry)] = [:]

    init(request: RequestID, plans: Set<PlanID>, attachments: Set<AttachmentID>) {
        self.request = request
        self.plans = plans
        self.attachments = attachments
    }

    mutating func begin() { cited.append([]) }

    mutating func add(_ entry: LogEntry) {
        guard cites(entry) else { return }
        cited[cited.count - 1].append(entry)
        if let run = entry.record.runOfItem, let beginning = beginnings.removeValue(forKey: run) {
            cited[beginning.segment].append(beginning.entry)
        }
    }

    private mutating func cites(_ entry: LogEntry) -> Bool {
        switch entry.record {
        case .requestOpened(let opening): return opening.request == request
        case .requestUpdated(let update): return update.request == request
        case .planCreated(let made): return plans.contains(made.plan)
        case .planApproved(let approval): return plans.contains(approval.plan)
        case .runStart(let start):
            guard !plans.contains(start.plan) else { return runs.insert(start.run).inserted }
            beginnings[start.run] = (cited.count - 1, entry)
            return false
        case .runEnd(let end): return runs.contains(end.run)
        case .deleteIntent(let intent) where intent.rule == "erasure:\(request)":
            attachments.insert(intent.attachment)
            return true
        default: return entry.record.attachment.map(attachments.contains) == true
        }
    }
}

extension AuditRecord {
    fileprivate var runOfItem: RunID? {
        switch self {
        case .deleteIntent(let intent): intent.run
        case .itemClosed(let closing): closing.run
        default: nil
        }
    }
}
