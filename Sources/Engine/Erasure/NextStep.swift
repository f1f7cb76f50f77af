package import Audit
package import Domain
package import Inventory
package import Rules

/// The way forward from where a request is, as the table in `docs/erasure.md` says: a command that is not refused, or that nothing
/// is left.
package struct NextStep: Sendable, Equatable {
    /// `nil` = nothing is left to do.
    package let command: String?

    /// `plan`: the request's, if it has one. `detour`: where its apply would be refused. `hasFailures`: some of its items failed.
    /// `isSetAside`: nothing of it is open but what a person is to look at.
    package init(
        _ request: ErasureRequest, plan: PlanRecord?, detour: String? = nil, hasFailures: Bool = false,
        isSetAside: Bool = false
    ) {
        let id = request.id
        if let detour {
            command = detour
            return
        }
        let maySearch = request.coverage == .partial && !request.isSearchSettled
        let again = "lethe erase --resume \(id)" + (maySearch ? " --subject-file FILE" : "")
        switch request.state {
        case .received: command = again
        case .planned:
            command = plan.map { "lethe plan approve \($0.plan.id) --as NAME" } ?? "lethe erase --resume \(id)"
        case .approved: command = plan.map { "lethe plan apply \($0.plan.id)" } ?? "lethe erase --resume \(id)"
        case .applying where isSetAside:
            command = plan.map { "lethe plan close \($0.plan.id) --as NAME --reason TEXT" }
        case .applying:
            command = Self.goOn(plan?.plan.id, halted: plan?.state == .halted ? plan?.cause : nil)
        // Partial: what it was completed with is lost, since an older inventory was put back.
        case .completed: command = maySearch ? again : "lethe requests certificate \(id)"
        case .completedWithExceptions:
            command = maySearch || hasFailures ? again : "lethe requests certificate \(id)"
        case .refused, .withdrawn: command = nil
        }
    }

    /// With a plan that no request asked for.
    package init(_ plan: PlanSummary, at now: Timestamp) {
        command =
            switch plan.state {
            case .done, .expired, .cancelled: nil
            // The next run closes it, and plans what is still due.
            case .proposed where plan.expires <= now, .approved where plan.expires <= now: Self.run
            case .proposed: "lethe plan approve \(plan.id) --as NAME"
            case .approved: "lethe plan apply \(plan.id)"
            case .applying, .halted: Self.goOn(plan.id, halted: plan.state == .halted ? plan.cause : nil)
            }
    }

    private static let run = "lethe run --apply"
    /// What a scheduled run does by itself waits for nobody.
    package var isLeftToARun: Bool { command == nil || command == Self.run }

    /// With a plan that was begun.
    private static func goOn(_ plan: PlanID?, halted cause: String?) -> String {
        guard let plan, let cause, HaltCause(rawValue: cause)?.requiresReview == true else { return run }
        return "lethe plan apply \(plan) --reason TEXT"
    }

    package init(_ request: ErasureRequest, in basis: Basis) throws(LetheError) {
        let inventory = basis.inventory
        let plan = try request.plan.map { (id) throws(LetheError) in try inventory.plan(id, evenIfChanged: true) }
        let results = try request.plan.map { (id) throws(LetheError) in try inventory.results(of: id) } ?? []
        let open = results.filter { $0.outcome == nil && $0.withheld == nil }.map(\.attachment)
        let setAside =
            try request.plan.map { (id) throws(LetheError) in try inventory.setAside(in: id) } ?? []
        self.init(
            request, plan: plan,
            detour: try plan.flatMap { (plan) throws(LetheError) in try basis.detour(plan, request) },
            hasFailures: results.contains { $0.outcome?.group == .failed },
            isSetAside: !open.isEmpty && setAside.isSuperset(of: open))
    }
}

extension NextStep {
    /// What the apply of a plan would hold it against.
    package struct Basis: Sendable {
        let inventory: InventoryStore
        /// `nil` = the log cannot be opened: then, and where it cannot be read, the rows of the inventory count.
        let truth: RecordedTruth?
        let approval: ApprovalRule
        /// Of the policies in force; `nil` = they cannot be read.
        let policyDigest: String?
        let time: any TimeSource
        let isFromLater: @Sendable (Timestamp) -> Bool

        package init(
            _ inventory: InventoryStore, log: AuditLog?, approval: ApprovalRule, policyDigest: String?,
            time: any TimeSource
        ) {
            self.inventory = inventory
            truth = log.map { RecordedTruth($0).readOnce() }
            self.approval = approval
            self.policyDigest = policyDigest
            self.time = time
            isFromLater = { time.isFromLater($0) }
        }

        package init(_ context: RunContext, rules: Decider, approval: ApprovalRule) {
            inventory = context.inventory
            truth = RecordedTruth(context.log).readOnce()
            self.approval = approval
            policyDigest = rules.policies.digest
            time = context.time
            isFromLater = context.isFromLater
        }

        /// The way on where an apply of the plan, or an approval that would come first, would be refused: in the order in which
        /// `ApplyPlan` finds out. `nil` = it would not.
        func detour(_ record: PlanRecord, _ request: ErasureRequest) throws(LetheError) -> String? {
            let isInWork = request.state == .applying
            guard isInWork || request.state == .planned || request.state == .approved else { return nil }
            let (cancel, resume) = ("lethe plan cancel \(record.plan.id)", "lethe erase --resume \(request.id)")
            if record.state.isClosed { return isInWork ? nil : resume }
            guard record.isWhole else { return cancel }
            // What the log never got: its process died in between.
            guard record.isRecorded else { return isInWork ? cancel : resume }
            var agreed = record.approvals
            do throws(LetheError) {
                if let truth { agreed = try truth.refuseUnlikeLog(record, people: 0, request: request) }
            } catch {
                switch error.code {
                case "plan-unrecorded": return cancel
                case "request-changed": return "lethe requests withdraw \(request.id) --as NAME --reason TEXT"
                default: break
                }
            }
            if isInWork { return nil }
            let now = time.now()
            let isStale =
                ApplyPlan.staleness(of: record, policyDigest: policyDigest, now: now, isFromLater: isFromLater) != nil
            if isStale { return "lethe run --apply" }
            if ApplyPlan.isOld(agreed, now: now, isFromLater: isFromLater) { return resume }
            let isLacking = approval.people(of: agreed, openedBy: request.openedBy).count < approval.people
            return request.state == .approved && isLacking ? "lethe plan approve \(record.plan.id) --as NAME" : nil
        }
    }
}
