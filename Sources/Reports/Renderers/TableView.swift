/// A table as the template wants it: texts and class names, nothing to compute.
struct TableView: Sendable {
    struct Head: Sendable {
        var heading: String
        var headClass: String
    }

    struct Row: Sendable {
        var cells: [Field]
    }

    /// The first cell of a row is its header.
    struct Field: Sendable {
        var text: String
        var cellClass: String
        var isHeader: Bool
        var sign: String?
        var isCode: Bool
    }

    var caption: String
    var columns: [Head]
    var rows: [Row]
    var sums: [Row]
    var isEmpty: Bool
    var emptyText: String
    var omission: String?
    /// `short` stays on one page when printed.
    var length: String

    init(_ table: Table) {
        caption = plain(table.caption)
        columns = table.columns.map { Head(heading: plain($0.title), headClass: $0.alignment.className) }
        rows = table.shown.map { Self.row($0, table.columns) }
        sums = table.total.map { [Self.row($0, table.columns)] } ?? []
        isEmpty = table.rows.isEmpty
        emptyText = plain(table.whenEmpty)
        omission = table.omission
        length = table.rows.count <= 16 ? "short" : "long"
    }

    private static func row(_ cells: [Cell], _ columns: [Table.Column]) -> Row {
        Row(
            cells: zip(cells, columns).enumerated().map { index, pair in
                let (cell, column) = pair
                var sign: String?
                if case .mark(let mark) = cell.style { sign = mark.rawValue }
                return Field(
                    text: plain(cell.text), cellClass: column.alignment.className,
                    isHeader: index == 0, sign: sign, isCode: cell.style == .code)
            })
    }
}

extension Table.Alignment {
    fileprivate var className: String {
        switch self {
        case .text: "t"
        case .number: "n"
        case .word: "w"
        }
    }
}
