import Domain

/// Reads one file of policies: `version` and `policies`, every problem reported where it is.
struct PolicyFile {
    private let reader: YAMLReader
    private let archives: Set<String>

    static func read(
        _ bytes: [UInt8], file: String, archives: Set<String>
    ) -> (policies: [LocatedPolicy], problems: ProblemList) {
        let reader = YAMLReader(StrictYAML.read(bytes, file: file))
        reader.noteIfEmpty()
        let policies = PolicyFile(reader: reader, archives: archives).policies()
        return (policies, reader.problems)
    }

    private func policies() -> [LocatedPolicy] {
        guard let root = reader.root(keys: ["version", "policies"]) else { return [] }
        if let version = root.required("version"), let number = version.integer(), number != 1 {
            version.report(
                "unsupported-version", "version \(number) of the language is not known", suggestion: "write 1")
        }
        return (root.required("policies")?.list() ?? []).compactMap(policy)
    }

    private static let keys = [
        "id", "title", "why", "scope", "match", "starts_from", "retain", "delete_after", "legal_ground", "locked",
        "archive",
    ]

    /// `nil` without a usable id; any other mistake is reported and the rest of the policy still read, so that lint and
    /// later policies are judged too.
    private func policy(_ value: YAMLValue) -> LocatedPolicy? {
        guard let map = value.map(keys: Self.keys) else { return nil }
        let id = id(map)
        let title = text("title", map)
        let why = text("why", map)
        var policy = Policy(id: id ?? "", title: title, why: why)
        if let scope = map.map("scope", keys: ["lines"]) { policy.lines = lines(scope) }
        if let match = map.map("match", keys: ["tier", "direction", "source", "mime", "size"]) {
            policy.match = self.match(match)
        }
        policy.startsFrom = map["starts_from"]?.choice(Policy.Start.self) ?? .created
        policy.ground = ground(map)
        policy.isLocked = map.bool("locked") ?? false
        policy.archive = archive(map)
        readPeriods(map, into: &policy)
        if policy.isLocked, map["legal_ground"] == nil {
            map.report(
                key: "locked", "locked-without-ground", "a locked policy needs a legal_ground",
                suggestion: "name the law that the lock serves, or remove \"locked\"")
        }
        guard id != nil, let place = map["id"] else { return nil }
        return LocatedPolicy(
            policy: policy, file: reader.file, line: place.line, column: place.column,
            excerpt: reader.excerpt(.init(line: place.line, column: place.column)))
    }

    private func id(_ map: YAMLMap) -> String? {
        guard let value = map.required("id"), let text = value.string() else { return nil }
        let isPlain = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
        if isPlain, (1...63).contains(text.utf8.count) { return text }
        value.report(
            "bad-id", "\(text.quoted) is not an id",
            suggestion: "write 1 to 63 of the characters a to z, 0 to 9 and -")
        return nil
    }

    private func text(_ key: String, _ map: YAMLMap) -> String {
        guard let value = map.required(key), let text = value.string() else { return "" }
        let trimmed = String(Substring(text).trimmingSpaces())
        if trimmed.unicodeScalars.allSatisfy(\.isBlank) {
            value.report("empty-text", "\"\(key)\" says nothing", suggestion: "tell reviewers")
        }
        if trimmed.utf8.count > 2000 {
            value.report(
                "too-long", "\"\(key)\" has more than 2,000 bytes", suggestion: "say it shorter, or in a comment")
        }
        if key == "title", trimmed.contains(where: \.isNewline) {
            value.report(
                "line-break", "\"title\" has several lines", suggestion: "one line; the rest belongs into \"why\"")
        }
        return trimmed
    }

    private func lines(_ scope: YAMLMap) -> Set<PhoneLine>? {
        entries("lines", scope).map { Set($0.compactMap { $0.phoneLine() }) }
    }

    /// The values of a list that must not be empty: an empty one would match nothing.
    private func entries(_ key: String, _ map: YAMLMap) -> [YAMLValue]? {
        guard let value = map[key], let list = value.list() else { return nil }
        guard list.isEmpty else { return list }
        value.report(
            "empty-list", "\"\(key)\" lists nothing, so nothing would match",
            suggestion: "leave the key out to match any")
        return nil
    }

    private func match(_ map: YAMLMap) -> Policy.Match {
        var match = Policy.Match()
        match.tier = map["tier"]?.choice(Tier.self)
        match.direction = map["direction"]?.choice(Direction.self)
        match.sources = entries("source", map).map { Set($0.compactMap { $0.choice(AttachmentSource.self) }) }
        match.mime = entries("mime", map).map { Set($0.compactMap(mime)) }
        if let size = map["size"], let range = size.map(keys: ["at_least", "below"]) {
            match.size = self.size(range, at: size)
        }
        return match
    }

    private func mime(_ value: YAMLValue) -> MimePattern? {
        let hint = "write \"application/pdf\" or \"image/*\"; leave \"mime\" out to match any"
        guard let text = value.string(instead: hint) else { return nil }
        if let pattern = MimePattern(text) { return pattern }
        value.report("bad-mime", "\(text.quoted) is not a MIME type or family", suggestion: hint)
        return nil
    }

    private func size(_ map: YAMLMap, at value: YAMLValue) -> Policy.SizeRange? {
        let range = Policy.SizeRange(atLeast: map["at_least"]?.byteCount(), below: map["below"]?.byteCount())
        if map["at_least"] == nil, map["below"] == nil {
            value.report(
                "empty-range", "\"size\" has neither \"at_least\" nor \"below\"",
                suggestion: "add one of them, or leave \"size\" out to match any")
        }
        if let below = range.below, below <= range.atLeast ?? 0 {
            value.report("empty-range", "no size is at least \(range.atLeast ?? 0) B and below \(below) B")
        }
        return range
    }

    private func ground(_ map: YAMLMap) -> LegalGround? {
        guard let value = map["legal_ground"],
            let text = value.word(among: LegalGround.names, noun: "grounds")
        else { return nil }
        if map["retain"] == nil {
            map.report(
                key: "legal_ground", "ground-without-retain", "a legal_ground without a retain keeps nothing",
                suggestion: "add \"retain\", or remove the ground")
        }
        if let ground = LegalGround(text) { return ground }
        value.report(
            "unknown-ground", "unknown legal ground \(text.quoted)",
            suggestion: Suggestion.of(text, among: LegalGround.names, noun: "grounds"))
        return nil
    }

    /// A copy is a promise made before a DELETE: a name that configuration does not offer must not load.
    private func archive(_ map: YAMLMap) -> String? {
        guard let archive = map.map("archive", keys: ["to"]), let value = archive.required("to"),
            let name = value.string()
        else { return nil }
        if archives.contains(name) { return name }
        let offered = archives.isEmpty ? "remove \"archive\"" : "archives are \(Suggestion.list(archives.sorted()))"
        value.report(
            "unknown-archive", "no archive \(name.quoted) is set up",
            suggestion: "\(offered): no copy would be made before the DELETE, and that is worse than to promise none")
        return nil
    }

    private func readPeriods(_ map: YAMLMap, into policy: inout Policy) {
        policy.retain = map["retain"]?.period()
        policy.deleteAfter = map["delete_after"]?.period()
        if map["retain"] == nil, map["delete_after"] == nil, !map.isMisspelt("retain"), !map.isMisspelt("delete_after")
        {
            map.report(
                "no-period", "the policy has neither \"retain\" nor \"delete_after\"",
                suggestion: "add one of them: \"delete_after: 90d\"")
        }
        guard let retain = policy.retain, let delete = policy.deleteAfter, !delete.isAlwaysLonger(than: retain) else {
            return
        }
        map["delete_after"]?.report(
            "retain-not-shorter", "delete_after \(delete) is not always later than retain \(retain)",
            suggestion: "what must be kept \(retain) can only be deleted after that")
    }
}

extension Unicode.Scalar {
    /// Nothing is printed: white space, and the empty pattern of Braille.
    fileprivate var isBlank: Bool { properties.isWhitespace || value == 0x2800 }
}
