import Domain
import Inventory

/// What of a person a request covers: before its answer everything, after it what its plans listed and what was sent before
/// the answer. What came later is a new matter: nobody asked for it, and nobody approved it.
struct RequestScope {
    let inventory: InventoryStore

    /// Everything of the request that is not gone, by id.
    func candidates(of request: ErasureRequest) throws(LetheError) -> [ErasureCandidate] {
        let candidates = try inventory.erasureCandidates(subjects: request.subjects, scope: request.scope)
        guard let until = try inventory.erasedUntil(request.id) else { return candidates }
        var listed: Set<AttachmentID> = []
        for plan in try inventory.plans() where plan.request == request.id {
            listed.formUnion(try inventory.results(of: plan.id).map(\.attachment))
        }
        return candidates.filter { candidate in
            if listed.contains(candidate.attachment.id) { return true }
            return candidate.attachment.created.map { $0 <= until } ?? false
        }
    }

    /// How a request goes on once its plan is done. `more_found`: something of it is live that the plan does not account for,
    /// or that it calls gone.
    func ending(of plan: Plan) throws(LetheError) -> RequestEvent? {
        guard let request = try plan.request.flatMap({ (id) throws(LetheError) in try inventory.request(id) }) else {
            return nil
        }
        var accounted: Set<AttachmentID> = []
        var isWhole = request.coverage != .partial
        for item in try inventory.results(of: plan.id) {
            guard let group = item.outcome?.group, group != .deleted, group != .absent else { continue }
            accounted.insert(item.attachment)
            // What another plan deleted in the meantime is not withheld, it is gone.
            let isGone = try inventory.attachment(item.attachment)?.state == .gone
            if group != .withheld || !isGone { isWhole = false }
        }
        let isMore = try candidates(of: request).contains {
            $0.attachment.state == .live && !accounted.contains($0.attachment.id)
        }
        if isMore { return .moreFound }
        return isWhole ? .erased : .answered
    }
}
