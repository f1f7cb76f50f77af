import Audit
package import Domain
import Inventory

extension CertificateValues {
    /// Reads what a statement of erasure says of one request: the items of its plan with their outcomes from verified
    /// lines, and for each outcome its record and inclusion proof. Throws `no-plan` for a request that never got one.
    package static func gather(
        _ sources: ReportSources, request id: RequestID, issue: Int = 1, controller: String? = nil, now: Timestamp
    ) throws(LetheError) -> CertificateValues {
        guard let request = try sources.inventory.request(id) else {
            throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
        }
        guard let planID = request.plan else {
            throw LetheError("no-plan", .failed, "request \(id) has no plan: there is nothing to state")
        }
        let history = try sources.history(until: Timestamp(microseconds: .max))
        let endings = history.endings[planID] ?? [:]
        let record = try sources.inventory.plan(planID)
        let plan = record.plan
        var items: [Item] = []
        for item in plan.items {
            let sightings = try sources.inventory.attachment(item.attachment)?.sightings ?? []
            items.append(Item(item, endings[item.attachment], mediaType: sightings.lazy.compactMap(\.mime).first))
        }
        let found = try sources.inventory.erasureCoverage(subjects: request.subjects)
        return CertificateValues(
            issue: issue, issued: now, tool: sources.tool, controller: controller, partner: sources.partner,
            request: Request(request),
            plan: Plan(
                id: planID, digest: record.digest, policyDigest: plan.policyDigest, created: plan.created,
                items: plan.items.count),
            approvals: history.approvals[planID] ?? [], items: items,
            coverage: Coverage(
                extent: request.coverage, unaddressable: found.withoutID, recipientUnknown: found.recipientUnknown),
            proof: try sources.proof(of: Array(endings.values)))
    }
}

extension CertificateValues.Item {
    fileprivate init(_ item: PlanItem, _ ending: LogHistory.Ending?, mediaType: String?) {
        let outcome = ending?.outcome ?? .notAttempted
        let isWithheld = outcome.group == .withheld
        self.init(
            attachment: item.attachment, rule: item.rule, line: item.line, tier: item.tier, mediaType: mediaType,
            bytes: item.size, outcome: outcome, at: ending?.at, grade: ending?.grade, attempts: ending?.attempts ?? 0,
            lastAnswer: ending?.lastAnswer, trace: ending?.trace,
            ground: isWithheld ? item.withheld?.ground ?? ending?.reason : nil,
            ends: isWithheld ? item.withheld?.ends : nil)
    }
}

extension ReportSources {
    /// The records of these endings with a proof for each that the newest checkpoint covers. The checkpoint shown is that of
    /// the last log; a proof of an earlier segment carries its own.
    fileprivate func proof(of endings: [LogHistory.Ending]) throws(LetheError) -> CertificateValues.Proof {
        guard let live = logs.last?.reader else {
            throw LetheError("no-log", .failed, "there is no audit log to prove anything with")
        }
        var records: [CertificateValues.Record] = []
        for log in logs.map(\.reader) {
            let seqs = endings.filter { $0.origin == log.origin }.map(\.seq).sorted()
            let size = try log.checkpoint()?.size ?? 0
            let covered = seqs.filter { $0 < size }
            for proof in covered.isEmpty ? [] : try log.inclusionProofs(of: covered) {
                records.append(
                    CertificateValues.Record(
                        seq: proof.index, line: String(decoding: proof.line, as: UTF8.self),
                        inclusion: String(decoding: proof.bytes, as: UTF8.self)))
            }
            for seq in seqs where seq >= size {
                guard let entry = try log.entry(seq) else { continue }
                records.append(CertificateValues.Record(seq: seq, line: String(decoding: entry.line, as: UTF8.self)))
            }
        }
        let opening = try live.opening()
        return CertificateValues.Proof(
            origin: opening.origin, vkey: opening.vkey,
            checkpoint: try live.checkpoint().map { String(decoding: $0.note, as: UTF8.self) }, records: records)
    }
}
