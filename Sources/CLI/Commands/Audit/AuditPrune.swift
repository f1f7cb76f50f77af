import ArgumentParser
import Audit
import Domain
import Foundation
import Rules

struct AuditPrune: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Removes closed segments that are older than audit.retain.",
        discussion: """
            Whole segments, oldest first; each removal is recorded, and the last checkpoint of each is kept for ever. Without \
            audit.retain in lethe.yaml nothing is ever removed. `lethe audit rollover` closes a segment.

            Example: lethe audit prune --as alex
            """)

    @Option(name: .customLong("as"), help: ArgumentHelp("Who removes them.", valueName: "name")) var name: String
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        guard let retain = wiring.settings.audit.retain else {
            throw LetheError(
                "no-log-retention", .configuration, "audit.retain is not set: the log is kept for ever",
                hint: "set it in lethe.yaml, as in audit: {retain: 6y}")
        }
        let person = try OperatorText.actor(name)
        let log = try wiring.followedLog()
        let now = try log.witnessedTime()
        let cutoff = retain.before(now)
        let removed = try log.removeSegments(
            closedBefore: cutoff, by: person, reason: "audit.retain \(retain)")
        return Reply(
            removed.isEmpty
                ? "No closed segment is older than \(retain) by the newest record, of \(now.date)."
                : removed.map { "removed \($0)" }.joined(separator: "\n"),
            json: ["removed": .array(removed.map { .string($0) }), "retain": .string(retain.description)])
    }
}
