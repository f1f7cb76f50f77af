/// A table for a terminal: columns aligned, numbers to the right, no line longer than `width`.
///
/// Columns that may shrink give way together, the widest first; what does not fit ends in `…`. A line is never wrapped,
/// so that a table can be cut with `cut` and `awk`; only after a long id does it go on below.
package struct TextTable: Sendable {
    package struct Column: Sendable {
        package enum Alignment: Sendable {
            case left, right
        }

        var title: String
        var alignment: Alignment
        var mayShrink: Bool
        var mayBreak = false

        package static func text(_ title: String) -> Column { Column(title: title, alignment: .left, mayShrink: true) }
        /// Never cut: an id, a date.
        package static func id(_ title: String) -> Column { Column(title: title, alignment: .left, mayShrink: false) }
        /// Never cut; one that leaves the rest of its row no room has a line of its own.
        package static func longID(_ title: String) -> Column {
            Column(title: title, alignment: .left, mayShrink: false, mayBreak: true)
        }
        package static func number(_ title: String) -> Column {
            Column(title: title, alignment: .right, mayShrink: false)
        }
    }

    private let columns: [Column]
    private let width: Int
    private var rows: [[String]] = []

    package init(_ columns: [Column], width: Int = 80) {
        self.columns = columns
        self.width = width
    }

    /// Cells that are missing are empty, those beyond the columns are dropped.
    package mutating func append(_ cells: [String]) {
        let cells = cells.prefix(columns.count).map(printable)
        rows.append(cells + Array(repeating: "", count: columns.count - cells.count))
    }

    /// The header and the rows, each ended by LF; nothing for a table without rows.
    package var rendered: String {
        guard !rows.isEmpty else { return "" }
        let widths = fittedWidths()
        return ([columns.map(\.title)] + rows).flatMap { lines($0, widths) }.map { $0 + "\n" }.joined()
    }

    /// More than one where a long id ends a line.
    private func lines(_ cells: [String], _ widths: [Int]) -> [String] {
        guard let last = cells.indices.first(where: { columns[$0].mayBreak && cells[$0].count > widths[$0] }) else {
            return [line(cells, widths)]
        }
        let first = cells.enumerated().map { $0 <= last ? $1 : "" }
        let rest = cells.enumerated().map { $0 <= last ? "" : $1 }
        return [line(first, widths)] + lines(rest, widths)
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let fitted = columns[index].mayBreak ? cell : cut(cell, to: widths[index])
            let padding = String(repeating: " ", count: max(0, widths[index] - fitted.count))
            if index > 0 { text += "  " }
            text += columns[index].alignment == .right ? padding + fitted : fitted + padding
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    private func fittedWidths() -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(columns[index].title.count) { max($0, $1[index].count) }
        }
        var excess = widths.reduce(0, +) + 2 * (columns.count - 1) - width
        while excess > 0 {
            let shrinkable = columns.indices.filter { columns[$0].mayShrink && widths[$0] > 6 }
            guard let widest = shrinkable.max(by: { (widths[$0], $1) < (widths[$1], $0) }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        if excess > 0, let long = columns.indices.first(where: { columns[$0].mayBreak }) {
            let limit = widths[long] - excess
            widths[long] = rows.lazy.map { $0[long].count }.filter { $0 <= limit }.max() ?? 0
            widths[long] = max(widths[long], columns[long].title.count)
        }
        return widths
    }
}

/// At most `width` characters, the last of them `…` where something was cut: between two words where there are several.
func cut(_ text: String, to width: Int) -> String {
    guard text.count > width else { return text }
    let room = text.prefix(max(0, width - 1))
    guard text.dropFirst(room.count).first != " ", let space = room.lastIndex(of: " "), space > room.startIndex else {
        return room + "…"
    }
    return room[..<space] + "…"
}

/// Without control characters: what a person typed cannot move the cursor or colour the terminal.
package func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: " "
                default: scalar
                }
            }))
}
