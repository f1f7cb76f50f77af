import ArgumentParser
import Domain
import Engine
import Foundation
import Inventory
import Reports
import Rules

struct HoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Legal holds: place, release, list.",
        discussion: "A hold is stronger than every policy and every erasure request.\n\nExample: lethe hold list",
        subcommands: [HoldPlace.self, HoldRelease.self, HoldList.self])
}

struct HoldPlace: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "place",
        abstract: "Keeps whatever it covers until it is released or ends.",
        discussion: """
            In force when the command returns, also for a run that is going on. Exactly one of a person (every chat of theirs), \
            --chat, --line, --attachment and --all.

            Example: lethe hold place --as alex --reason "matter 2026-17" --line +12025550143 --until 2027-06-30
            """)

    @Option(name: .customLong("as"), help: ArgumentHelp("Who places it.", valueName: "name")) var name: String
    @Option(help: "The matter; no names, numbers or addresses of end-users.") var reason: String
    @OptionGroup var people: PeopleOptions
    @Option(help: ArgumentHelp("One chat.", valueName: "id")) var chat: String?
    @Option(help: ArgumentHelp("A phone line of the account.", valueName: "number")) var line: String?
    @Option(help: ArgumentHelp("One attachment.", valueName: "id")) var attachment: String?
    @Flag(help: "Everything.") var all = false
    @Option(help: ArgumentHelp("When it ends by itself.", valueName: "date")) var until: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let given = [people.isGiven, chat != nil, line != nil, attachment != nil, all].count { $0 }
        guard given == 1 else {
            throw LetheError(
                "hold-scope", .usage,
                "say what is held: exactly one of --subject-file or --subject, --chat, --line, --attachment, --all")
        }
        let wiring = try Wiring.open(global, console)
        let end = try until.map { try time($0, "--until") }
        let handles = try people.handles()
        let attachment = try attachment.map { try wiring.id($0, AttachmentID.self) }
        let (hold, coverage) = try await wiring.work(vendor: false, on: .end) { context in
            let scope: LegalHold.Scope
            if people.isGiven {
                scope = .subject(
                    try people.pseudonyms(of: handles, wiring, context.inventory, createIfMissing: true))
            } else {
                scope = try self.scope(attachment)
            }
            if case .line(let line) = scope { try refusePerson(line, context.inventory) }
            let hold = try PlaceHold(inventory: context.inventory, log: context.log).run(
                scope, by: name, reason: reason, until: end, now: context.time.now())
            return (hold, try HoldCoverage(of: hold, in: context.inventory))
        }
        for doubt in coverage.doubts {
            console.warn("\(doubt): if that is a mistake, lethe hold release \(hold.id), and place it again")
        }
        let doubt = wiring.doubt()
        return Reply(
            "hold \(hold.id) is in force\(hold.until.map { " until \($0.brief)" } ?? "")\n"
                + "covers \(counted(coverage.attachments, "attachment", "attachments")) now"
                + (doubt.map { "\nTAMPERED: \($0.message)" + ($0.hint.map { "\nTry: \($0)" } ?? "") } ?? ""),
            json: [
                "hold": HoldList.json(hold, now: wiring.clock.now()), "covers": JSONValue(coverage.attachments),
                "tampered": JSONValue(doubt?.message),
            ], status: doubt == nil ? .done : .failed)
    }

    /// The number of an end-user would stay in the log for ever.
    private func refusePerson(_ line: PhoneLine, _ inventory: InventoryStore) throws {
        guard try !inventory.lines().contains(line),
            try inventory.pseudonym(for: Handle(line.number), createIfMissing: false) != nil
        else { return }
        throw LetheError(
            "not-a-line", .usage, "the number after --line is not one of yours but an end-user's",
            hint: "for a person use --subject-file FILE: handles are not stored")
    }

    private func scope(_ attachment: AttachmentID?) throws -> LegalHold.Scope {
        if let chat { return .chat(try ChatID(chat)) }
        if let line { return .line(try PhoneLine(line)) }
        if let attachment { return .attachment(attachment) }
        return .all
    }
}

struct HoldRelease: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Releases a hold; recorded before it takes effect.",
        discussion: "Example: lethe hold release 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --as alex --reason \"matter closed\"")

    @Argument(help: "The hold's id.") var id: String
    @Option(name: .customLong("as"), help: ArgumentHelp("Who releases it.", valueName: "name")) var name: String
    @Option(help: "Why; it stays in the log.") var reason: String
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: HoldID = try wiring.id(id)
        try await wiring.work(vendor: false) { context in
            try ReleaseHold(inventory: context.inventory, log: context.log).run(id, by: name, reason: reason)
        }
        return Reply("hold \(id) is released", json: ["hold": ["id": JSONValue(id), "state": "released"]])
    }
}

struct HoldList: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Holds in force; with --all, those that ended too.",
        discussion: "Example: lethe hold list --all --json")

    @Flag(help: "Include holds that ended or were released.") var all = false
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let now = wiring.clock.now()
        let compared = try wiring.comparedInventory(.orders)
        let holds = try compared.inventory.holds().filter { all || $0.isActive(at: now) }
        let lost = compared.differences.compactMap(\.lostHold)
        let isReleased = holds.contains { $0.releasedAt != nil }
        // What cannot be read of the log is missing here, and `audit verify` says why.
        let releases = isReleased ? (try? wiring.auditLog().releases()) ?? [:] : [:]
        let lines = holds.flatMap { Self.lines(of: $0, releases[$0.id], now: now) } + lost.flatMap(Self.lines(ofLost:))
        return Reply(
            lines.isEmpty ? "No hold is in force." : lines.joined(separator: "\n"),
            json: [
                "holds": .array(holds.map { Self.json($0, releases[$0.id], now: now) }),
                "lost": .array(lost.map { JSONValue($0) }),
                "differs": compared.differs,
            ])
    }

    private static func lines(ofLost hold: HoldID) -> [String] {
        [
            "\(hold)  lost: in force in the audit log, missing or different here",
            "  to do   put back the newest inventory.db, or take what the log has:",
            "          lethe inventory rebuild --as NAME --reason TEXT; if the hold is over:",
            "          lethe hold release \(hold) --as NAME --reason TEXT",
        ]
    }

    /// The id and what it holds whole, in lines of 80 columns:
    ///
    ///     5a3f0c1e9b7d4a2680f1e2d3c4b5a697  active, until 2027-06-30 00:00 UTC
    ///       holds   line:+12025550143
    ///       placed  2026-05-01 by alex: matter 2026-17
    private static func lines(
        of hold: LegalHold, _ release: AuditRecord.HoldRelease?, now: Timestamp
    ) -> [String] {
        var end = hold.until.map { "until \($0.brief)" } ?? "until it is released"
        if let released = hold.releasedAt { end = "on \(released.brief)" }
        return ["\(hold.id)  \(state(hold, now: now)), \(end)"]
            + Wording.wrap(what(hold.scope), first: "  holds   ", rest: 10)
            + Wording.wrap(
                printable("\(hold.placedAt.date) by \(hold.placedBy): \(hold.reason)"), first: "  placed  ", rest: 10)
            + (release.map { release in
                let why = release.reason.map { ": \($0)" } ?? ""
                return Wording.wrap(printable("by \(release.by)\(why)"), first: "  ended   ", rest: 10)
            } ?? [])
    }

    /// People see short pseudonyms.
    private static func what(_ scope: LegalHold.Scope) -> String {
        if case .subject(let pseudonyms) = scope { return pseudonyms.map(\.description).joined(separator: ", ") }
        return scope.description
    }

    private static func state(_ hold: LegalHold, now: Timestamp) -> String {
        if hold.releasedAt != nil { return "released" }
        return hold.isActive(at: now) ? "active" : "ended"
    }

    static func json(
        _ hold: LegalHold, _ release: AuditRecord.HoldRelease? = nil, now: Timestamp
    ) -> JSONValue {
        [
            "id": JSONValue(hold.id), "scope": .string(hold.scope.description), "state": .string(state(hold, now: now)),
            "placed_at": JSONValue(hold.placedAt), "by": .string(hold.placedBy), "reason": .string(hold.reason),
            "until": JSONValue(hold.until), "released_at": JSONValue(hold.releasedAt),
            "released_by": JSONValue(release?.by), "release_reason": JSONValue(release?.reason),
        ]
    }
}
