import Domain
import Foundation
import Testing

@testable import Reports

@Suite struct ReportFormatTests {
    @Test("every format of a month and of an empty account are what they were", arguments: SampleReport.Name.allCases)
    func golden(name: SampleReport.Name) throws {
        let report = try name.values.checked()
        try Golden.expect(ReportJSON.render(report), matches: "\(name).json")
        try Golden.expect(ReportMarkdown.render(report), matches: "\(name).md")
        try Golden.expect(ReportCSV.render(report), matches: "\(name).csv")
        try Golden.expect(ReportHTML.render(report), matches: "\(name).html")
    }

    @Test func theOrderInWhichValuesComeChangesNothing() throws {
        var shuffled = SampleReport.rich
        shuffled.items.shuffle()
        shuffled.plans.shuffle()
        shuffled.runs.shuffle()
        shuffled.requests.shuffle()
        shuffled.holds.shuffle()
        shuffled.holdings.held.shuffle()
        shuffled.forecast.entries.shuffle()
        shuffled.policies.inForce.shuffle()
        let (straight, mixed) = (try SampleReport.rich.checked(), try shuffled.checked())
        let same = [
            ReportMarkdown.render(straight) == ReportMarkdown.render(mixed),
            try ReportJSON.render(straight) == ReportJSON.render(mixed),
            try ReportCSV.render(straight) == ReportCSV.render(mixed),
            try ReportHTML.render(straight) == ReportHTML.render(mixed),
        ]
        #expect(same == [true, true, true, true])
    }

    @Test("values survive their JSON", arguments: SampleReport.Name.allCases)
    func valuesSurviveTheirJSON(name: SampleReport.Name) throws {
        let json = try ReportJSON.encoder.encode(name.values.values)
        let isSame = try ReportJSON.decoder.decode(ReportValues.self, from: json) == name.values.values
        #expect(isSame)
    }

    @Test func keysOfTheJSONAreSnakeCaseAndOutcomesAreAllThere() throws {
        let text = try ReportJSON.render(SampleReport.empty.checked())
        let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(
            object.keys.sorted() == [
                "account", "controls", "coverage", "deletions", "differs", "evidence", "forecast", "format",
                "generated",
                "holdings",
                "holds", "items", "logs", "lost", "open_intents", "period", "plans", "policies", "requests", "runs",
                "tool",
                "verdict",
            ])
        let total = (object["deletions"] as? [String: Any])?["total"] as? [String: Any]
        #expect((total?["outcomes"] as? [String: Int])?.keys.sorted() == Outcome.allCases.map(\.rawValue).sorted())
    }

    @Test(
        "a cell that a spreadsheet would run gets an apostrophe",
        arguments: [
            ("=1+1", "'=1+1"), ("+12025550143", "'+12025550143"), ("-cmd", "'-cmd"), ("-", "'-"), ("@sum", "'@sum"),
            ("\t=1", "'\t=1"), ("-3", "-3"), ("a=b", "a=b"), ("a,b", "\"a,b\""), ("=\"x\"", "\"'=\"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""), ("\"\u{301}", "\"\"\"\u{301}\""), ("", ""),
        ])
    func csvCells(value: String, cell: String) {
        #expect(CSV.cell(value) == cell)
    }

    @Test func everyLineOfTheCSVHasTheSameNumberOfCells() throws {
        let text = try ReportCSV.render(SampleReport.rich.checked())
        let rows = parse(csv: text)
        #expect(rows.count > 400)
        #expect(rows.allSatisfy { $0.count == ReportCSV.header.count })
        #expect(rows.contains { $0.last?.contains("=HYPERLINK(\"http://example.com\")") == true })
    }

    @Test func markdownEscapesWhatPeopleTyped() throws {
        let text = try ReportMarkdown.render(SampleReport.rich.checked())
        #expect(!text.contains("<script"))
        #expect(text.contains("&lt;script&gt;"))
        #expect(text.contains("is not a reason, \\| and neither is \\*this\\*."))
        #expect(ReportMarkdown.escape("a\nb\u{2028}c") == "a b c")
    }

    /// A reader of RFC 4180, written apart from the writer.
    private func parse(csv: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var cell = ""
        var quoted = false
        let scalars = Array(csv.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if quoted {
                if scalar == "\"", index + 1 < scalars.count, scalars[index + 1] == "\"" {
                    cell.unicodeScalars.append(scalar)
                    index += 1
                } else if scalar == "\"" {
                    quoted = false
                } else {
                    cell.unicodeScalars.append(scalar)
                }
            } else if scalar == "\"" {
                quoted = true
            } else if scalar == "," {
                row.append(cell)
                cell = ""
            } else if scalar == "\n" {
                row.append(cell)
                rows.append(row)
                (row, cell) = ([], "")
            } else if scalar != "\r" {
                cell.unicodeScalars.append(scalar)
            }
            index += 1
        }
        return rows
    }
}
