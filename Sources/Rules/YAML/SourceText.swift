import Domain

/// A file's bytes as text with lines, once they are known to be plain UTF-8.
struct SourceText {
    let file: String
    let scalars: [Unicode.Scalar]
    /// Index of each line's first scalar.
    private let lineStarts: [Int]

    static let largestFile = 1_048_576

    struct Position: Hashable, Comparable {
        let line: Int
        let column: Int

        static func < (left: Self, right: Self) -> Bool { (left.line, left.column) < (right.line, right.column) }
    }

    /// Reads the bytes, or says why they are not the text of a policy: over 1 MiB, not UTF-8, a BOM, tabs, control or
    /// invisible characters. CRLF is a line's end like LF; a lone CR is refused.
    static func read(_ bytes: [UInt8], file: String) -> (text: SourceText, problems: [Diagnostic]) {
        guard bytes.count <= largestFile else {
            return (SourceText(file: file, scalars: []), [tooLarge(file, size: bytes.count)])
        }
        let (scalars, isUTF8) = decode(bytes)
        let text = SourceText(file: file, scalars: scalars)
        guard isUTF8 else {
            return (
                text,
                [
                    text.problem(
                        at: scalars.count, "not-utf8", "a byte that is not UTF-8",
                        suggestion: "save the file as UTF-8")
                ]
            )
        }
        return (text, text.refusedCharacters())
    }

    /// Bytes over 1 MiB are not looked at.
    static func tooLarge(_ file: String, size: Int) -> Diagnostic {
        Diagnostic(
            file: file, code: "too-large", message: "the file has \(size) bytes, at most 1,048,576 are read",
            suggestion: "split it: all files of the folder are loaded together")
    }

    private init(file: String, scalars: [Unicode.Scalar]) {
        self.file = file
        self.scalars = scalars
        var starts = [0]
        for (index, scalar) in scalars.enumerated() where scalar == "\n" { starts.append(index + 1) }
        lineStarts = starts
    }

    private static func decode(_ bytes: [UInt8]) -> (scalars: [Unicode.Scalar], isUTF8: Bool) {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(bytes.count)
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): scalars.append(scalar)
            case .emptyInput: return (scalars, true)
            case .error: return (scalars, false)
            }
        }
    }

    func position(_ index: Int) -> Position {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= index { low = middle } else { high = middle }
        }
        return Position(line: low + 1, column: index - lineStarts[low] + 1)
    }

    /// What of a line is near a column; `nil` past the last line.
    func excerpt(_ position: Position) -> SourceExcerpt? {
        guard position.line >= 1, position.line <= lineStarts.count else { return nil }
        let start = lineStarts[position.line - 1]
        var end = position.line < lineStarts.count ? lineStarts[position.line] - 1 : scalars.count
        if end > start, end < scalars.count, scalars[end - 1] == "\r" { end -= 1 }
        return SourceExcerpt(scalars[start..<end], at: position.column - 1)
    }

    func problem(at index: Int, _ code: String, _ message: String, suggestion: String? = nil) -> Diagnostic {
        problem(at: position(index), code, message, suggestion: suggestion)
    }

    func problem(
        at position: Position, severity: Diagnostic.Severity = .error, _ code: String, _ message: String,
        suggestion: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            file: file, line: position.line, column: position.column, severity: severity, code: code, message: message,
            excerpt: excerpt(position), suggestion: suggestion)
    }
}

extension SourceText {
    /// The first of each kind, and how many more there are: one setting of an editor mends them all.
    private func refusedCharacters() -> [Diagnostic] {
        var found: [Refusal: (first: Int, count: Int)] = [:]
        for index in scalars.indices {
            guard let refusal = refusal(at: index) else { continue }
            found[refusal, default: (index, 0)].count += 1
        }
        return found.sorted { $0.value.first < $1.value.first }.map { refusal, place in
            let more = place.count > 1 ? " (\(place.count) in this file)" : ""
            return problem(at: place.first, refusal.rawValue, refusal.message + more, suggestion: refusal.suggestion)
        }
    }

    private func refusal(at index: Int) -> Refusal? {
        let scalar = scalars[index]
        switch scalar {
        case "\n": return nil
        case "\r": return index + 1 < scalars.count && scalars[index + 1] == "\n" ? nil : .carriageReturn
        case "\t": return .tab
        case "\u{FEFF}": return .bom
        default:
            return switch RefusedScalar(scalar) {
            case .control: .control
            case .invisible: .invisible
            case nil: nil
            }
        }
    }

    private enum Refusal: String {
        case tab
        case bom
        case carriageReturn = "carriage-return"
        case control = "control-character"
        case invisible = "invisible-character"

        var message: String {
            switch self {
            case .tab: "a tab"
            case .bom: "a byte order mark"
            case .carriageReturn: "a carriage return without a line feed"
            case .control: RefusedScalar.control.message
            case .invisible: RefusedScalar.invisible.message
            }
        }

        var suggestion: String {
            switch self {
            case .tab: "indent with spaces"
            case .bom: "save the file as UTF-8 without a BOM"
            case .carriageReturn: "end lines with LF or CRLF"
            case .control, .invisible: "delete it; the caret shows where"
            }
        }
    }
}
