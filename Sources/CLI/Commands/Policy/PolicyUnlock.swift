import ArgumentParser
import Engine
import Rules

struct PolicyUnlock: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Puts on record why a locked policy became weaker.",
        discussion: """
            A locked policy that is shorter, narrower, unlocked or missing stops every apply. Change the file first, look at it \
            with lethe policy diff, then unlock: the policy as it is loaded now is what counts from then on.

            Example: lethe policy unlock kyc-records --as alex --reason "the law asks for five years now"
            """)

    @Argument(help: "The policy's id.") var id: String
    @Option(name: .customLong("as"), help: ArgumentHelp("Who decides it.", valueName: "name")) var name: String
    @Option(help: "Why; it stays in the log.") var reason: String
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let decider = try wiring.decider()
        let remembered = try await wiring.work(vendor: false) { context in
            try LockedPolicies(inventory: context.inventory, log: context.log).unlock(
                id, to: decider.policies, tiers: decider.tiers, by: name, reason: reason)
        }
        let isLocked = remembered != nil || id == LockedPolicies.tiersID
        return Reply(
            !isLocked
                ? "policy \(id) is not locked any more" : "policy \(id) is locked in the form that is loaded now",
            json: ["policy": ["id": .string(id), "locked": .bool(isLocked)]])
    }
}
