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
            audit.retain in lethe.yaml nothing is ever removed. `lethe audit rollover` closes a segment. --lost removes nothing: \
            it puts on record that a segment's file is lost for good, and deletions may go on.

            Example: lethe audit prune --as alex
            """)

    @Option(name: .customLong("as"), help: ArgumentHelp("Who removes them.", valueName: "name")) var name: String
    @Option(help: ArgumentHelp("A segment that is missing and will not come back.", valueName: "origin"))
    var lost: String?
    @Option(help: ArgumentHelp("What became of it.", valueName: "text")) var reason: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        if let lost { return try record(lost, wiring) }
        guard let retain = wiring.settings.audit.retain else {
            throw LetheError(
                "no-log-retention", .configuration, "audit.retain is not set: the log is kept for ever",
                hint: "set it in lethe.yaml, as in audit: {retain: 6y}")
        }
        let person = try OperatorText.actor(name)
        let log = try wiring.followedLog()
        try log.verifyHead()
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

    private func record(_ lost: String, _ wiring: Wiring) throws -> Reply {
        let person = try OperatorText.actor(name)
        guard let reason else {
            throw LetheError("missing-reason", .usage, "--lost needs a reason", hint: "--reason TEXT")
        }
        // Not the log that is followed: that one refuses, as long as this is not on record.
        try wiring.auditLog().recordLoss(of: lost, by: person, reason: OperatorText.reason(reason))
        return Reply(
            "recorded that \(lost) is lost: what only its records tell is gone for good, and no verification passes over it",
            json: ["removed": .array([.string(lost)])])
    }
}
