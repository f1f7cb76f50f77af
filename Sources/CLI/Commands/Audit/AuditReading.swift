import ArgumentParser
import Audit
import Domain
import Foundation
import Reports

struct AuditShow: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows the newest records in readable form.",
        discussion:
            "Every value shown comes from the line that is signed.\n\nExample: lethe audit show --type delete.outcome --limit 50"
    )

    @Option(help: "Only records of this type.") var type: String?
    @Option(help: ArgumentHelp("Only records of this attachment.", valueName: "id")) var attachment: String?
    @Option(help: ArgumentHelp("Only records of this time or later.", valueName: "time")) var since: String?
    @Option(help: "Maximum number of records, the newest first.") var limit: Int = 20
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let wiring = try Wiring.open(global, console)
        guard (1...100_000).contains(limit) else {
            throw LetheError("invalid-limit", .usage, "--limit must be 1 to 100000")
        }
        if let type, RecordType(rawValue: type) == nil {
            throw LetheError(
                "invalid-value", .usage, "there are no records of type \(type)",
                hint: "one of: \(RecordType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let reader = try LogReader(wiring.workspace.auditLog)
        let doubt = wiring.doubt()
        if let doubt { console.warn("NOT VERIFIED: \(doubt.message)") }
        let from = try since.map { try time($0, "--since") }
        let id = try attachment.map { try wiring.id($0, AttachmentID.self) }
        var shown: [(LogEntry, JSONValue)] = []
        for segment in try AuditLog.named(wiring.logLocation) {
            guard let file = segment.file else { continue }
            let reader = try LogReader(file)
            var after: Int64 = -1
            while true {
                let page = try id.map { try reader.records(of: $0) } ?? reader.entries(after: after, limit: 1000)
                for entry in page {
                    if let from, entry.time < from { continue }
                    let json = try JSONDecoder().decode(JSONValue.self, from: Data(entry.line))
                    if let type, json["type"] != .string(type) { continue }
                    shown.append((entry, json))
                    if shown.count > limit { shown.removeFirst() }
                }
                guard id == nil, let last = page.last else { break }
                after = last.seq
            }
        }
        return Reply(
            shown.isEmpty ? "No record matches." : shown.map { Self.line($0.0, $0.1) }.joined(separator: "\n"),
            json: ["origin": .string(reader.origin), "records": .array(shown.map(\.1))],
            status: doubt == nil ? .done : .failed)
    }

    /// `     6  2026-01-02 03:04:11  delete.outcome  op=… try=1 …`. Texts are shown as they are spelt in the line, which is
    /// printable ASCII: an escape sequence in one of them must not move the cursor.
    private static func line(_ entry: LogEntry, _ json: JSONValue) -> String {
        guard case .object(let members) = json, case .string(let type)? = members["type"] else { return "" }
        let text = String(decoding: entry.line, as: UTF8.self)
        let head: Set<String> = ["v", "seq", "t", "ep", "prev", "type", "mac"]
        let fields = members.filter { !head.contains($0.key) }.sorted { left, right in
            let places = [left.key, right.key].map { text.range(of: "\"\($0)\":")?.lowerBound ?? text.endIndex }
            return places[0] < places[1]
        }
        let shown = fields.map { key, value in
            switch value {
            case .string(let text): "\(key)=\(spelt(text))"
            case .null: "\(key)=-"
            default: "\(key)=\(spelt(value.text.replacing("\n", with: "").replacing("  ", with: "")))"
            }
        }
        let seq = String(entry.seq)
        let padding = String(repeating: " ", count: max(0, 6 - seq.count))
        return "\(padding)\(seq)  \(entry.time.description.prefix(19))Z  \(type)  \(shown.joined(separator: " "))"
    }

    private static func spelt(_ text: String) -> String {
        guard text.utf8.contains(where: { !(0x20..<0x7F).contains($0) }) else { return text }
        var json = AsciiJSON()
        json.field("", text)
        return String(decoding: json.bytes.dropFirst(4).dropLast(), as: UTF8.self)
    }
}

struct AuditExport: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes the log as lines that anyone can check.",
        discussion: """
            DIR/log.jsonl, DIR/checkpoint and DIR/anchors/ of the segment being written, and the same of each closed one in \
            DIR/segments/<16 hex>/; or OCSF API Activity events. A part of the log (--since, --until) cannot be verified alone.

            Example: lethe audit export -o export && lethe audit verify --log export/log.jsonl --vkey "$VKEY"
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("The folder; created if it is missing.", valueName: "dir"))
    var output: String = "audit-export"
    @Option(help: "jsonl or ocsf.") var format: String = "jsonl"
    @Option(help: ArgumentHelp("From this time on.", valueName: "time")) var since: String?
    @Option(help: ArgumentHelp("Only records before this time.", valueName: "time")) var until: String?
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let export = LogExport(
            format: try Self.format(format), since: try since.map { try time($0, "--since") },
            until: try until.map { try time($0, "--until") })
        let wiring = try Wiring.open(global, console)
        let folder = try OutputFile.folder(output, wiring)
        var summaries: [LogExport.Summary] = []
        for segment in try AuditLog.named(wiring.logLocation) {
            guard let file = segment.file else { continue }
            let place = segment.isLive ? folder : folder.appending(path: "segments/\(segment.origin.suffix(16))")
            summaries.append(
                try export.write(LogReader(file), to: place, anchors: wiring.logLocation.anchors))
        }
        let lines = summaries.flatMap { summary in
            ["\(summary.records) records of \(summary.origin)"] + summary.files.map { "wrote \($0.path)" }
        }
        let live = summaries.last
        return Reply(
            lines.joined(separator: "\n"),
            json: [
                "origin": JSONValue(live?.origin), "records": JSONValue(live?.records),
                "checkpoint_size": JSONValue(live?.checkpointSize), "whole": .bool(live?.isWhole == true),
                "files": Self.files(live),
                "closed_segments": .array(
                    summaries.dropLast().map {
                        [
                            "origin": .string($0.origin), "records": JSONValue($0.records),
                            "checkpoint_size": JSONValue($0.checkpointSize), "files": Self.files($0),
                        ]
                    }),
            ])
    }

    private static func format(_ name: String) throws -> LogExport.Format {
        switch name {
        case "jsonl": .jsonl
        case "ocsf": .events(name: "ocsf.jsonl") { entry, origin in OCSFEvent(entry, origin: origin).bytes }
        default: throw LetheError("invalid-value", .usage, "--format must be jsonl or ocsf")
        }
    }

    private static func files(_ summary: LogExport.Summary?) -> JSONValue {
        .array((summary?.files ?? []).map { .string($0.path) })
    }
}

/// An instant given on the command line.
func time(_ text: String, _ flag: String) throws -> Timestamp {
    guard let time = Timestamp(text) else {
        throw LetheError(
            "invalid-time", .usage, "\(flag) is not a time", hint: "write 2026-01-31 or 2026-01-31T12:00:00Z")
    }
    return time
}
