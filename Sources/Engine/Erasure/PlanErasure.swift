import Audit
import Cryptography
package import Domain
package import Inventory
package import Rules

/// Opens a data subject's request and plans its erasure: what the inventory and, unless offline, the vendor's listings hold
/// of the person, each item decided or withheld with its ground. Sends no DELETE.
package struct PlanErasure: Sendable {
    /// What somebody asks for.
    package struct Ask: Sendable {
        package var handles: [Handle]
        package var jurisdiction = ErasureRequest.Jurisdiction.gdpr
        package var scope = ErasureRequest.Scope.sentBySubject
        package var includesShared = false
        /// The vendor is not asked what it lists.
        package var isOffline = false
        /// The day it came in; `nil` = now.
        package var received: Timestamp?
        package var channel: String?
        package var identityMethod: String?
        /// `--as`, else the operating system's user.
        package var openedBy: String

        package init(handles: [Handle], openedBy: String) {
            self.handles = handles
            self.openedBy = openedBy
        }
    }

    package struct Planned: Sendable {
        package let request: ErasureRequest
        package let plan: Plan
        package let digest: String
        package let coverage: ErasureCoverage
        /// Attachments of the plan's items, by id.
        package let attachments: [AttachmentID: Attachment]
    }

    private let bench: Workbench
    private let decider: Decider
    private let limits: Limits

    package init(_ bench: Workbench, rules: Decider, limits: Limits) {
        self.bench = bench
        decider = rules
        self.limits = limits
    }

    /// A new request.
    package func run(
        _ ask: Ask, progress: @Sendable (SyncFromAPI.Report) -> Void = { _ in }
    ) async throws(LetheError) -> Planned {
        let now = bench.time.now()
        try CatchUp(inventory: bench.inventory, log: bench.log).run()
        let subjects = try pseudonyms(of: ask.handles)
        try refuseSecond(subjects)
        let received = ask.received ?? now
        guard received <= now else {
            throw LetheError("received-in-the-future", .usage, "a request cannot have been received in the future")
        }
        let deadline = try ErasureDeadline(ask.jurisdiction, received: received, now: now)
        let request = ErasureRequest(
            id: try Randomness.id(RequestKind.self), state: .received, received: received, due: deadline.answerBy,
            jurisdiction: ask.jurisdiction, scope: ask.scope, subjects: subjects,
            openedBy: try TypedText.actor(ask.openedBy), channel: try ask.channel.map(TypedText.reason),
            identityMethod: try ask.identityMethod.map(TypedText.reason), coverage: .offline,
            identityDate: ask.identityMethod == nil ? nil : now,
            identityBy: ask.identityMethod == nil ? nil : ask.openedBy, includesShared: ask.includesShared)
        try bench.inventory.insert(request)
        _ = try bench.log.append([.requestOpened(.init(request))])
        return try await search(request, ask.isOffline ? nil : ask.handles, progress)
    }

    /// The same request again: after a partial listing, or when a ground to withhold has ended. `handles` of the person ask
    /// the vendor again; they must be those of the request.
    package func run(
        again id: RequestID, handles: [Handle]? = nil, progress: @Sendable (SyncFromAPI.Report) -> Void = { _ in }
    ) async throws(LetheError) -> Planned {
        try CatchUp(inventory: bench.inventory, log: bench.log).run()
        guard var request = try bench.inventory.request(id) else {
            throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
        }
        guard ![.refused, .withdrawn, .merged, .applying].contains(request.state) else {
            throw LetheError(
                "request-state", .refused, "request \(id) is \(request.state.rawValue)",
                hint: "lethe requests show \(id)")
        }
        if let handles {
            guard Set(try pseudonyms(of: handles)).isSubset(of: request.subjects) else {
                throw LetheError(
                    "other-subject", .refused, "request \(id) does not name all of these handles",
                    hint: "open another request for the new ones")
            }
        }
        if let old = request.plan, [.proposed, .approved].contains(try bench.inventory.plan(old).state) {
            try ClosePlan(bench).cancel(old, by: request.openedBy, reason: "planned anew")
        }
        request.answered = nil
        return try await search(request, handles, progress)
    }

    private func search(
        _ opened: ErasureRequest, _ handles: [Handle]?, _ progress: @Sendable (SyncFromAPI.Report) -> Void
    ) async throws(LetheError) -> Planned {
        var request = opened
        if let handles {
            request.coverage = try await SyncFromAPI(bench).run(of: handles, progress: progress).coverage
        }
        let now = bench.time.now()
        let candidates = try bench.inventory.erasureCandidates(subjects: request.subjects, scope: request.scope)
        let holds = try bench.inventory.activeHolds(at: now)
        let plan = Plan(
            id: try Randomness.id(PlanKind.self), kind: .erasure, created: now, partner: bench.partner,
            policyDigest: decider.policies.digest, request: request.id, coverage: request.coverage.rawValue,
            limits: limits, items: candidates.map { item($0, of: request, holds: holds, now: now) })
        let digest = try RecordPlan(inventory: bench.inventory, log: bench.log).run(plan)
        request.plan = plan.id
        request.state = .planned
        try RequestStates(inventory: bench.inventory, log: bench.log).update(request, by: request.openedBy)
        return Planned(
            request: request, plan: plan, digest: digest,
            coverage: try bench.inventory.erasureCoverage(subjects: request.subjects),
            attachments: Dictionary(uniqueKeysWithValues: candidates.map { ($0.attachment.id, $0.attachment) }))
    }

    private func item(
        _ candidate: ErasureCandidate, of request: ErasureRequest, holds: [LegalHold], now: Timestamp
    ) -> PlanItem {
        let attachment = candidate.attachment
        let ruling = decider.ruling(on: attachment, holds: holds, request: request.id, due: request.due, now: now)
        var withheld: Withholding?
        if ruling.verdict == .keep {
            withheld = Self.withholding(ruling.reason, holds)
        } else if candidate.sharedWith > 0, !request.includesShared {
            withheld = Withholding(outcome: .withheldShared, ground: "shared with \(candidate.sharedWith)")
        }
        return PlanItem(
            attachment: attachment.id, rule: "erasure:\(request.id)", line: attachment.homeLine,
            tier: decider.tiers.tier(of: attachment), size: attachment.size, withheld: withheld)
    }

    private static func withholding(_ reason: Reason, _ holds: [LegalHold]) -> Withholding {
        switch reason {
        case .held(let id):
            Withholding(outcome: .withheldHold, ground: "hold \(id)", ends: holds.first { $0.id == id }?.until)
        case .withheld(let ground, let until):
            Withholding(outcome: .withheldRetention, ground: ground.name, ends: until)
        case .retained(let until): Withholding(outcome: .withheldRetention, ground: "retained", ends: until)
        case .unknown(let fact): Withholding(outcome: .withheldRetention, ground: "unknown \(fact.rawValue)")
        default: Withholding(outcome: .withheldRetention, ground: reason.code)
        }
    }

    private func pseudonyms(of handles: [Handle]) throws(LetheError) -> [SubjectPseudonym] {
        guard !handles.isEmpty else {
            throw LetheError(
                "no-subject", .usage, "no handle of the data subject was given",
                hint: "one phone number or mail address a line, on stdin or in --subject-file")
        }
        var pseudonyms: Set<SubjectPseudonym> = []
        for handle in handles {
            if let one = try bench.inventory.pseudonym(for: handle, createIfMissing: true) { pseudonyms.insert(one) }
        }
        return pseudonyms.sorted()
    }

    /// One open request a person: two would race for the same attachments.
    private func refuseSecond(_ subjects: [SubjectPseudonym]) throws(LetheError) {
        guard let open = try bench.inventory.openRequests(naming: subjects).first else { return }
        throw LetheError(
            "request-open", .refused, "request \(open.id) of this person is not finished (\(open.state.rawValue))",
            hint: "go on with it: lethe erase --extend \(open.id), or look at it: lethe requests show \(open.id)")
    }
}
