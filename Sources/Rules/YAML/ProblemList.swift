import Domain

/// The problems of one file: the first hundred, and how many more there are. A file of nothing but mistakes costs its
/// reader, its terminal and its memory no more than that.
struct ProblemList {
    private let file: String
    private var kept: [Diagnostic] = []
    private var unshown = 0
    private var unshownErrors = 0
    private var firstUnshown = SourceText.Position(line: 1, column: 1)

    static let most = 100

    init(file: String) {
        self.file = file
    }

    var isEmpty: Bool { kept.isEmpty }
    var hasRoom: Bool { kept.count < Self.most }
    var hasErrors: Bool { unshownErrors > 0 || kept.hasErrors }
    /// Some are not shown.
    var isCut: Bool { unshown > 0 }

    /// `make` is only called for a problem that will be shown: what it says may take time to find.
    mutating func add(
        at position: SourceText.Position, severity: Diagnostic.Severity = .error, _ make: () -> Diagnostic
    ) {
        guard !hasRoom else { return kept.append(make()) }
        if unshown == 0 { firstUnshown = position }
        unshown += 1
        if severity == .error { unshownErrors += 1 }
    }

    mutating func add(_ problem: Diagnostic) {
        add(at: .init(line: problem.line, column: problem.column), severity: problem.severity) { problem }
    }

    /// In the order of the file; where there are more than a hundred, the last one says how many more.
    var diagnostics: [Diagnostic] {
        let sorted = kept.sorted(by: Diagnostic.isShownBefore)
        guard unshown > 0 else { return sorted }
        let rest = Diagnostic(
            file: file, line: firstUnshown.line, column: firstUnshown.column,
            severity: unshownErrors > 0 ? .error : .warning, code: Diagnostic.tooMany,
            message: "\(counted(unshown, "more problem")) in this file",
            suggestion: "mend what is shown first: many problems often have one cause")
        return sorted + [rest]
    }
}
