import Domain
import Foundation

/// What a person typed on the command line. A handle that was given to the wrong command or flag must not end up in the
/// terminal's history, a log of cron's or a ticket with the error, so errors repeat nothing that may name somebody.
struct TypedWords: Sendable {
    static let ofThisProcess = TypedWords(Array(CommandLine.arguments.dropFirst()))

    /// The words that may name somebody, the longest first.
    private let words: [String]

    init(_ arguments: [String]) {
        var words = Set(arguments)
        for argument in arguments {
            words.formUnion(argument.split(separator: "=", maxSplits: 1).map(String.init))
            words.formUnion(argument.split { ".:=,;".contains($0) }.map(String.init))
        }
        self.words = words.filter(Self.mayNameAPerson).union(Self.numbersInPieces(arguments))
            .sorted { ($0.count, $0) > ($1.count, $1) }
    }

    /// `415 555 0117` without quotes: words of digits one after the other, seven digits in all.
    private static func numbersInPieces(_ arguments: [String]) -> [String] {
        let runs = arguments.split { word in
            digits(in: word) == 0 || !word.allSatisfy { $0.isNumber || "+.-()".contains($0) }
        }
        return Array(runs.filter { $0.count > 1 && $0.map(digits).reduce(0, +) >= 7 }.joined())
    }

    /// The error without them, as whole words or in pieces.
    func removed(from error: LetheError) -> LetheError {
        LetheError(
            error.code, error.status, removed(from: error.message), hint: error.hint.map(removed),
            problems: error.problems.map(removed))
    }

    /// Lines of a policy are shown as they are.
    func removed(from problem: Diagnostic) -> Diagnostic {
        Diagnostic(
            file: removed(from: problem.file), at: (problem.line, problem.column), severity: problem.severity,
            code: problem.code, message: removed(from: problem.message), suggestion: problem.suggestion.map(removed),
            source: problem.sourceLine.map { ($0, problem.caret) })
    }

    func removed(from text: String) -> String {
        guard !words.isEmpty else { return text }
        var text = text
        for word in words {
            let encoded = word.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? word
            for form in [word, encoded] { text = Self.replacing(form, with: Self.shown(word), in: text) }
        }
        return withoutPieces(text)
    }

    /// What may be the beginning of an id stays where it is one.
    private static func replacing(_ word: String, with shown: String, in text: String) -> String {
        guard word.allSatisfy({ $0.isHexDigit || $0 == "-" }) else { return text.replacing(word, with: shown) }
        var (start, result) = (text.startIndex, "")
        for match in text.matches(of: id) where match.output.0.count > word.count {
            result += text[start..<match.range.lowerBound].replacing(word, with: shown) + match.output.0
            start = match.range.upperBound
        }
        return result + text[start...].replacing(word, with: shown)
    }

    private nonisolated(unsafe) static let id =
        /[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32,}/

    /// A part that a parser cut off, such as what stood before a colon.
    private func withoutPieces(_ text: String) -> String {
        let typed = words.map(Self.folded)
        return text.split(separator: /[\s"'`]/, omittingEmptySubsequences: false).reduce((text.startIndex, "")) {
            done, piece in
            let word = piece.trimmingCharacters(in: CharacterSet(charactersIn: ":,;.()[]"))
            let isTyped = Self.mayNameAPerson(word) && typed.contains { $0.contains(Self.folded(word)) }
            let shown = isTyped ? piece.replacing(word, with: Self.shown(word)) : piece
            return (piece.endIndex, done.1 + text[done.0..<piece.startIndex] + shown)
        }.1
    }

    private static func folded(_ text: String) -> String { text.precomposedStringWithCanonicalMapping.lowercased() }

    /// Of a path its last part, where that names nobody.
    private static func shown(_ word: String) -> String {
        let name = word.split(separator: "/").last.map(String.init) ?? word
        let isShown = name != word && name.contains(where: \.isLetter) && !mayNameAPerson(name)
        return isShown ? "…/\(name)" : "(not shown)"
    }

    /// An `@`, a letter beyond ASCII or seven digits.
    private static func mayNameAPerson(_ word: String) -> Bool {
        word.contains("@") || word.utf8.contains { $0 >= 0x80 } || digits(in: word) >= 7
    }

    /// Those of ids, digests, dates and times do not count.
    private static func digits(in word: String) -> Int {
        let time = /[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z)?/
        return word.replacing(id, with: "").replacing(time, with: "").count(where: \.isNumber)
    }
}
