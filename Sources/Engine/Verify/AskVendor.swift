import Audit
import Domain
import Inventory
import LinqClient

/// Asks the vendor for attachments one after another, by GET, at a steady pace.
struct AskVendor {
    private let context: RunContext
    private let retrying: Retrying

    init(_ context: RunContext, requestsPerSecond: Int, tries: Int = RetryPolicy().maximumTries) {
        self.context = context
        retrying = Retrying(
            policy: RetryPolicy(maximumTries: tries), perSecond: requestsPerSecond, time: context.time,
            shouldStop: context.shouldStop)
    }

    /// The inventory is up to date and the key is this account's, so that an answer says something.
    func prepare() async throws(LetheError) {
        try CatchUp(inventory: context.inventory, log: context.log).run()
        _ = try await Preflight(context).run(lines: try context.inventory.lines())
    }

    /// `nil`: somebody wants it to stop, and there is no clear answer.
    func lookUp(_ id: AttachmentID) async throws(LetheError) -> AttachmentLookup? {
        guard !context.shouldStop() else { return nil }
        let vendor = context.vendor
        let lookUp = await retrying(answer: { $0.answer }, call: { await vendor.lookUp(id) })
        if context.shouldStop(), LookUpFinding(lookUp.answer) == .unknown { return nil }
        try context.noteFinding(lookUp.answer, of: id)
        return lookUp
    }
}
