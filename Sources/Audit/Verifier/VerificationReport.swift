package import Domain

/// What verification of one segment found, as a value: the text block and the JSON answer are both made from it.
package struct VerificationReport: Sendable, Equatable {
    package enum Result: String, Sendable {
        case verified
        /// Evidence of tampering.
        case tampered
        case notVerified = "not_verified"

        package var exit: ExitStatus {
            switch self {
            case .verified: .done
            case .tampered: .failed
            case .notVerified: .notVerified
            }
        }
    }

    package enum CheckStatus: String, Sendable {
        case ok = "OK"
        case fail = "FAIL"
        case notChecked = "NOT CHECKED"
    }

    package struct Check: Sendable, Equatable {
        package let name: String
        package let status: CheckStatus
        package let detail: String
    }

    package enum KeyStanding: Sendable, Equatable {
        case pinned
        /// By the segment with this origin, which names it as it is (`Vouching`).
        case vouched(by: String)
        case unknown
    }

    package struct Operations: Sendable, Equatable {
        package internal(set) var intents = 0
        package internal(set) var outcomes = 0
        /// Intents without an answer and without a later `item.closed`.
        package internal(set) var open = 0
        package internal(set) var deleted = 0
        package internal(set) var absent = 0
    }

    package let origin: String?
    /// 8 hex of the pinned key under this origin; `nil` if no key was pinned.
    package let keyID: String?
    package let records: Int64
    package let firstTime: Timestamp?
    package let lastTime: Timestamp?
    /// structure, checkpoint, mac, anchors, ledger; key, where that one is not pinned.
    package fileprivate(set) var checks: [Check]
    package let operations: Operations
    /// The first 100.
    package fileprivate(set) var failures: [Finding]
    package fileprivate(set) var failureCount: Int
    /// The last record before the first finding of tampering; -1 if the first record is in doubt.
    package fileprivate(set) var lastGood: Int64?
    package fileprivate(set) var result: Result
    /// What stands in parentheses after the result.
    package fileprivate(set) var summary: String
    /// The largest size that a checkpoint in somebody else's hands covers.
    package let anchored: Int64?
    package let opening: AuditRecord.Opening?
    /// Root over all records and mac of the last one, 64 hex each: what the next segment names.
    package let root: String
    package let lastMac: String?
    package let isClosed: Bool
    /// Records that a signed checkpoint covers.
    let covered: Int64
    /// Whose signature it was held against.
    fileprivate(set) var standing = KeyStanding.pinned
    /// Of the segments that are missing those that its covered records say were removed.
    let removals: Set<String>

    package var exit: ExitStatus { result.exit }

    /// What to type where something could not be verified as asked.
    package var hint: String? {
        if keyID == nil { return "pass the key that came with the log out of band: --vkey V" }
        if failures.contains(where: { $0.code == .wrongKey }) {
            return "pass the root key of this log: --root-key-file F"
        }
        if failures.contains(where: { $0.code == .tailNotCovered }) { return "run: lethe audit seal" }
        return nil
    }
}

extension VerificationReport {
    /// The same with findings of the chain among its own.
    func with(_ failures: [Finding], count: Int) -> VerificationReport {
        let tampering = failures.filter(\.isTampering)
        let reasons = failures.filter { !$0.isTampering }.map(\.message)
        var report = self
        (report.failures, report.failureCount) = (failures, count)
        report.lastGood = tampering.compactMap(\.seq).min().map { $0 - 1 }
        // Of more than a hundred findings the rest is not in the list.
        if !tampering.isEmpty || (count > failures.count && result == .tampered) {
            report.result = .tampered
        } else if !reasons.isEmpty {
            report.result = .notVerified
        }
        switch report.result {
        case .tampered: report.summary = "evidence of tampering, \(count) finding\(count == 1 ? "" : "s")"
        case .notVerified where !reasons.isEmpty: report.summary = reasons.joined(separator: "; ")
        default: break
        }
        return report
    }
}

extension VerificationReport {
    /// The same, of a segment whose key is none of the pinned ones; `nil` = nobody vouches for it.
    func vouched(by next: String?) -> VerificationReport {
        var report = self
        report.standing = next.map { .vouched(by: $0) } ?? .unknown
        if let next { report.summary += "; its key is not pinned, on the word of \(next)" }
        let detail = next.map { "not pinned; log.open of \($0) names this segment as it is" }
        report.checks.append(
            Check(name: "key", status: next == nil ? .fail : .ok, detail: detail ?? "not pinned, and not vouched for"))
        return report
    }
}

extension VerificationReport {
    /// The block of `docs/audit-log.md`, section 6, line by line.
    package var lines: [String] {
        var lines = [row("log", "\(origin ?? "unknown")   \(pinning)"), row("records", recordsText)]
        for check in checks {
            lines.append(row(check.name, check.status.rawValue.padded(to: 5) + separator(check) + check.detail))
        }
        lines.append(
            row(
                "operations",
                "\(operations.intents) intents, \(operations.outcomes) outcomes, \(operations.open) open; "
                    + "\(operations.deleted) deleted, \(operations.absent) absent"))
        lines += failures.map(\.line)
        if failureCount > failures.count { lines.append("… and \(failureCount - failures.count) more findings") }
        if let lastGood { lines.append(lastGood < 0 ? "last good seq: none" : "last good seq: \(lastGood)") }
        let word =
            switch result {
            case .verified: "VERIFIED"
            case .tampered: "TAMPERED"
            case .notVerified: "NOT VERIFIED"
            }
        lines.append(row("RESULT", "\(word) (\(summary))"))
        return lines
    }

    package var rendered: String { lines.joined(separator: "\n") + "\n" }

    private func separator(_ check: Check) -> String { check.status == .notChecked ? "   " : "" }
    private func row(_ name: String, _ text: String) -> String { name.padded(to: 13) + text }

    private var pinning: String {
        guard let keyID else { return "key not pinned: no --vkey" }
        return switch standing {
        case .pinned: "key \(keyID) pinned by --vkey"
        case .vouched(let next): "key \(keyID) not pinned, vouched for by \(next)"
        case .unknown: "key \(keyID) not pinned"
        }
    }

    private var recordsText: String {
        guard records > 0, let firstTime, let lastTime else { return "\(records)" }
        let (first, last) = (firstTime.toSeconds, lastTime.toSeconds)
        let isOneDay = first.prefix(10) == last.prefix(10)
        return "\(records)   seq 0-\(records - 1)   \(first) to \(isOneDay ? String(last.dropFirst(11)) : last)"
    }
}

extension Timestamp {
    /// `2026-01-02T03:04:05Z`.
    fileprivate var toSeconds: String { description.prefix(19) + "Z" }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - utf8.count))
    }
}
