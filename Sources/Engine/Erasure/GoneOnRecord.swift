import Audit
import Domain
import Inventory

/// Before a request is said to be answered: what the inventory calls gone of it has an end in the log. Rows of `inventory.db` are no
/// proof of an absence.
struct GoneOnRecord {
    let context: RunContext

    /// Throws where the inventory calls something of the person, or of a plan of the request, gone, and the log does not.
    func check(_ request: ErasureRequest) throws(LetheError) {
        let called = try calledGone(request)
        guard !called.isEmpty else { return }
        try context.log.verifyHead()
        let endings = try RecordedTruth(context.log).endings(of: called)
        let unproved = called.filter { id in
            endings.word(on: id, of: []).map { $0.counted.stateOfObject == nil } ?? true
        }
        guard let first = unproved.min() else { return }
        throw LetheError(
            "absence-unrecorded", .refused,
            "the inventory calls \(counted(unproved.count, "attachment")) of request \(request.id) gone, \(first) "
                + "among them, and the audit log does not: the request is not answered by that",
            hint: "put back the newest inventory.db, or take what the log has: "
                + "lethe inventory rebuild --as NAME --reason TEXT")
    }

    private func calledGone(_ request: ErasureRequest) throws(LetheError) -> Set<AttachmentID> {
        var called: Set<AttachmentID> = []
        for id in try context.inventory.listed(by: request.id)
        where try context.inventory.attachment(id)?.state == .gone {
            called.insert(id)
        }
        for summary in try context.inventory.plans() where summary.request == request.id {
            for result in try context.inventory.results(of: summary.id)
            where result.outcome.map({ $0.stateOfObject != nil }) ?? false { called.insert(result.attachment) }
        }
        return called.union(try goneOfPerson(request))
    }

    private func goneOfPerson(_ request: ErasureRequest) throws(LetheError) -> Set<AttachmentID> {
        var gone: Set<AttachmentID> = []
        var next: AttachmentID?
        repeat {
            let page = try context.inventory.attachments(
                AttachmentFilter(subjects: request.subjects), after: next, limit: 500, where: { $0.state == .gone })
            for attachment in page.attachments
            where try context.inventory.erasureCandidate(
                attachment.id, subjects: request.subjects, scope: request.scope) != nil
            {
                gone.insert(attachment.id)
            }
            next = page.next
        } while next != nil
        return gone
    }
}
