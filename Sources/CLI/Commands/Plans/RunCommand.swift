import ArgumentParser
import Domain
import Engine
import Foundation
import Reports
import Rules

struct RunCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Shows what is due, and with --apply deletes it.",
        discussion: """
            Without --apply it shows all that --apply would do or refuse, and leaves nothing behind; --save records the plan, for \
            people to approve. With --apply what an earlier run left is finished first, then everything due is planned, held against \
            the limits, and deleted, each DELETE after a durable record of the intent. Safe under cron and systemd: \
            docs/operations.md.

            Example: lethe run --apply --quiet
            """)

    @Flag(help: "Delete what is due. Without it nothing is deleted.") var apply = false
    @Flag(help: "Record the plan that is shown, so that it can be approved.") var save = false
    @Option(help: ArgumentHelp("Show what is due then; for dry runs only.", valueName: "time")) var at: String?
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
        guard !save || (!apply && at == nil) else {
            throw LetheError(
                "save-alone", .usage,
                "--save records what is due now: it goes with neither --apply, which records it "
                    + "anyway, nor --at", hint: "lethe run --save")
        }
        let wiring = try Wiring.open(global, console)
        if let at { return try await lookAhead(to: try time(at, "--at"), wiring) }
        guard apply else { return try await preview(wiring) }
        do {
            let reply = try await applyDue(wiring, console)
            await tell(reply.status, reply.text, wiring)
            return reply
        } catch let error as LetheError {
            await tell(error.status, error.message, wiring)
            throw error
        }
    }

    /// Whoever `on_failure` names. Of a log or an inventory that cannot be read the failure is told already.
    private func tell(_ status: ExitStatus, _ summary: String, _ wiring: Wiring) async {
        let hook = OnFailure(wiring)
        if status != .done { await hook.call(for: .failure, status, summary: summary) }
        guard wiring.settings.onFailure.contains(where: { !$0.on.isDisjoint(with: [.overdue, .silence]) }),
            let lateness = try? Lateness(wiring.inventory(), wiring.auditLog(), at: wiring.clock.now())
        else { return }
        await hook.call(ofLate: lateness, status)
    }

    private func retention(_ context: RunContext, _ decider: Decider, _ wiring: Wiring) -> RunRetention {
        RunRetention(
            context, rules: decider, limits: wiring.settings.limits, approval: wiring.approvalRule,
            settings: wiring.applySettings(usesCanary: !noCanary))
    }

    private func lookAhead(to instant: Timestamp, _ wiring: Wiring) async throws -> Reply {
        let decider = try wiring.decider()
        let planned = try await wiring.work(vendor: false) { context in
            try PlanRetention(
                inventory: context.inventory, log: context.log, rules: decider, partner: context.partner,
                limits: wiring.settings.limits
            ).run(now: instant, isDraft: true)
        }
        let answer = RunRetention.Answer(preview: planned)
        let lines =
            RunText.due(planned, at: " at \(instant.brief)") + [
                planned.plan.items.isEmpty ? "Nothing is to be deleted." : "Nothing was deleted: --at only looks ahead."
            ]
        return Reply(
            global.quiet ? lines[0] : lines.joined(separator: "\n"),
            json: .object(RunJSON.members(answer).merging(["weakened_locks": []]) { $1 }))
    }

    private func preview(_ wiring: Wiring) async throws -> Reply {
        let decider = try wiring.decider()
        let asksVendor = wiring.settings.apiKey != nil
        let answer = try await wiring.work(vendor: asksVendor, accepting: accept.overrides()) { context in
            try await retention(context, decider, wiring).preview(
                allowDeletes: allowDeletes, isSaved: save, asksVendor: asksVendor)
        }
        for warning in answer.warnings { wiring.console.warn(warning) }
        if !asksVendor {
            wiring.console.note("no API key is set, so the account and the vendor's clock were not checked")
        }
        let weakened = answer.planned.weakened
        let text = RunText.preview(answer, isSaving: save, people: wiring.approvalRule.people, allowed: allowDeletes)
        return Reply(
            global.quiet ? text[0] : text.joined(separator: "\n"),
            json: .object(
                RunJSON.members(answer).merging([
                    "weakened_locks": .array(
                        weakened.map { ["policy": .string($0.policy), "detail": .string($0.detail)] })
                ]) { $1 }), status: answer.isRefused ? .refused : .done)
    }

    private func applyDue(_ wiring: Wiring, _ console: Console) async throws -> Reply {
        let decider = try wiring.decider()
        let stop = StopSignal(console: console)
        let answer = try await wiring.work(vendor: true, stop: stop, accepting: accept.overrides()) { context in
            try await retention(context, decider, wiring).run(allowDeletes: allowDeletes)
        }
        let refusals = answer.refusals.map(\.sentence)
        let told = answer.warnings + refusals
        for warning in told + (answer.result?.warnings.filter { !told.contains($0) } ?? []) { console.warn(warning) }
        var members = RunJSON.members(answer)
        members["halted"] = JSONValue(answer.result?.halted?.rawValue)
        members["resume_after"] = JSONValue(answer.result?.resumeAfter)
        return Reply(
            RunText.applied(answer, isQuiet: global.quiet).joined(separator: "\n"), json: .object(members),
            status: answer.status)
    }
}

/// What both kinds of `lethe run` answer.
private enum RunJSON {
    static func members(_ answer: RunRetention.Answer) -> [String: JSONValue] {
        let planned = answer.planned
        return [
            "plan": OutcomeJSON.plan(planned.plan, digest: planned.isRecorded ? planned.digest : nil),
            "outcomes": answer.isPreview ? .null : OutcomeJSON.counts(answer.result?.counts ?? OutcomeCounts()),
            "run": JSONValue(answer.result?.run),
            "resumed": .array(
                answer.resumed.map { earlier -> JSONValue in
                    [
                        "plan": JSONValue(earlier.plan), "run": JSONValue(earlier.run),
                        "outcomes": OutcomeJSON.counts(earlier.counts),
                    ]
                }),
            "deletes": JSONValue(answer.deletes),
            "resumes": .array(answer.resumes.map { ["plan": JSONValue($0.plan), "items": JSONValue($0.items.count)] }),
            "follow_ups": .array(
                answer.followUps.map { ["request": JSONValue($0.request), "items": JSONValue($0.items.count)] }),
            "settles": JSONValue(answer.settles),
            "refusals": .array(
                answer.refusals.map {
                    ["code": .string($0.code), "message": .string($0.message), "hint": JSONValue($0.hint)]
                }),
        ]
    }
}

private enum RunText {
    static func due(_ planned: PlanRetention.Planned, at instant: String = "") -> [String] {
        let plan = planned.plan
        var lines = [
            "Due\(instant): \(counted(plan.items.count, "attachment", "attachments")), \(formatBytes(plan.bytes))"
        ]
        if !plan.items.isEmpty { lines.append(PlanText.byRule(plan)) }
        let kept = planned.kept.sorted { $0.key < $1.key }.map {
            "\(grouped(Int64($0.value))) \($0.key.replacing("_", with: " "))"
        }
        if !kept.isEmpty {
            lines.append("Kept of \(counted(planned.decided, "attachment")): \(kept.joined(separator: ", "))")
        }
        return lines
    }

    static func preview(
        _ answer: RunRetention.Answer, isSaving: Bool, people: Int, allowed: Int?
    ) -> [String] {
        let planned = answer.planned
        var lines = due(planned)
        if answer.settles > 0 {
            lines.append("Asks the vendor first how \(counted(answer.settles, "DELETE")) without an answer ended.")
        }
        for step in answer.resumes {
            lines.append(
                "Finishes \(step.plan.map { "plan \($0)" } ?? "a drill"): \(counted(step.items.count, "attachment"))")
        }
        for step in answer.followUps {
            lines.append(
                "Goes on with request \(step.request?.description ?? ""): \(counted(step.items.count, "attachment"))")
        }
        for refusal in answer.refusals {
            let isEnd = answer.isRefused && refusal == answer.refusals.last
            lines.append("\(isEnd ? "Refused" : "Waits"): \(refusal.message)")
            if let hint = refusal.hint { lines.append("  Try: \(hint)") }
        }
        if planned.isRecorded {
            let id = planned.plan.id
            lines.append("Saved as plan \(id). Next: lethe plan show \(id)")
            let isOverLimit = answer.refusals.contains { $0.code == "over-limit" }
            if !answer.isRefused || isOverLimit || answer.refusals.last?.code == "approval-needed" {
                lines.append(
                    "  then lethe plan approve \(id) --as NAME\(people > 1 ? ", by \(people) people," : "")\n"
                        + "  and lethe plan apply \(id)\(isOverLimit ? " --allow-deletes \(planned.plan.items.count)" : "")"
                )
            }
        }
        if isSaving, !planned.isRecorded { lines.append("Nothing is due, so no plan was saved.") }
        if answer.isRefused {
            lines.append("Nothing was deleted, and --apply would be refused.")
        } else if answer.deletes == 0 {
            lines.append("Nothing is to be deleted.")
        } else {
            lines.append(
                "Nothing was deleted. To delete \(counted(answer.deletes, "attachment")): lethe run --apply"
                    + (allowed.map { " --allow-deletes \($0)" } ?? ""))
        }
        return lines
    }

    static func applied(_ answer: RunRetention.Answer, isQuiet: Bool) -> [String] {
        let result = answer.result
        let counts = result?.counts ?? OutcomeCounts()
        let due = answer.planned.plan.items.count
        let summary =
            (result.map { "run \($0.run): \(OutcomeJSON.sentence(counts)), of \(due) due" } ?? "run: nothing was due")
            + resumed(answer) + (result?.halted.map { "; halted: \($0.message)" } ?? "")
        guard !isQuiet, let result else { return [summary] }
        return [summary, PlanText.outcomes(counts)]
            + (result.halted.map { ["Try: \($0.hint(for: result.plan))"] } ?? [])
            + (result.askedToWait.map { [$0] } ?? [])
    }

    /// Earlier plans and requests that were taken up again: those that are finished now, and those of which something is open.
    private static func resumed(_ answer: RunRetention.Answer) -> String {
        func text(_ steps: [RunRetention.Step], _ noun: String) -> String {
            let results = steps.compactMap(\.result)
            let finished = results.count { $0.halted == nil && $0.counts[.open as Outcome.Group] == 0 }
            let sent = counted(steps.map(\.items.count).reduce(0, +), "attachment")
            return [(finished, "finished"), (results.count - finished, "not finished")].filter { $0.0 > 0 }
                .map { "; \(counted($0.0, noun)) \($0.1)" }.joined() + (results.isEmpty ? "" : " (\(sent))")
        }
        return text(answer.resumes, "earlier plan") + text(answer.followUps, "request")
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
