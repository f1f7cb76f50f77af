import Foundation

/// Handles of one person as people hand them over: a list, a column out of a spreadsheet, an address out of a mail program.
///
/// ```
/// +14155550117
/// "+1 (415) 555-0117";dana@example.com        Excel: quotes, semicolons, CR LF, a byte order mark
/// Dana Lindqvist <dana@example.com>            a mail program: the address is in the brackets
/// # blank lines and lines with a number sign are skipped
/// ```
package enum HandleList {
    /// Throws `usage` with the number of the line and the reason; nothing of the line is repeated.
    package static func read(_ text: String) throws(LetheError) -> [Handle] {
        var handles: [Handle] = []
        for (index, line) in lines(of: text).enumerated() {
            let line = Substring(line).trimmingSpaces()
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            for field in try fields(of: line, number: index + 1) {
                handles.append(try handle(field, number: index + 1))
            }
        }
        guard !handles.isEmpty else {
            throw LetheError(
                "no-subject", .usage, "no handle was given", hint: "write one phone number or mail address per line")
        }
        return handles
    }

    /// Every line end there is, one scalar at a time: to Swift, CR LF is one character, and a file may mix them.
    private static func lines(of text: String) -> [String] {
        var scalars = text.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars = scalars.dropFirst() }
        let ends: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in scalars {
            if ends.contains(scalar) {
                if !(scalar == "\n" && previous == "\r") {
                    lines.append(String(line))
                    line = .init()
                }
            } else {
                line.append(scalar)
            }
            previous = scalar
        }
        return lines + [String(line)]
    }

    /// Semicolons, commas and tabs part fields, but for those in quotes; a quote within them is doubled (RFC 4180).
    private static func fields(of line: Substring, number: Int) throws(LetheError) -> [String] {
        var fields: [String] = []
        var field = ""
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
                field.append(character)
            } else if !isQuoted, ";,\t".contains(character) {
                fields.append(field)
                field = ""
            } else {
                field.append(character)
            }
        }
        guard !isQuoted else { throw refusal(number, "a quote is not closed", "close it, or write the handle alone") }
        return (fields + [field]).compactMap { field in
            let bare = Substring(field).trimmingSpaces()
            return bare.isEmpty || bare == "\"\"" ? nil : String(bare)
        }
    }

    private static func handle(_ field: String, number: Int) throws(LetheError) -> Handle {
        var bare = Substring(field)
        if bare.count >= 2, bare.first == "\"", bare.last == "\"" {
            bare = bare.dropFirst().dropLast().replacing("\"\"", with: "\"")[...]
        }
        if let open = bare.lastIndex(of: "<") {
            guard bare.last == ">" else {
                throw refusal(number, "an angle bracket is not closed", "write the address alone")
            }
            bare = bare[bare.index(after: open)...].dropLast()
        }
        if bare.contains("(0)") {
            throw refusal(number, "a number has (0) in it", "leave it out: +44 20 7946 0018, not +44 (0)20 7946 0018")
        }
        do {
            return try Handle(String(bare))
        } catch {
            throw LetheError(error.code, error.status, "line \(number): \(error.message)", hint: error.hint)
        }
    }

    private static func refusal(_ number: Int, _ what: String, _ hint: String) -> LetheError {
        LetheError("invalid-handle", .usage, "line \(number): \(what)", hint: hint)
    }
}
