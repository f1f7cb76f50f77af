import ArgumentParser
import Domain
import Engine
import Foundation
import Inventory
import Reports

struct EraseCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Opens a right-to-delete request, plans it, and with --apply carries it out.",
        discussion: """
            The handles of one person (phone numbers, mail addresses) come on standard input or in a file, one per line: arguments \
            end up in shell histories. They become pseudonyms on the way in and are not stored.

            Example: echo +14155550117 | lethe erase --apply --as alex
            """)

    @Option(help: ArgumentHelp("The person's handles, one per line.", valueName: "file")) var subjectFile: String?
    @Option(help: ArgumentHelp("A handle; better on stdin.", valueName: "handle")) var subject: [String] = []
    @Flag(help: "Approve the plan and carry it out.") var apply = false
    @Option(name: .customLong("as"), help: ArgumentHelp("Who asks and approves.", valueName: "name")) var name: String?
    @Option(help: ArgumentHelp("gdpr (default), uk or ccpa: whose clock runs.", valueName: "law"))
    var jurisdiction: String?
    @Option(help: ArgumentHelp("sent_by_subject (default) or conversation.", valueName: "scope")) var scope: String?
    @Option(
        defaultAsFlag: "others", parsing: .next,
        help: ArgumentHelp(
            "Delete what others received too; =unknown: what nobody knows who received; =all: both.",
            valueName: "which"))
    var includeShared: String?
    @Flag(help: "Ask the inventory alone, not the vendor's listings.") var offline = false
    @Option(help: ArgumentHelp("The day the request came in (default: today).", valueName: "date")) var received:
        String?
    @Option(help: ArgumentHelp("How the request came in: letter, form, mail.", valueName: "text")) var channel: String?
    @Option(help: ArgumentHelp("How the person's identity was checked.", valueName: "method")) var identity: String?
    @Option(help: ArgumentHelp("Resume a request that is open.", valueName: "request")) var resume: String?
    @Option(help: .hidden) var extend: String?
    @Option(
        help: ArgumentHelp("Lift all limits if the plan has at most this many items; recorded.", valueName: "n"))
    var allowDeletes: Int?
    @OptionGroup var accept: AcceptOptions
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard !apply || name != nil else {
            throw LetheError(
                "no-name", .usage, "--apply needs --as NAME: somebody approves", hint: "lethe erase --apply --as NAME")
        }
        let wiring = try Wiring.open(global, console)
        let decider = try wiring.decider()
        // --extend is the name of --resume in 0.1.0; it goes with the next version.
        let again = try (resume ?? extend).map { try wiring.id($0, RequestID.self) }
        if let again { try refuseWhatOpens(again) }
        let handles = try again == nil ? handles() : handlesAgain()
        let stop = StopSignal(console: console)
        let overrides = accept.overrides(by: try name.map { try OperatorText.actor($0) })
        let (planned, result) = try await wiring.work(
            vendor: apply || !offline, stop: stop, accepting: overrides
        ) { context in
            let planner = PlanErasure(context, rules: decider, limits: wiring.settings.limits)
            let show: @Sendable (SyncFromAPI.Report) -> Void = {
                console.progress("asking the vendor, messages so far", done: $0.messages, of: nil)
            }
            let planned =
                if let again {
                    try await planner.run(again: try repetition(of: again, handles), progress: show)
                } else {
                    try await planner.run(try ask(handles ?? []), progress: show)
                }
            guard apply, let name else { return (planned, RunResult?.none) }
            do {
                let result = try await ApplyErasure(
                    context, rules: decider, approval: wiring.approvalRule,
                    settings: wiring.applySettings(operatorName: name), by: name
                ).run(planned.plan.id, allowDeletes: allowDeletes)
                return (planned, result)
            } catch let error as LetheError {
                throw try Self.goingOn(
                    error, planned.request.id, context.inventory,
                    NextStep.Basis(context, rules: decider, approval: wiring.approvalRule))
            }
        }
        let warnings = planned.warnings + (result?.warnings.filter { !planned.warnings.contains($0) } ?? [])
        for warning in warnings { console.warn(warning) }
        return try EraseAnswer(wiring, planned, result).reply
    }

    /// What was not carried out is open by then, and the command that was typed would open it once more.
    private static func goingOn(
        _ error: LetheError, _ id: RequestID, _ inventory: InventoryStore, _ basis: NextStep.Basis
    ) throws -> LetheError {
        let before = ["kill-file": "remove STOP, then: ", "interrupted": ""]
        guard let before = before[error.code], let request = try inventory.request(id),
            let next = try NextStep(request, in: basis).command
        else { return error }
        return LetheError(error.code, error.status, "\(error.message); request \(id) is open", hint: before + next)
    }

    /// What a request is opened with stays as it is on record: whoever gives it again believes that it changes.
    private func refuseWhatOpens(_ id: RequestID) throws(LetheError) {
        let opening = [
            ("--jurisdiction", jurisdiction), ("--scope", scope), ("--received", received), ("--channel", channel),
            ("--identity", identity),
        ]
        let given = opening.filter { $0.1 != nil }.map(\.0)
        guard !given.isEmpty else { return }
        throw LetheError(
            "opening-only", .usage, "\(given.joined(separator: ", ")): only with a new request, not with --resume",
            hint: given == ["--received"]
                ? "to move its deadline: lethe requests extend \(id) --as NAME --reason TEXT"
                : "lethe erase --resume \(id); to open it otherwise, first: "
                    + "lethe requests withdraw \(id) --as NAME --reason TEXT")
    }

    private func ask(_ handles: [Handle]) throws -> PlanErasure.Ask {
        var ask = PlanErasure.Ask(handles: handles, openedBy: name ?? Wiring.systemUser)
        guard let law = ErasureRequest.Jurisdiction(rawValue: jurisdiction ?? "gdpr") else {
            throw LetheError("invalid-value", .usage, "--jurisdiction must be gdpr, uk or ccpa")
        }
        guard let scope = ErasureRequest.Scope(rawValue: scope ?? "sent_by_subject") else {
            throw LetheError("invalid-value", .usage, "--scope must be sent_by_subject or conversation")
        }
        ask.jurisdiction = law
        ask.scope = scope
        ask.included = try included()
        ask.isOffline = offline
        ask.received = try received.map { try time($0, "--received") }
        ask.channel = channel
        ask.identityMethod = identity
        return ask
    }

    private func repetition(of request: RequestID, _ handles: [Handle]?) throws -> PlanErasure.Repeat {
        var again = PlanErasure.Repeat(request)
        again.handles = handles
        again.include = try included()
        again.isOffline = offline
        again.by = name ?? Wiring.systemUser
        return again
    }

    private func included() throws -> SharedInclusion {
        switch includeShared {
        case nil: []
        case "others": .others
        case "unknown": .unknownRecipients
        case "all": [.others, .unknownRecipients]
        default: throw LetheError("invalid-value", .usage, "--include-shared takes others, unknown or all")
        }
    }

    /// As `handles`, but nobody is asked at a terminal, and none are none: then the vendor's listings are not asked again.
    private func handlesAgain() throws -> [Handle]? {
        guard subject.isEmpty, subjectFile == nil else { return try handles() }
        guard ReadInput.isStandardInputGiven else { return nil }
        let text = String(decoding: try ReadInput.bytes("-"), as: UTF8.self)
        return text.allSatisfy(\.isWhitespace) ? nil : try HandleList.read(text)
    }

    /// From the arguments, a file, a person at the terminal, or standard input, in this order.
    private func handles() throws -> [Handle] {
        guard subject.isEmpty || subjectFile == nil else {
            throw LetheError("two-subjects", .usage, "--subject and --subject-file do not go together")
        }
        if !subject.isEmpty { return try HandleList.read(subject.joined(separator: "\n")) }
        if let subjectFile {
            return try HandleList.read(String(decoding: ReadInput.bytes(subjectFile), as: UTF8.self))
        }
        guard isatty(STDIN_FILENO) == 1 else {
            return try HandleList.read(String(decoding: ReadInput.bytes("-"), as: UTF8.self))
        }
        Console.write(
            "The person's phone numbers and mail addresses, one per line; an empty line ends.\n", to: STDERR_FILENO)
        var lines: [String] = []
        while let line = readLine(), !line.isEmpty { lines.append(line) }
        return try HandleList.read(lines.joined(separator: "\n"))
    }
}

/// The answer of `erase`: the request, and each item with what is or was done to it.
struct EraseAnswer {
    let reply: Reply

    init(_ wiring: Wiring, _ planned: PlanErasure.Planned, _ result: RunResult?) throws {
        let inventory = try wiring.inventory()
        let request = try inventory.request(planned.request.id) ?? planned.request
        let results = try inventory.results(of: planned.plan.id)
        let counts =
            result?.counts
            ?? OutcomeCounts(results.map { $0.outcome ?? $0.withheld?.outcome ?? .notAttempted })
        let unseen = try inventory.unseen(request.subjects)
        var lines = [
            "request   \(request.id), \(request.state.rawValue), due \(request.due.date)",
            "subjects  \(request.subjects.map(\.description).joined(separator: ", "))",
            "coverage  \(request.coverage.rawValue)"
                + (planned.coverage.unaddressable > 0
                    ? ", \(planned.coverage.unaddressable) media items without an attachment id" : "")
                + (planned.coverage.recipientUnknown > 0
                    ? ", \(planned.coverage.recipientUnknown) sent to nobody known" : "")
                + (request.isSearchSettled && !planned.coverage.unreadable.isEmpty
                    ? ", something that cannot be read: lethe requests show \(request.id)" : ""),
            "plan      \(planned.plan.id): \(counted(planned.plan.items.count, "attachment", "attachments")), "
                + "\(formatBytes(planned.plan.bytes)), \(results.count { $0.withheld == nil }) to delete",
        ]
        if !unseen.isEmpty {
            let names = unseen.map(\.description).joined(separator: ", ")
            lines.append("not known here: \(names). Nothing was ever seen of this handle: check how it is written")
        }
        if result != nil {
            lines.append("done      \(OutcomeJSON.sentence(counts))")
            if !results.isEmpty { lines.append(PlanText.outcomes(counts)) }
        }
        for result in results {
            guard let withheld = result.withheld else { continue }
            lines.append(
                "withheld  \(result.attachment): \(withheld.ground)\(withheld.ends.map { " until \($0.date)" } ?? "")")
        }
        if let halted = result?.halted { lines += ["halted: \(halted.message)", "Try: \(halted.hint)"] }
        if let wait = result?.askedToWait { lines.append(wait) }
        if result != nil {
            if result?.isMoreFound == true { lines.append("More of the person came to be known in the meantime.") }
            if let next = try NextStep(request, in: wiring.basis(inventory)).command {
                lines.append("Next: \(next)")
            }
        } else {
            lines.append(
                "Nothing was deleted. Next: lethe plan show \(planned.plan.id), then\n"
                    + "  lethe plan approve \(planned.plan.id) --as NAME && lethe plan apply \(planned.plan.id)")
        }
        let items = results.map { item -> JSONValue in
            [
                "attachment_id": JSONValue(item.attachment),
                "decision": .string(item.withheld == nil ? "delete" : "withheld"),
                "outcome": JSONValue(item.outcome?.rawValue ?? item.withheld?.outcome.rawValue),
                "grade": JSONValue(item.grade?.rawValue), "ground": JSONValue(item.withheld?.ground),
                "ends": JSONValue(item.withheld?.ends),
            ]
        }
        reply = Reply(
            lines.joined(separator: "\n"),
            json: [
                "request": [
                    "id": JSONValue(request.id), "state": .string(request.state.rawValue),
                    "due": JSONValue(request.due), "coverage": .string(request.coverage.rawValue),
                    "unseen": .array(unseen.map { .string($0.hex) }),
                ], "plan": OutcomeJSON.plan(planned.plan, digest: planned.digest), "items": .array(items),
                "outcomes": OutcomeJSON.counts(counts), "run": JSONValue(result?.run),
            ],
            // What was not seen whole is not answered whole.
            status: result.map(\.status).flatMap { $0 == .done ? nil : $0 }
                ?? (request.coverage == .partial ? .incomplete : .done))
    }
}
