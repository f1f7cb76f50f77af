import ArgumentParser
import Domain
import Foundation
import Inventory
import Reports
import Rules

struct PolicyForecast: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "What will be deleted on which day, per policy.",
        discussion: "Example: lethe policy forecast --days 30")

    @Option(help: "So many days, today included.") var days: Int = 90
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard (1...Forecast.longest).contains(days) else {
            throw LetheError("invalid-value", .usage, "--days must be 1 to \(Forecast.longest)")
        }
        let wiring = try Wiring.open(global, console)
        let inventory = try wiring.currentInventory()
        let now = wiring.clock.now()
        let holds = try inventory.activeHolds(at: now)
        var forecast = Forecast(decider: try wiring.decider(), holds: holds, now: now, days: days)
        try inventory.forEachAttachment(people: !holds.isEmpty) { candidate in
            forecast.add(candidate.attachment)
            return true
        }
        let byDay = Dictionary(grouping: forecast.rows, by: \.day).mapValues { $0.reduce(0) { $0 + $1.attachments } }
        let most = byDay.values.max() ?? 0
        var table = TextTable([.id("day"), .text("policy"), .number("attachments"), .number("bytes"), .id("")])
        for row in forecast.rows {
            table.append([
                row.day, row.policy, String(row.attachments), formatBytes(row.bytes),
                TextBars.bar(row.attachments, of: most, width: 16),
            ])
        }
        let total =
            "\(count(forecast.attachments, "attachment", "attachments")), \(formatBytes(forecast.bytes)), within \(count(days, "day", "days"))"
            + (forecast.expiring > 0 ? "; \(forecast.expiring) more expire at the vendor by themselves" : "")
        return Reply(
            forecast.rows.isEmpty
                ? "Nothing will be deleted within \(count(days, "day", "days"))." : trimmed(table) + "\n" + total,
            json: [
                "days": JSONValue(days), "from": JSONValue(now), "attachments": JSONValue(forecast.attachments),
                "bytes": JSONValue(forecast.bytes), "examined": JSONValue(forecast.examined),
                "expiring": JSONValue(forecast.expiring), "rows": try JSONValue(encoding: forecast.rows),
            ])
    }
}

struct PolicyDiffCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Prices an edit of the policies against the inventory, before it is live.",
        discussion: """
            Exit 4 when a locked policy got shorter, narrower, unlocked or vanished.

            Example: lethe policy diff policies ../policies-next
            """)

    @Argument(help: ArgumentHelp("The folder as it is.", valueName: "old-dir")) var old: String
    @Argument(help: ArgumentHelp("The folder as it would be.", valueName: "new-dir")) var new: String
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let (before, after) = (try load(old, wiring), try load(new, wiring))
        let inventory = try wiring.currentInventory()
        let now = wiring.clock.now()
        let holds = try inventory.activeHolds(at: now)
        var diff = PolicyDiff(old: before, new: after, tiers: wiring.settings.tiers, holds: holds, now: now)
        try inventory.forEachAttachment(people: !holds.isEmpty) { candidate in
            diff.add(candidate.attachment)
            return true
        }
        return Reply(
            Self.text(diff),
            json: [
                "examined": JSONValue(diff.examined), "newly_deletable": JSONValue(diff.newlyDeletable),
                "newly_deletable_bytes": JSONValue(diff.newlyDeletableBytes),
                "newly_kept": JSONValue(diff.newlyKept), "newly_kept_bytes": JSONValue(diff.newlyKeptBytes),
                "rows": try JSONValue(encoding: diff.rows),
                "locked_changes": try JSONValue(encoding: diff.lockedChanges),
            ], status: diff.lockedChanges.isEmpty ? .done : .refused)
    }

    private func load(_ folder: String, _ wiring: Wiring) throws -> PolicySet {
        let context = LoadContext(tiers: wiring.settings.tiers)
        return try PolicyLoader.load(directory: URL(filePath: folder), shownAs: folder, context: context).requireSet()
    }

    private static func text(_ diff: PolicyDiff) -> String {
        var lines: [String] = []
        for change in diff.lockedChanges {
            lines.append("LOCKED policy \(change.policy): \(change.detail)")
        }
        if diff.rows.isEmpty {
            lines.append("No decision changes today, of \(count(diff.examined, "attachment", "attachments")).")
        } else {
            var table = TextTable([
                .id("line"), .text("policy"), .number("newly deletable"), .number("bytes"), .number("newly kept"),
                .number("bytes"),
            ])
            for row in diff.rows {
                table.append([
                    row.line ?? "unknown", row.policy, String(row.newlyDeletable), formatBytes(row.newlyDeletableBytes),
                    String(row.newlyKept), formatBytes(row.newlyKeptBytes),
                ])
            }
            lines.append(trimmed(table))
            lines.append(
                "\(diff.newlyDeletable) newly deletable (\(formatBytes(diff.newlyDeletableBytes))), "
                    + "\(diff.newlyKept) newly kept (\(formatBytes(diff.newlyKeptBytes))), of \(diff.examined)")
        }
        return lines.joined(separator: "\n")
    }
}
