import Foundation

/// What people type into records.
package enum OperatorText {
    /// A reason or a note, in Unicode's compatible form and without invisible characters: one line, no `@`, and no digits that
    /// could be the number of a person (`docs/erasure.md`).
    package static func reason(_ text: String) throws(LetheError) -> String {
        let plain = plain(text)
        guard !plain.unicodeScalars.contains(where: isControl) else {
            throw LetheError(
                "invalid-reason", .usage, "a reason must be one line, without control characters",
                hint: "write it as one sentence")
        }
        guard !plain.isEmpty, plain.utf8.count <= 500 else {
            throw LetheError("invalid-reason", .usage, "a reason must have 1 to 500 bytes")
        }
        guard !plain.contains("@"), !runs(of: plain).contains(where: isNumberOfAPerson) else {
            throw LetheError(
                "personal-data", .usage, "a reason must not hold a phone number or a mail address",
                hint: "records are kept for years: name the matter, not the person")
        }
        return plain
    }

    private static func plain(_ text: String) -> String {
        let mapped = text.precomposedStringWithCompatibilityMapping
        let visible = String(
            String.UnicodeScalarView(mapped.unicodeScalars.filter { !isInvisible($0.properties) }))
        return String(Substring(visible).trimmingSpaces())
    }

    /// Formats, fillers (U+1160, to which U+3164 is mapped), selectors: whatever has no shape and no width.
    private static func isInvisible(_ scalar: Unicode.Scalar.Properties) -> Bool {
        scalar.generalCategory == .format || scalar.isDefaultIgnorableCodePoint
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
    }

    /// As the eye takes it: every dash and `_` as `-`, whatever is blank as a space (U+2800 is a pattern without dots).
    private static func plainSeparators(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isDash = scalar.properties.generalCategory == .dashPunctuation || scalar == "\u{2212}" || scalar == "_"
            let isBlank = scalar.properties.isWhitespace || scalar == "\u{2800}"
            scalars.append(isDash ? "-" : isBlank ? " " : scalar)
        }
        return String(scalars)
    }

    /// Digits with at most two separators between them, and what stands before.
    private struct Run {
        var before: Substring
        var text: Substring
    }

    private static func runs(of typed: String) -> [Run] {
        let text = plainSeparators(typed)
        var runs: [Run] = []
        var start: String.Index?
        var (end, gap) = (text.startIndex, 0)
        for index in text.indices {
            if text[index].isNumber {
                start = start ?? index
                (end, gap) = (text.index(after: index), 0)
            } else if start != nil {
                gap = " .,-()/x|".contains(text[index]) ? gap + 1 : 3
            }
            if gap > 2, let first = start {
                runs.append(Run(before: text[..<first], text: text[first..<end]))
                (start, gap) = (nil, 0)
            }
        }
        if let first = start { runs.append(Run(before: text[..<first], text: text[first..<end])) }
        return runs
    }

    /// Seven digits or more, without dates, numbers of cases (`2026-000123`) and a number of at most nine digits that is a thing's.
    /// Behind a plus sign nothing is let pass.
    private static func isNumberOfAPerson(_ run: Run) -> Bool {
        var words = run.text.split { " ,".contains($0) }
        let isInternational = run.before.hasSuffix("+")
        if !isInternational { words.removeAll { isDate($0) || isCase($0) } }
        var digits = words.map { $0.count(where: \.isNumber) }
        if let first = words.first, first.count <= 9, first.allSatisfy(\.isNumber), run.text.hasPrefix(first),
            isOfAThing(run.before), digits.dropFirst().reduce(0, +) <= 3
        {
            digits.removeFirst()
        }
        return digits.reduce(0, +) >= 7
    }

    /// What stands before a number that is no person's: letters, with a dash or without, `#`, or `no`; but no word of calling.
    private static func isOfAThing(_ before: Substring) -> Bool {
        var words = before.lowercased().split { !$0.isLetter }
        let isBehindNo = before.last.map { " .".contains($0) } == true && ["no", "nr"].contains(words.last)
        if isBehindNo { words.removeLast() }
        let end = before.last == "-" ? before.dropLast() : before
        guard isBehindNo || before.last == "#" || end.last?.isLetter == true else { return false }
        return words.last.map { word in !Self.wordsOfCalling.contains { word.hasPrefix($0) } } ?? true
    }

    private static let wordsOfCalling = [
        "call", "cell", "contact", "dial", "fax", "handy", "imessage", "mob", "msisdn", "phon", "ring", "rang", "sms",
        "tel", "text", "whatsapp",
    ]

    /// `2026-11-27`, `27.11.2026` or `11/27/2026`.
    private static func isDate(_ word: Substring) -> Bool {
        for (separator, order) in [("-", [0, 1, 2]), (".", [2, 1, 0]), ("/", [2, 0, 1])] {
            let parts = word.split(separator: Character(separator), omittingEmptySubsequences: false)
            guard parts.count == 3, parts.allSatisfy({ $0.allSatisfy(\.isNumber) }) else { continue }
            let (year, month, day) = (parts[order[0]], parts[order[1]], parts[order[2]])
            return isYear(year) && month.count == 2 && day.count == 2 && (1...12).contains(Int(month) ?? 0)
                && (1...31).contains(Int(day) ?? 0)
        }
        return false
    }

    private static func isYear(_ text: Substring) -> Bool { text.count == 4 && ["19", "20"].contains(text.prefix(2)) }

    private static func isCase(_ word: Substring) -> Bool {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, isYear(parts[0]), (1...6).contains(parts[1].count) else { return false }
        return parts.allSatisfy { $0.allSatisfy(\.isNumber) }
    }

    /// `--as NAME`: 1 to 64 characters of `[A-Za-z0-9._-]`.
    package static func actor(_ text: String) throws(LetheError) -> String {
        let allowed = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard !runs(of: text).contains(where: isNumberOfAPerson) else {
            throw LetheError(
                "personal-data", .usage, "a name must not hold what looks like a phone number",
                hint: "records are kept for years: --as is the operator, not the data subject")
        }
        guard text != "NAME" else {
            throw LetheError(
                "invalid-name", .usage, "NAME stands for the name of whoever does this", hint: "--as alex")
        }
        guard allowed, text.contains(where: { $0.isLetter || $0.isNumber }), (1...64).contains(text.utf8.count) else {
            throw LetheError(
                "invalid-name", .usage, "a name must be 1 to 64 characters of letters, digits, dot, dash or underscore",
                hint: "--as takes the operator, not the data subject: alex, jo.smith, dpo-2")
        }
        return text
    }
}
