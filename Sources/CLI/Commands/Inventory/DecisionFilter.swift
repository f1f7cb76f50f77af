import ArgumentParser
import Domain
import Inventory
import Rules

/// Which attachments a person wants to see, by what the policies make of them. Only live ones are decided.
struct DecisionFilter: ParsableArguments {
    @Option(help: ArgumentHelp("That this policy decides.", valueName: "id")) var policy: String?
    @Option(help: ArgumentHelp("delete or keep: what is decided now.", valueName: "verdict")) var verdict: String?
    @Option(help: ArgumentHelp("Due for deletion before this time, as rules and facts are now.", valueName: "time"))
    var dueBefore: String?

    var isGiven: Bool { policy != nil || verdict != nil || dueBefore != nil }

    /// Whether an attachment is one of them. Its people must be known: holds name them.
    func matches(_ wiring: Wiring, _ inventory: InventoryStore) throws -> (Attachment) -> Bool {
        guard isGiven else { return { _ in true } }
        let decider = try wiring.decider()
        let holds = try inventory.holds()
        let now = wiring.clock.now()
        let wanted: Ruling.Action? = try verdict.map { try InventoryList.word($0, "--verdict") }
        // The last instant before it.
        let then = try dueBefore.map { try time($0, "--due-before").adding(microseconds: -1) }
        if let policy, decider.policies[policy] == nil {
            throw LetheError(
                "unknown-policy", .usage, "there is no policy \(policy)",
                hint: "one of: \(decider.policies.policies.map(\.id).joined(separator: ", "))")
        }
        return { [policy] attachment in
            guard attachment.state == .live else { return false }
            if let wanted, decider.ruling(on: attachment, holds: holds, now: now).verdict != wanted { return false }
            let ruling = decider.ruling(on: attachment, holds: holds, now: then ?? now)
            if then != nil, ruling.verdict != .delete { return false }
            return policy.map { ruling.winner == .policy($0) } ?? true
        }
    }
}
