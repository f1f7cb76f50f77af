import Domain

/// A report as people read it, before it is HTML or Markdown: every word, number and chart is decided here, once.
struct Document: Sendable {
    var title: String
    var subtitle: String
    var verdict: ReportSummary
    var keyFigures: [KeyFigure]
    var controls: [Control]
    var sections: [Section]
    var colophon: [String]

    /// The verdict's three lists with their names.
    var account: [(label: String, facts: [String])] {
        [("Promised", verdict.promised), ("Done", verdict.done), ("Open", verdict.open)]
    }

    struct KeyFigure: Sendable {
        var label: String
        var value: String
        var note: String
    }

    struct Section: Sendable {
        /// The anchor, `a-z-`.
        var id: String
        var heading: String
        var lead: String
        var charts: [Chart] = []
        var tables: [Table] = []
        /// Starts on a page of its own when printed.
        var startsPage = false
    }
}

/// A chart as vector graphics, with a text that says the same.
struct Chart: Sendable {
    var title: String
    var alternative: String
    /// One whole `<svg>` element; every text in it is escaped.
    var svg: String
}

struct Table: Sendable {
    enum Alignment: Sendable {
        case text
        /// Right-aligned, tabular digits.
        case number
        /// Short text that is never broken: a date, an id, a state.
        case word
    }

    struct Column: Sendable {
        var title: String
        var alignment = Alignment.text

        static func text(_ title: String) -> Column { Column(title: title) }
        static func word(_ title: String) -> Column { Column(title: title, alignment: .word) }
        static func number(_ title: String) -> Column { Column(title: title, alignment: .number) }
    }

    var caption: String
    var columns: [Column]
    var rows: [[Cell]]
    /// A last row that adds the others up.
    var total: [Cell]?
    /// What stands there instead of a table without rows.
    var whenEmpty: String
    /// How many rows there are, where `rows` are only the first of them.
    var count: Int?
    /// How many rows a page shows; the rest is elsewhere, and a note says where.
    var limit = ItemTotals.shown
    /// Where all rows are.
    var whole = "the JSON and CSV forms of this report have them all"

    init(
        _ caption: String, _ columns: [Column], _ rows: [[Cell]], total: [Cell]? = nil, whenEmpty: String = "None."
    ) {
        self.caption = caption
        self.columns = columns
        self.rows = rows
        self.total = total
        self.whenEmpty = whenEmpty
    }

    var shown: ArraySlice<[Cell]> { rows.prefix(limit) }

    /// `nil` where everything is shown.
    var omission: String? {
        let all = count ?? rows.count
        guard all > shown.count else { return nil }
        return "The first \(grouped(Int64(shown.count))) of \(grouped(Int64(all))) rows; \(whole)."
    }
}

struct Cell: Sendable, Equatable {
    enum Style: Sendable, Equatable {
        case text
        /// An id or a digest.
        case code
        case mark(Mark)
    }

    var text: String
    var style = Style.text

    static func text(_ text: String?) -> Cell { Cell(text: text ?? "–") }
    static func code(_ text: String?) -> Cell { text.map { Cell(text: $0, style: .code) } ?? Cell(text: "–") }
    static func number(_ number: Int) -> Cell { Cell(text: grouped(Int64(number))) }
    static func bytes(_ bytes: Int64?) -> Cell { Cell(text: bytes.map(formatBytes) ?? "–") }
    static func mark(_ mark: Mark, _ text: String) -> Cell { Cell(text: text, style: .mark(mark)) }
    /// An id of Lethe's, by its first 12 digits.
    static func short(_ id: some CustomStringConvertible) -> Cell { .code(String(id.description.prefix(12))) }
}

/// A state that is told by a sign and a word, never by colour alone.
enum Mark: String, Sendable {
    case good, bad, unsure, plain

    /// The sign where there are no pictures.
    var sign: String {
        switch self {
        case .good: "✓"
        case .bad: "✗"
        case .unsure: "?"
        case .plain: "·"
        }
    }
}

extension Control.Status {
    var mark: Mark {
        switch self {
        case .pass: .good
        case .fail: .bad
        case .notKnown: .unsure
        }
    }

    var word: String {
        switch self {
        case .pass: "Pass"
        case .fail: "Fail"
        case .notKnown: "Not known"
        }
    }
}

extension String {
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
