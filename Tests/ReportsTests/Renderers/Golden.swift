import Foundation
import TestSupport
import Testing

/// Compares with a file of `Tests/Fixtures/reports`; `LETHE_RECORD=1` writes it anew and fails that run.
enum Golden {
    static let folder = Paths.package.appending(path: "Tests/Fixtures/reports")

    static func expect(_ text: String, matches name: String, _ location: SourceLocation = #_sourceLocation) throws {
        let file = folder.appending(path: name)
        if ProcessInfo.processInfo.environment["LETHE_RECORD"] != nil {
            try Data(text.utf8).write(to: file)
            Issue.record("recorded \(name) anew", sourceLocation: location)
            return
        }
        let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
        guard text != expected else { return }
        let pairs = zip(
            text.split(separator: "\n", omittingEmptySubsequences: false),
            expected.split(separator: "\n", omittingEmptySubsequences: false))
        let first = pairs.enumerated().first { $0.element.0 != $0.element.1 }
        let place = first.map { "line \($0.offset + 1): \($0.element.0) instead of \($0.element.1)" } ?? "its length"
        Issue.record("\(name) differs at \(place)", sourceLocation: location)
    }
}
