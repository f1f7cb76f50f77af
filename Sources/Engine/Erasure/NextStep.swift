package import Domain
package import Inventory

/// The way forward from where a request is, as the table in `docs/erasure.md` says: a command, or that nothing is left.
package struct NextStep: Sendable, Equatable {
    /// `nil` = nothing is left to do.
    package let command: String?

    /// `plan`: the request's, if it has one. `hasFailures`: some of its items failed. `isSetAside`: nothing of it is open but
    /// what a person is to look at.
    package init(
        _ request: ErasureRequest, plan: PlanRecord?, hasFailures: Bool = false, isSetAside: Bool = false
    ) {
        let id = request.id
        let maySearch = request.coverage == .partial && !request.isSearchSettled
        let again = "lethe erase --resume \(id)" + (maySearch ? " --subject-file FILE" : "")
        switch request.state {
        case .received: command = again
        case .planned:
            // What the log never got cannot be approved: its process died in between.
            command =
                plan.flatMap { $0.isRecorded ? "lethe plan approve \($0.plan.id) --as NAME" : nil }
                ?? "lethe erase --resume \(id)"
        case .approved: command = plan.map { "lethe plan apply \($0.plan.id)" } ?? "lethe erase --resume \(id)"
        case .applying where isSetAside:
            command = plan.map { "lethe plan close \($0.plan.id) --as NAME --reason TEXT" }
        case .applying:
            let cause = plan?.cause.flatMap(HaltCause.init)
            command =
                plan?.state == .halted && cause?.requiresReview == true
                ? plan.map { "lethe plan apply \($0.plan.id) --reason TEXT" } : "lethe run --apply"
        // Partial: what it was completed with is lost, since an older inventory was put back.
        case .completed: command = maySearch ? again : "lethe requests certificate \(id)"
        case .completedWithExceptions:
            command = maySearch || hasFailures ? again : "lethe requests certificate \(id)"
        case .refused, .withdrawn: command = nil
        }
    }

    package init(_ request: ErasureRequest, in inventory: InventoryStore) throws(LetheError) {
        let plan = try request.plan.map { (id) throws(LetheError) in try inventory.plan(id, evenIfChanged: true) }
        let results = try request.plan.map { (id) throws(LetheError) in try inventory.results(of: id) } ?? []
        let open = results.filter { $0.outcome == nil && $0.withheld == nil }.map(\.attachment)
        let setAside =
            try request.plan.map { (id) throws(LetheError) in try inventory.setAside(in: id) } ?? []
        self.init(
            request, plan: plan, hasFailures: results.contains { $0.outcome?.group == .failed },
            isSetAside: !open.isEmpty && setAside.isSuperset(of: open))
    }
}
