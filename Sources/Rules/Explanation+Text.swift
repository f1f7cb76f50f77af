import Domain

extension Explanation {
    /// For a terminal of 80 columns:
    ///
    ///     5b9f…  persistent, live
    ///       created    2026-01-10 09:00 UTC (the vendor's own)
    ///       …
    ///     at 2026-02-01 00:00 UTC: keep (retained)
    ///       identity-documents keeps it until 2026-02-09 09:00 UTC
    package var rendered: String {
        var lines = ["\(attachment)  \(facts.tier), \(facts.state)"]
        lines += factLines
        lines.append("")
        lines.append("at \(Self.brief(at)): \(verdict) (\(reason))" + (request ? " under an erasure request" : ""))
        lines += Wording.wrap(text, first: "  ", rest: 2)
        lines.append("")
        lines.append("tried")
        if tried.isEmpty { lines.append("  no policies are loaded") }
        for trial in tried { lines += Self.lines(of: trial) }
        lines.append("")
        lines.append("what would change it")
        for change in changes {
            if let at = change.at, let verdict = change.verdict {
                lines += Wording.wrap(
                    "\(verdict): \(change.text)", first: "  \(Self.brief(at))  ", rest: 24)
            } else {
                lines += Wording.wrap(change.text, first: "  any time              ", rest: 24)
            }
        }
        lines.append("")
        lines.append("policies \(policyDigest)")
        return lines.joined(separator: "\n")
    }

    private var factLines: [String] {
        let source = facts.createdFrom == "api" ? " (the vendor's own)" : " (first message)"
        let sizes = facts.sizes.map(formatBytes).joined(separator: ", ")
        let rows: [(String, String)] = [
            ("created", facts.created.map { Self.brief($0) + source } ?? "not known"),
            ("last used", facts.lastUsed.map(Self.brief) ?? "not known"),
            ("lines", Self.listed(facts.lines)), ("directions", Self.listed(facts.directions)),
            ("sources", Self.listed(facts.sources)), ("types", Self.listed(facts.mime)),
            ("size", sizes.isEmpty ? "not known" : sizes),
        ]
        return rows.flatMap { name, value in
            Wording.wrap(value, first: "  " + name.padded(to: 12), rest: 14)
        }
    }

    private static func lines(of trial: Trial) -> [String] {
        let name = trial.rule.hasPrefix("policy:") ? String(trial.rule.dropFirst("policy:".count)) : trial.rule
        return ["  \(trial.won ? "won " : "lost")  \(name)"] + Wording.wrap(trial.text, first: "        ", rest: 8)
    }

    private static func listed(_ values: [String]) -> String {
        values.isEmpty ? "not known" : values.joined(separator: ", ")
    }

    /// RFC 3339 as people read it.
    private static func brief(_ time: String) -> String { Timestamp(time)?.brief ?? time }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
