import ArgumentParser
import Domain
import Engine
import Foundation
import Inventory
import Reports
import Rules

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Frozen plans: list, show, approve, apply, cancel, close.",
        discussion: "Example: lethe plan show 5a3f0c1e9b7d4a2680f1e2d3c4b5a697",
        subcommands: [PlanList.self, PlanShow.self, PlanApprove.self, PlanApply.self, PlanCancel.self, PlanClose.self])
}

struct PlanList: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists all plans, the newest first.",
        discussion: "Example: lethe plan list --open")

    @Flag(help: "Only plans that are not closed.") var open = false
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let compared = try wiring.comparedInventory(.plans)
        let plans = try compared.inventory.plans().filter { $0.isRecorded && (!open || !$0.state.isClosed) }
            .sorted { ($1.created, $1.id) < ($0.created, $0.id) }
        var table = TextTable([
            .longID("plan"), .id("kind"), .id("state"), .id("created"), .number("items"), .number("bytes"),
        ])
        for plan in plans {
            table.append([
                plan.id.description, plan.kind.rawValue, plan.state.rawValue, plan.created.brief, String(plan.items),
                formatBytes(plan.bytes),
            ])
        }
        let json = plans.map { plan -> JSONValue in
            [
                "id": JSONValue(plan.id), "kind": .string(plan.kind.rawValue), "state": .string(plan.state.rawValue),
                "created": JSONValue(plan.created), "expires": JSONValue(plan.expires), "digest": .string(plan.digest),
                "request": JSONValue(plan.request), "items": JSONValue(plan.items), "bytes": JSONValue(plan.bytes),
                "cause": JSONValue(plan.cause),
            ]
        }
        return Reply(
            plans.isEmpty ? "There are no plans." : trimmed(table),
            json: ["plans": .array(json), "differs": compared.differs])
    }
}

struct PlanShow: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one plan, its approvals and how each item ended.",
        discussion: "Example: lethe plan show 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --json")

    @Argument(help: "The plan's id.") var id: String
    @Option(help: "Maximum number of items in the text; --json shows all.") var limit: Int = 50
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: PlanID = try wiring.id(id)
        let compared = try wiring.comparedInventory { inventory in
            .about(try inventory.items(of: [id]))
        }
        let inventory = compared.inventory
        if let lost = compared.lost(.plan(id)) {
            throw LetheError(
                "plan-unresolved", .failed, "plan \(id) is lost: the audit log has it, and the inventory does not",
                hint: lost.hint)
        }
        let record = wiring.approvedOnRecord(try inventory.plan(id, evenIfChanged: true))
        if !record.isWhole { console.warn(PlanText.changed(record.plan.id)) }
        let results = try inventory.results(of: record.plan.id)
        let setAside = try inventory.setAside(in: record.plan.id)
        var text = try Self.text(record, results, limit: limit, inventory)
        if !setAside.isEmpty {
            text +=
                "\n\(counted(setAside.count, "attachment")) set aside: for a week every answer was a 404 that is not the "
                + "vendor's own.\nNext: lethe plan close \(record.plan.id) --as NAME --reason TEXT"
        }
        var json = Self.json(record, results, setAside: setAside)
        if case .object(var members) = json {
            members["differs"] = compared.differs
            json = .object(members)
        }
        return Reply(text, json: json)
    }

    static func text(
        _ record: PlanRecord, _ results: [ItemResult], limit: Int, _ inventory: InventoryStore
    ) throws -> String {
        let plan = record.plan
        var lines = [
            "plan      \(plan.id)", "digest    \(record.digest)",
            "kind      \(plan.kind.rawValue)\(plan.request.map { ", request \($0)" } ?? "")",
            "state     \(record.state.rawValue)\(record.cause.map { ": \($0)" } ?? "")",
            "created   \(plan.created.brief), expires \(plan.expires.brief)",
            "policies  \(plan.policyDigest)", "items     \(plan.items.count), \(formatBytes(plan.bytes))",
            "limits    \(plan.limits.maxDeletes) deletes, \(plan.limits.maxPercent) %, \(formatBytes(plan.limits.maxBytes))"
                + (record.limitsLifted ? " (lifted for this plan)" : ""),
        ]
        if let includes = record.includes, includes != [] {
            let whom = [
                (SharedInclusion.others, "others received too"), (.unknownRecipients, "nobody knows who received"),
            ]
            lines.append(
                "shared    included is what "
                    + whom.filter { includes.contains($0.0) }.map(\.1).joined(separator: ", and what "))
        }
        for approval in record.approvals {
            lines.append("approved  by \(approval.name) at \(approval.at.brief) (\(approval.how))")
        }
        if !results.isEmpty { lines.append(try items(plan, results.prefix(limit), inventory)) }
        if results.count > limit {
            lines.append("… and \(results.count - limit) more: --limit \(results.count), or --json")
        }
        return lines.joined(separator: "\n")
    }

    /// Every item of an erasure has the same rule: what it is of is told instead.
    private static func items(
        _ plan: Plan, _ results: ArraySlice<ItemResult>, _ inventory: InventoryStore
    ) throws -> String {
        let namesRule = plan.kind == .retention
        let columns: [TextTable.Column] = namesRule ? [.id("rule")] : [.id("created"), .id("type"), .id("line")]
        var table = TextTable(
            [.longID("attachment")] + columns + [.number("size"), .id("grade"), .text("outcome")])
        for result in results {
            let known = namesRule ? nil : try inventory.attachment(result.attachment)
            let told = [
                known?.created?.date ?? "unknown", known?.sightings.lazy.compactMap(\.mime).min() ?? "unknown",
                result.line?.number ?? "unknown",
            ]
            let withheld = result.withheld.map { "withheld: \($0.ground)\($0.ends.map { " until \($0.date)" } ?? "")" }
            table.append(
                [result.attachment.description] + (namesRule ? [result.rule] : told) + [
                    result.size.map(formatBytes) ?? "unknown", result.grade?.rawValue ?? "",
                    withheld ?? result.outcome?.rawValue ?? "open",
                ])
        }
        return trimmed(table)
    }

    static func json(
        _ record: PlanRecord, _ results: [ItemResult], setAside: Set<AttachmentID>
    ) -> JSONValue {
        let plan = record.plan
        let items = results.map { result -> JSONValue in
            [
                "attachment_id": JSONValue(result.attachment), "rule": .string(result.rule),
                "line": JSONValue(result.line), "size": JSONValue(result.size),
                "outcome": JSONValue(result.outcome?.rawValue), "grade": JSONValue(result.grade?.rawValue),
                "ground": JSONValue(result.withheld?.ground), "ends": JSONValue(result.withheld?.ends),
                "attempts": JSONValue(result.attempts), "http": JSONValue(result.http),
                "trace": JSONValue(result.trace), "closed_at": JSONValue(result.closedAt),
            ]
        }
        let approvals = record.approvals.map { approval -> JSONValue in
            ["by": .string(approval.name), "how": .string(approval.how), "at": JSONValue(approval.at)]
        }
        let outcomes = OutcomeCounts(results.map { $0.outcome ?? $0.withheld?.outcome ?? .notAttempted })
        return [
            "plan": OutcomeJSON.plan(plan, digest: record.digest), "state": .string(record.state.rawValue),
            "cause": JSONValue(record.cause), "created": JSONValue(plan.created), "expires": JSONValue(plan.expires),
            "partner": .string(plan.partner), "policy": .string(plan.policyDigest), "request": JSONValue(plan.request),
            "coverage": .string(plan.coverage), "approvals": .array(approvals), "items": .array(items),
            "limits": [
                "max_deletes": JSONValue(plan.limits.maxDeletes), "max_percent": JSONValue(plan.limits.maxPercent),
                "max_bytes": JSONValue(plan.limits.maxBytes), "lifted": .bool(record.limitsLifted),
            ], "outcomes": OutcomeJSON.counts(outcomes), "set_aside": .array(setAside.sorted().map { JSONValue($0) }),
            "canonical": .string(String(decoding: plan.canonicalBytes, as: UTF8.self)),
        ]
    }
}

struct PlanApprove: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Records that one person agrees to a plan's digest.",
        discussion: "Example: lethe plan approve 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --as alex")

    @Argument(help: "The plan's id.") var id: String
    @Option(name: .customLong("as"), help: ArgumentHelp("Who agrees.", valueName: "name")) var name: String
    @Option(help: ArgumentHelp("The digest that was looked at; refused if it is another.", valueName: "hex"))
    var digest: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: PlanID = try wiring.id(id)
        let record = try await wiring.work(vendor: false) { context in
            try ApprovePlan(
                inventory: context.inventory, log: context.log, time: context.time, rules: wiring.approvalRule
            )
            .run(id, by: name, digest: digest)
        }
        let request = try record.plan.request.flatMap { try wiring.inventory().request($0) }
        // A plan that was approved before stays so, and may lack people by now.
        let people = wiring.approvalRule.people(of: record.approvals, openedBy: request?.openedBy)
        let isEnough = record.state == .approved && people.count >= wiring.approvalRule.people
        return Reply(
            "\(name) approved plan \(id), digest \(record.digest)\n"
                + (isEnough ? "Next: lethe plan apply \(id)" : "One more person is needed."),
            json: [
                "plan": OutcomeJSON.plan(record.plan, digest: record.digest),
                "state": .string(record.state.rawValue),
                "approvals": .array(record.approvals.map { .string($0.name) }),
            ])
    }
}

struct PlanApply: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Carries out an approved plan, or resumes a halted one.",
        discussion: "Example: lethe plan apply 5a3f0c1e9b7d4a2680f1e2d3c4b5a697")

    @Argument(help: "The plan's id.") var id: String
    @Option(help: "Why a plan that was halted for review goes on; recorded.") var reason: String?
    @Option(
        name: .customLong("accept"),
        help: ArgumentHelp(
            "Let up to N attachments be gone already; recorded, with --as and --reason.", valueName: "absent=n"))
    var accepted: String?
    @Option(name: .customLong("as"), help: "Who accepts it.") var name: String?
    @OptionGroup var key: RollOverKey
    @Option(
        help: ArgumentHelp("Lift all limits if the plan has at most this many items; recorded.", valueName: "n"))
    var allowDeletes: Int?
    @Flag(help: "Skip the canary steps; recorded.") var noCanary = false
    @OptionGroup var accept: AcceptOptions
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: PlanID = try wiring.id(id)
        let decider = try wiring.decider()
        let reason = try reason.map { try OperatorText.reason($0) }
        if let allowDeletes {
            try await wiring.work(vendor: false) { context in
                try AllowDeletes(inventory: context.inventory, log: context.log)
                    .run(id, atMost: allowDeletes, by: Wiring.systemUser, reason: reason)
            }
        }
        let absences = try acceptedAbsences(reason)
        if absences != nil { try await wiring.beginVersion2(key, console) }
        let result = try await apply(id, reason: reason, absences, rules: decider, wiring, console)
        let record = try wiring.inventory().plan(id)
        for warning in result.warnings { console.warn(warning) }
        var halted = result.halted.map { "\nhalted: \($0.message)\nTry: \($0.hint(for: id))" } ?? ""
        if let wait = result.askedToWait { halted += "\n\(wait)" }
        if result.isMoreFound, let request = record.plan.request {
            halted +=
                "\nMore of the person came to be known: request \(request) is open again."
                + "\nNext: lethe erase --resume \(request)"
        }
        return Reply(
            "run \(result.run): \(OutcomeJSON.sentence(result.counts))\n\(PlanText.outcomes(result.counts))\(halted)",
            json: [
                "plan": OutcomeJSON.plan(record.plan, digest: record.digest), "state": .string(record.state.rawValue),
                "outcomes": OutcomeJSON.counts(result.counts), "run": JSONValue(result.run),
                "halted": JSONValue(result.halted?.rawValue), "resume_after": JSONValue(result.resumeAfter),
            ], status: result.status)
    }

    private func acceptedAbsences(_ reason: String?) throws(LetheError) -> Int? {
        guard let accepted else { return nil }
        guard let count = accepted.split(separator: "=").last.flatMap({ Int($0) }), accepted == "absent=\(count)",
            count > 0
        else {
            throw LetheError(
                "invalid-value", .usage, "--accept is absent=N, with N from 1", hint: "--accept absent=120")
        }
        guard name != nil, reason != nil else {
            throw LetheError(
                "missing-reason", .usage, "--accept goes on record: it needs --as NAME and --reason TEXT",
                hint: "lethe plan apply ID --accept absent=N --as NAME --reason TEXT")
        }
        return count
    }

    private func apply(
        _ id: PlanID, reason: String?, _ absences: Int?, rules: Decider, _ wiring: Wiring, _ console: Console
    ) async throws -> RunResult {
        let stop = StopSignal(console: console)
        let person = try name.map { try OperatorText.actor($0) }
        let settings = wiring.applySettings(
            usesCanary: !noCanary, operatorName: person ?? Wiring.systemUser)
        return try await wiring.work(vendor: true, stop: stop, accepting: accept.overrides()) { context in
            let plan = ApplyPlan(
                context, rules: rules, settings: settings, reason: reason, acceptedAbsences: absences)
            return try await plan.run(id)
        }
    }
}

struct PlanCancel: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancels a plan; its open items are not attempted.",
        discussion: "Example: lethe plan cancel 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --reason \"superseded\"")

    @Argument(help: "The plan's id.") var id: String
    @Option(help: "Why; it stays in the log.") var reason: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: PlanID = try wiring.id(id)
        let reason = try reason.map { try OperatorText.reason($0) }
        let halted = try wiring.inventory().plan(id, evenIfChanged: true)
        if halted.state == .halted, reason == nil, halted.cause.flatMap(HaltCause.init)?.requiresReview == true {
            throw LetheError(
                "plan-halted", .refused,
                "plan \(id) was halted for review: what is open in it would be due again unseen",
                hint: "say why it ends: lethe plan cancel \(id) --reason TEXT")
        }
        let record = try await cancel(id, reason: reason, wiring)
        let goesOn = record.plan.request.map {
            "\nRequest \($0) goes on with the next lethe run --apply; to end it: "
                + "lethe requests withdraw \($0) --as NAME --reason TEXT"
        }
        return Reply(
            "plan \(id) is cancelled" + (goesOn ?? ""),
            json: [
                "plan": OutcomeJSON.plan(record.plan, digest: record.digest), "state": .string(record.state.rawValue),
            ])
    }

    /// A plan in work is settled first, by asking the vendor.
    private func cancel(
        _ id: PlanID, reason: String?, _ wiring: Wiring
    ) async throws -> PlanRecord {
        let rules = wiring.undecided
        return try await wiring.work(vendor: wiring.settings.apiKey != nil) { context in
            try await CancelPlan(context, rules: rules, by: Wiring.systemUser, reason: reason).run(id)
        }
    }
}

struct PlanClose: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Ends what is set aside in a plan, as not found and unproven.",
        discussion: """
            An item that got only 404s that are not the vendor's own for a week is set aside: nobody knows whether it is there. \
            This ends it in its plan, never as gone; the next run lists it anew.

            Example: lethe plan close 5a3f0c1e9b7d4a2680f1e2d3c4b5a697 --as alex --reason "the vendor lost it, ticket 812"
            """)

    @Argument(help: "The plan's id.") var id: String
    @Option(name: .customLong("as"), help: ArgumentHelp("Who decides it.", valueName: "name")) var name: String
    @Option(help: "Why; it stays in the log.") var reason: String
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        let id: PlanID = try wiring.id(id)
        let rules = wiring.undecided
        let closed = try await wiring.work(vendor: false) { context in
            try CloseSetAside(context, rules: rules, by: name, reason: reason).run(id)
        }
        let record = try wiring.inventory().plan(id)
        return Reply(
            "\(counted(closed.count, "attachment")) of plan \(id) closed as not_found_unproven; the plan is \(record.state.rawValue)",
            json: [
                "plan": OutcomeJSON.plan(record.plan, digest: record.digest), "state": .string(record.state.rawValue),
                "closed": .array(closed.sorted().map { JSONValue($0) }),
            ])
    }
}
