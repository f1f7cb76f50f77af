import ArgumentParser
import Domain
import Engine
import Inventory

struct InventoryRebuild: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Makes holds, requests, plans and outcomes again as the audit log has them.",
        discussion: """
            For an inventory.db that is older than the log, or that somebody wrote to: whatever the log does not have is \
            dropped and named, and what cannot be made again is named too. Attachments, messages and chats are not in the \
            log and stay as they are. On record; nothing is asked of the vendor and nothing is deleted.

            Example: lethe inventory rebuild --as alex --reason "restored from the backup of Monday"
            """)

    @Option(name: .customLong("as"), help: ArgumentHelp("Who decides it.", valueName: "name")) var name: String
    @Option(help: "Why; it stays in the log.") var reason: String
    @OptionGroup var key: RollOverKey
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let (name, reason) = (try OperatorText.actor(name), try OperatorText.reason(reason))
        // Where DELETEs have no answer yet, the vendor is asked for them by an inventory that is as the log has it.
        let isSettled = try wiring.inventory().openIntents().isEmpty
        do {
            if isSettled { try await wiring.beginVersion2(key, console) }
        } catch let error as LetheError where error.code == "inventory-behind-itself" {
            // It cannot follow the log before it is made again; the segment begins after that.
        }
        let rebuilt = try await wiring.work(vendor: false) { context in
            try RebuildInventory(context).run()
        }
        try await wiring.beginVersion2(key, console)
        try await wiring.work(vendor: false) { context in
            try RebuildInventory(context).record(rebuilt, by: name, reason: reason)
        }
        return Reply(Self.lines(of: rebuilt).joined(separator: "\n"), json: Self.json(rebuilt))
    }

    private static func lines(of rebuilt: Rebuilt) -> [String] {
        var lines = ["The inventory is as the audit log has it."]
        for hold in rebuilt.droppedHolds {
            lines.append(
                "dropped   hold \(hold.id) on \(hold.scope.brief), which was never recorded; if it is a real one: lethe hold place"
            )
        }
        lines += rebuilt.droppedRequests.map {
            "dropped   request \($0), which was never recorded; if it is a real one: lethe erase"
        }
        lines += rebuilt.droppedPlans.map { "dropped   plan \($0), which was never recorded" }
        lines += rebuilt.restoredHolds.map { "restored  hold \($0)" }
        lines += rebuilt.restoredRequests.map {
            "restored  request \($0); how it came in, and what was looked through for it, is lost: lethe erase --resume \($0)"
        }
        lines += rebuilt.lostHolds.map {
            "lost      hold \($0) names somebody who is not in this inventory: put back a newer one, or, if it is over: "
                + "lethe hold release \($0) --as NAME --reason TEXT"
        }
        lines += rebuilt.lostRequests.map {
            "lost      request \($0) names somebody who is not in this inventory: put back a newer one, or: "
                + "lethe requests withdraw \($0) --as NAME --reason TEXT"
        }
        lines += rebuilt.lostPlans.map {
            "lost      plan \($0), whose items are not those that were recorded: nothing is ever done with it; plan anew"
        }
        return lines
    }

    private static func json(_ rebuilt: Rebuilt) -> JSONValue {
        func ids<Kind>(_ ids: [LetheID<Kind>]) -> JSONValue { .array(ids.map { JSONValue($0) }) }
        return [
            "dropped": [
                "holds": ids(rebuilt.droppedHolds.map(\.id)), "requests": ids(rebuilt.droppedRequests),
                "plans": ids(rebuilt.droppedPlans),
            ],
            "restored": ["holds": ids(rebuilt.restoredHolds), "requests": ids(rebuilt.restoredRequests)],
            "lost": [
                "holds": ids(rebuilt.lostHolds), "requests": ids(rebuilt.lostRequests), "plans": ids(rebuilt.lostPlans),
            ],
        ]
    }
}

extension LegalHold.Scope {
    /// Without pseudonyms.
    fileprivate var brief: String {
        if case .subject(let people) = self { counted(people.count, "handle") } else { description }
    }
}
