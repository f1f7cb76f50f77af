import Domain
import Inventory

/// What of a person a request covers: before its answer everything, after it what its plans listed and what was sent before
/// the answer. What came later is a new matter: nobody asked for it, and nobody approved it. What a plan listed once and the vendor
/// still has stays in it, whosever it seems to be by now: else it would drop out without a word.
struct RequestScope {
    let inventory: InventoryStore

    /// Everything of the request that is not gone, by id.
    func candidates(of request: ErasureRequest) throws(LetheError) -> [ErasureCandidate] {
        var candidates = try inventory.erasureCandidates(subjects: request.subjects, scope: request.scope)
        let listed = try inventory.listed(by: request.id)
        if let until = try inventory.erasedUntil(request.id) {
            candidates = candidates.filter { candidate in
                if listed.contains(candidate.attachment.id) { return true }
                return candidate.attachment.created.map { $0 <= until } ?? false
            }
        }
        for id in listed.subtracting(candidates.map(\.attachment.id)) {
            let left = try inventory.erasureCandidate(
                id, subjects: request.subjects, scope: request.scope, wasListed: true)
            if let left, left.attachment.state == .live { candidates.append(left) }
        }
        return candidates.sorted { $0.attachment.id < $1.attachment.id }
    }

    /// How a request goes on once its plan is done. `more_found`: something of it is live that the plan does not account for,
    /// or that it calls gone.
    func ending(of plan: Plan) throws(LetheError) -> RequestEvent? {
        guard let request = try plan.request.flatMap({ (id) throws(LetheError) in try inventory.request(id) }) else {
            return nil
        }
        // What earlier plans listed and is still there is in this one, or is more.
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
