import Audit
import Domain
import Inventory
import LinqClient

/// Asks for attachments that were called gone and were named again since. Only a GET that answers 200 brings one back: it is
/// live, due under the policies, and a request that counted it as gone is open again.
struct ReviveGone {
    private let context: RunContext
    private let ask: AskVendor

    init(_ context: RunContext, requestsPerSecond: Int = 10) {
        self.context = context
        ask = AskVendor(context, requestsPerSecond: requestsPerSecond)
    }

    /// Gives those that are still there. After the preflight.
    func run() async throws(LetheError) -> [AttachmentID] {
        var revived: [AttachmentID] = []
        for id in try context.inventory.namedAgain() where !context.shouldStop() {
            let lookUp = await ask.lookUp(id)
            switch LookUpFinding(lookUp.answer) {
            case .present:
                let found = lookUp.found ?? ObservedAttachment(id: id, source: .message)
                _ = try context.inventory.record([Delivery(lookups: [found])], now: context.time.now())
                revived.append(id)
            case .absent: try context.inventory.settleNamedAgain(id)
            case .keyRefused: try Preflight.refuseBadKey(lookUp.answer)
            case .unknown: continue
            }
        }
        try RequestStates(inventory: context.inventory, log: context.log).reopen(thoseThatErased: revived)
        return revived
    }
}

extension RequestStates {
    /// A certificate that called these gone was wrong.
    func reopen(thoseThatErased ids: [AttachmentID]) throws(LetheError) {
        var requests: Set<RequestID> = []
        for id in ids { requests.formUnion(try inventory.requests(thatErased: id)) }
        try reopen(requests.sorted(), reason: "an attachment that was called gone is still there")
    }
}
