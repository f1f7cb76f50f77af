import Audit
import Domain
import Inventory
import Rules

extension ReportSources {
    func account(now: Timestamp) throws(LetheError) -> ReportValues.Account {
        let spans = tiers.ephemeralLines
        let numbers = try inventory.lines().union(spans.map(\.line))
        let lines = numbers.map { number in
            let span = spans.last { $0.line == number && $0.since <= now }
            let isEphemeral = tiers.isEphemeral(number, at: now)
            return ReportValues.Line(
                number: number, tier: isEphemeral ? .ephemeral : .persistent, since: span?.since, until: span?.until)
        }
        return ReportValues.Account(
            partner: partner, defaultTier: tiers.defaultTier, tiersStated: tiersStated,
            tiersWritten: tiersWritten, lines: lines)
    }

    var reportedPolicies: ReportValues.Policies {
        ReportValues.Policies(
            digest: policies?.digest,
            inForce: (policies?.policies ?? []).map { policy in
                ReportValues.Policy(
                    id: policy.id, title: policy.title, why: policy.why, lines: (policy.lines ?? []).sorted(),
                    match: policy.match.words, retain: policy.retain?.description,
                    deleteAfter: policy.deleteAfter?.description, legalGround: policy.ground?.name,
                    locked: policy.isLocked, keepsBeyondVendor: keepsBeyondVendor(policy))
            })
    }

    /// Promises to keep what the vendor removes after 24 hours, and archives no copy.
    private func keepsBeyondVendor(_ policy: Policy) -> Bool {
        guard policy.archive == nil, let retain = policy.retain, let day = Period(count: 24, unit: .hours),
            !day.isNeverShorter(than: retain), policy.match.tier != .persistent, policy.match.sources != [.upload]
        else { return false }
        return policy.lines?.contains { tiers.calls(ephemeral: $0) } ?? tiers.hasEphemeral
    }
}

extension Policy.Match {
    /// `persistent, inbound, image/*, 1.0 MB or more`; `nil` = everything.
    fileprivate var words: String? {
        var words = [tier?.rawValue, direction?.rawValue].compactMap { $0 }
        if let sources { words.append(sources.map(\.rawValue.spaced).sorted().joined(separator: " or ")) }
        if let mime { words.append(mime.sorted().map(\.description).joined(separator: " or ")) }
        if let atLeast = size?.atLeast { words.append("\(formatBytes(atLeast)) or more") }
        if let below = size?.below { words.append("below \(formatBytes(below))") }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}

extension ReportValues.Log {
    init(_ report: VerificationReport, origin: String) {
        self.init(
            origin: report.origin ?? origin, result: Result(report.result), summary: report.summary,
            records: Int(report.records), first: report.firstTime, last: report.lastTime,
            checks: report.checks.map {
                ReportValues.Check(name: $0.name, status: ReportValues.Check.Status($0.status), detail: $0.detail)
            },
            failures: report.failures.map {
                ReportValues.Failure(seq: $0.seq, code: $0.code.rawValue, message: $0.message)
            },
            intents: report.operations.intents, deleted: report.operations.deleted,
            absent: report.operations.absent, open: report.operations.open)
    }
}

extension ReportValues.Log.Result {
    fileprivate init(_ result: VerificationReport.Result) {
        switch result {
        case .verified: self = .verified
        case .tampered: self = .broken
        case .notVerified: self = .notVerified
        }
    }
}

extension ReportValues.Check.Status {
    fileprivate init(_ status: VerificationReport.CheckStatus) {
        switch status {
        case .ok: self = .ok
        case .fail: self = .failed
        case .notChecked: self = .notChecked
        }
    }
}
