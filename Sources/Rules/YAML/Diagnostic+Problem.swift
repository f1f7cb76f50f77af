package import Domain

extension Diagnostic {
    /// The same, as an error carries it.
    package var problem: FileProblem {
        FileProblem(
            file: file, at: (line, column), severity: severity.rawValue, code: code,
            text: (message, sourceLine, suggestion))
    }
}
