package import Domain

extension Diagnostic {
    /// Stands for the problems of a file that are not shown one by one.
    static let tooMany = "too-many"

    /// Whatever of the file is in the texts is bounded and safe for a terminal.
    init(
        file: String, line: Int = 1, column: Int = 1, severity: Severity = .error, code: String, message: String,
        excerpt: SourceExcerpt? = nil, suggestion: String? = nil
    ) {
        self.init(
            file: file, at: (line, column), severity: severity, code: code, message: message.beginning(400).visible,
            suggestion: suggestion?.beginning(800).visible, source: excerpt.map { ($0.text, $0.caret) })
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
        if let shown = sourceLine.map({ SourceExcerpt(text: $0, caret: caret).narrowed(to: 76) }), !shown.text.isEmpty {
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

extension [Diagnostic] {
    package var hasErrors: Bool { contains { $0.severity == .error } }
    package var errorCount: Int { count { $0.severity == .error } }
    package var warningCount: Int { count { $0.severity == .warning } }
}
