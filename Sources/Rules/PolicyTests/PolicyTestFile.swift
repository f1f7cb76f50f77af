import Domain

/// Reads one file of table tests: `version` and `tests`.
struct PolicyTestFile {
    private let reader: YAMLReader
    private let policies: Set<String>

    /// Every problem is in the diagnostics, a test that names no existing policy among them.
    static func read(
        _ bytes: [UInt8], file: String, policies: Set<String>
    ) -> (tests: [PolicyTest], diagnostics: [Diagnostic]) {
        let reader = YAMLReader(StrictYAML.read(bytes, file: file))
        reader.noteIfEmpty()
        let tests = PolicyTestFile(reader: reader, policies: policies).tests()
        return (tests, reader.diagnostics)
    }

    private func tests() -> [PolicyTest] {
        guard let root = reader.root(keys: ["version", "tests"]) else { return [] }
        if let version = root.required("version"), let number = version.integer(), number != 1 {
            version.report("unsupported-version", "version \(number) of the tests is not known", suggestion: "write 1")
        }
        return (root.required("tests")?.list() ?? []).compactMap(test)
    }

    private func test(_ value: YAMLValue) -> PolicyTest? {
        let keys = ["name", "attachment", "at", "age", "hold", "request", "expect"]
        guard let map = value.map(keys: keys) else { return nil }
        let name = map.required("name")?.string()
        let facts = map.required("attachment").flatMap(self.facts)
        let expected = map.required("expect").flatMap(expectation)
        let at = instant(map, created: facts?.attachment.created)
        guard let name, let facts, let expected, let at else { return nil }
        return PolicyTest(
            name: name, file: reader.file, line: map.line, attachment: facts.attachment, tiers: facts.tiers,
            isHeld: map.bool("hold") ?? false, isRequested: map.bool("request") ?? false, at: at, expected: expected)
    }

    /// `at` is an instant, `age` a period from `created` on; exactly one of them.
    private func instant(_ map: YAMLMap, created: Timestamp?) -> Timestamp? {
        switch (map["at"], map["age"]) {
        case (let at?, nil): return at.timestamp()
        case (nil, let age?):
            guard let period = age.period() else { return nil }
            guard let created else {
                age.report(
                    "age-without-created", "\"age\" counts from \"created\", which is not given",
                    suggestion: "give \"created\" under \"attachment\", or \"at\" instead of \"age\"")
                return nil
            }
            return period.end(from: created)
        case (nil, nil):
            map.report("missing-key", "the test says neither \"at\" nor \"age\"")
            return nil
        case (.some, .some(let age)):
            age.report("at-and-age", "a test has either \"at\" or \"age\"", suggestion: "keep one of them")
            return nil
        }
    }

    private static let sightingKeys = ["line", "direction", "source", "mime", "size", "last_used"]

    private func facts(_ value: YAMLValue) -> (attachment: Attachment, tiers: TierMap)? {
        guard let map = value.map(keys: Self.sightingKeys + ["created", "tier", "also"]) else { return nil }
        let created = map["created"]?.timestamp()
        var attachment = Attachment(id: AttachmentID(value: 1), apiCreated: created)
        var first = sighting(map)
        // A file without further ado was sent when it was made; an upload alone was not sent at all.
        if first.sentAt == nil, first.source != .upload { first.sentAt = created }
        attachment.sightings = [first]
        for other in map.list("also") ?? [] {
            if let map = other.map(keys: Self.sightingKeys) { attachment.sightings.append(sighting(map)) }
        }
        let tier = map["tier"]?.choice(Tier.self) ?? .persistent
        let lines = attachment.sightings.compactMap(\.line)
        if tier == .ephemeral, lines.count < attachment.sightings.count {
            map.report(
                key: "tier", "ephemeral-without-line", "an ephemeral file has a line in every message it is in",
                suggestion: "give \"line\" under \"attachment\", and in every entry of \"also\"")
        }
        let long = Timestamp(microseconds: .min)
        let ephemeral = tier == .ephemeral ? lines.map { TierMap.EphemeralLine(line: $0, since: long) } : []
        return (attachment, TierMap(ephemeralLines: ephemeral))
    }

    private func sighting(_ map: YAMLMap) -> Sighting {
        Sighting(
            line: map["line"]?.phoneLine(), direction: map["direction"]?.choice(Direction.self),
            source: map["source"]?.choice(AttachmentSource.self) ?? .message,
            mime: map.string("mime").flatMap(MediaType.canonical),
            size: map["size"]?.byteCount(), sentAt: map["last_used"]?.timestamp())
    }

    private func expectation(_ value: YAMLValue) -> PolicyTest.Expectation? {
        guard let map = value.map(keys: ["decision", "reason", "policy", "changes_at"]) else { return nil }
        let policy = map["policy"]
        let name = policy?.word(among: policies.sorted(), noun: "policies")
        if let name, !policies.contains(name) {
            policy?.report(
                "unknown-policy", "there is no policy \(name.quoted)",
                suggestion: Suggestion.of(name, among: policies.sorted(), noun: "policies"))
        }
        let reason = map["reason"]
        let code = reason?.word(among: Reason.codes, noun: "reasons")
        if let code, !Reason.codes.contains(code) {
            reason?.report(
                "unknown-value", "there is no reason \(code.quoted)",
                suggestion: Suggestion.of(code, among: Reason.codes, noun: "reasons"))
        }
        guard let verdict = map.required("decision")?.choice(Ruling.Action.self) else { return nil }
        return PolicyTest.Expectation(
            verdict: verdict, reason: code, policy: name, changesAt: map["changes_at"]?.timestamp())
    }
}
