import ArgumentParser
import Domain
import Foundation
import Inventory
import Reports
import Rules

struct PolicyForecast: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "Forecasts what will be deleted on which day, per policy.",
        discussion: "Example: lethe policy forecast --days 30")

    @Option(help: "How many days to look ahead, today included.") var days: Int = 90
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
        var table = TextTable([.id("day"), .longID("policy"), .number("attachments"), .number("bytes"), .id("")])
        for row in forecast.rows {
            table.append([
                row.day, row.policy, String(row.attachments), formatBytes(row.bytes),
                TextBars.bar(row.attachments, of: most, width: 16),
            ])
        }
        let total =
            "\(counted(forecast.attachments, "attachment", "attachments")), \(formatBytes(forecast.bytes)), within \(counted(days, "day", "days"))"
            + (forecast.expiring > 0 ? "; \(forecast.expiring) more expire at the vendor by themselves" : "")
        return Reply(
            forecast.rows.isEmpty
                ? "Nothing will be deleted within \(counted(days, "day", "days"))." : trimmed(table) + "\n" + total,
            json: [
                "days": JSONValue(days), "from": JSONValue(now), "attachments": JSONValue(forecast.attachments),
                "bytes": JSONValue(forecast.bytes), "examined": JSONValue(forecast.examined),
                "expiring": JSONValue(forecast.expiring), "rows": try JSONValue(encoding: forecast.rows),
            ])
    }
}
