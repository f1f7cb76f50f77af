import ArgumentParser
import Domain
import Inventory
import Reports
import Rules

struct PolicyDiffCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Shows what a policy change would do of the policies against the inventory, before it is live.",
        discussion: """
            What changes today, and within --days what is deleted that would not have been, or the other way round. Exit 4 when a \
            locked policy got shorter, narrower, unlocked or vanished.

            Example: lethe policy diff policies ../policies-next
            """)

    @Argument(help: ArgumentHelp("The folder as it is.", valueName: "old-dir")) var old: String
    @Argument(help: ArgumentHelp("The folder as it would be.", valueName: "new-dir")) var new: String
    @Option(help: "How many days to look ahead, today included.") var days: Int = 90
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard (1...Forecast.longest).contains(days) else {
            throw LetheError("invalid-value", .usage, "--days must be 1 to \(Forecast.longest)")
        }
        let wiring = try Wiring.open(global, console)
        let (before, after) = (try wiring.policies(old), try wiring.policies(new))
        let inventory = try wiring.currentInventory()
        let now = wiring.clock.now()
        let holds = try inventory.activeHolds(at: now)
        let tiers = wiring.settings.tiers
        var diff = PolicyDiff(
            old: Decider(policies: before, tiers: tiers), new: Decider(policies: after, tiers: tiers), holds: holds,
            now: now, days: days)
        try inventory.forEachAttachment(people: !holds.isEmpty) { candidate in
            diff.add(candidate.attachment)
            return true
        }
        return Reply(
            text(diff), json: try json(diff), status: diff.lockedChanges.isEmpty ? .done : .refused)
    }

    private func json(_ diff: PolicyDiff) throws -> JSONValue {
        let (today, within) = (diff.today, diff.within)
        return [
            "examined": JSONValue(diff.examined), "days": JSONValue(days),
            "newly_deletable": JSONValue(today.deletable), "newly_deletable_bytes": JSONValue(today.deletableBytes),
            "newly_kept": JSONValue(today.kept), "newly_kept_bytes": JSONValue(today.keptBytes),
            "newly_deletable_within": JSONValue(within.deletable),
            "newly_deletable_within_bytes": JSONValue(within.deletableBytes),
            "newly_kept_within": JSONValue(within.kept), "newly_kept_within_bytes": JSONValue(within.keptBytes),
            "earlier": JSONValue(diff.earlier), "earlier_bytes": JSONValue(diff.earlierBytes),
            "later": JSONValue(diff.later), "later_bytes": JSONValue(diff.laterBytes),
            "rows": try JSONValue(encoding: diff.rows), "locked_changes": try JSONValue(encoding: diff.lockedChanges),
        ]
    }

    private func text(_ diff: PolicyDiff) -> String {
        let span = counted(days, "day", "days")
        var lines = diff.lockedChanges.map { "LOCKED policy \($0.policy): \($0.detail)" }
        if diff.rows.isEmpty, diff.earlier + diff.later == 0 {
            let all = counted(diff.examined, "attachment", "attachments")
            lines.append("No decision changes today or within \(span), of \(all).")
            return lines.joined(separator: "\n")
        }
        if !diff.rows.isEmpty { lines.append(trimmed(table(diff))) }
        lines.append("today: \(Self.sentence(diff.today)), of \(diff.examined)")
        lines.append("within \(span): \(Self.sentence(diff.within))")
        if diff.earlier + diff.later > 0 {
            lines.append(
                "of those that go under both: \(diff.earlier) earlier (\(formatBytes(diff.earlierBytes))), "
                    + "\(diff.later) later (\(formatBytes(diff.laterBytes)))")
        }
        return lines.joined(separator: "\n")
    }

    /// A row for what changes at once and one for what changes by the last day, where something does.
    private func table(_ diff: PolicyDiff) -> TextTable {
        var table = TextTable([
            .id("line"), .longID("policy"), .id("when"), .number("deletable"), .number("bytes"), .number("kept"),
            .number("bytes"),
        ])
        for row in diff.rows {
            let spans = [
                ("now", row.newlyDeletable, row.newlyDeletableBytes, row.newlyKept, row.newlyKeptBytes),
                (
                    "in \(days) d", row.newlyDeletableWithin, row.newlyDeletableWithinBytes, row.newlyKeptWithin,
                    row.newlyKeptWithinBytes
                ),
            ]
            for (when, deletable, deletableBytes, kept, keptBytes) in spans where deletable + kept > 0 {
                table.append([
                    row.line ?? "unknown", row.policy, when, String(deletable), formatBytes(deletableBytes),
                    String(kept), formatBytes(keptBytes),
                ])
            }
        }
        return table
    }

    private static func sentence(_ sum: PolicyDiff.Sum) -> String {
        "\(sum.deletable) newly deletable (\(formatBytes(sum.deletableBytes))), "
            + "\(sum.kept) newly kept (\(formatBytes(sum.keptBytes)))"
    }
}
