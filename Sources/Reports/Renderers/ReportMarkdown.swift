/// The report as Markdown (GitHub's tables); charts become the sentence that says the same.
package enum ReportMarkdown {
    package static func render(_ report: Report) -> String {
        let document = Document(report)
        var lines = ["# \(escape(document.title))", "", escape(document.subtitle), ""]
        lines += ["**\(escape(document.verdict.headline))**", ""]
        for (label, facts) in document.account {
            lines.append("- \(label): \(escape(facts.isEmpty ? "nothing" : facts.joined(separator: "; ")))")
        }
        lines.append("")
        lines += table(keyFigures(document)) + controls(document.controls)
        for section in document.sections {
            lines += ["## \(escape(section.heading))", "", escape(section.lead), ""]
            for chart in section.charts { lines += ["*\(escape(chart.title)).* \(escape(chart.alternative))", ""] }
            for table in section.tables { lines += ["### \(escape(table.caption))", ""] + self.table(table) }
        }
        lines += ["---", ""] + document.colophon.flatMap { [escape($0), ""] }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func keyFigures(_ document: Document) -> Table {
        Table(
            "Key figures", [.text("Key figure"), .number("Value"), .text("")],
            document.keyFigures.map { [.text($0.label), .text($0.value), .text($0.note)] })
    }

    private static func controls(_ controls: [Control]) -> [String] {
        var lines = ["## Six controls", ""]
        for control in controls {
            let status = "\(control.status.mark.sign) \(control.status.word)"
            lines += ["\(control.number). **\(escape(control.title))**: \(status). \(escape(control.finding))"]
            lines += ["   - Asked: \(escape(control.asks))"]
            lines += control.evidence.map { "   - \(escape($0))" }
        }
        return lines + [""]
    }

    private static func table(_ table: Table) -> [String] {
        guard !table.rows.isEmpty else { return [escape(table.whenEmpty), ""] }
        var lines = [row(table.columns.map { escape($0.title) })]
        lines.append(row(table.columns.map { $0.alignment == .number ? "---:" : "---" }))
        lines += table.shown.map { row($0.map(cell)) }
        if let total = table.total { lines.append(row(total.map { $0.text.isEmpty ? "" : "**\(cell($0))**" })) }
        if let omission = table.omission { lines += ["", escape(omission)] }
        return lines + [""]
    }

    private static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

    private static func cell(_ cell: Cell) -> String {
        switch cell.style {
        case .text: escape(cell.text)
        case .code: cell.text.utf8.allSatisfy(isPlainCode) ? "`\(cell.text)`" : escape(cell.text)
        case .mark(let mark): "\(mark.sign) \(escape(cell.text))"
        }
    }

    private static func isPlainCode(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"),
            UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "+"):
            true
        default: false
        }
    }

    /// Nothing that a person typed becomes markup or ends a cell: the marks of Markdown get a backslash, those of HTML
    /// an entity, line ends a space.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!":
                escaped.unicodeScalars.append("\\")
                escaped.unicodeScalars.append(scalar)
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case _ where scalar.properties.isWhitespace || scalar.value < 0x20: escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
