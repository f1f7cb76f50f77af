import ArgumentParser
import Domain
import Inventory
import Reports

struct ConfirmationsCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirmations",
        abstract: "Lists confirmed deletions, one per line, for the product's own UI.",
        discussion: """
            The vendor's advice is to show people a confirmation based on the 204. Keep next_cursor and give it as --since.

            Example: lethe confirmations --since 120 --json
            """)

    @Option(help: ArgumentHelp("Only what came after this cursor.", valueName: "cursor")) var since: Int64 = 0
    @Option(help: "Maximum number of rows.") var limit: Int = 1000
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard (1...100_000).contains(limit), since >= 0 else {
            throw LetheError("invalid-limit", .usage, "--limit must be 1 to 100000 and --since not negative")
        }
        let wiring = try Wiring.open(global, console)
        let compared = try wiring.comparedInventory { inventory in
            .about(Set(try inventory.confirmations(since: since, limit: limit).map(\.attachment)))
        }
        let inventory = compared.inventory
        guard try since <= inventory.lastConfirmation() else {
            throw LetheError(
                "unknown-cursor", .usage, "--since is larger than any cursor that was given out",
                hint: "give the next_cursor of the last answer, or begin again without --since")
        }
        let confirmations = try inventory.confirmations(since: since, limit: limit)
        let json = confirmations.map { one -> JSONValue in
            [
                "attachment_id": JSONValue(one.attachment), "at": JSONValue(one.at), "http": JSONValue(one.http),
                "trace": JSONValue(one.trace), "grade": .string(one.grade.rawValue),
            ]
        }
        var table = TextTable([.longID("attachment"), .id("at"), .number("http"), .id("grade"), .id("trace")])
        for one in confirmations {
            table.append([
                one.attachment.description, one.at.description, String(one.http), one.grade.rawValue,
                one.trace ?? "none",
            ])
        }
        return Reply(
            confirmations.isEmpty
                ? "No deletion was confirmed\(since > 0 ? " after that" : " yet")." : trimmed(table),
            json: [
                "confirmations": .array(json),
                "next_cursor": .string(String(confirmations.last?.cursor ?? since)), "differs": compared.differs,
            ])
    }
}
