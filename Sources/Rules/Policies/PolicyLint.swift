import Domain

/// What is allowed and yet most likely a mistake.
struct PolicyLint {
    let policies: [LocatedPolicy]
    /// All that were read, the ones without policies too.
    let files: [String]
    let context: LoadContext

    var ofEachPolicy: [Diagnostic] {
        policies.flatMap { place in
            let tier = neverMatches(place).map { [$0] } ?? [beyondVendor(place), neverReached(place)].compactMap { $0 }
            return tier + neverDelivered(place) + unknownLines(place)
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
            context.tiers.mayBeEphemeral(policy)
        else { return nil }
        let line = policy.lines?.filter(context.tiers.calls(ephemeral:)).min()
        return finding(
            place, "retain-beyond-vendor", "retain \(retain) is more than the 24 h of the ephemeral tier",
            severity: context.isCheck ? .error : .warning,
            suggestion: """
                \(line.map { "line \($0) is" } ?? "its scope takes in lines that are") ephemeral, and what the vendor removes \
                cannot be kept here: write at most 24h, or "tier: persistent" under "match"
                """)
    }

    private func neverReached(_ place: LocatedPolicy) -> Diagnostic? {
        let policy = place.policy
        guard policy.match.tier == .ephemeral, let delete = policy.deleteAfter, let day = Self.oneDay,
            !day.isNeverShorter(than: delete)
        else { return nil }
        return finding(
            place, "ephemeral-never-reached", "delete_after \(delete) comes after the vendor's 24 h",
            suggestion: "ephemeral files are gone by then: write at most 24h, or leave them to the vendor")
    }

    private func neverMatches(_ place: LocatedPolicy) -> Diagnostic? {
        let match = place.policy.match
        guard match.tier == .ephemeral, !context.tiers.mayBeEphemeral(place.policy) else { return nil }
        if match.sources == [.upload] {
            return finding(
                place, "never-matches", "it matches nothing: an upload is never ephemeral",
                suggestion: "remove \"tier: ephemeral\", or name another source")
        }
        return finding(
            place, "never-matches", "it matches nothing: no line of its scope is ephemeral",
            suggestion: "name the line in tiers.ephemeral_lines of lethe.yaml, or remove \"tier: ephemeral\"")
    }

    /// Of what we sent in such a type only another comes back; what people send to us may keep its own.
    private func neverDelivered(_ place: LocatedPolicy) -> [Diagnostic] {
        let match = place.policy.match
        guard match.direction != .inbound, let patterns = match.mime else { return [] }
        let named = Set(patterns.compactMap { MimePattern($0.delivered) })
        return patterns.sorted().compactMap { pattern in
            guard let type = MediaType.delivered(insteadOf: pattern.description), let other = MimePattern(type),
                named.isDisjoint(with: [other, other.family])
            else { return nil }
            return finding(
                place, "never-delivered", "the vendor turns \(pattern) into \(type) as it delivers",
                suggestion: "name \"\(type)\" too, or \"direction: inbound\" if it is about what people send")
        }
    }

    private func unknownLines(_ place: LocatedPolicy) -> [Diagnostic] {
        guard let known = context.knownLines, let lines = place.policy.lines else { return [] }
        return lines.subtracting(known).sorted().map {
            finding(
                place, "unknown-line", "no message has been seen on line \($0)",
                suggestion: "mend the number, unless the line is new: it is known once a message came")
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
            message: "what no policy matches is kept for ever",
            suggestion: "add a policy without \"scope\" and \"match\" and with \"delete_after\"")
    }

    /// Every policy is compared with every other, so a folder of more policies than anybody reads is not searched, nor
    /// one whose lists are as long.
    private static let (mostRivals, mostEntries) = (1000, 5_000_000)

    /// Shadowed policies and ties.
    private func rivals() -> [Diagnostic] {
        let entries = policies.reduce(0) { $0 + 1 + ($1.policy.lines?.count ?? 0) + ($1.policy.match.mime?.count ?? 0) }
        guard policies.count <= Self.mostRivals, policies.count * entries <= Self.mostEntries else { return [] }
        let located = policies.sorted { $0.policy.id < $1.policy.id }
        let all = located.map(\.policy)
        let shadowing = located.map { PolicyShadow($0.policy, tiers: context.tiers).shadowingPolicy(among: all) }
        let shadowed = zip(located, shadowing).compactMap { place, shadowingPolicy in
            shadowingPolicy.map {
                finding(
                    place, "shadowed", "\($0.quoted) wins wherever this policy matches",
                    suggestion: "narrow one of the two, or delete this one")
            }
        }
        let rest = zip(located, shadowing).filter { $1 == nil }.map(\.0)
        let ties = rest.enumerated().compactMap { index, place in
            rest[..<index].first { $0.policy.id != place.policy.id && $0.policy.ties(with: place.policy) }.map {
                finding(
                    place, "tie", "it ties with \($0.policy.id.quoted): only their ids decide",
                    suggestion: "both delete the same files at the same instant: change a period, or what one matches")
            }
        }
        return shadowed + ties
    }
}

extension TierMap {
    /// Some attachment that the policy matches may be ephemeral: it is if all its lines are and it was never uploaded.
    func mayBeEphemeral(_ policy: Policy) -> Bool {
        guard policy.match.tier != .persistent, policy.match.sources != [.upload] else { return false }
        return policy.lines.map { $0.contains(where: calls(ephemeral:)) } ?? hasEphemeral
    }
}
