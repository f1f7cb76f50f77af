import Foundation

/// A ```console block of a Markdown file: commands behind `$ `, each followed by what it prints.
///
/// In the expected output a line `...` stands for any lines and `[..]` for any text within a line, so that ids and times
/// may differ and everything else may not.
struct ConsoleBlock: Sendable {
    struct Step: Sendable {
        let line: Int
        let command: String
        let expected: [String]
    }

    let steps: [Step]

    static func all(in markdown: String) -> [ConsoleBlock] {
        var blocks: [ConsoleBlock] = []
        var steps: [(line: Int, command: String, expected: [String])]?
        for (index, line) in markdown.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line == "```console" {
                steps = []
            } else if line == "```", let finished = steps {
                blocks.append(ConsoleBlock(steps: finished.map(Step.init)))
                steps = nil
            } else if steps != nil {
                if line.hasPrefix("$ ") {
                    steps?.append((index + 1, String(line.dropFirst(2)), []))
                } else if let last = steps?.indices.last {
                    steps?[last].expected.append(String(line))
                }
            }
        }
        return blocks
    }

    /// Whether `output` is what `expected` says.
    static func matches(_ output: [String], _ expected: [String]) -> Bool {
        guard let first = expected.first else { return output.isEmpty }
        if first == "..." {
            let rest = Array(expected.dropFirst())
            return (0...output.count).contains { matches(Array(output.dropFirst($0)), rest) }
        }
        guard let line = output.first, fits(line, first) else { return false }
        return matches(Array(output.dropFirst()), Array(expected.dropFirst()))
    }

    private static func fits(_ line: String, _ pattern: String) -> Bool {
        let pieces = pattern.components(separatedBy: "[..]")
        guard pieces.count > 1 else { return line == pattern }
        guard line.hasPrefix(pieces[0]), line.hasSuffix(pieces[pieces.count - 1]) else { return false }
        var rest = line.dropFirst(pieces[0].count)
        for piece in pieces.dropFirst().dropLast() {
            guard let range = rest.range(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.count >= pieces[pieces.count - 1].count
    }
}
