import Domain
import Engine

extension Overview {
    private var word: String { state == .ok ? "calm" : state.rawValue }

    var json: JSONValue {
        [
            "state": .string(word), "at": JSONValue(now), "rows": .array(rows.map(\.json)),
            "due": due.map {
                ["attachments": JSONValue($0.attachments), "bytes": JSONValue($0.bytes), "since": JSONValue($0.since)]
            } ?? .null,
            "plans": ["halted": JSONValue(halted), "unapproved": JSONValue(unapproved)],
            "requests": [
                "open": JSONValue(openRequests), "overdue": JSONValue(lateness?.overdue.count),
                "days_left": JSONValue(daysLeft),
            ],
            "holds": JSONValue(holds), "last_run": JSONValue(lateness?.lastRun),
            "last_webhook": JSONValue(lastWebhook), "last_verification": JSONValue(lastVerification),
            "last_seal": JSONValue(seal?.last), "unsealed": JSONValue(seal?.unsealed),
            "kill_file": .bool(hasKillFile),
        ]
    }

    /// As monitors read them: `name=value[unit];warn;crit`. What is not known is left out.
    func figures(at now: Timestamp, patience: Int64) -> String {
        func age(_ name: String, _ time: Timestamp?, most: Int64? = nil) -> String? {
            time.map { "\(name)=\(now.seconds(since: $0))s" + (most.map { ";;\($0)" } ?? "") }
        }
        let counts: [(String, Int?)] = [
            ("due", due?.attachments), ("halted", halted), ("unapproved", unapproved), ("requests", openRequests),
            ("overdue", lateness?.overdue.count), ("days_left", daysLeft), ("holds", holds),
        ]
        let figures =
            counts.map { name, count in count.map { "\(name)=\($0)" } } + [
                age("last_run", lateness?.lastRun, most: patience), age("last_seal", seal?.last),
                age("last_webhook", lastWebhook),
            ]
        return figures.compactMap { $0 }.joined(separator: " ")
    }
}
