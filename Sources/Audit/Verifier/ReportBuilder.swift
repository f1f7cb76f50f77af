import Cryptography
import Domain
import Foundation

/// Turns what a judge saw into the report: the last findings, the five checks and the result.
struct ReportBuilder {
    let options: LogVerifier.Options
    let judge: SegmentJudge
    let held: HeldCheckpoints

    private var count: Int64 { judge.count }
    private var newest: HeldCheckpoints.Item? { held.newest }
    private var pinned: VerifierKey? { judge.keys.pinned }

    func report() -> VerificationReport {
        addFinalFindings()
        let result: VerificationReport.Result =
            if judge.findings.hasTampering { .tampered } else if reasons.isEmpty { .verified } else { .notVerified }
        let origin = judge.opening?.origin ?? newest?.origin
        return VerificationReport(
            origin: origin, keyID: keyID(origin), records: count,
            firstTime: judge.firstTime.map { Timestamp(microseconds: $0) },
            lastTime: judge.firstTime == nil ? nil : Timestamp(microseconds: judge.lastTime),
            checks: [structure, checkpoint, mac, anchors, additions],
            operations: judge.ledger.operations, failures: judge.findings.list, failureCount: judge.findings.count,
            lastGood: judge.findings.hasTampering ? judge.findings.firstBad.map { $0 - 1 } : nil,
            result: result, summary: summary(result), anchored: held.anchored, opening: judge.opening,
            root: (try? judge.range.root(judge.hasher)).map { Hex.encode($0.bytes) } ?? "",
            lastMac: judge.lastMac.map { Hex.encode($0.bytes) }, isClosed: judge.isClosed,
            covered: held.items.last { $0.isGood }?.size ?? 0,
            // What no checkpoint covers anyone may have written.
            removals: Set(judge.removals.filter { $0.value < judge.coveredSize }.keys))
    }

    private func keyID(_ origin: String?) -> String? {
        guard let pinned else { return nil }
        let renamed = origin.flatMap { try? pinned.renamed($0) }
        return Hex.encode((renamed ?? pinned).keyID)
    }

    private func addFinalFindings() {
        guard judge.isRead else { return }
        if count == 0 {
            judge.note(Finding(.empty, seq: nil, "there are no records", isTampering: false))
            return
        }
        if judge.macs.isWrongKey, let kid = judge.macs.foreignKid, let given = judge.macs.givenKid {
            judge.note(
                Finding(
                    .wrongKey, seq: nil, "the root key given (kid \(given)) is not the one of this log (kid \(kid))",
                    isTampering: false))
        } else if judge.macs.foreignKid != nil {
            judge.note(Finding(.mac, seq: 0, "content of record 0 differs from what was written"))
        }
        let covered = newest?.size ?? 0
        if covered < count {
            let message =
                newest == nil
                ? "there is no checkpoint" : "records \(covered)-\(count - 1) are covered by no checkpoint"
            judge.note(Finding(.tailNotCovered, seq: covered, message, isTampering: false))
        }
        judgeAge(covered)
    }

    private func judgeAge(_ covered: Int64) {
        guard let notBefore = options.notBefore, let time = judge.coveredTime else { return }
        let sealed = Timestamp(microseconds: time)
        // A clock may run a little ahead of the reviewer's.
        let isFuture = sealed > options.now.adding(seconds: 300)
        guard sealed < notBefore || isFuture else { return }
        judge.note(
            Finding(
                .stale, seq: covered - 1,
                "the newest checkpoint is of \(sealed.brief), \(isFuture ? "in the future" : "older than asked for")",
                isTampering: false))
    }
}

// MARK: - Checks

extension ReportBuilder {
    private typealias Check = VerificationReport.Check

    private var structure: VerificationReport.Check {
        guard judge.isRead else { return Check(name: "structure", status: .fail, detail: "the records cannot be read") }
        guard count > 0 else { return Check(name: "structure", status: .notChecked, detail: "there are no records") }
        let codes: Set<Finding.Code> = [
            .format, .json, .seq, .link, .epoch, .origin, .clock, .schema, .outcomeWithoutIntent,
        ]
        let isGood = judge.good == count || !judge.findings.list.contains { codes.contains($0.code) && $0.isTampering }
        return Check(
            name: "structure", status: isGood ? .ok : .fail,
            detail: isGood
                ? "\(count)/\(count) lines, seq and prev unbroken" : "\(judge.good)/\(count) lines without a finding")
    }

    private var checkpoint: VerificationReport.Check {
        guard let newest else { return Check(name: "checkpoint", status: .notChecked, detail: "there is none") }
        let size = "size \(newest.size)"
        guard pinned != nil else {
            return Check(name: "checkpoint", status: .notChecked, detail: "\(size), no key is pinned (--vkey)")
        }
        guard held.newest?.isGood == true else {
            let codes: Set<Finding.Code> = [.signature, .root, .notAPrefix, .shorterThanCheckpoint, .origin]
            let first = judge.findings.list.last { codes.contains($0.code) }
            return Check(name: "checkpoint", status: .fail, detail: "\(size), \(first?.message ?? "not valid")")
        }
        let coverage = newest.size == count ? "covers all records" : "records from \(newest.size) on are not covered"
        return Check(
            name: "checkpoint", status: newest.size == count ? .ok : .fail,
            detail: "\(size), signature and root match, \(coverage)")
    }

    private var mac: VerificationReport.Check {
        guard !options.rootKeys.isEmpty else {
            return Check(name: "mac", status: .notChecked, detail: "no root key given (--root-key-file)")
        }
        guard !judge.macs.isWrongKey else {
            return Check(name: "mac", status: .notChecked, detail: "the root key is not the one of this log")
        }
        guard judge.macs.checked > 0 else {
            return Check(name: "mac", status: .notChecked, detail: "the log has no origin to derive keys from")
        }
        let epochs = judge.macs.lastEpoch == 0 ? "epoch 0" : "epochs 0-\(judge.macs.lastEpoch)"
        return Check(
            name: "mac", status: isKeyed ? .ok : .fail, detail: "\(judge.macs.good)/\(count), \(epochs)")
    }

    private var isKeyed: Bool { judge.macs.good == count && count > 0 }

    private var anchors: VerificationReport.Check {
        let statuses = judge.opening.map { options.anchors.status(of: $0.origin) } ?? []
        let missing = statuses.filter(\.isMissing).count
        var warning = missing == 0 ? "" : "; \(missing) of \(statuses.count) anchor directories missing"
        for status in statuses where !status.isMissing {
            if let problem = status.problem { warning += "; \(problem)" }
            let behind = max(0, (newest?.size ?? 0) - (status.newest ?? 0))
            if behind > 0 { warning += "; an anchor directory is behind by \(behind) records" }
        }
        let all = held.held
        guard !all.isEmpty else {
            return Check(
                name: "anchors", status: .notChecked, detail: "no held checkpoint given (--checkpoint)" + warning)
        }
        let good = all.filter(\.isGood).count
        let newest = all.map(\.size).max() ?? 0
        let verb = all.count == 1 ? "is a prefix" : "are prefixes"
        let detail = "\(good) of \(all.count) held checkpoints \(verb) (newest size \(newest))" + warning
        guard pinned != nil else {
            return Check(name: "anchors", status: .notChecked, detail: "no key is pinned (--vkey)" + warning)
        }
        return Check(name: "anchors", status: good == all.count ? .ok : .fail, detail: detail)
    }

    private var isLedgerJudged: Bool { judge.isRead && count > 0 && !judge.plans.isFull }

    private var additions: VerificationReport.Check {
        let findings = judge.plans.findings
        guard findings == 0 else {
            let text = "\(findings) record\(findings == 1 ? " contradicts" : "s contradict") what others say"
            return Check(name: "ledger", status: .fail, detail: text)
        }
        guard isLedgerJudged else {
            return Check(
                name: "ledger", status: .notChecked,
                detail: judge.plans.isFull ? "there is more to add up than fits" : "the records cannot be read")
        }
        let rest = judge.plans.isPartial ? "; what records before these began is not judged" : ""
        return Check(name: "ledger", status: .ok, detail: "plans, outcomes, holds and requests add up" + rest)
    }

    /// Why the log could not be verified as asked.
    private var reasons: [String] {
        var reasons: [String] = []
        if pinned == nil { reasons.append("no key is pinned: --vkey") }
        reasons += judge.findings.list.filter { !$0.isTampering }.map(\.message)
        if options.require.contains(.mac), !isKeyed { reasons.append("required: macs were not checked") }
        if options.require.contains(.anchor), held.anchored == nil { reasons.append("required: no held checkpoint") }
        if options.require.contains(.ledger), !isLedgerJudged { reasons.append("required: the ledger was not checked") }
        if options.require.contains(.closed), !judge.isClosed { reasons.append("required: the log is not closed") }
        return reasons
    }

    private func summary(_ result: VerificationReport.Result) -> String {
        switch result {
        case .tampered:
            let count = judge.findings.count
            return "evidence of tampering, \(count) finding\(count == 1 ? "" : "s")"
        case .notVerified: return reasons.joined(separator: "; ")
        case .verified:
            let keyed = isKeyed ? "keyed" : "not keyed"
            guard let anchored = held.anchored else {
                return "\(keyed), not anchored; \(resting(from: 0))"
            }
            return "\(keyed), anchored to size \(anchored)" + (anchored < count ? "; \(resting(from: anchored))" : "")
        }
    }

    private func resting(from seq: Int64) -> String {
        seq == count - 1
            ? "record \(seq) rests on this host's keys" : "records \(seq)-\(count - 1) rest on this host's keys"
    }
}
