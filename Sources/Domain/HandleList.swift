import Foundation

/// Handles of one person as people hand them over: a list, a column out of a spreadsheet, an address out of a mail program.
///
/// ```
/// +14155550117
/// "+1 (415) 555-0117";dana@example.com        Excel: quotes, semicolons, CR LF, a byte order mark
/// Dana Lindqvist <dana@example.com>            a mail program: the address is in the brackets
/// 'dana@example.com'  mailto:dana@example.com?subject=Hello
/// # blank lines and lines with a number sign are skipped
/// ```
package enum HandleList {
    /// Throws `usage` with the number of the line and the reason; nothing of the line is repeated.
    package static func read(_ text: String) throws(LetheError) -> [Handle] {
        var handles: [Handle] = []
        for (index, line) in lines(of: text).enumerated() {
            let line = Substring(line).trimmingSpaces()
            try refuseOtherEncoding(line, number: index + 1)
            guard !line.isEmpty, !line.hasPrefix("#") else { continue }
            for field in try fields(of: line, number: index + 1) {
                handles.append(try handle(field, number: index + 1))
            }
        }
        guard !handles.isEmpty else {
            throw LetheError(
                "no-subject", .usage, "no handle was given", hint: "write one phone number or mail address per line")
        }
        try refuseTooMany(Set(handles).count)
        return handles
    }

    /// What is no UTF-8 was read as U+FFFD: a handle with it is nobody's, or another person's. A comment with one says as well
    /// that the file is not what it seems.
    private static func refuseOtherEncoding(_ line: Substring, number: Int) throws(LetheError) {
        guard line.unicodeScalars.contains("\u{FFFD}") else { return }
        throw refusal(
            number, "there are bytes that are no UTF-8, or a character in their place (U+FFFD)",
            "save the file as UTF-8 (Excel: CSV UTF-8), or write the host in its ASCII form: name@xn--…")
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

    /// Whoever is left out here is neither held nor erased, and nobody is told: a field is one handle, whole, or it is refused.
    private static func handle(_ field: String, number: Int) throws(LetheError) -> Handle {
        let text = unquoted(Substring(field), "\"").replacing("\"\"", with: "\"")[...]
        guard let open = text.firstIndex(of: "<") else { return try bare(text, number: number) }
        let inside = text[text.index(after: open)...].dropLast()
        guard !inside.contains("<") else { throw severalHandles(number) }
        guard text.last == ">", !inside.contains(">") else {
            throw text.contains(">")
                ? refusal(number, "text follows the address", "write the address alone")
                : refusal(number, "an angle bracket is not closed", "write the address alone")
        }
        let handle = try bare(inside, number: number)
        let name = text[..<open].trimmingSpaces()
        if name.contains("@") || name.count(where: \.isNumber) >= 7 {
            // Mail programs put the address itself where they know no name.
            guard (try? bare(name, number: number)) == handle else { throw severalHandles(number) }
        }
        return handle
    }

    /// A number or an address with nothing beside it but quotes, `mailto:`, `SMTP:` and `?subject=…`.
    private static func bare(_ text: Substring, number: Int) throws(LetheError) -> Handle {
        var bare = unquoted(unquoted(text.trimmingSpaces(), "\""), quotes).trimmingSpaces()
        guard ![bare.first, bare.last].contains(where: { $0.map { quotes.contains($0) } == true }) else {
            throw refusal(number, "a quote is not closed", "close it, or write the handle alone")
        }
        for scheme in ["smtp:", "mailto:"] where bare.lowercased().hasPrefix(scheme) {
            bare = bare.dropFirst(scheme.count)
            bare = bare.removingPercentEncoding?[...] ?? bare
            try refuseOtherEncoding(bare, number: number)
        }
        guard bare.count(where: { $0 == "@" }) < 2 else { throw severalHandles(number) }
        if let at = bare.firstIndex(of: "@"), let query = bare[at...].firstIndex(of: "?") { bare = bare[..<query] }
        if bare.contains("(0)") {
            throw refusal(number, "a number has (0) in it", "leave it out: +44 20 7946 0018, not +44 (0)20 7946 0018")
        }
        let isAddress = bare.contains("@")
        if bare.contains(where: \.isWhitespace), isAddress || bare.contains(where: \.isLetter) {
            throw refusal(number, "there is text beside the handle", "write the number or the address alone")
        }
        let handle: Handle
        do {
            handle = try Handle(String(bare))
        } catch {
            throw LetheError(error.code, error.status, "line \(number): \(error.message)", hint: error.hint)
        }
        guard !isAddress || isHost(handle.wire.drop { $0 != "@" }.dropFirst()) && isName(hostOf: bare) else {
            throw refusal(number, "an address does not end in a host name", "write name@example.com")
        }
        return handle
    }

    /// Straight, typographic, of every language, and what keyboards have in their place.
    private static let quotes =
        "'`\u{B4}\u{2018}\u{2019}\u{201A}\u{201B}\u{201C}\u{201D}\u{201E}\u{201F}\u{AB}\u{BB}\u{2039}\u{203A}"

    private static func unquoted(_ text: Substring, _ marks: String) -> Substring {
        guard text.count >= 2, let first = text.first, let last = text.last, marks.contains(first), marks.contains(last)
        else { return text }
        return text.dropFirst().dropLast()
    }

    /// Letters, digits and `-` between dots, of A-labels: a dot or a colon at the end is of the sentence around it.
    private static func isHost(_ host: Substring) -> Bool {
        host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
    }

    /// What a host of another script has before it becomes an A-label, which hides what it was made of: letters with their
    /// marks, digits, and the few others that names have (RFC 5892, appendix A).
    private static func isName(hostOf address: Substring) -> Bool {
        address.drop { $0 != "@" }.dropFirst().unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .lowercaseLetter, .uppercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
                .spacingMark, .decimalNumber:
                true
            default: "-.\u{3002}\u{FF0E}\u{FF61}\u{B7}\u{375}\u{5F3}\u{5F4}\u{30FB}".unicodeScalars.contains(scalar)
            }
        }
    }

    private static func severalHandles(_ number: Int) -> LetheError {
        refusal(number, "a field has more than one handle", "write one per line, or ; between them")
    }

    /// More pseudonyms than that do not fit into one record of the log, and what is not recorded must not be stored.
    package static let most = 500

    package static func refuseTooMany(_ count: Int) throws(LetheError) {
        guard count > most else { return }
        throw LetheError(
            "too-many-handles", .usage, "\(grouped(Int64(count))) handles; one person has at most \(most)",
            hint: "one list per person; for several people, several holds")
    }

    private static func refusal(_ number: Int, _ what: String, _ hint: String) -> LetheError {
        LetheError("invalid-handle", .usage, "line \(number): \(what)", hint: hint)
    }
}
