/// Shapes what the parser says for people: usage lines within 80 columns, and examples that can be pasted.
enum HelpText {
    /// Breaks the `USAGE:` line between its words, never inside `[--keys <dir>]`, and the example with a backslash; all other lines
    /// are wrapped already.
    static func wrapped(_ text: String, to width: Int = 80) -> String {
        var lines: [String] = []
        var example: [Substring] = []
        for line in (text + "\n").split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("Example: ") || !example.isEmpty && !line.isEmpty {
                example.append(line)
                continue
            }
            lines += wrappedExample(example.joined(separator: " "), to: width)
            example = []
            lines.append(line.hasPrefix("USAGE: ") && line.count > width ? wrappedUsage(line, to: width) : String(line))
        }
        return lines.dropLast().joined(separator: "\n")
    }

    /// No line ends within quotes, and each but the last ends with a backslash.
    private static func wrappedExample(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var current = ""
        var isQuoted = false
        for word in text.split(separator: " ") {
            if !current.isEmpty, !isQuoted, current.count + 1 + length(of: word, in: text) > width - 2 {
                lines.append(current + " \\")
                current = "  " + word
            } else {
                current += (current.isEmpty ? "" : " ") + word
            }
            if !word.count(where: { $0 == "\"" }).isMultiple(of: 2) { isQuoted.toggle() }
        }
        return current.isEmpty ? lines : lines + [current]
    }

    /// Of a word, or of all words that its quotes hold together.
    private static func length(of word: Substring, in text: String) -> Int {
        guard let quote = word.firstIndex(of: "\""), word.count(where: { $0 == "\"" }) == 1,
            let end = text[text.index(after: quote)...].firstIndex(of: "\"")
        else { return word.count }
        return text.distance(from: word.startIndex, to: end) + 1
    }

    private static func wrappedUsage(_ line: Substring, to width: Int) -> String {
        var lines: [String] = []
        var current = ""
        for piece in pieces(of: line) {
            if !current.isEmpty, current.count + 1 + piece.count > width {
                lines.append(current)
                current = String(repeating: " ", count: "USAGE: ".count) + "  " + piece
            } else {
                current += (current.isEmpty ? "" : " ") + piece
            }
        }
        return (lines + [current]).joined(separator: "\n")
    }

    /// The words of the line; an option stays with its value.
    private static func pieces(of line: Substring) -> [String] {
        var pieces: [String] = []
        var depth = 0
        for word in line.split(separator: " ") {
            let isValue = word.hasPrefix("<") && pieces.last?.hasPrefix("--") == true
            if depth > 0 || isValue, let last = pieces.popLast() {
                pieces.append(last + " " + word)
            } else {
                pieces.append(String(word))
            }
            depth += word.count { $0 == "[" } - word.count { $0 == "]" }
        }
        return pieces
    }
}
