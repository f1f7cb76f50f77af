import Domain

/// One item of the vendor's compliance checklist, and what there is to say that it is met.
package struct Control: Codable, Sendable, Equatable {
    package enum Status: String, CaseIterable, Codable, Sendable {
        case pass
        case fail
        case notKnown = "not_known"
    }

    /// 1 to 6, as the guide numbers them.
    package let number: Int
    package let id: String
    package let title: String
    /// What the guide asks for.
    package let asks: String
    package let status: Status
    /// Why it has this status, in one sentence.
    package let finding: String
    /// The facts it rests on; never empty for a `pass`.
    package let evidence: [String]
}

/// The six controls: the compliance checklist of the vendor's Attachments guide (section 9), each judged from values.
///
/// `fail` needs one fact against it, `pass` needs evidence for it and none against it, anything else is `not_known`.
package enum Controls {
    package static func evaluate(_ values: ReportValues, _ totals: ItemTotals) -> [Control] {
        let isBroken = values.logs.contains { $0.result == .broken }
        return [
            egress(values), tier(values), workflow(values, totals), ownCopy(values), confirmation(values, totals),
            rightToDelete(values),
        ].enumerated().map { index, control in control.numbered(index + 1, inBrokenLog: isBroken) }
    }

    /// What a control is judged by: facts for, facts against, and what is missing where there are neither.
    struct Case {
        var id: String
        var title: String
        var asks: String
        var holds: String
        var fails: String
        var missing: String
        var supporting: [String] = []
        var against: [String] = []
        /// Worth knowing, proof of nothing.
        var notes: [String] = []

        mutating func support(_ isFact: Bool = true, _ fact: @autoclosure () -> String) {
            if isFact { supporting.append(fact()) }
        }

        mutating func oppose(_ isFact: Bool, _ fact: @autoclosure () -> String) {
            if isFact { against.append(fact()) }
        }

        mutating func note(_ isFact: Bool, _ fact: @autoclosure () -> String) {
            if isFact { notes.append(fact()) }
        }

        /// Nothing passes on the word of a log that does not verify.
        func numbered(_ number: Int, inBrokenLog isBroken: Bool) -> Control {
            let status: Control.Status =
                !against.isEmpty ? .fail : supporting.isEmpty || isBroken ? .notKnown : .pass
            let finding =
                switch status {
                case .fail: fails
                case .pass: holds
                case .notKnown: supporting.isEmpty ? missing : "What speaks for it is in a log that does not verify."
                }
            return Control(
                number: number, id: id, title: title, asks: asks, status: status, finding: finding,
                evidence: against + supporting + notes)
        }
    }

    private static let downloadDomain = "cdn.linqapp.com"

    private static func egress(_ values: ReportValues) -> Case {
        var control = Case(
            id: "egress-allow-list", title: "One outbound domain",
            asks: "Allow exactly one outbound domain for downloads: \(downloadDomain).",
            holds: "Downloads reach \(downloadDomain), and not the other host that was tried.",
            fails: "The allow-list is not the one domain that downloads need.",
            missing: "Nobody has recorded what this machine reaches; lethe doctor --egress does.")
        guard let egress = values.evidence.egress else { return control }
        let origin = "(\(egress.source), \(egress.checkedAt.brief))"
        let others = egress.domains.filter { $0 != downloadDomain }.sorted()
        control.oppose(!others.isEmpty, "other domains are reached: \(others.joined(separator: ", ")) \(origin)")
        control.oppose(!egress.domains.contains(downloadDomain), "\(downloadDomain) is not reached \(origin)")
        control.support(
            control.against.isEmpty, "\(downloadDomain) is reached and the other is not \(origin)")
        return control
    }

    private static func tier(_ values: ReportValues) -> Case {
        var control = Case(
            id: "ephemeral-tier", title: "The tier is decided, and it holds",
            asks: "Decide whether the ephemeral tier is needed, and have it enabled.",
            holds: "The tiers are written down and nothing observed contradicts them.",
            fails: "What was observed contradicts the configured tiers.",
            missing: "Nothing observed in the period could have shown that the vendor keeps to other tiers.")
        let ephemeral = values.account.lines.filter { $0.tier == .ephemeral }.count
        let hasEphemeral = ephemeral > 0 || values.account.defaultTier == .ephemeral
        let expired = values.evidence.samples.filter { $0.kind == .expired }
        // One that was looked up in several samples is one attachment: the largest sample says how many there are at least.
        let (checked, present) = (expired.map(\.checked).max() ?? 0, expired.map(\.present).max() ?? 0)
        let drift = values.holdings.drift.count
        control.oppose(
            drift > 0, "\(counted(drift, "attachment")) contradict\(drift == 1 ? "s" : "") the configured tier")
        control.oppose(present > 0, "\(present) of \(checked) expired attachments were still at the vendor")
        control.note(
            values.account.tiersStated,
            "configuration: default \(values.account.defaultTier.rawValue), \(counted(ephemeral, "ephemeral line"))")
        // What was looked at before the tiers were written down speaks of other ones.
        guard values.account.tiersStated, let written = values.account.tiersWritten else { return control }
        let since = expired.filter { written <= $0.at }.map(\.checked).max() ?? 0
        control.support(
            hasEphemeral && since > 0 && present == 0, "\(since) expired attachments looked up, all gone")
        let seen = values.holdings.urlSeen
        if !hasEphemeral, seen > 0, let walk = values.coverage.lastCompleteSync, written <= walk {
            let isInPeriod = values.period.contains(walk)
            control.support(
                isInPeriod,
                "no tier drift among \(counted(seen, "attachment")) whose URL was seen; walked whole on \(walk.brief)")
            control.note(!isInPeriod, "last walked whole on \(walk.brief), outside the period")
        }
        return control
    }

    /// How long something due may wait before it counts against the workflow: two daily runs, in seconds.
    private static let grace: Int64 = 2 * 86_400

    private static func workflow(_ values: ReportValues, _ totals: ItemTotals) -> Case {
        var control = Case(
            id: "delete-in-workflow", title: "DELETE is part of the workflow",
            asks: "Call DELETE /v3/attachments/{id} in the deletion workflow.",
            holds: "What was due was deleted through the API.",
            fails: "Not everything that was due has gone.",
            missing: "Nothing was due in the period and nothing was deleted; lethe doctor --drill proves the path.")
        let outcomes = totals.deletions.total.outcomes
        let failed = outcomes[.failed]
        let late = values.holdings.overdue.flatMap {
            $0.oldestDue.adding(seconds: grace) < values.generated ? $0 : nil
        }
        let stale = values.openIntents.count { $0.at.adding(seconds: grace) < values.generated }
        control.oppose(failed > 0, "\(counted(failed, "item")) failed")
        control.oppose(
            late != nil,
            "\(counted(late?.attachments ?? 0, "attachment")) due since \(late?.oldestDue.date ?? "") still there")
        control.oppose(stale > 0, "\(counted(stale, "operation")) without an outcome for more than two days")
        let confirmed = max(0, outcomes[Outcome.deleted] - totals.unconfirmed)
        control.support(confirmed > 0, "\(counted(confirmed, "deletion")) answered with 204")
        let settled = outcomes.count(of: .afterRetry)
        control.note(settled > 0, "\(counted(settled, "item")) \(Outcome.deletedAfterRetry.meaning), without a 204")
        let absent = outcomes.count(of: .absent)
        control.note(absent > 0, "\(counted(absent, "item")) found gone without a 204")
        return control
    }

    private static func ownCopy(_ values: ReportValues) -> Case {
        var control = Case(
            id: "own-copy", title: "Own copies of what must be kept",
            asks:
                "Keep your own copy of what you need long-term; the vendor's copy goes with the DELETE or after a day.",
            holds: "What has to outlive the vendor's copy is archived.",
            fails: "Something is promised to be kept that the vendor's copy cannot keep.",
            missing: "No archive is recorded here; copies kept elsewhere are outside what this log can see.")
        let beyond = values.policies.inForce.filter(\.keepsBeyondVendor).map(\.id).sorted()
        control.oppose(
            !beyond.isEmpty,
            "kept longer than the ephemeral tier does, and not archived: \(beyond.joined(separator: ", "))")
        control.oppose(
            values.evidence.archiveFailed > 0,
            "\(counted(values.evidence.archiveFailed, "archive copy", "archive copies")) failed")
        control.support(
            values.evidence.archived > 0,
            "\(counted(values.evidence.archived, "copy", "copies")) archived before removal"
        )
        return control
    }

    private static func confirmation(_ values: ReportValues, _ totals: ItemTotals) -> Case {
        var control = Case(
            id: "confirmation", title: "Confirmed by the 204, on record",
            asks: "Every deletion is logged; what users are told rests on the 204.",
            holds: "Each confirmed deletion rests on a 204, in a log that verifies.",
            fails: "A deletion was claimed that did not hold, or that the record does not bear out.",
            missing: "No deletion in a verified log yet.")
        let unconfirmed = totals.unconfirmed
        let deleted = max(0, totals.deletions.total.outcomes[Outcome.deleted] - unconfirmed)
        let samples = values.evidence.samples.filter { $0.kind == .deleted }
        let present = max(totals.contradicted, samples.map(\.present).max() ?? 0)
        let goneSince = totals.goneSince
        for log in values.logs where log.result == .broken {
            control.oppose(true, "log \(log.origin) does not verify: \(log.failures.first?.code ?? log.summary)")
        }
        control.oppose(unconfirmed > 0, "\(counted(unconfirmed, "deletion")) without a 204 on record")
        control.oppose(
            present > 0,
            "\(counted(present, "attachment")) called gone and found again at the vendor"
                + (goneSince > 0 ? ", \(goneSince) of them deleted since" : ""))
        let isVerified = !values.logs.isEmpty && values.logs.allSatisfy { $0.result == .verified }
        control.support(
            isVerified && deleted > 0, "\(counted(deleted, "deletion")) with a 204, in a log that verifies")
        control.note(
            deleted > 0 && !isVerified,
            "\(counted(deleted, "deletion")) with a 204; the log was not fully verified")
        let checked = samples.map(\.checked).max() ?? 0
        control.note(
            checked > 0 && present == 0,
            "\(counted(checked, "attachment")) called gone and looked up again, all gone"
                + (samples.count > 1 ? " (the largest of \(samples.count) verifications)" : ""))
        return control
    }

    private static func rightToDelete(_ values: ReportValues) -> Case {
        var control = Case(
            id: "right-to-delete", title: "Right to delete, item by item",
            asks: "For an end-user's request, enumerate the attachment ids and DELETE each.",
            holds: "Each request was enumerated whole and answered in time.",
            fails: "Not every request was carried out whole and in time.",
            missing: "No request was answered with complete coverage in the period.")
        let requests = values.requests
        let overdue = requests.count { $0.standing == .overdue }
        let late = requests.count { $0.standing == .answeredLate }
        let failed = requests.map { $0.outcomes[.failed] }.reduce(0, +)
        control.oppose(overdue > 0, "\(counted(overdue, "request")) overdue")
        control.oppose(late > 0, "\(counted(late, "request")) answered late")
        control.oppose(failed > 0, "\(counted(failed, "item")) of requests failed")
        let answered = requests.filter { $0.standing == .answeredInTime }
        let limited = answered.count { $0.coverage != .complete }
        control.support(
            !answered.isEmpty && limited == 0,
            "\(counted(answered.count, "request")) answered in time, with complete coverage")
        control.note(
            limited > 0, "\(counted(limited, "request")) answered without a complete listing of the vendor's side")
        let open = requests.count { $0.standing == .onTime || $0.standing == .dueSoon }
        control.note(open > 0, "\(counted(open, "request")) open, not yet due")
        return control
    }
}
