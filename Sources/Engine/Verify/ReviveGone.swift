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
        ask = AskVendor(context, requestsPerSecond: requestsPerSecond, tries: 3)
    }

    /// GETs of one run, and unclear answers in a row after which the rest waits for the next.
    private static let most = 500
    private static let patience = 5

    /// Gives those that are still there. After the preflight.
    func run() async throws(LetheError) -> [AttachmentID] {
        var revived: [AttachmentID] = []
        var unclear = 0
        for id in try context.inventory.namedAgain().prefix(Self.most) {
            guard unclear < Self.patience, let lookUp = try await ask.lookUp(id) else { break }
            let finding = LookUpFinding(lookUp.answer)
            unclear = finding == .unknown ? unclear + 1 : 0
            switch finding {
            case .present:
                try revive(id, lookUp)
                revived.append(id)
            case .absent: try context.inventory.settleNamedAgain(id)
            case .keyRefused: try Preflight.refuseBadKey(lookUp.answer)
            case .unknown: continue
            }
        }
        return revived
    }

    /// Whatever comes first here comes again if the process dies before the last: until then the attachment is asked for anew.
    /// Both bring back the request that counted it as gone.
    private func revive(_ id: AttachmentID, _ lookUp: AttachmentLookup) throws(LetheError) {
        if let run = try context.inventory.record(of: id)?.lastRun {
            _ = try context.log.append([
                .deleteVerified(.init(run: run, attachment: id, http: lookUp.answer.status, grade: .x))
            ])
            try CatchUp(inventory: context.inventory, log: context.log).run()
        }
        let found = lookUp.found ?? ObservedAttachment(id: id, source: .message)
        _ = try context.inventory.record([Delivery(lookups: [found])], now: context.time.now())
    }
}
