import Domain

/// Comma-separated values after RFC 4180: CRLF, quotes where they are needed and doubled inside.
package struct CSV {
    private var text = ""

    /// `nil` = goes on where another left off.
    package init(header: [String]?) {
        if let header { append(header) }
    }

    package mutating func append(_ cells: [String]) {
        text += cells.map(Self.cell).joined(separator: ",") + "\r\n"
    }

    package var rendered: String { text }

    /// Hands on what there is, once it is much.
    mutating func flush(to sink: TextSink) throws(LetheError) {
        guard text.utf8.count > 1 << 16 else { return }
        try sink(text)
        text = ""
    }

    /// A cell that a spreadsheet would run as a formula (`=`, `+`, `-`, `@`, tab or CR first) gets an apostrophe in front,
    /// numbers alone excepted: `-3` is a number.
    static func cell(_ value: String) -> String {
        var value = value
        if let first = value.unicodeScalars.first,
            "=+-@\t\r\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains(first),
            !isNegativeNumber(value)
        {
            value = "'" + value
        }
        guard value.utf8.contains(where: needsQuotes) else { return value }
        return "\"" + value.replacingQuotes() + "\""
    }

    private static func needsQuotes(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 13 || byte == 10
    }

    private static func isNegativeNumber(_ value: String) -> Bool {
        value.utf8.count > 1 && value.first == "-" && value.utf8.dropFirst().allSatisfy { (48...57).contains($0) }
    }
}

extension String {
    /// Every `"` twice; on scalars, so that a combining mark does not hide one.
    fileprivate func replacingQuotes() -> String {
        var doubled = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == "\"" { doubled.append(scalar) }
            doubled.append(scalar)
        }
        return String(doubled)
    }
}
