import Domain

extension Document.Section {
    static func policies(_ report: Report) -> Document.Section {
        let policies = report.values.policies
        let table = Table(
            "What each of them says",
            [.word("Policy"), .text("What and why"), .text("Applies to"), .text("Keeps"), .word("Deletes after")],
            policies.inForce.map { policy in
                let lines = policy.lines.isEmpty ? "every line" : policy.lines.map(\.number).joined(separator: ", ")
                let keeps = [policy.retain, policy.legalGround.map { "(\($0))" }, policy.locked ? "locked" : nil]
                    .compactMap { $0 }.joined(separator: " ")
                return [
                    .code(policy.id), .text("\(policy.title). \(policy.why)"),
                    .text([lines, policy.match].compactMap { $0 }.joined(separator: "; ")),
                    .text(keeps.isEmpty ? nil : keeps), .text(policy.deleteAfter),
                ]
            },
            whenEmpty: "No policy is in force: nothing is deleted but by request.")
        return Document.Section(
            id: "policies", heading: "Policies in force",
            lead: policies.digest.map { "Policy set \($0.prefix(16)) (SHA-256, first 16 digits)." }
                ?? "No policy set could be read.",
            tables: [table], startsPage: true)
    }

    static func forecast(_ report: Report) -> Document.Section {
        let forecast = report.values.forecast
        var byPolicy: [String: (attachments: Int, bytes: Int64, first: String)] = [:]
        for entry in forecast.entries {
            let sum = byPolicy[entry.policy] ?? (0, 0, entry.day)
            byPolicy[entry.policy] = (
                sum.attachments + entry.attachments, sum.bytes + entry.bytes, min(sum.first, entry.day)
            )
        }
        let table = Table(
            "Due in the next \(forecast.days) days, per policy",
            [.text("Policy"), .word("First day"), .number("Attachments"), .number("Bytes")],
            byPolicy.sorted { $0.key < $1.key }.map { policy, sum in
                [.text(policy), .text(sum.first), .number(sum.attachments), .bytes(sum.bytes)]
            },
            whenEmpty: "Nothing that is held now will be due.")
        return Document.Section(
            id: "forecast", heading: "What will be deleted",
            lead: "What the policies in force will delete of what is held now, if nothing changes.",
            charts: forecast.entries.isEmpty ? [] : [ForecastChart.chart(forecast, now: report.values.generated)],
            tables: [table])
    }

    static func runs(_ report: Report) -> Document.Section {
        let values = report.values
        let runs = Table(
            "Runs",
            [
                .word("Run"), .word("Plan"), .word("Start"), .number("Took"), .word("How it ended"), .number("Items"),
                .number("Deleted"), .number("After retry"), .number("Absent"), .number("Withheld"), .number("Failed"),
                .number("Open"),
            ],
            values.runs.map { run in
                [
                    .short(run.id), .short(run.plan), .text(run.start.minute), .text(run.duration), run.ending,
                    .text(run.counts.map { grouped(Int64($0.items)) }),
                    .text(run.counts.map { grouped(Int64($0.deleted - (run.afterRetry ?? 0))) }),
                    .text(run.counts.map { _ in grouped(Int64(run.afterRetry ?? 0)) }),
                    .text(run.counts.map { grouped(Int64($0.absent)) }),
                    .text(run.counts.map { grouped(Int64($0.withheld)) }),
                    .text(run.counts.map { grouped(Int64($0.failed)) }),
                    .text(run.counts.map { grouped(Int64($0.open)) }),
                ]
            },
            whenEmpty: "No run took place in this period.")
        let plans = Table(
            "Plans and who approved them",
            [
                .word("Plan"), .word("Kind"), .word("State"), .word("Made"), .number("Items"), .number("Bytes"),
                .text("Approved by"),
            ],
            values.plans.map { plan in
                let approvals = plan.approvals.map { "\($0.by) (\($0.way), \($0.at.minute))" }
                return [
                    .short(plan.id), .text(plan.kind.rawValue), .text(plan.state.rawValue), .text(plan.created.minute),
                    .number(plan.items), .bytes(plan.bytes),
                    .text(approvals.isEmpty ? nil : approvals.joined(separator: "; ")),
                ]
            },
            whenEmpty: "No plan was made in this period.")
        return Document.Section(
            id: "runs", heading: "Runs and approvals",
            lead: "Only a frozen plan deletes, and an approval is bound to its digest.", tables: [runs, plans])
    }

    static func log(_ report: Report) -> Document.Section {
        let logs = report.values.logs
        let summary = Table(
            "Result",
            [
                .text("Log"), .text("Result"), .number("Records"), .word("From"), .word("To"), .number("Intents"),
                .number("Open"),
            ],
            logs.map { log in
                [
                    .code(log.origin), .mark(log.result.mark, log.words), .number(log.records),
                    .text(log.first?.minute), .text(log.last?.minute), .number(log.intents), .number(log.open),
                ]
            },
            whenEmpty: "No audit log was verified for this report.")
        let checks = Table(
            "Checks", [.word("Check"), .text("Result"), .text("Detail")],
            logs.flatMap { log in
                log.checks.map { check in
                    let name = logs.count > 1 ? "\(check.name) (\(log.origin))" : check.name
                    return [.text(name), .mark(check.status.mark, check.status.words), .text(check.detail)]
                }
            },
            whenEmpty: "No check was made.")
        let failures = logs.flatMap { log in log.failures.map { (log.origin, $0) } }
        let failureTable = Table(
            "Findings", [.text("Log"), .number("Record"), .text("Code"), .text("Finding")],
            failures.map { origin, failure in
                [.code(origin), .text(failure.seq.map { String($0) }), .text(failure.code), .text(failure.message)]
            })
        return Document.Section(
            id: "log", heading: "The audit log",
            lead:
                "Each record is chained to the one before it, and checkpoints are signed. Each has a code under a key that this host "
                + "destroys when it closes an epoch: whoever has the root key can check that too. What was checked here takes the public key alone.",
            tables: failures.isEmpty ? [summary, checks] : [summary, checks, failureTable])
    }
}

extension ReportValues.Run {
    /// `14 s`, `3 min`, `2 h`; `nil` = it did not end.
    var duration: String? {
        guard let end else { return nil }
        let seconds = max(0, end.seconds - start.seconds)
        return seconds < 120 ? "\(seconds) s" : seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
    }

    var ending: Cell {
        if let haltCause { return .mark(.bad, "halted: \(haltCause.spaced)") }
        return end == nil ? .mark(.unsure, "not ended") : .mark(.good, "ended")
    }
}

extension ReportValues.Log {
    /// `verified: not keyed, …`: a tick alone does not say what it is for.
    fileprivate var words: String {
        let result = self.result == .broken ? "does not verify" : self.result.rawValue.spaced
        return summary.isEmpty ? result : "\(result): \(summary)"
    }
}

extension ReportValues.Log.Result {
    var mark: Mark {
        switch self {
        case .verified: .good
        case .notVerified: .unsure
        case .broken: .bad
        }
    }
}

extension ReportValues.Check.Status {
    var mark: Mark {
        switch self {
        case .ok: .good
        case .failed: .bad
        case .notChecked: .unsure
        }
    }

    var words: String {
        switch self {
        case .ok: "OK"
        case .failed: "failed"
        case .notChecked: "not checked"
        }
    }
}

extension ReportValues.Standing {
    var mark: Mark {
        switch self {
        case .answeredInTime, .onTime: .good
        case .answeredLate, .overdue: .bad
        case .dueSoon: .unsure
        case .closed: .plain
        }
    }
}

extension ReportValues.Request {
    /// `12 days left`, `3 days overdue`, `answered in time`, `refused`.
    var standingWords: String {
        switch standing {
        case .closed: state.rawValue.spaced
        case .answeredInTime, .answeredLate: standing.rawValue.spaced
        case .overdue: "\(counted(-(daysLeft ?? 0), "day")) overdue"
        case .onTime, .dueSoon: "\(counted(daysLeft ?? 0, "day")) left"
        }
    }
}
