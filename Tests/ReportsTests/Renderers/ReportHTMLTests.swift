import Domain
import Foundation
import Testing

@testable import Reports

@Suite struct ReportHTMLTests {
    static let html: String = (try? ReportHTML.render(SampleReport.rich.checked())) ?? ""

    @Test func whatPeopleTypedIsNeverMarkup() throws {
        var values = SampleReport.rich
        let attack = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&<\u{301}b>"
        values.account.partner = attack
        values.tool = attack
        values.policies.inForce[0].title = attack
        values.policies.inForce[0].why = attack
        values.policies.inForce[0].id = attack
        values.policies.inForce[0].match = attack
        values.forecast.entries[0].policy = attack
        values.holds[0].reason = attack
        values.holds[0].by = attack
        values.runs[0].haltCause = attack
        values.plans[0].approvals[0].by = attack
        values.items[0].rule = attack
        values.items[0].lastAnswer = attack
        values.openIntents[0].lastAnswer = attack
        values.logs[0].origin = attack
        values.logs[0].summary = attack
        values.logs[0].failures = [ReportValues.Failure(seq: 1, code: attack, message: attack)]
        values.evidence.egress?.domains = [attack]
        let html = try ReportHTML.render(values.checked())
        #expect(!html.contains("<script"))
        #expect(!html.contains("<img"))
        let scalars = html.unicodeScalars
        let bare = zip(scalars, scalars.dropFirst()).contains { $0 == "<" && $1 == "\u{301}" }
        #expect(!bare)
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
        let markdown = try ReportMarkdown.render(values.checked())
        #expect(!markdown.contains("<script"))
        #expect(!markdown.contains("<img"))
    }

    @Test func nothingIsLoadedAndNothingRuns() throws {
        for name in SampleReport.Name.allCases {
            let html = try ReportHTML.render(name.values.checked())
            for word in ["<script", "javascript:", "src=", "url(h", "@import", "<link", "<iframe", " on"] {
                let found = html.range(of: word).map { String(html[$0.lowerBound...].prefix(60)) }
                let isHarmless = word == " on" || found == nil
                #expect(isHarmless, "\(word) in \(name): \(found ?? "")")
            }
            #expect(html.range(of: #"<[^>]*\son[a-z]+="#, options: .regularExpression) == nil)
            #expect(html.contains("default-src 'none'"))
        }
    }

    @Test func everyElementIsClosedAndEveryAnchorIsThere() throws {
        for name in SampleReport.Name.allCases {
            let html = try ReportHTML.render(name.values.checked())
            let xml = try #require(html.range(of: "<body>")).lowerBound
            let body = String(html[xml...].replacing("</html>", with: "")).replacing("&nbsp;", with: " ")
            let problem = XMLCheck.problem(in: body)
            #expect(problem == nil)
            for match in html.matches(of: /href="#([a-z-]+)"/) {
                #expect(html.contains("id=\"\(match.output.1)\""), "\(match.output.1)")
            }
        }
    }

    @Test func eachChartSaysInWordsWhatItShows() {
        let drawings = Self.html.matches(of: /<svg role="img" aria-labelledby="([a-z-]+)-t ([a-z-]+)-d"/)
        #expect(
            drawings.map { String($0.output.1) } == [
                "chart-held", "chart-deletions", "chart-deadlines", "chart-forecast",
            ])
        #expect(
            Self.html.contains(
                "<desc id=\"chart-deletions-d\">From 2026-01-01 to 2026-01-31: 223 deleted, 10 after retry"))
    }

    @Test func tablesHaveCaptionsAndHeaders() {
        let tables = Self.html.matches(of: /<table/).count
        #expect(tables > 15)
        #expect(Self.html.matches(of: /<caption>/).count == tables)
        #expect(Self.html.matches(of: /<thead>/).count == tables)
        #expect(Self.html.contains("<th scope=\"row\""))
        #expect(Self.html.contains("<html lang=\"en\">"))
        #expect(Self.html.contains("<title>Attachment retention report: Partner account"))
    }

    @Test func statusIsNeverToldByColourAlone() {
        for word in ["Pass", "Fail", "Not known"] {
            #expect(Self.html.contains("</svg>\(word)</p>"), "\(word)")
        }
    }

    @Test func tenThousandItemsStayUnderTwoMegabytesAndAreWholeInTheOthers() throws {
        var values = SampleReport.empty
        let outcomes = OutcomeCounts(Array(repeating: Outcome.failedExhausted, count: 10_000))
        values.items = (0..<10_000).map { number in
            ReportValues.Item(
                attachment: SampleReport.attachment(number), at: values.period.from.adding(seconds: Int64(number) * 60),
                plan: SampleReport.plan(1), rule: "policy:identity-documents", line: SampleReport.lines[0],
                tier: .persistent, bytes: 1_000_000, outcome: .failedExhausted, attempts: 10, lastAnswer: "503")
        }
        values.plans = [
            ReportValues.Plan(
                id: SampleReport.plan(1), kind: .retention, state: .done, digest: String(repeating: "0", count: 64),
                created: values.period.from, items: 10_000, bytes: 10_000_000_000, outcomes: outcomes)
        ]
        let report = try values.checked()
        let html = try ReportHTML.render(report)
        #expect(html.utf8.count < 2_000_000)
        #expect(html.contains("The first 1,000 of 10,000 rows; the JSON and CSV forms of this report have them all."))
        #expect(ReportMarkdown.render(report).utf8.count < 2_000_000)
        #expect(try ReportCSV.render(report).split(separator: "\r\n").count > 10_000)
        let rows = try ReportJSON.render(report).matches(of: /"outcome" : "failed_exhausted"/).count
        #expect(rows == 10_000)
    }

    @Test func aYearIsDrawnInWeeksAndACenturyStillFits() throws {
        var values = SampleReport.rich
        values.period = ReportValues.Period(from: SampleReport.time("2025-06-01"), to: SampleReport.time("2026-06-01"))
        #expect(try ReportHTML.render(values.checked()).contains("Attachments per week"))
        for days in [1, 92, 93, 94, 36_500, 1_000_000] {
            let bins = DayBins(firstDay: 0, days: days)
            #expect(bins.count <= 93 && bins.count * bins.width >= days, "\(days)")
            #expect(bins.bin(of: Int64(days) - 1) != nil)
            #expect(bins.bin(of: -1) == nil)
        }
    }

    @Test(
        "axes end on round numbers",
        arguments: [
            (0.0, 1.0, 1.0), (1, 1, 1), (4, 4, 1), (5, 6, 2), (9, 10, 5), (23, 30, 10), (100, 100, 50), (101, 150, 50),
            (11_930, 15_000, 5_000),
        ])
    func axes(maximum: Double, top: Double, step: Double) {
        let scale = Scale(maximum: maximum)
        #expect(scale.top == top)
        #expect(scale.step == step)
    }
}
