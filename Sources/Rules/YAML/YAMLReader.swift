package import Domain

/// Pulls typed values out of a file by key and collects what is wrong, so that one reading reports everything.
///
///     let reader = YAMLReader(StrictYAML.read(bytes, file: "lethe.yaml"))
///     if let root = reader.root(keys: ["version", "partner_id", "limits"]) {
///         let partner = root.required("partner_id")?.string()
///         let limits = root.map("limits", keys: ["max_deletes", "max_percent", "max_bytes"])
///         let most = limits?.integer("max_deletes", in: 0...1_000_000) ?? 1000
///     }
///     guard !reader.diagnostics.hasErrors else { … }
package final class YAMLReader {
    package let file: String
    private let document: StrictYAML
    private var found: ProblemList

    package init(_ document: StrictYAML) {
        file = document.file
        self.document = document
        found = document.problems
    }

    /// In the order of the file, a hundred at most and one that counts the rest.
    package var diagnostics: [Diagnostic] { found.diagnostics }

    /// The same, for more to be added.
    var problems: ProblemList { found }

    /// The file had nothing in it but comments.
    package var isEmpty: Bool { document.root == nil && document.problems.isEmpty }

    /// The top level, which must be a map with no keys but these. `nil` after a syntax error and for an empty file.
    package func root(keys: [String]) -> YAMLMap? { value?.map(keys: keys) }

    /// The top level, whatever it is.
    package var value: YAMLValue? { document.root.map { YAMLValue(node: $0, name: "the file", reader: self) } }

    /// Adds a problem at a place of this file.
    package func report(
        line: Int, column: Int, severity: Diagnostic.Severity = .error, _ code: String,
        _ message: @autoclosure () -> String, suggestion: @autoclosure () -> String? = nil
    ) {
        let position = SourceText.Position(line: line, column: column)
        found.add(at: position, severity: severity) {
            Diagnostic(
                file: file, line: line, column: column, severity: severity, code: code, message: message(),
                excerpt: excerpt(position), suggestion: suggestion())
        }
    }

    /// A file of policies or tests that has none is most likely not meant so.
    func noteIfEmpty() {
        guard isEmpty else { return }
        report(
            line: 1, column: 1, severity: .warning, "empty-file", "nothing in the file but comments",
            suggestion: "write into it what it is for, or delete it")
    }

    func excerpt(_ position: SourceText.Position) -> SourceExcerpt? { document.excerpt(position) }
}

/// A map of the file, read key by key.
package struct YAMLMap {
    package let line: Int
    package let column: Int
    private let values: [String: YAMLValue]
    private let keys: [String: YAMLNode.Pair]
    private let name: String
    private let allowed: [String]
    private let reader: YAMLReader

    init(pairs: [YAMLNode.Pair], line: Int, column: Int, name: String, allowed: [String], reader: YAMLReader) {
        self.line = line
        self.column = column
        self.name = name
        self.allowed = allowed
        self.reader = reader
        for pair in pairs where !allowed.contains(pair.key) {
            reader.report(
                line: pair.keyLine, column: pair.keyColumn, "unknown-key", "unknown key \(pair.key.quoted) in \(name)",
                suggestion: Suggestion.of(pair.key, among: allowed, noun: "keys"))
        }
        keys = Dictionary(pairs.map { ($0.key, $0) }) { first, _ in first }
        values = keys.mapValues { YAMLValue(node: $0.value, name: "\"\($0.key)\"", reader: reader) }
    }

    /// The value of a key that may be absent.
    package subscript(key: String) -> YAMLValue? { values[key] }

    /// The value of a key that must be there.
    package func required(_ key: String) -> YAMLValue? {
        if let value = values[key] { return value }
        reader.report(line: line, column: column, "missing-key", "\(name) has no \"\(key)\"")
        return nil
    }

    /// An unknown key was most likely meant to be this one, and is reported as that.
    func isMisspelt(_ key: String) -> Bool {
        keys.keys.contains { !allowed.contains($0) && Suggestion.nearest(to: $0, among: allowed).contains(key) }
    }

    package func string(_ key: String) -> String? { self[key]?.string() }
    package func integer(_ key: String, in range: ClosedRange<Int64> = .min ... .max) -> Int64? {
        self[key]?.integer(in: range)
    }
    package func bool(_ key: String) -> Bool? { self[key]?.bool() }
    package func list(_ key: String) -> [YAMLValue]? { self[key]?.list() }
    package func map(_ key: String, keys: [String]) -> YAMLMap? { self[key]?.map(keys: keys) }

    /// Adds a problem at the map itself.
    package func report(
        _ code: String, _ message: @autoclosure () -> String, severity: Diagnostic.Severity = .error,
        suggestion: @autoclosure () -> String? = nil
    ) {
        reader.report(line: line, column: column, severity: severity, code, message(), suggestion: suggestion())
    }

    /// Adds a problem at a key, or at the map where the key is absent.
    package func report(
        key: String, _ code: String, _ message: @autoclosure () -> String, severity: Diagnostic.Severity = .error,
        suggestion: @autoclosure () -> String? = nil
    ) {
        let place = keys[key]
        reader.report(
            line: place?.keyLine ?? line, column: place?.keyColumn ?? column, severity: severity, code, message(),
            suggestion: suggestion())
    }
}
