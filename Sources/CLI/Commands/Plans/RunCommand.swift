import ArgumentParser
import Domain
import Engine
import Foundation
import Reports

struct RunCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Plans what is due, and with --apply deletes it.",
        discussion: """
            Without --apply it sends nothing that changes anything. With it: what an earlier run left is finished first, then \
            everything due is planned, held against the limits, and deleted, each DELETE after a durable record of the intent. \
            Safe under cron and systemd: docs/operations.md.

            Example: lethe run --apply --quiet
            """)

    @Flag(help: "Delete what is due. Without it nothing is deleted.") var apply = false
    @Option(help: ArgumentHelp("Plan as if it were then; for dry runs only.", valueName: "time")) var at: String?
    @Option(
        help: ArgumentHelp("Lift all limits if the plan has at most this many items; recorded.", valueName: "n"))
    var allowDeletes: Int?
    @Flag(help: "Skip the canary steps of 1 item, 1 % and 10 %; recorded.") var noCanary = false
    @OptionGroup var accept: AcceptOptions
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        guard !apply || at == nil else {
            throw LetheError(
                "at-with-apply", .usage, "--at is for dry runs only", hint: "lethe run --at TIME, without --apply")
        }
        let wiring = try Wiring.open(global, console)
        guard apply else { return try await plan(wiring) }
        do {
            let reply = try await applyDue(wiring, console)
            if reply.status != .done { await OnFailure(wiring).call(reply.status, summary: reply.text) }
            return reply
        } catch let error as LetheError {
            await OnFailure(wiring).call(error.status, summary: error.message)
            throw error
        }
    }

    private func plan(_ wiring: Wiring) async throws -> Reply {
        let decider = try wiring.decider()
        let instant = try at.map { try time($0, "--at") }
        let planned = try await wiring.work(vendor: false) { context in
            try PlanRetention(
                inventory: context.inventory, log: context.log, rules: decider, partner: context.partner,
                limits: wiring.settings.limits
            ).run(now: context.time.now(), at: instant)
        }
        var lines = [
            "Due\(instant.map { " at \($0.brief)" } ?? ""): \(counted(planned.plan.items.count, "attachment", "attachments")), \(formatBytes(planned.plan.bytes))"
        ]
        if !planned.plan.items.isEmpty { lines.append(PlanText.byRule(planned.plan)) }
        let kept = planned.kept.sorted { $0.key < $1.key }.map {
            "\(grouped(Int64($0.value))) \($0.key.replacing("_", with: " "))"
        }
        if !kept.isEmpty {
            lines.append("Kept of \(counted(planned.decided, "attachment")): \(kept.joined(separator: ", "))")
        }
        lines.append(
            planned.plan.items.isEmpty
                ? "Nothing is to be deleted."
                : instant == nil
                    ? "Nothing was deleted. To delete: lethe run --apply"
                    : "Nothing was deleted: --at only looks ahead.")
        for lock in planned.weakened {
            wiring.console.warn(
                "locked policy \(lock.policy) is weaker than it was (\(lock.detail)), so --apply is refused. "
                    + "Put it back, or put on record why: lethe policy unlock \(lock.policy) --as NAME --reason TEXT")
        }
        let text = global.quiet ? lines[0] : lines.joined(separator: "\n")
        return Reply(
            text,
            json: [
                "plan": OutcomeJSON.plan(planned.plan, digest: planned.digest), "outcomes": nil, "run": nil,
                "resumed": [],
                "weakened_locks": .array(
                    planned.weakened.map { ["policy": .string($0.policy), "detail": .string($0.detail)] }),
            ])
    }

    private func applyDue(_ wiring: Wiring, _ console: Console) async throws -> Reply {
        let decider = try wiring.decider()
        let stop = StopSignal(console: console)
        let answer = try await wiring.work(vendor: true, stop: stop, accepting: accept.overrides()) { context in
            try await RunRetention(
                context, rules: decider, limits: wiring.settings.limits, approval: wiring.approvalRule,
                settings: wiring.applySettings(usesCanary: !noCanary)
            ).run(allowDeletes: allowDeletes)
        }
        let told = answer.warnings + answer.result.warnings.filter { !answer.warnings.contains($0) }
        for warning in told { console.warn(warning) }
        let result = answer.result
        let due = answer.planned.plan.items.count
        let summary =
            "run \(result.run): "
            + (due == 0 ? "nothing was due" : "\(OutcomeJSON.sentence(result.counts)), of \(due) due")
            + Self.resumed(answer.resumed)
            + (result.halted.map { "; halted: \($0.message)" } ?? "")
        var lines = [summary]
        if !global.quiet {
            if !answer.planned.plan.items.isEmpty { lines.append(PlanText.outcomes(result.counts)) }
            if let halted = result.halted { lines.append("Try: \(halted.hint)") }
            if let wait = result.askedToWait { lines.append(wait) }
        }
        return Reply(
            lines.joined(separator: "\n"),
            json: [
                "plan": OutcomeJSON.plan(answer.planned.plan, digest: answer.planned.digest),
                "outcomes": OutcomeJSON.counts(result.counts), "run": JSONValue(result.run),
                "halted": JSONValue(result.halted?.rawValue), "resume_after": JSONValue(result.resumeAfter),
                "resumed": .array(
                    answer.resumed.map { earlier -> JSONValue in
                        [
                            "plan": JSONValue(earlier.plan), "run": JSONValue(earlier.run),
                            "outcomes": OutcomeJSON.counts(earlier.counts),
                        ]
                    }),
            ], status: answer.status)
    }
}

extension RunCommand {
    /// Earlier plans that were taken up again: those that are finished now, and those of which something is open.
    fileprivate static func resumed(_ results: [RunResult]) -> String {
        let finished = results.count { $0.halted == nil && $0.counts[.open as Outcome.Group] == 0 }
        let parts = [(finished, "finished"), (results.count - finished, "not finished")].filter { $0.0 > 0 }
        return parts.map { "; \(counted($0.0, "earlier plan", "earlier plans")) \($0.1)" }.joined()
    }
}

/// Plans and outcomes as tables.
enum PlanText {
    static func changed(_ id: PlanID) -> String {
        "the stored items of plan \(id) are not those of its digest: they are no evidence, and the plan is never applied"
    }

    static func byRule(_ plan: Plan) -> String {
        var table = TextTable([.text("rule"), .number("items"), .number("bytes"), .id("")])
        let groups = Dictionary(grouping: plan.items, by: \.rule)
        for (rule, items) in groups.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
            table.append([
                rule, String(items.count), formatBytes(items.lazy.compactMap(\.size).reduce(0, +)),
                TextBars.bar(items.count, of: plan.items.count, width: 24),
            ])
        }
        return trimmed(table)
    }

    static func outcomes(_ counts: OutcomeCounts) -> String {
        var table = TextTable([.text("outcome"), .number("items")])
        for outcome in Outcome.allCases where counts[outcome] > 0 {
            table.append([outcome.rawValue, String(counts[outcome])])
        }
        return trimmed(table)
    }
}
