import ArgumentParser
import Domain
import Foundation
import Inventory
import Reports
import Rules

struct InventoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory",
        abstract: "What the vendor holds, as far as is known.",
        discussion: "Example: lethe inventory stats",
        subcommands: [InventoryStats.self, InventoryList.self, InventoryShow.self, InventoryRebuild.self])
}

struct InventoryStats: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Counts attachments and bytes per line, tier and state.",
        discussion: "Each attachment is counted once in every part.\n\nExample: lethe inventory stats --json")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let tiers = wiring.settings.tiers
        let statistics = try wiring.currentInventory().statistics { tiers.tier(of: $0) }
        let lines = statistics.byLine.sorted { ($0.key?.number ?? "~") < ($1.key?.number ?? "~") }
        let byLine = lines.map { (name: $0.key?.number ?? "no line known", json: JSONValue($0.key), tally: $0.value) }
        let byTier = Tier.allCases.compactMap { tier in statistics.byTier[tier].map { (tier, $0) } }
        let byState = AttachmentState.allCases.compactMap { state in statistics.byState[state].map { (state, $0) } }
        let most = statistics.total.attachments
        var table = TextTable([.id("what"), .number("attachments"), .number("bytes"), .id("")])
        func add(_ name: String, _ tally: Tally) {
            table.append([
                name, String(tally.attachments), formatBytes(tally.bytes),
                TextBars.bar(tally.attachments, of: most, width: 24),
            ])
        }
        add("all", statistics.total)
        for line in byLine { add("line \(line.name)", line.tally) }
        for (tier, tally) in byTier { add("tier \(tier.rawValue)", tally) }
        for (state, tally) in byState { add("state \(state.rawValue)", tally) }
        return Reply(
            most == 0
                ? "Nothing is in the inventory yet. Try: lethe sync, or lethe ingest FILE --trusted" : trimmed(table),
            json: [
                "total": Self.json(statistics.total),
                "by_line": .array(byLine.map { Self.json($0.tally, ["line": $0.json]) }),
                "by_tier": .array(byTier.map { Self.json($0.1, ["tier": .string($0.0.rawValue)]) }),
                "by_state": .array(byState.map { Self.json($0.1, ["state": .string($0.0.rawValue)]) }),
            ])
    }

    private static func json(_ tally: Tally, _ members: [String: JSONValue] = [:]) -> JSONValue {
        .object(
            members.merging([
                "attachments": JSONValue(tally.attachments), "bytes": JSONValue(tally.bytes),
                "unknown_size": JSONValue(tally.unknownSize),
            ]) { own, _ in own })
    }
}

struct InventoryList: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists attachments, one row each, by id.",
        discussion: """
            --policy, --verdict and --due-before show live attachments alone, as the rules in force decide them.

            Example: lethe inventory list --line +12025550143 --older-than 90d --limit 20
            """)

    @Option(help: "On this phone line of the account.") var line: String?
    @Option(help: "persistent or ephemeral.") var tier: String?
    @Option(help: "live, gone or expired.") var state: String?
    @Option(help: ArgumentHelp("Created longer ago than this: 36h, 90d, 6mo.", valueName: "period"))
    var olderThan: String?
    @OptionGroup var people: PeopleOptions
    @OptionGroup var decision: DecisionFilter
    @Option(help: ArgumentHelp("Of this type: image/png, or image/* for all images.", valueName: "type"))
    var mime: String?
    @Option(help: ArgumentHelp("Of more bytes than this: 10MB. An unknown size is none.", valueName: "size"))
    var largerThan: String?
    @Option(help: "Maximum number of rows.") var limit: Int = 100
    @Option(help: "Where the page before ended (next_cursor).") var cursor: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard (1...100_000).contains(limit) else {
            throw LetheError("invalid-limit", .usage, "--limit must be 1 to 100000")
        }
        let wiring = try Wiring.open(global, console)
        let inventory = try wiring.currentInventory()
        let tiers = wiring.settings.tiers
        let wanted: Tier? = try tier.map { try Self.word($0, "--tier") }
        let (isDecidedSo, isOfType, isLarge) = (
            try decision.matches(wiring, inventory), try typeFilter(), try sizeFilter()
        )
        let page = try inventory.attachments(
            try filter(wiring, inventory), after: cursor.map { try AttachmentID($0) }, limit: limit,
            people: decision.isGiven
        ) {
            (wanted == nil || tiers.tier(of: $0) == wanted) && isLarge($0) && isOfType($0) && isDecidedSo($0)
        }
        var table = TextTable([
            .longID("attachment"), .id("created"), .id("line"), .id("tier"), .id("state"), .number("size"),
        ])
        for attachment in page.attachments {
            table.append([
                attachment.id.description, attachment.created?.date ?? "unknown",
                attachment.homeLine?.number ?? "unknown", tiers.tier(of: attachment).rawValue,
                attachment.state.rawValue, attachment.size.map(formatBytes) ?? "unknown",
            ])
        }
        var text = page.attachments.isEmpty ? "No attachment matches." : trimmed(table)
        if let next = page.next { text += "\nmore: --cursor \(next)" }
        return Reply(
            text,
            json: [
                "attachments": .array(page.attachments.map { AttachmentJSON.summary($0, tiers) }),
                "next_cursor": JSONValue(page.next),
            ])
    }

    private func filter(_ wiring: Wiring, _ inventory: InventoryStore) throws -> AttachmentFilter {
        var filter = AttachmentFilter()
        filter.line = try line.map { try PhoneLine($0) }
        filter.state = try state.map { try Self.word($0, "--state") }
        if let olderThan {
            guard case .success(let period) = Period.parse(olderThan) else {
                throw LetheError(
                    "invalid-period", .usage, "--older-than is not a period", hint: "write 36h, 90d, 2w, 6mo or 1y")
            }
            filter.createdBefore = period.before(wiring.clock.now())
        }
        if people.isGiven { filter.subjects = try people.pseudonyms(of: people.handles(), wiring, inventory) }
        return filter
    }

    private func typeFilter() throws -> (Attachment) -> Bool {
        guard let mime else { return { _ in true } }
        let group = mime.hasSuffix("/*") ? String(mime.dropLast()).lowercased() : nil
        guard let type = group ?? MediaType.canonical(mime), group.map({ MediaType.canonical($0 + "x") != nil }) ?? true
        else {
            throw LetheError("invalid-value", .usage, "--mime is not a type", hint: "write image/png, or image/*")
        }
        return { attachment in
            attachment.sightings.contains { sighting in
                sighting.mime.map { group == nil ? $0 == type : $0.hasPrefix(type) } ?? false
            }
        }
    }

    private func sizeFilter() throws -> (Attachment) -> Bool {
        guard let largerThan else { return { _ in true } }
        guard case .success(let bytes) = ByteCount.parse(largerThan) else {
            throw LetheError(
                "invalid-value", .usage, "--larger-than is not a size", hint: "write 500kB, 10MB or 1GB")
        }
        return { $0.size.map { $0 > bytes } ?? false }
    }

    static func word<Word: RawRepresentable & CaseIterable>(_ text: String, _ flag: String) throws -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw LetheError("invalid-value", .usage, "\(flag) must be one of: \(words)")
        }
        return word
    }
}

struct InventoryShow: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows everything held about one attachment, its decision and its history.",
        discussion: "Example: lethe inventory show bc639f8b-1c5d-4dcc-bb7f-93edc4ff3cba")

    @Argument(help: "The attachment's id.") var id: String
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: AttachmentID = try wiring.id(id)
        let compared = try wiring.comparedInventory(.about([id]))
        let inventory = compared.inventory
        let record = try inventory.knownRecord(of: id)
        let now = wiring.clock.now()
        var question = Explanation.Question(record.attachment, holds: try inventory.holds(), now: now)
        question.ending = wiring.ending(of: record)
        let explanation = Explanation(of: question, by: try wiring.decider())
        return Reply(
            AttachmentJSON.text(record, wiring.settings.tiers) + "\n\n" + explanation.rendered.withoutFinalNewline,
            json: [
                "attachment": AttachmentJSON.summary(record.attachment, wiring.settings.tiers),
                "sightings": .array(record.attachment.sightings.map(AttachmentJSON.sighting)),
                "decision": try JSONValue(encoding: explanation),
                "history": .array(record.history.map(AttachmentJSON.history)), "differs": compared.differs,
            ])
    }
}

/// The table without its last newline.
func trimmed(_ table: TextTable) -> String {
    String(table.rendered.reversed().drop { $0 == "\n" }.reversed())
}
