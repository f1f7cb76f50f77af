import Audit
import Cryptography
package import Domain
package import Inventory
import LinqClient
package import Rules

/// Opens a data subject's request and plans its erasure: what the inventory and, unless offline, the vendor's listings hold
/// of the person, each item decided or withheld with its ground. Sends no DELETE.
package struct PlanErasure: Sendable {
    /// What somebody asks for.
    package struct Ask: Sendable {
        package var handles: [Handle]
        package var jurisdiction = ErasureRequest.Jurisdiction.gdpr
        package var scope = ErasureRequest.Scope.sentBySubject
        package var included = SharedInclusion()
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
        /// For people.
        package let warnings: [String]
    }

    private let context: RunContext
    private let decider: Decider
    private let limits: Limits

    package init(_ context: RunContext, rules: Decider, limits: Limits) {
        self.context = context
        decider = rules
        self.limits = limits
    }

    /// A new request.
    package func run(
        _ ask: Ask, progress: @escaping @Sendable (SyncFromAPI.Report) -> Void = { _ in }
    ) async throws(LetheError) -> Planned {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        // Received in the future by either clock it would be due too late, and hold up the right request.
        let clock = try await Preflight(context).compareClock(asksVendor: !ask.isOffline)
        let now = context.bounded(by: clock.vendorTime).time.now()
        let subjects = try pseudonyms(of: ask.handles)
        try context.inventory.refuseSecondRequest(naming: subjects)
        let received = ask.received ?? now
        guard received <= now else {
            throw LetheError("received-in-the-future", .usage, "a request cannot have been received in the future")
        }
        let deadline = try ErasureDeadline(ask.jurisdiction, received: received, now: now)
        let request = ErasureRequest(
            id: try Randomness.id(RequestKind.self), state: .received, received: received, due: deadline.answerBy,
            jurisdiction: ask.jurisdiction, scope: ask.scope, subjects: subjects,
            openedBy: try OperatorText.actor(ask.openedBy), channel: try ask.channel.map(OperatorText.reason),
            identityMethod: try ask.identityMethod.map(OperatorText.reason), coverage: .offline,
            identityDate: ask.identityMethod == nil ? nil : now,
            identityBy: ask.identityMethod == nil ? nil : ask.openedBy, included: ask.included)
        try context.inventory.insert(request)
        let search = Search(
            handles: ask.isOffline ? nil : ask.handles, isOffline: ask.isOffline, by: request.openedBy,
            progress: progress)
        return try await plan(request, search, clock.warnings)
    }

    /// The same request again: after a partial listing, or when a ground to withhold has ended.
    package struct Repeat: Sendable {
        package let request: RequestID
        /// Of the person, to ask the vendor again; they must be those of the request.
        package var handles: [Handle]?
        /// What a person decided of shared attachments since.
        package var include: SharedInclusion = []
        package var isOffline = false
        /// `nil` = nobody: a run plans it anew.
        package var by: String?

        package init(_ request: RequestID) { self.request = request }
    }

    package func run(
        again ask: Repeat, progress: @escaping @Sendable (SyncFromAPI.Report) -> Void = { _ in }
    ) async throws(LetheError) -> Planned {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        let request = try admitted(ask)
        // One whose items were changed is of no use, and can be closed.
        if let old = request.plan,
            [.proposed, .approved].contains(try context.inventory.plan(old, evenIfChanged: true).state)
        {
            try ClosePlan(context).cancel(
                old, by: ask.by ?? RunContext.itself, how: ask.by == nil ? .schedule : .cli, reason: "planned anew")
        }
        let search = Search(
            handles: ask.isOffline ? nil : ask.handles, isOffline: ask.isOffline, by: ask.by, progress: progress)
        return try await plan(request, search)
    }

    /// The plan that it would be, by what is known now; nothing is written or asked.
    /// `isReopened`: its plan would have expired by then.
    func draft(_ ask: Repeat, isReopened: Bool) throws(LetheError) -> (plan: Plan, includes: SharedInclusion) {
        let request = try admitted(ask, isReopened: isReopened)
        return (try plan(of: request, try candidates(of: request)), request.included)
    }

    /// The request as it is planned anew. Throws where it cannot be.
    private func admitted(_ ask: Repeat, isReopened: Bool = false) throws(LetheError) -> ErasureRequest {
        let id = ask.request
        guard var request = try context.inventory.request(id) else {
            throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
        }
        try refuseChanged(request)
        if isReopened { request.state = .received }
        guard request.state.after(.planned) != nil else {
            let next = try NextStep(
                request, in: .init(context, rules: decider, approval: ApprovalRule())
            ).command
            throw LetheError(
                "request-state", .refused, "request \(id) is \(request.state.rawValue)",
                hint: next.map { "go on with it: \($0)" } ?? "lethe requests show \(id)")
        }
        if request.state.isAnswered { try context.inventory.refuseSecondRequest(naming: request.subjects) }
        if let handles = ask.handles {
            guard Set(try pseudonyms(of: handles)).isSubset(of: request.subjects) else {
                throw LetheError(
                    "other-subject", .refused, "request \(id) does not name all of these handles",
                    hint: "open another request for the new ones")
            }
        }
        if request.state == .completed, ask.handles == nil, ask.include.isSubset(of: request.included) {
            let left = try RequestScope(inventory: context.inventory).candidates(of: request)
            guard left.contains(where: { $0.attachment.state == .live }) else {
                throw LetheError(
                    "nothing-left", .refused, "request \(id) is completed, and nothing more of it is known",
                    hint: "lethe requests certificate \(id), or search again with the handles: "
                        + "lethe erase --resume \(id) --subject-file FILE")
            }
        }
        request.included.formUnion(ask.include)
        request.included.remove(.outOfScope)
        if ask.include.contains(.unknownRecipients) { request.included.insert(.outOfScope) }
        return request
    }

    /// Throws where the request, or a plan of it that lists something, is not as the log has it.
    private func refuseChanged(_ request: ErasureRequest) throws(LetheError) {
        let truth = RecordedTruth(context.log)
        try truth.refuseChanged(request)
        for summary in try context.inventory.plans() where summary.request == request.id {
            let record = try context.inventory.plan(summary.id, evenIfChanged: true)
            guard record.isRecorded, record.isWhole, !record.state.isClosed else { continue }
            try truth.refuseUnrecorded(record, request)
        }
    }

    private struct Search {
        var handles: [Handle]?
        var isOffline: Bool
        var by: String?
        var progress: @Sendable (SyncFromAPI.Report) -> Void
    }

    private func plan(
        _ request: ErasureRequest, _ search: Search, _ warnings: [String] = []
    ) async throws(LetheError) -> Planned {
        var (request, warnings) = (request, warnings)
        if let handles = search.handles {
            let walk = try await SyncFromAPI(context).run(of: handles, progress: search.progress)
            let isWhole = Set(try pseudonyms(of: handles)) == Set(request.subjects)
            request.isSearchSettled = try isSettled(request, walk, ofEveryHandle: isWhole)
            request.coverage = request.coverage.after(walk.coverage, ofEveryHandle: isWhole)
            warnings += walk.warnings
        }
        if !search.isOffline { try await askWhoReceived(request) }
        let candidates = try candidates(of: request)
        let plan = try plan(of: request, candidates)
        // What of shared attachments a plan includes becomes the request's own with its approval.
        let record = RecordPlan(inventory: context.inventory, log: context.log)
        let digest = try record.run(plan, includes: request.included, by: search.by) {
            $0.coverage = request.coverage
            $0.isSearchSettled = request.isSearchSettled
        }
        return Planned(
            request: try context.inventory.request(request.id) ?? request, plan: plan, digest: digest,
            coverage: try context.inventory.erasureCoverage(subjects: request.subjects),
            attachments: Dictionary(uniqueKeysWithValues: candidates.map { ($0.attachment.id, $0.attachment) }),
            warnings: warnings)
    }

    /// What the log has as gone is in no plan, whatever its row says.
    private func candidates(of request: ErasureRequest) throws(LetheError) -> [ErasureCandidate] {
        let candidates = try RequestScope(inventory: context.inventory).candidates(of: request)
        let gone = try RecordedTruth(context.log).gone(among: Set(candidates.map(\.attachment.id)))
        return candidates.filter { !gone.contains($0.attachment.id) }
    }

    private func plan(
        of request: ErasureRequest, _ candidates: [ErasureCandidate]
    ) throws(LetheError) -> Plan {
        let now = context.time.now()
        let holds = try context.inventory.activeHolds(at: now)
        return Plan(
            id: try Randomness.id(PlanKind.self), kind: .erasure, created: context.hostTime.now(),
            partner: context.partner,
            policyDigest: decider.policies.digest, request: request.id, coverage: request.coverage.rawValue,
            limits: limits, items: candidates.map { item($0, of: request, holds: holds, now: now) })
    }

    /// Whether a search that is partial is left at that: what cannot be read is no better the next time, and what broke off was
    /// given a day after the first answer.
    private func isSettled(
        _ request: ErasureRequest, _ walk: SyncFromAPI.Report, ofEveryHandle isWhole: Bool
    ) throws(LetheError) -> Bool {
        let isAsBefore = request.isSearchSettled || request.coverage == .complete
        if !isWhole, !isAsBefore { return false }
        guard walk.coverage == .partial else { return !isWhole && request.isSearchSettled }
        guard walk.isBrokenOff else { return true }
        guard isWhole, !context.isInterrupted(), let answered = try context.inventory.erasedUntil(request.id) else {
            return false
        }
        return answered.adding(seconds: 86_400) <= context.time.now()
    }

    /// Reads each chat once in which it is not known who received an attachment of the person. What cannot be read stays
    /// unknown, and is withheld.
    func askWhoReceived(_ request: ErasureRequest) async throws(LetheError) {
        let candidates = try context.inventory.erasureCandidates(subjects: request.subjects, scope: request.scope)
        let chats = candidates.reduce(into: Set<ChatID>()) { if $1.recipientUnknown { $0.formUnion($1.unknownChats) } }
        let vendor = context.vendor
        let isInterrupted = context.isInterrupted
        let retrying = Retrying(perSecond: 10, time: context.time, shouldStop: isInterrupted)
        for chat in chats.sorted() where !isInterrupted() {
            let found = await retrying.page { await vendor.chat(chat) }
            try Preflight.refuseBadKey(found.answer)
            _ = try context.inventory.record([Delivery(chats: found.elements)], now: context.time.now())
        }
    }

    private func item(
        _ candidate: ErasureCandidate, of request: ErasureRequest, holds: [LegalHold], now: Timestamp
    ) -> PlanItem {
        let attachment = candidate.attachment
        let ruling = decider.ruling(on: attachment, holds: holds, request: request.id, due: request.due, now: now)
        var withheld: Withholding?
        if ruling.verdict == .keep {
            withheld = Self.withholding(ruling.reason, holds)
        } else {
            withheld = candidate.withheld(unlessIncludedBy: request)
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
                hint: "one phone number or mail address per line, on stdin or in --subject-file")
        }
        var pseudonyms: Set<SubjectPseudonym> = []
        for handle in handles {
            if let one = try context.inventory.pseudonym(for: handle, createIfMissing: true) { pseudonyms.insert(one) }
        }
        return pseudonyms.sorted()
    }
}
