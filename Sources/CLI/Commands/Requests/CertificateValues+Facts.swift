import Domain
import Engine
import Inventory
import Reports

extension CertificateFacts {
    /// Checked, and refused for a request that is neither answered nor ended: there is nothing to state yet.
    func certificate(_ wiring: Wiring) throws -> Certificate {
        let request = proved.request
        guard request.state.isClosed else {
            throw LetheError(
                "not-carried-out", .refused,
                "request \(request.id) is \(request.state.rawValue): it is not answered yet",
                hint: NextStep(request, plan: plans.last).command)
        }
        // Nothing contradicts it: what would bear it out is gone.
        if let gap = proved.unproved.first {
            throw LetheError(
                "records-removed", .refused,
                "no certificate of request \(request.id) can be proved any more: \(gap); `audit prune` removed it, or it was lost",
                hint: "those that were issued before stand: lethe requests check-certificate FILE")
        }
        let values = CertificateValues(
            issued: wiring.clock.now(), tool: "lethe \(Lethe.version)", partner: wiring.settings.partner,
            coverage: .init(
                extent: request.coverage,
                unaddressable: coverage.unaddressable + coverage.unaddressableElsewhere,
                recipientUnknown: coverage.recipientUnknown, unseen: isUnseen, goneBefore: goneBefore,
                unreadable: request.coverage == .complete ? [] : coverage.unreadable),
            proof: .init(
                origin: origin, vkey: vkey, checkpoint: checkpoint,
                plans: plans.map { String(decoding: $0.plan.canonicalBytes, as: UTF8.self) },
                records: records.map { .init(seq: $0.seq, line: $0.line, inclusion: $0.inclusion) }),
            proved, plans.map(\.plan))
        return try values.checked()
    }
}

extension CertificateValues {
    /// What is proved, in the form of the certificate, and what is stated beside it.
    init(
        issued: Timestamp, tool: String, controller: String? = nil, partner: String, coverage: Coverage, proof: Proof,
        _ proved: ProvedRequest, _ plans: [Domain.Plan]
    ) {
        var coverage = coverage
        coverage.lostPlans = proved.lostPlans == 0 ? nil : proved.lostPlans
        let plan = plans[plans.count - 1]
        self.init(
            issue: proved.issue, issued: issued, tool: tool, controller: controller, partner: partner,
            request: Request(proved.request, firstAnswered: proved.firstAnswer),
            plan: Plan(
                id: plan.id, digest: plan.digest, policyDigest: plan.policyDigest, created: plan.created,
                items: plan.items.count),
            approvals: proved.approvals.map {
                ReportValues.Approval(by: $0.by, how: $0.how, at: $0.at, plan: $0.plan)
            },
            items: proved.items.map { item in
                Item(
                    attachment: item.attachment, rule: item.rule, line: item.planned.line, tier: item.planned.tier,
                    mediaType: item.mime, bytes: item.planned.size, outcome: item.outcome, at: item.closedAt,
                    grade: item.grade, attempts: item.attempts, lastAnswer: item.http.map { String($0) },
                    trace: item.trace, ground: item.withheld?.ground, ends: item.withheld?.ends)
            },
            coverage: coverage, proof: proof)
    }
}

extension ProvedRequest.Stated {
    /// What a certificate says, to be held against its records.
    init(_ values: CertificateValues) {
        let request = values.request
        var items: [AttachmentID: ProvedRequest.Item] = [:]
        for item in values.items {
            let withheld = item.ground.map { Withholding(outcome: item.outcome, ground: $0, ends: item.ends) }
            items[item.attachment] = ProvedRequest.Item(
                PlanItem(
                    attachment: item.attachment, rule: item.rule, line: item.line, tier: item.tier, size: item.bytes,
                    withheld: withheld),
                mime: item.mediaType, outcome: item.outcome, closedAt: item.at, grade: item.grade,
                attempts: item.attempts, http: item.lastAnswer.flatMap { Int($0) }, trace: item.trace)
        }
        self.init(
            request: ErasureRequest(
                id: request.id, state: request.state, received: request.received, due: request.due,
                jurisdiction: request.jurisdiction, scope: request.scope, subjects: request.subjects,
                openedBy: request.openedBy, channel: request.channel, identityMethod: request.identityCheck,
                coverage: values.coverage.extent, answered: request.answered),
            firstAnswer: request.firstAnswered,
            approvals: values.approvals.compactMap { approval in
                approval.plan.map { .init(plan: $0, by: approval.by, how: approval.how, at: approval.at) }
            },
            items: items)
    }
}
