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
        var lines = ["\(attachment)  \(facts.tier), \(facts.state)\(facts.tierDrift ? ", tier drift" : "")"]
        if let gone { lines += Wording.wrap(gone.sentence, first: "  ", rest: 2) }
        lines += factLines
        lines.append("")
        let under = request ? " under an erasure request" : ""
        lines.append(
            "at \(Self.brief(at)): " + (gone == nil ? "" : "the policies would say: ") + "\(verdict) (\(reason))"
                + under)
        if let note { lines += Wording.wrap(note, first: "  ", rest: 2) }
        lines += Wording.wrap(text, first: "  ", rest: 2)
        if let winner = tried.first(where: \.won) { lines += Self.terms(of: winner) }
        lines.append("")
        lines.append("tried")
        if tried.isEmpty { lines.append("  no policies are loaded") }
        for trial in tried { lines += Self.lines(of: trial) }
        lines.append("")
        lines += changeLines
        lines.append("")
        lines.append("policies \(policyDigest)")
        return lines.joined(separator: "\n")
    }

    private var changeLines: [String] {
        guard gone == nil else { return ["what would change it", "  nothing: it is gone"] }
        guard !changes.isEmpty else { return ["what would change it", "  nothing, as far as the facts are known"] }
        return ["what would change it"]
            + changes.flatMap { change in
                guard let at = change.at, let verdict = change.verdict else {
                    return Wording.wrap(change.text, first: "  any time              ", rest: 24)
                }
                return Wording.wrap("\(verdict): \(change.text)", first: "  \(Self.brief(at))  ", rest: 24)
            }
    }

    /// What the winning policy says of itself.
    private static func terms(of winner: ConsideredRule) -> [String] {
        let terms = [
            winner.retain.map { "retain \($0)" }, winner.deleteAfter.map { "delete_after \($0)" },
            winner.legalGround.map { "legal_ground \($0)" },
        ].compactMap { $0 }.joined(separator: ", ")
        let rows = [("title", winner.title), ("why", winner.why), ("terms", terms.isEmpty ? nil : terms)]
        return rows.flatMap { name, value in
            value.map { Wording.wrap($0, first: "  " + name.padded(to: 7), rest: 9) } ?? []
        }
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

    private static func lines(of trial: ConsideredRule) -> [String] {
        let name = trial.rule.hasPrefix("policy:") ? String(trial.rule.dropFirst("policy:".count)) : trial.rule
        var told = trial.text
        // The winner's are said above.
        if !trial.won, trial.rule.hasPrefix("hold:"), let title = trial.title {
            told += "; \(title): \(trial.why ?? "")"
        }
        return ["  \(trial.won ? "won " : "lost")  \(name)"] + Wording.wrap(told, first: "        ", rest: 8)
    }

    private static func listed(_ values: [String]) -> String {
        values.isEmpty ? "not known" : values.joined(separator: ", ")
    }

    /// RFC 3339 as people read it.
    private static func brief(_ time: String) -> String { Timestamp(time)?.brief ?? time }
}

extension Explanation.Removal {
    /// `gone since 2026-04-10 09:00 UTC: deleted; record 17 of lethe.local/3f…`
    fileprivate var sentence: String {
        "gone" + (at.map { " since \($0.brief)" } ?? "") + (outcome.map { ": \($0)" } ?? "")
            + (seq.map { "; record \($0) of \(origin ?? "the audit log")" } ?? "")
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
