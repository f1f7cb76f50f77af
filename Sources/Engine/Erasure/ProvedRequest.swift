package import Audit
package import Domain

/// What the records of the log say of one erasure request: a pure function of them and of the frozen plans that they name by digest.
/// A certificate is made from it, and made again from it by whoever checks one.
package struct ProvedRequest: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        /// With the rule under which it ended, and why it stays, if it does.
        package let planned: PlanItem
        package let mime: String?
        /// The last word on it; `not_attempted` where no plan has got to it.
        package let outcome: Outcome
        package let closedAt: Timestamp?
        package let grade: EvidenceGrade?
        /// DELETEs that were sent for it, whichever plans sent them.
        package let attempts: Int
        /// Status of the answer that decided it.
        package let http: Int?
        package let trace: String?

        package var attachment: AttachmentID { planned.attachment }
        package var rule: String { planned.rule }
        package var withheld: Withholding? { planned.withheld }

        package init(
            _ planned: PlanItem, mime: String? = nil, outcome: Outcome = .notAttempted, closedAt: Timestamp? = nil,
            grade: EvidenceGrade? = nil, attempts: Int = 0, http: Int? = nil, trace: String? = nil
        ) {
            self.planned = planned
            self.mime = mime
            self.outcome = outcome
            self.closedAt = closedAt
            self.grade = grade
            self.attempts = attempts
            self.http = http
            self.trace = trace
        }
    }

    package struct PlanApproval: Sendable, Equatable {
        package let plan: PlanID
        package let by: String
        package let how: String
        package let at: Timestamp

        package init(plan: PlanID, by: String, how: String, at: Timestamp) {
            self.plan = plan
            self.by = by
            self.how = how
            self.at = at
        }
    }

    /// What is said beside the log. Where records speak they count; without them it stands, and is called unproved.
    package struct Stated: Sendable {
        package var request: ErasureRequest
        package var firstAnswer: Timestamp?
        package var approvals: [PlanApproval]
        /// Every item that is spoken of. Media types are in no log, and neither are line, tier and size of what only plans of others list.
        package var items: [AttachmentID: Item]

        package init(
            request: ErasureRequest, firstAnswer: Timestamp? = nil, approvals: [PlanApproval] = [],
            items: [AttachmentID: Item] = [:]
        ) {
            self.request = request
            self.firstAnswer = firstAnswer
            self.approvals = approvals
            self.items = items
        }
    }

    package let request: ErasureRequest
    /// The first of its answers, which was in time or was not; `nil` = there is none yet.
    package let firstAnswer: Timestamp?
    /// 1 for the first answer; whatever came on record since and changes what is said counts on.
    package let issue: Int
    /// The last word on each attachment that the request comes to, by id.
    package let items: [Item]
    /// Of each plan that was carried out, or is being so, oldest first.
    package let approvals: [PlanApproval]
    /// Plans that the log has under this request, and that are not here.
    package let lostPlans: Int
    /// What records should prove, where the ones that would are not here: perhaps removed with their segment.
    package let unproved: [String]
    /// Where records that are here cannot have followed each other: those between were left out, lost or removed.
    package let gaps: [String]
    /// Where the records that are here say that others are left out, or that a plan is not the one that was recorded.
    package let contradictions: [String]

    /// `entries` in the order of the log.
    package init(_ stated: Stated, plans: [Plan], entries: [LogEntry]) throws(LetheError) {
        let plans = plans.sorted { $0.created < $1.created }
        let listed = Set(plans.flatMap { $0.items.map(\.attachment) })
        var history = RequestHistory(stated.request.id, plans, about: listed.union(stated.items.keys))
        for entry in entries { history.add(entry) }
        let recorded = history.orders.opened[stated.request.id]
        var findings = history.findings(on: plans)
        if recorded == nil { findings.missing.append("no record here opens request \(stated.request.id)") }

        request = recorded.map { $0.replacing(stated.request) } ?? stated.request
        // What went with its segment accuses nobody. What was recorded again when it went has the time of that.
        let isWhole = recorded != nil && plans.allSatisfy { history.created[$0.id] != nil }
        firstAnswer =
            isWhole ? history.firstAnswer : [history.firstAnswer, stated.firstAnswer].compactMap { $0 }.min()
        issue = max(1, history.issue)
        approvals = plans.flatMap { plan in
            let isKnown = history.created[plan.id] != nil
            return isKnown ? history.approvals(of: plan.id) : stated.approvals.filter { $0.plan == plan.id }
        }
        items = try Self.items(stated, plans, listed, history, &findings)
        lostPlans = isWhole ? max(0, history.timesPlanned - history.created.count) : 0
        unproved = findings.missing + (isWhole ? [] : findings.leftOut)
        gaps = findings.gaps
        contradictions = findings.false + (isWhole ? findings.leftOut : [])
    }

    private static func items(
        _ stated: Stated, _ plans: [Plan], _ listed: Set<AttachmentID>, _ history: RequestHistory,
        _ findings: inout RequestHistory.Findings
    ) throws(LetheError) -> [Item] {
        guard let first = plans.first else { return [] }
        let lost = history.lost(besides: Set(plans.map(\.id)))
        let asked = listed.union(lost.flatMap { history.endings.of($0).keys })
        let words = try history.endings.words(on: asked, of: lost.union(plans.map(\.id)), since: first.created) {
            stated.items[$0] != nil
        }
        var planned: [AttachmentID: PlanItem] = [:]
        var reasons: [AttachmentID: [PlanID: Withholding]] = [:]
        for plan in plans {
            for item in plan.items {
                planned[item.attachment] = item
                if let reason = item.withheld { reasons[item.attachment, default: [:]][plan.id] = reason }
            }
        }
        var items: [Item] = []
        for id in asked.union(stated.items.keys).sorted() {
            let (known, word) = (stated.items[id], words[id])
            if word == nil, let known, known.outcome != .notAttempted {
                // Only a segment that was removed can have had it.
                findings.missing.append("attachment \(id): no record here says how it ended")
                items.append(known)
                continue
            }
            guard let item = planned[id] ?? known?.planned else {
                findings.leftOut.append("attachment \(id) is left out")
                continue
            }
            guard word != nil || planned[id] != nil else { continue }
            items.append(
                Item(
                    item.ended(word, word.flatMap { reasons[id]?[$0.plan] }), mime: known?.mime,
                    outcome: word?.counted ?? .notAttempted, closedAt: word.map { $0.foundAt ?? $0.at },
                    grade: word?.grade, attempts: history.endings.attempts(on: id), http: word?.decision?.http,
                    trace: word?.decision?.trace))
        }
        return items
    }
}

extension PlanItem {
    /// With the rule under which it ended, and why it stays. `reason`: why its plan withheld it from the beginning.
    fileprivate func ended(_ word: Endings.Ending?, _ reason: Withholding?) -> PlanItem {
        guard let word else { return self }
        return PlanItem(
            attachment: attachment, rule: word.rule ?? rule, line: line, tier: tier, size: size,
            withheld: word.withholding(reason))
    }
}

extension Endings.Ending {
    fileprivate func withholding(_ planned: Withholding?) -> Withholding? {
        guard counted.group == .withheld else { return nil }
        return planned?.outcome == counted ? planned : reason.map { Withholding(outcome: counted, ground: $0) }
    }
}

extension Fold.Request {
    /// The request as the log has it; the rest is what was stated.
    fileprivate func replacing(_ stated: ErasureRequest) -> ErasureRequest {
        ErasureRequest(
            id: opening.request, state: state, received: opening.received, due: due,
            jurisdiction: opening.jurisdiction, scope: opening.scope, subjects: opening.subjects,
            openedBy: opening.by, channel: stated.channel, identityMethod: stated.identityMethod,
            coverage: stated.coverage, plan: stated.plan, answered: answered, identityDate: stated.identityDate,
            identityBy: stated.identityBy, extensionReason: stated.extensionReason,
            extensionToldOn: stated.extensionToldOn, included: stated.included, ground: stated.ground)
    }
}
