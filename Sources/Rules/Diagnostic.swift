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
    /// Lower case, names the thing.
    package let message: String
    /// The line it is in, where there is one.
    package let sourceLine: String?
    /// What to write instead, or what to do.
    package let suggestion: String?

    package init(
        file: String, line: Int = 1, column: Int = 1, severity: Severity = .error, code: String, message: String,
        sourceLine: String? = nil, suggestion: String? = nil
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.severity = severity
        self.code = code
        self.message = message
        self.sourceLine = sourceLine
        self.suggestion = suggestion
    }

    /// Without the offending line:
    ///
    ///     policies/kyc.yaml:7:15: error[unknown-unit]: unknown unit "fortnight"
    package var headline: String { "\(file):\(line):\(column): \(severity.rawValue)[\(code)]: \(message)" }

    /// The headline, the offending line with a caret, and the suggestion:
    ///
    ///     policies/kyc.yaml:7:15: error[unknown-unit]: unknown unit "fortnight"
    ///         retain: 2fortnight
    ///                 ^
    ///       try: units are h, d, w, mo and y
    package var rendered: String {
        var lines = [headline]
        if let (text, caret) = excerpt {
            lines.append("    " + text)
            lines.append("    " + String(repeating: " ", count: caret) + "^")
        }
        if let suggestion { lines.append("  try: " + suggestion) }
        return lines.joined(separator: "\n")
    }

    /// At most 76 characters of the line around the column, and where in them the caret goes. What a terminal would act
    /// on is shown as `?`.
    private var excerpt: (text: String, caret: Int)? {
        guard let sourceLine, !sourceLine.isEmpty else { return nil }
        let scalars = sourceLine.unicodeScalars.map { scalar in
            scalar == "\t" ? " " : scalar.properties.generalCategory.isInvisible ? "?" : scalar
        }
        let width = 76
        let target = min(max(column - 1, 0), scalars.count)
        let start = target < width ? 0 : target - width / 2
        let shown = scalars.dropFirst(start).prefix(width)
        var text = String.UnicodeScalarView()
        text.append(contentsOf: shown)
        return (String(text), target - start)
    }

    /// By file, line, column, then code: the order in which they are shown.
    package static func isShownBefore(_ left: Self, _ right: Self) -> Bool {
        (left.file, left.line, left.column, left.code, left.message)
            < (right.file, right.line, right.column, right.code, right.message)
    }
}

extension Diagnostic: Encodable {
    private enum CodingKeys: String, CodingKey {
        case file, line, column, severity, code, message, suggestion
        case sourceLine = "source_line"
    }
}

extension [Diagnostic] {
    package var hasErrors: Bool { contains { $0.severity == .error } }
    package var errorCount: Int { count { $0.severity == .error } }
    package var warningCount: Int { count { $0.severity == .warning } }
}

extension Unicode.GeneralCategory {
    fileprivate var isInvisible: Bool {
        switch self {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
