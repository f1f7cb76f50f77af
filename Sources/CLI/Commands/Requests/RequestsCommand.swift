import ArgumentParser
import Domain
import Engine
import Foundation
import Inventory
import Reports
import Rules

struct RequestsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests",
        abstract: "Right-to-delete requests, their deadlines and certificates.",
        discussion: "Example: lethe requests list",
        subcommands: [
            RequestsList.self, RequestsShow.self, RequestsRefuse.self, RequestsExtend.self, RequestsWithdraw.self,
            RequestsCertificate.self, RequestsCheckCertificate.self, RequestsSchema.self,
        ])
}

struct RequestsList: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists requests with the days left for each.",
        discussion: """
            With a person it answers whether they asked, and what became of it.

            Example: lethe requests list --open
            """)

    @Flag(help: "Only those that are not closed.") var open = false
    @OptionGroup var people: PeopleOptions
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let now = wiring.clock.now()
        let compared = try wiring.comparedInventory(.orders)
        let inventory = compared.inventory
        let basis = wiring.basis(inventory)
        let named = try people.isGiven ? Set(people.pseudonyms(of: people.handles(), wiring, inventory)) : nil
        let requests = try inventory.requests().filter { request in
            (!open || !request.state.isClosed) && named.map { !$0.isDisjoint(with: request.subjects) } ?? true
        }.map { request in
            (request, next: try NextStep(request, in: basis))
        }
        var table = TextTable([
            .longID("request"), .id("state"), .id("law"), .id("due"), .number("days left"),
        ])
        var nextSteps: [String] = []
        for (request, next) in requests {
            table.append([
                request.id.description, request.state.rawValue, request.jurisdiction.rawValue, request.due.date,
                request.state.isClosed ? "-" : String(request.daysLeft(at: now)),
            ])
            if let command = next.command { nextSteps.append("  \(request.id.description.prefix(8))  \(command)") }
        }
        let lost = compared.differences.compactMap(\.lostRequest)
        var parts = requests.isEmpty ? [] : [trimmed(table)]
        if !nextSteps.isEmpty { parts += ["", "next steps"] + nextSteps }
        parts += lost.map { "\($0)  lost: \(Self.lossAndWayOn($0))" }
        return Reply(
            parts.isEmpty
                ? (named == nil ? "There are no requests." : "There are no requests of this person.")
                : parts.joined(separator: "\n"),
            json: [
                "requests": .array(requests.map { Self.json($0.0, next: $0.next, now: now) }),
                "lost": .array(lost.map { JSONValue($0) }), "differs": compared.differs,
            ])
    }

    private static func lossAndWayOn(_ id: RequestID) -> String {
        "the audit log has it, and the inventory does not; put back the newest inventory.db,\n"
            + "  take what the log has: lethe inventory rebuild --as NAME --reason TEXT,\n"
            + "  or put the loss on record: lethe requests withdraw \(id) --as NAME --reason TEXT"
    }

    static func json(_ request: ErasureRequest, next: NextStep, now: Timestamp) -> JSONValue {
        [
            "id": JSONValue(request.id), "state": .string(request.state.rawValue),
            "jurisdiction": .string(request.jurisdiction.rawValue), "scope": .string(request.scope.rawValue),
            "received": JSONValue(request.received), "due": JSONValue(request.due),
            "days_left": request.state.isClosed ? nil : JSONValue(request.daysLeft(at: now)),
            "subjects": .array(request.subjects.map { .string($0.hex) }), "opened_by": .string(request.openedBy),
            "channel": JSONValue(request.channel), "identity_method": JSONValue(request.identityMethod),
            "coverage": .string(request.coverage.rawValue), "plan": JSONValue(request.plan),
            "answered": JSONValue(request.answered), "includes_shared": .bool(request.included.contains(.others)),
            "includes_unknown_recipients": .bool(request.included.contains(.unknownRecipients)),
            "next": JSONValue(next.command),
        ]
    }
}

struct RequestsShow: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one request, its plan and its items.",
        discussion: "Example: lethe requests show 5a3f0c1e9b7d4a2680f1e2d3c4b5a697")

    @Argument(help: "The request's id.") var id: String
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: RequestID = try wiring.id(id)
        let compared = try wiring.comparedInventory { inventory in
            .about(try inventory.items(of: try inventory.plans().filter { $0.request == id }.map(\.id)))
        }
        let inventory = compared.inventory
        guard let request = try inventory.request(id) else {
            guard let lost = compared.lost(.request(id)) else {
                throw LetheError("unknown-request", .usage, "there is no request \(id)", hint: "lethe requests list")
            }
            throw LetheError(
                "request-unresolved", .failed,
                "request \(id) is lost: the audit log has it, and the inventory does not", hint: lost.hint)
        }
        let now = wiring.clock.now()
        var lines = [
            "request   \(request.id), \(request.state.rawValue)",
            "law       \(request.jurisdiction.rawValue): received \(request.received.date), due \(request.due.date)"
                + (request.state.isClosed ? "" : ", \(request.daysLeft(at: now)) days left"),
            "scope     \(request.scope.rawValue), coverage \(request.coverage.rawValue)",
            "subjects  \(request.subjects.map(\.description).joined(separator: ", "))",
            "opened    by \(request.openedBy)" + (request.channel.map { ", by \($0)" } ?? ""),
            "identity  \(Self.identity(of: request))",
        ]
        if let answered = request.answered { lines.append("answered  \(answered.brief)") }
        let next = try NextStep(request, in: wiring.basis(inventory))
        if let command = next.command { lines.append("next      \(command)") }
        let unreadable =
            request.coverage == .complete ? [] : try inventory.erasureCoverage(subjects: request.subjects).unreadable
        lines += unreadable.map {
            "unread    \(counted($0.parts, "part")) of message \($0.message) in chat \($0.chat): "
                + "it names a file in a way that cannot be read"
        }
        if request.isSearchSettled {
            lines.append("          to search again all the same: lethe erase --resume \(id) --subject-file FILE")
        }
        let plans = Set(try inventory.plans().filter { $0.request == id }.map(\.id) + [request.plan].compactMap { $0 })
        // What cannot be read of the log is missing here, and `audit verify` says why.
        let steps = try? wiring.auditLog().steps(of: id, plans: plans)
        lines += Self.lines(of: steps ?? [])
        var members: [String: JSONValue] = [
            "steps": steps.map { .array($0.map(Self.json)) } ?? nil,
            "request": RequestsList.json(request, next: next, now: now), "plan": nil, "differs": compared.differs,
            "unreadable": .array(
                unreadable.map {
                    ["message": JSONValue($0.message), "chat": JSONValue($0.chat), "parts": JSONValue($0.parts)]
                }),
        ]
        if let plan = request.plan {
            let record = wiring.approvedOnRecord(try inventory.plan(plan, evenIfChanged: true))
            if !record.isWhole { console.warn(PlanText.changed(plan)) }
            let results = try inventory.results(of: plan)
            lines += ["", try PlanShow.text(record, results, limit: 50, inventory)]
            members["plan"] = PlanShow.json(
                record, results, setAside: try inventory.setAside(in: record.plan.id))
        }
        return Reply(lines.joined(separator: "\n"), json: .object(members))
    }

    private static func identity(of request: ErasureRequest) -> String {
        guard let method = request.identityMethod else { return "no check on record" }
        return "checked by \(method)" + (request.identityBy.map { ", by \($0)" } ?? "")
            + (request.identityDate.map { ", on \($0.date)" } ?? "")
    }

    /// `steps     2026-05-01 09:12 UTC  opened by alex`
    private static func lines(of steps: [RequestStep]) -> [String] {
        steps.enumerated().flatMap { index, step in
            Wording.wrap(
                printable(
                    "\(step.step.replacing("_", with: " "))" + (step.by.map { " by \($0)" } ?? "")
                        + (step.reason.map { ": \($0)" } ?? "")),
                first: (index == 0 ? "steps     " : "          ") + step.at.brief + "  ", rest: 32)
        }
    }

    private static func json(_ step: RequestStep) -> JSONValue {
        [
            "at": JSONValue(step.at), "step": .string(step.step), "by": JSONValue(step.by),
            "reason": JSONValue(step.reason), "plan": JSONValue(step.plan),
        ]
    }
}

struct RequestsSchema: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Prints the JSON Schema of the erasure certificate.",
        discussion: "Example: lethe requests schema > certificate.schema.json")

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let schema = try JSONDecoder().decode(JSONValue.self, from: Data(Asset.certificateSchema.utf8))
        return Reply(Asset.certificateSchema.withoutFinalNewline, json: schema)
    }
}

struct RequestsCertificate: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "Writes the erasure certificate of one request, with its proof.",
        discussion: """
            Evidence, not certification: what was deleted, how, by whose approval, and the records with their proofs.

            Example: lethe requests certificate 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --format html -o certificate.html
            """)

    @Argument(help: "The request's id.") var id: String
    @Option(help: "html or json.") var format: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Where to (else stdout).", valueName: "file")) var output: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let file = try output.map { try OutputFile($0, wiring) }
        let format = try OutputFile.format(format, for: output, of: ["json", "html"])
        let id: RequestID = try wiring.id(id)
        let statement = try await wiring.work(vendor: false, on: .segments) { context in
            try IssueCertificate(inventory: context.inventory, log: context.log, tiers: wiring.settings.tiers).run(id)
        }
        let certificate = try statement.certificate(wiring)
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(CertificateJSON.render(certificate).utf8))
        let text = format == "html" ? try CertificateHTML.render(certificate) : json.text + "\n"
        try file?.write(Data(text.utf8))
        if let output { return Reply("wrote \(output)", json: ["file": .string(output), "request": JSONValue(id)]) }
        return Reply(text.withoutFinalNewline, json: json)
    }
}
