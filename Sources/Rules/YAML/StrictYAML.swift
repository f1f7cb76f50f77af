import Domain
import Yams

/// The strict reader of every YAML file that Lethe has: policies, their tests, `lethe.yaml`.
///
/// The bytes are looked at first (`SourceText`), then the tokens (`YAMLScanner`), and only what the language allows is
/// given to the parser. What comes out is a tree with the place of every key and value; nothing is interpreted, so `no`
/// is two letters until somebody asks for a truth value.
package struct StrictYAML: Sendable {
    package let file: String
    /// `nil` for an empty file and after a syntax error.
    package let root: YAMLNode?
    /// What the reading itself found; an error here may leave `root` there (a duplicate key) or not.
    let problems: ProblemList
    /// `nil` without a `root`.
    private let text: SourceText?

    /// Reads a file's bytes; `file` is the name that diagnostics show.
    package static func read(_ bytes: [UInt8], file: String) -> StrictYAML {
        let (text, refused) = SourceText.read(bytes, file: file)
        var problems = ProblemList(file: file)
        for problem in refused { problems.add(problem) }
        guard refused.isEmpty else { return StrictYAML(text, nil, problems) }
        var scanner = YAMLScanner(text)
        scanner.scan()
        let duplicates = scanner.duplicates
        guard !scanner.isStopped, !scanner.problems.isCut else { return StrictYAML(text, nil, scanner.problems) }
        problems = scanner.problems
        let masked = mask(duplicates, in: text)
        var composer = NodeComposer(text: text, dropped: Set(duplicates.map { text.position($0.start) }))
        let root = composer.compose(masked)
        // A key whose duplicate could not be masked was reported by the scan.
        for problem in composer.problems where problem.code != "duplicate-key" || duplicates.isEmpty {
            problems.add(problem)
        }
        return StrictYAML(text, root, problems)
    }

    private init(_ text: SourceText, _ root: YAMLNode?, _ problems: ProblemList) {
        file = text.file
        self.root = root
        self.problems = problems
        self.text = root == nil ? nil : text
    }

    func excerpt(_ position: SourceText.Position) -> SourceExcerpt? { text?.excerpt(position) }

    /// The parser stops at the first duplicate key, and all problems are to be shown at once: each duplicate gets a name
    /// of its own, of the same length so that every column stays, and its pair is dropped from the tree.
    private static func mask(_ duplicates: [(start: Int, length: Int)], in text: SourceText) -> String {
        var scalars = text.scalars
        for (number, key) in duplicates.enumerated() {
            let isQuoted = scalars[key.start] == "'" || scalars[key.start] == "\""
            let name = isQuoted ? (key.start + 1)..<(key.start + key.length - 1) : key.start..<(key.start + key.length)
            for index in name { scalars[index] = "x" }
            guard let first = name.first, let unique = Unicode.Scalar(UInt32(0xE000 + number)) else { continue }
            scalars[first] = unique
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}

/// A value of a YAML file and where it stands.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        /// `isPlain` = written without quotes and not as a block.
        case scalar(String, isPlain: Bool)
        case list([YAMLNode])
        case map([Pair])
    }

    package struct Pair: Sendable {
        package let key: String
        package let keyLine: Int
        package let keyColumn: Int
        package let value: YAMLNode
    }

    package let line: Int
    package let column: Int
    package let content: Content
}

/// Turns the parser's tree into ours, or its error into a diagnostic.
private struct NodeComposer {
    let text: SourceText
    let dropped: Set<SourceText.Position>
    private(set) var problems: [Diagnostic] = []

    init(text: SourceText, dropped: Set<SourceText.Position>) {
        self.text = text
        self.dropped = dropped
    }

    mutating func compose(_ yaml: String) -> YAMLNode? {
        do {
            // No resolver: tags are not guessed, every scalar stays text.
            let parser = try Yams.Parser(yaml: yaml, resolver: .basic, encoding: .utf8)
            guard let root = try parser.singleRoot() else { return nil }
            return convert(root, depth: 1)
        } catch let error as YamlError {
            problems.append(diagnostic(of: error))
        } catch {
            problems.append(text.problem(at: 0, "syntax", "the parser refuses the file"))
        }
        return nil
    }

    private mutating func convert(_ node: Yams.Node, depth: Int) -> YAMLNode? {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        guard depth <= YAMLScanner.deepest + 1 else {
            problems.append(
                text.problem(
                    at: .init(line: line, column: column), "too-deep",
                    "collections nested more than \(YAMLScanner.deepest) deep"))
            return nil
        }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return YAMLNode(line: line, column: column, content: .scalar(scalar.string, isPlain: isPlain))
        case .sequence(let sequence):
            var values: [YAMLNode] = []
            for value in sequence {
                guard let converted = convert(value, depth: depth + 1) else { return nil }
                values.append(converted)
            }
            return YAMLNode(line: line, column: column, content: .list(values))
        case .mapping(let mapping):
            return convert(mapping, line: line, column: column, depth: depth)
        case .alias:
            problems.append(text.problem(at: .init(line: line, column: column), "alias", "an alias"))
            return nil
        }
    }

    private mutating func convert(_ mapping: Yams.Node.Mapping, line: Int, column: Int, depth: Int) -> YAMLNode? {
        var pairs: [YAMLNode.Pair] = []
        for (key, value) in mapping {
            let place = SourceText.Position(line: key.mark?.line ?? line, column: key.mark?.column ?? column)
            guard case .scalar(let name) = key else {
                problems.append(text.problem(at: place, "complex-key", "a complex key"))
                return nil
            }
            guard let converted = convert(value, depth: depth + 1) else { return nil }
            guard !dropped.contains(place) else { continue }
            pairs.append(.init(key: name.string, keyLine: place.line, keyColumn: place.column, value: converted))
        }
        return YAMLNode(line: line, column: column, content: .map(pairs))
    }

    private func diagnostic(of error: YamlError) -> Diagnostic {
        switch error {
        case .scanner(let context, "could not find expected ':'", let mark, _):
            // The parser notices one line later, or at the end of the file.
            return text.problem(
                at: place(context?.mark ?? mark), "syntax", "a text where a key is expected",
                suggestion: "write \"key: value\", delete it, or indent it if it goes on with the text above")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return text.problem(at: place(mark), "syntax", problem, suggestion: Self.hint(problem))
        case .duplicatedKeysInMapping(let keys, let context):
            return text.problem(
                at: place(context.mark), "duplicate-key", "duplicate key \((keys.first ?? "").quoted)",
                suggestion: "keep one of them")
        case .reader(let problem, _, _, _): return text.problem(at: 0, "syntax", problem)
        default: return text.problem(at: 0, "syntax", "the parser refuses the file")
        }
    }

    /// What to do about the parser's own words.
    private static func hint(_ problem: String) -> String? {
        switch problem {
        case "found unknown escape character": "write two backslashes for one, or put the text in single quotes"
        case "did not find expected key", "did not find expected '-' indicator":
            "mend the indentation: keys of one map, and entries of one list, begin in the same column"
        case let text where text.hasPrefix("did not find expected ',' or"): "put a comma between, or close the bracket"
        default: nil
        }
    }

    private func place(_ mark: Mark) -> SourceText.Position {
        SourceText.Position(line: max(mark.line, 1), column: max(mark.column, 1))
    }
}
