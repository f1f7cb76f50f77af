/// Shapes what the parser says for people: usage lines within 80 columns.
enum HelpText {
    /// Breaks the `USAGE:` line between its words, never inside `[--keys <dir>]`; all other lines are wrapped already.
    static func wrapped(_ text: String, to width: Int = 80) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("USAGE: ") && $0.count > width ? wrappedUsage($0, to: width) : String($0) }
            .joined(separator: "\n")
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
