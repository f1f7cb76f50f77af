import Domain

/// What is allowed and yet most likely a mistake.
struct PolicyLint {
    let policies: [LocatedPolicy]
    /// All that were read, the ones without policies too.
    let files: [String]
    let context: LoadContext

    var ofEachPolicy: [Diagnostic] {
        policies.flatMap { place in
            [beyondVendor(place), neverReached(place)].compactMap { $0 } + unknownLines(place)
        }
    }

    var ofTheWhole: [Diagnostic] { rivals() + [noDefault()].compactMap { $0 } }

    private func finding(
        _ place: LocatedPolicy, _ code: String, _ message: String, severity: Diagnostic.Severity = .warning,
        suggestion: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            file: place.file, line: place.line, column: place.column, severity: severity, code: code, message: message,
            excerpt: place.excerpt, suggestion: suggestion)
    }

    private static let oneDay = Period(count: 24, unit: .hours)

    /// The vendor removes the bytes after 24 h and nothing here can keep them.
    private func beyondVendor(_ place: LocatedPolicy) -> Diagnostic? {
        let policy = place.policy
        guard let retain = policy.retain, let day = Self.oneDay, !day.isNeverShorter(than: retain),
            policy.match.mayBeEphemeral
        else { return nil }
        let lines = policy.lines?.filter(context.tiers.calls(ephemeral:)).sorted()
        guard lines.map({ !$0.isEmpty }) ?? context.tiers.hasEphemeral else { return nil }
        let scope = lines?.first.map { "line \($0) is" } ?? "its scope takes in lines that are"
        return finding(
            place, "retain-beyond-vendor",
            "\"\(policy.id)\" promises to keep for \(retain), but \(scope) ephemeral: the vendor removes after 24 h",
            severity: context.isCheck ? .error : .warning,
            suggestion: "add \"tier: persistent\" under \"match\", or archive the files")
    }

    private func neverReached(_ place: LocatedPolicy) -> Diagnostic? {
        let policy = place.policy
        guard policy.match.tier == .ephemeral, let delete = policy.deleteAfter, let day = Self.oneDay,
            !day.isNeverShorter(than: delete)
        else { return nil }
        return finding(
            place, "ephemeral-never-reached",
            "delete_after \(delete) of \"\(policy.id)\" is never reached: ephemeral files are gone after 24 h",
            suggestion: "write at most 24h, or leave the files to the vendor")
    }

    private func unknownLines(_ place: LocatedPolicy) -> [Diagnostic] {
        guard let known = context.knownLines, let lines = place.policy.lines else { return [] }
        return lines.subtracting(known).sorted().map {
            finding(place, "unknown-line", "the account has no line \($0), named by \"\(place.policy.id)\"")
        }
    }

    private func noDefault() -> Diagnostic? {
        guard let first = policies.first?.file ?? files.first else { return nil }
        let isCovered = policies.contains {
            $0.policy.lines == nil && $0.policy.match.isEmpty && $0.policy.deleteAfter != nil
        }
        guard !isCovered else { return nil }
        return Diagnostic(
            file: first, severity: .warning, code: "no-default",
            message: "no policy takes in everything: what none matches is kept for ever",
            suggestion: "add a policy without \"scope\" and \"match\" and with \"delete_after\"")
    }

    /// Every policy is compared with every other, so a folder of more policies than anybody reads is not searched.
    private static let mostRivals = 1000

    /// Shadowed policies and ties.
    private func rivals() -> [Diagnostic] {
        guard policies.count <= Self.mostRivals else { return [] }
        let located = policies.sorted { $0.policy.id < $1.policy.id }
        var found: [Diagnostic] = []
        var shadowed: Set<String> = []
        for place in located {
            guard let winner = PolicyShadow(place.policy).caster(among: located.map(\.policy)) else { continue }
            shadowed.insert(place.policy.id)
            found.append(
                finding(
                    place, "shadowed", "\"\(place.policy.id)\" can never win: \"\(winner)\" matches the same and wins",
                    suggestion: "narrow one of the two, or delete this one"))
        }
        for (index, place) in located.enumerated() where !shadowed.contains(place.policy.id) {
            for other in located.dropFirst(index + 1) where !shadowed.contains(other.policy.id) {
                guard place.policy.id != other.policy.id, place.policy.ties(with: other.policy) else { continue }
                found.append(
                    finding(
                        other, "tie",
                        "\"\(other.policy.id)\" and \"\(place.policy.id)\" tie: only their ids decide which one deletes"
                    ))
            }
        }
        return found
    }
}

extension Policy.Match {
    /// The ephemeral tier is not ruled out: an uploaded file is never on it.
    fileprivate var mayBeEphemeral: Bool { tier != .persistent && sources != [.upload] }
}
