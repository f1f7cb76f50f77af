import Domain
import Foundation
import LinqClient
import Rules

extension Settings {
    /// What `lethe.yaml` may have at its top, and under `audit`.
    static let keys = [
        "version", "partner_id", "linq", "tiers", "policies", "limits", "approval", "audit", "schedule", "on_failure",
    ]
    static let auditKeys = ["name", "keys", "anchors", "retain"]

    /// Reads `lethe.yaml` and the environment; every problem of the file is in the error, each with its place.
    static func load(_ workspace: Workspace, environment: [String: String]) throws -> Settings {
        guard let bytes = try? Data(contentsOf: workspace.configuration) else {
            throw LetheError(
                "unreadable", .configuration, "lethe.yaml cannot be read",
                hint: "check that it is a file and its permissions")
        }
        var builder = SettingsBuilder(environment: environment)
        let reader = YAMLReader(StrictYAML.read([UInt8](bytes), file: "lethe.yaml"))
        let settings = try builder.build(reader)
        let problems = reader.diagnostics.filter { $0.severity == .error }
        guard problems.isEmpty, let settings else {
            let shown = problems.map(\.rendered).joined(separator: "\n")
            let count = problems.count == 1 ? "an error" : "\(problems.count) errors"
            throw LetheError(
                "bad-configuration", .configuration, "lethe.yaml has \(count):\n\(shown)",
                hint: "repair the file; `lethe config` shows what it says then")
        }
        return settings
    }
}

/// Pulls the values out one by one and remembers where each came from.
private struct SettingsBuilder {
    let environment: [String: String]
    var lines: [SettingLine] = []

    private mutating func note(_ key: String, _ value: String, _ origin: Origin) {
        lines.append(SettingLine(key: key, value: value, origin: origin))
    }

    /// The value of the file or the default, noted either way.
    private mutating func take<Value>(
        _ key: String, from map: YAMLMap?, default standard: Value, read: (YAMLValue) -> Value?,
        show: (Value) -> String = { "\($0)" }
    ) -> Value {
        let name = String(key.split(separator: ".").last ?? "")
        let given = map?[name].flatMap { value in read(value).map { ($0, Origin.file(line: value.line)) } }
        let (value, origin) = given ?? (standard, .standard)
        note(key, show(value), origin)
        return value
    }

    mutating func build(_ reader: YAMLReader) throws -> Settings? {
        guard let root = reader.root(keys: Settings.keys) else {
            if reader.isEmpty { reader.report(line: 1, column: 1, "empty-file", "the file has nothing in it") }
            return nil
        }
        _ = root.required("version")?.integer(in: 1...1)
        let partner = root.required("partner_id").flatMap { value in partnerID(value) } ?? ""
        if let value = root["partner_id"] { note("partner_id", partner, .file(line: value.line)) }
        let linq = linq(
            root.map("linq", keys: ["base_url", "max_in_flight", "max_requests_per_second", "timeout", "absent_codes"]))
        let tiers = tiers(root.map("tiers", keys: ["default", "default_since", "ephemeral_lines"]))
        let policies = take("policies", from: root, default: "policies", read: { $0.string() })
        let limits = limits(root.map("limits", keys: ["max_deletes", "max_percent", "max_bytes"]))
        let approval = approval(root.map("approval", keys: ["people", "above"]))
        let audit = audit(root.map("audit", keys: Settings.auditKeys))
        let schedules = schedules(root["schedule"])
        let onFailure = take(
            "on_failure", from: root, default: [], read: { $0.list()?.compactMap(Self.toCall) },
            show: { $0.isEmpty ? "none" : "\($0.count) to call" })
        let (apiKey, webhookSecrets) = try secrets()
        return Settings(
            partner: partner, linq: linq, tiers: tiers, policies: policies, limits: limits, approval: approval,
            audit: audit, schedules: schedules, onFailure: onFailure, apiKey: apiKey, webhookSecrets: webhookSecrets,
            lines: lines)
    }

    /// A target alone is called for failures.
    private static func toCall(_ value: YAMLValue) -> Settings.Call? {
        guard value.isMap else { return toTarget(value).map { Settings.Call(target: $0, on: [.failure]) } }
        guard let map = value.map(keys: ["call", "on"]) else { return nil }
        let target = map.required("call").flatMap(toTarget)
        let events = map.required("on")?.list()?.compactMap { $0.choice(Settings.Call.Event.self) }
        if let events, events.isEmpty {
            map.report(
                key: "on", "empty-list", "\"on\" names no event", suggestion: "write: on: [failure, overdue, silence]")
        }
        guard let target, let events else { return nil }
        return Settings.Call(target: target, on: Set(events))
    }

    /// An https URL (plain http on loopback only), or a command for the shell.
    private static func toTarget(_ value: YAMLValue) -> String? {
        guard let text = value.string() else { return nil }
        return text.contains("://") ? baseURL(value) : text
    }

    private func partnerID(_ value: YAMLValue) -> String? {
        guard let text = value.string() else { return nil }
        guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            value.report("bad-partner", "\"partner_id\" must have 1 to 128 visible characters")
            return nil
        }
        return text
    }

    private mutating func linq(_ map: YAMLMap?) -> Settings.Linq {
        let standard = "https://api.linqapp.com/api/partner"
        var baseURL = standard
        if let given = environment["LINQ_API_V3_BASE_URL"], !given.isEmpty {
            baseURL = given
            note("linq.base_url", Self.withoutQuery(given), .environment("LINQ_API_V3_BASE_URL"))
        } else {
            baseURL = take("linq.base_url", from: map, default: standard, read: Self.baseURL)
        }
        return Settings.Linq(
            baseURL: baseURL,
            maxInFlight: take(
                "linq.max_in_flight", from: map, default: 8, read: { $0.integer(in: 1...256).map { Int($0) } }),
            maxRequestsPerSecond: take(
                "linq.max_requests_per_second", from: map, default: 10,
                read: { $0.integer(in: 1...10_000).map { Int($0) } }),
            timeout: take(
                "linq.timeout", from: map, default: 30_000_000, read: Self.duration,
                show: { "\(Double($0) / 1_000_000)s".replacing(".0s", with: "s") }),
            absentCodes: take(
                "linq.absent_codes", from: map, default: VendorAnswer.absentCodes, read: Self.codes,
                show: { $0.sorted().map(String.init).joined(separator: ", ") }))
    }

    private static func codes(_ value: YAMLValue) -> Set<Int>? {
        value.list().map { Set($0.compactMap { $0.integer(in: 1000...9999).map { Int($0) } }) }
    }

    private static func withoutQuery(_ url: String) -> String { String(url.prefix { $0 != "?" }) }

    private static func baseURL(_ value: YAMLValue) -> String? {
        guard let text = value.string() else { return nil }
        do {
            return try BaseURL(text).text
        } catch {
            value.report(error.code, error.message, suggestion: error.hint)
            return nil
        }
    }

    /// `200ms`, `30s`, `5m`, `1h` as microseconds, from 1 ms to one hour.
    private static func duration(_ value: YAMLValue) -> Int64? {
        guard let text = value.word() else { return nil }
        let units: [(String, Int64)] = [("ms", 1000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            if let count = Int64(text.dropLast(unit.count)), count > 0, count <= 3_600_000_000 / factor {
                return count * factor
            }
        }
        value.report(
            "bad-duration", "\"\(text)\" is not a duration of 1 ms to 1 h",
            suggestion: "write a whole number and ms, s, m or h: 30s")
        return nil
    }

    private mutating func limits(_ map: YAMLMap?) -> Limits {
        let standard = Limits()
        return Limits(
            maxDeletes: take(
                "limits.max_deletes", from: map, default: standard.maxDeletes,
                read: { $0.integer(in: 0...1_000_000_000).map { Int($0) } }),
            maxPercent: take(
                "limits.max_percent", from: map, default: standard.maxPercent,
                read: { $0.integer(in: 0...100).map { Int($0) } }),
            maxBytes: take(
                "limits.max_bytes", from: map, default: standard.maxBytes, read: { $0.byteCount() },
                show: { formatBytes($0) }))
    }

    private mutating func approval(_ map: YAMLMap?) -> Settings.Approval {
        Settings.Approval(
            people: take("approval.people", from: map, default: 1, read: { $0.integer(in: 1...2).map { Int($0) } }),
            above: take(
                "approval.above", from: map, default: 1000, read: { $0.integer(in: 0...1_000_000_000).map { Int($0) } })
        )
    }

    private mutating func audit(_ map: YAMLMap?) -> Settings.Audit {
        Settings.Audit(
            name: take("audit.name", from: map, default: "lethe.local", read: { $0.string() }),
            keys: take("audit.keys", from: map, default: ".lethe/keys", read: { $0.string() }),
            anchors: take(
                "audit.anchors", from: map, default: [], read: { $0.list()?.compactMap { $0.string() } },
                show: { $0.isEmpty ? "none" : $0.joined(separator: ", ") }),
            retain: take(
                "audit.retain", from: map, default: nil, read: { $0.period().map(Optional.some) },
                show: { $0.map { "\($0)" } ?? "for ever" }))
    }

    private mutating func secrets() throws -> (APIKey?, [String]) {
        let key = try ReadInput.secret("LINQ_API_V3_API_KEY", in: environment)
        note(
            "LINQ_API_V3_API_KEY", key == nil ? "not set" : "set", key.map { .environment($0.origin) } ?? .standard)
        let secret = try ReadInput.secrets("LINQ_WEBHOOK_SECRET", in: environment)
        note(
            "LINQ_WEBHOOK_SECRET", secret.map { $0.values.count == 1 ? "set" : "\($0.values.count) set" } ?? "not set",
            secret.map { .environment($0.origin) } ?? .standard)
        return (try key.map { try APIKey($0.value) }, secret?.values ?? [])
    }
}

/// The parts of the file that are lists of maps.
extension SettingsBuilder {
    private mutating func tiers(_ map: YAMLMap?) -> TierMap {
        let tier = take(
            "tiers.default", from: map, default: Tier.persistent, read: { $0.choice(Tier.self) }, show: \.rawValue)
        let since = map?["default_since"].flatMap { value in value.timestamp().map { ($0, value.line) } }
        if let since { note("tiers.default_since", since.0.description, .file(line: since.1)) }
        if tier == .ephemeral, map?["default_since"] == nil {
            map?.report(
                key: "default", "missing-key", "\"default: ephemeral\" needs \"default_since\"",
                suggestion: "say since when the whole account is on the ephemeral tier: default_since: \"2026-01-01\"")
        }
        let lines = map?["ephemeral_lines"]?.list() ?? []
        let ephemeral = lines.compactMap(Self.ephemeralLine)
        note(
            "tiers.ephemeral_lines",
            ephemeral.isEmpty ? "none" : ephemeral.map(\.line.number).joined(separator: ", "),
            map?["ephemeral_lines"].map { .file(line: $0.line) } ?? .standard)
        return TierMap(defaultTier: tier, defaultSince: since?.0, ephemeralLines: ephemeral)
    }

    private static func ephemeralLine(_ value: YAMLValue) -> TierMap.EphemeralLine? {
        guard let map = value.map(keys: ["number", "since", "until"]) else { return nil }
        let line = map.required("number")?.phoneLine()
        let since = map.required("since")?.timestamp()
        let until = map["until"]?.timestamp()
        guard let line, let since else { return nil }
        if let until, until <= since {
            map.report(key: "until", "bad-time", "\"until\" is not later than \"since\"")
            return nil
        }
        return TierMap.EphemeralLine(line: line, since: since, until: until)
    }

    private mutating func schedules(_ value: YAMLValue?) -> [Settings.Schedule] {
        let schedules = (value?.list() ?? []).compactMap { entry -> Settings.Schedule? in
            guard let map = entry.map(keys: ["cron", "time_zone", "apply"]) else { return nil }
            guard let cron = map.required("cron")?.string() else { return nil }
            if cron.split(separator: " ").count != 5 {
                map.report(
                    key: "cron", "bad-cron", "\"cron\" must have five fields",
                    suggestion: "minute hour day month weekday: \"15 3 * * *\"")
            }
            return Settings.Schedule(
                cron: cron, timeZone: map.string("time_zone") ?? "UTC", apply: map.bool("apply") ?? false)
        }
        note(
            "schedule", schedules.isEmpty ? "none" : schedules.map(\.cron).joined(separator: "; "),
            value.map { .file(line: $0.line) } ?? .standard)
        return schedules
    }
}
