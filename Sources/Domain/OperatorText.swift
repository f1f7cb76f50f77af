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

    /// Seven digits or more, without dates, numbers of cases (`2026-000123`) and what follows letters and `-`, `no ` or `#`.
    private static func isNumberOfAPerson(_ run: Run) -> Bool {
        var words = run.text.split { " ,".contains($0) }
        if let first = words.first, first.count <= 9, first.allSatisfy(\.isNumber), isNamed(run.before) {
            words.removeFirst()
        }
        let digits = words.filter { !isDate($0) && !isCase($0) }.map { $0.count(where: \.isNumber) }
        return digits.reduce(0, +) >= 7
    }

    private static func isNamed(_ before: Substring) -> Bool {
        if before.hasSuffix("#") || before.lowercased().hasSuffix("no ") { return true }
        return before.hasSuffix("-") && before.dropLast().last?.isLetter == true
    }

    private static func isDate(_ word: Substring) -> Bool {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [4, 2, 2] && parts.allSatisfy { $0.allSatisfy(\.isNumber) }
    }

    private static func isCase(_ word: Substring) -> Bool {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 4, (1...6).contains(parts[1].count) else { return false }
        return ["19", "20"].contains(parts[0].prefix(2)) && parts.allSatisfy { $0.allSatisfy(\.isNumber) }
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
        guard allowed, (1...64).contains(text.utf8.count) else {
            throw LetheError(
                "invalid-name", .usage, "a name must be 1 to 64 characters of letters, digits, dot, dash or underscore")
        }
        return text
    }
}
