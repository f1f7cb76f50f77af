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
    /// The line it is in, where there is one, or of a long line what is near the column.
    package let sourceLine: String?
    /// Scalars of `sourceLine` before the column.
    package let caret: Int

    package init(
        file: String, at place: (line: Int, column: Int), severity: Severity, code: String, message: String,
        suggestion: String?, source: (line: String, caret: Int)?
    ) {
        self.file = file
        (line, column) = place
        self.severity = severity
        self.code = code
        self.message = message
        self.suggestion = suggestion
        sourceLine = source?.line
        caret = source?.caret ?? 0
    }
}

extension Diagnostic: Encodable {
    private enum CodingKeys: String, CodingKey {
        case file, line, column, severity, code, message, suggestion
        case sourceLine = "source_line"
    }
}
