import Foundation
import TestSupport
import Testing

/// What every `--json` answer is held to: one JSON object on stdout whatever the exit code, and the shape that a file of
/// `Goldens/` says. `LETHE_RECORD=1` writes the files anew and fails that run.
enum Answer {
    static let folder = Paths.package.appending(path: "Tests/CLITests/Goldens")

    /// What differs from run to run, and what stands for it.
    private static let volatile: [(pattern: String, replacement: String)] = [
        ("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
        ("lethe\\.local/[0-9a-f]{16}\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]{44}", "<vkey>"),
        ("lethe\\.local/[0-9a-f]{16}", "<origin>"),
        ("\\b[0-9a-f]{64}\\b", "<digest>"), ("\\b[0-9a-f]{32}\\b", "<id>"), ("sub_[0-9a-f]{12}", "<subject>"),
        ("^[0-9a-f]{16}$", "<kid>"), ("^[0-9a-f]{8}$", "<key>"), ("^[A-Za-z0-9+/]{43}=$", "<base64>"),
        ("[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?( UTC|Z)", "<time>"),
        ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "<date>"), ("127\\.0\\.0\\.1:[0-9]+", "127.0.0.1:<port>"),
        ("[0-9.]+ [kMGT]?B free", "<size> free"), ("[0-9]+ s from", "<n> s from"),
        ("just now|[0-9]+ (minute|hour|day)s? ago", "<age>"), ("[0-9]+ days", "<n> days"),
        ("(?s)^(c2sp\\.org/|old [0-9]+\n).*$", "<proof>"),
        ("(?s)^<origin>\n[0-9]+\n.*$", "<checkpoint>"),
    ]

    /// Numbers that depend on the calendar.
    private static let calendarKeys: Set<String> = ["days_left"]
    /// Which attachment comes first in a list may depend on which answer came first.
    private static let sizeKeys: Set<String> = ["size", "bytes"]

    /// `name`: the file without its suffix. Answers the object for further looks.
    @discardableResult
    static func check(
        _ name: String, _ result: LetheProcess.Result, exit status: Int32 = 0, replacing paths: [String: String] = [:],
        location: SourceLocation = #_sourceLocation
    ) throws -> [String: Any] {
        #expect(result.status == status, "\(name): \(result.output)\(result.errors)", sourceLocation: location)
        let json = try #require(
            result.json, "\(name) is not one JSON object: \(result.output)\(result.errors)", sourceLocation: location)
        let data = try JSONSerialization.data(
            withJSONObject: normal(json, paths), options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        let text = String(decoding: data, as: UTF8.self) + "\n"
        let file = folder.appending(path: name + ".json")
        if ProcessInfo.processInfo.environment["LETHE_RECORD"] != nil {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
            Issue.record("recorded \(name) anew", sourceLocation: location)
            return json
        }
        let expected = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        if text != expected {
            Issue.record("\(name) differs: \(difference(text, expected))", sourceLocation: location)
        }
        return json
    }

    /// The same with everything that may differ replaced; of long lists two elements are kept.
    private static func normal(_ value: Any, _ paths: [String: String], key: String = "") -> Any {
        switch value {
        case let object as [String: Any]:
            return Dictionary(uniqueKeysWithValues: object.map { ($0.key, normal($0.value, paths, key: $0.key)) })
        case let array as [Any]:
            let kept = array.prefix(2).map { normal($0, paths) }
            return array.count > 2 ? kept + ["… \(array.count - 2) more"] : kept
        case let text as String where ["by", "opened_by"].contains(key) && text == NSUserName(): return "<user>"
        case let text as String:
            let named = paths.sorted { $0.key.count > $1.key.count }
                .reduce(text.replacing("\"by\":\"\(NSUserName())\"", with: "\"by\":\"<user>\"")) {
                    $0.replacingOccurrences(of: $1.key, with: $1.value)
                }
            return volatile.reduce(named) {
                $0.replacingOccurrences(of: $1.pattern, with: $1.replacement, options: .regularExpression)
            }
        case is NSNumber where calendarKeys.contains(key): return "<number>"
        case is NSNumber where sizeKeys.contains(key): return "<number>"
        default: return value
        }
    }

    private static func difference(_ text: String, _ expected: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let others = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let first = zip(lines, others).enumerated().first { $0.element.0 != $0.element.1 }
        return first.map { "line \($0.offset + 1) is \($0.element.0), expected \($0.element.1)" }
            ?? "\(lines.count) lines instead of \(others.count)"
    }
}
