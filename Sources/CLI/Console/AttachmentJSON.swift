import Domain
import Inventory
import Rules

/// How an attachment is shown, to people and to programs. Senders appear as pseudonyms.
enum AttachmentJSON {
    static func summary(_ attachment: Attachment, _ tiers: TierMap) -> JSONValue {
        [
            "attachment_id": JSONValue(attachment.id), "created": JSONValue(attachment.created),
            "last_used": JSONValue(attachment.lastUsed), "line": JSONValue(attachment.homeLine),
            "tier": .string(tiers.tier(of: attachment).rawValue), "state": .string(attachment.state.rawValue),
            "size": JSONValue(attachment.size),
            "mime": JSONValue(attachment.sightings.lazy.compactMap(\.mime).min()),
            "tier_drift": .bool(tiers.hasDrift(attachment)),
        ]
    }

    static func sighting(_ sighting: Sighting) -> JSONValue {
        [
            "message_id": JSONValue(sighting.message), "chat_id": JSONValue(sighting.chat),
            "line": JSONValue(sighting.line), "direction": JSONValue(sighting.direction?.rawValue),
            "source": .string(sighting.source.rawValue), "mime": JSONValue(sighting.mime),
            "size": JSONValue(sighting.size), "sender": JSONValue(sighting.sender),
            "message_time": JSONValue(sighting.messageTime), "reconciled_at": JSONValue(sighting.reconciledAt),
        ]
    }

    static func history(_ entry: HistoryEntry) -> JSONValue {
        var members: [String: JSONValue] = ["at": JSONValue(entry.at)]
        switch entry.event {
        case .intent(let run, let attempt, let rule):
            members["event"] = "intent"
            members["run"] = JSONValue(run)
            members["try"] = JSONValue(attempt)
            members["rule"] = .string(rule)
        case .answer(let answer, let http, let trace, let outcome):
            members["event"] = "answer"
            members["class"] = .string(answer.rawValue)
            members["http"] = JSONValue(http)
            members["trace"] = JSONValue(trace)
            members["outcome"] = JSONValue(outcome?.rawValue)
        case .verified(let http, let grade):
            members["event"] = "verified"
            members["http"] = JSONValue(http)
            members["grade"] = .string(grade.rawValue)
        }
        return .object(members)
    }

    /// The facts and the history as lines.
    static func text(_ record: AttachmentRecord, _ tiers: TierMap) -> String {
        let attachment = record.attachment
        var lines = [
            "attachment  \(attachment.id)",
            "state       \(attachment.state.rawValue)\(record.outcome.map { ", last outcome \($0.rawValue)" } ?? "")",
            "tier        \(tiers.tier(of: attachment).rawValue)\(tiers.hasDrift(attachment) ? " (tier drift found)" : "")",
            "created     \(attachment.created?.brief ?? "unknown")",
            "last used   \(attachment.lastUsed?.brief ?? "unknown")",
            "size        \(attachment.size.map(formatBytes) ?? "unknown")",
        ]
        for sighting in attachment.sightings {
            let place = [
                sighting.direction?.rawValue, sighting.line.map { "on \($0)" }, sighting.mime,
                sighting.sender.map { "from \($0)" }, sighting.message.map { "message \($0)" },
            ].compactMap { $0 }.joined(separator: ", ")
            lines.append(
                "seen        \(sighting.messageTime?.brief ?? "at an unknown time"): \(sighting.source.rawValue), \(place)"
            )
        }
        for entry in record.history { lines.append("history     \(entry.at.brief): \(words(entry.event))") }
        return lines.joined(separator: "\n")
    }

    private static func words(_ event: HistoryEntry.Event) -> String {
        switch event {
        case .intent(_, let attempt, let rule): "DELETE intended, try \(attempt), by \(rule)"
        case .answer(let answer, let http, let trace, let outcome):
            "answer \(http == 0 ? "none" : String(http)) (\(answer.rawValue))"
                + (outcome.map { ": \($0.rawValue)" } ?? "") + (trace.map { ", trace \($0)" } ?? "")
        case .verified(let http, let grade): "GET answered \(http): grade \(grade.rawValue)"
        }
    }
}
