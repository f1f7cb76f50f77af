/// One problem at one place of a file, as every command shows it.
package struct Diagnostic: Sendable, Equatable, Error {
    package enum Severity: String, Codable, Sendable {
        case error
        case warning
    }

    /// As the user named it: `policies/kyc.yaml`.
    package let file: String
    /// From 1.
    package let line: Int
    /// From 1, in Unicode scalars.
    package let column: Int
    package var severity: Severity
    /// Stable, `kebab-case`; the list is in `docs/policies.md`.
    package let code: String
    /// Lower case, names the thing, one line.
    package let message: String
    /// What to write instead, or what to do.
    package let suggestion: String?
    private let excerpt: SourceExcerpt?

    /// The line it is in, where there is one, or of a long line what is near the column.
    package var sourceLine: String? { excerpt?.text }

    /// Stands for the problems of a file that are not shown one by one.
    static let tooMany = "too-many"

    init(
        file: String, line: Int = 1, column: Int = 1, severity: Severity = .error, code: String, message: String,
        excerpt: SourceExcerpt? = nil, suggestion: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.severity = severity
        self.code = code
        self.message = message.beginning(400).visible
        self.excerpt = excerpt
        self.suggestion = suggestion?.beginning(800).visible
    }

    /// Where it is: `policies/kyc.yaml:7:15`, safe for a terminal whatever the file is called.
    package var place: String { "\(file.visible):\(line):\(column)" }

    /// Without the offending line:
    ///
    ///     policies/kyc.yaml:7:15: error[unknown-unit]: unknown unit "fortnight"
    package var headline: String { "\(place): \(severity.rawValue)[\(code)]: \(message)" }

    /// The headline, the offending line (76 characters of it) with a caret, and the suggestion:
    ///
    ///     policies/kyc.yaml:7:15: error[unknown-unit]: unknown unit "fortnight"
    ///         retain: 2fortnight
    ///                 ^
    ///       try: units are h, d, w, mo and y
    package var rendered: String {
        var lines = [headline]
        if let shown = excerpt?.narrowed(to: 76), !shown.text.isEmpty {
            lines.append("    " + shown.text)
            lines.append("    " + String(repeating: " ", count: shown.caret) + "^")
        }
        if let suggestion { lines += Wording.wrap(suggestion, first: "  try: ", rest: 7) }
        return lines.joined(separator: "\n")
    }

    /// By file, line, column, then code: the order in which they are shown. What counts the rest of a file comes last.
    package static func isShownBefore(_ left: Self, _ right: Self) -> Bool {
        func rank(_ problem: Self) -> Int { problem.code == tooMany ? 1 : 0 }
        return (left.file, rank(left), left.line, left.column, left.code, left.message)
            < (right.file, rank(right), right.line, right.column, right.code, right.message)
    }
}

extension Diagnostic: Encodable {
    private enum CodingKeys: String, CodingKey {
        case file, line, column, severity, code, message, suggestion
        case sourceLine = "source_line"
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(file, forKey: .file)
        try members.encode(line, forKey: .line)
        try members.encode(column, forKey: .column)
        try members.encode(severity, forKey: .severity)
        try members.encode(code, forKey: .code)
        try members.encode(message, forKey: .message)
        try members.encodeIfPresent(sourceLine, forKey: .sourceLine)
        try members.encodeIfPresent(suggestion, forKey: .suggestion)
    }
}

extension [Diagnostic] {
    package var hasErrors: Bool { contains { $0.severity == .error } }
    package var errorCount: Int { count { $0.severity == .error } }
    package var warningCount: Int { count { $0.severity == .warning } }
}
