package import Domain

/// The report as one HTML file: no script, nothing loaded from anywhere, readable on paper.
package enum ReportHTML {
    package static func render(_ report: Report) throws(LetheError) -> String {
        let view = ReportView(Document(report), style: Asset.sharedStyle + Asset.reportStyle)
        return try Page("report", Asset.report).render(view)
    }
}

/// The report as the template wants it.
private struct ReportView: Sendable {
    struct AccountView: Sendable {
        var label: String
        var statements: [String]
    }

    struct Figure: Sendable {
        var label: String
        var value: String
        var remark: String
    }

    struct ControlView: Sendable {
        var number: Int
        var name: String
        var asks: String
        var finding: [Piece]
        var word: String
        var state: String
        var facts: [String]
    }

    /// Of a sentence: a command in it stays on one line.
    struct Piece: Sendable {
        var words: String
        var isCommand: Bool

        static func all(in sentence: String) -> [Piece] {
            guard let command = sentence.firstRange(of: #/lethe( [a-z]+)+ --[a-z-]+/#) else {
                return [Piece(words: sentence, isCommand: false)]
            }
            return [
                Piece(words: String(sentence[..<command.lowerBound]), isCommand: false),
                Piece(words: String(sentence[command]), isCommand: true),
            ] + all(in: String(sentence[command.upperBound...]))
        }
    }

    struct ChartView: Sendable {
        var chartTitle: String
        var drawing: String
    }

    struct SectionView: Sendable {
        var anchor: String
        var heading: String
        var lead: String
        var sectionClass: String
        var charts: [ChartView]
        var tables: [TableView]
    }

    var style: String
    var title: String
    var subtitle: String
    var verdictState: String
    var headline: String
    var accounts: [AccountView]
    var figures: [Figure]
    var controls: [ControlView]
    var tally: String
    var sections: [SectionView]
    var colophon: [String]

    init(_ document: Document, style: String) {
        self.style = style
        title = plain(document.title)
        subtitle = plain(document.subtitle)
        verdictState = document.verdict.standing.mark.rawValue
        headline = plain(document.verdict.headline)
        accounts = document.account.map {
            AccountView(label: $0.label, statements: $0.facts.isEmpty ? ["nothing"] : $0.facts.map(plain))
        }
        figures = document.keyFigures.map {
            Figure(label: plain($0.label), value: plain($0.value), remark: plain($0.note))
        }
        controls = document.controls.map {
            ControlView(
                number: $0.number, name: plain($0.title), asks: plain($0.asks),
                finding: Piece.all(in: plain($0.finding)),
                word: $0.status.word, state: $0.status.mark.rawValue, facts: $0.evidence.map(plain))
        }
        tally = Control.Status.allCases.map { status in
            "\(document.controls.count { $0.status == status }) \(status.word.lowercased())"
        }.joined(separator: ", ")
        sections = document.sections.map { section in
            SectionView(
                anchor: section.id, heading: plain(section.heading), lead: plain(section.lead),
                sectionClass: section.startsPage ? "page" : "flow",
                charts: section.charts.map { ChartView(chartTitle: plain($0.title), drawing: $0.svg) },
                tables: section.tables.map(TableView.init))
        }
        colophon = document.colophon.map(plain)
    }
}

extension ReportSummary.Standing {
    var mark: Mark {
        switch self {
        case .kept: .good
        case .open: .unsure
        case .broken: .bad
        }
    }
}
