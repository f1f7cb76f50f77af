package import Domain

/// One value of a file with its place; each way to read it reports what does not fit and gives `nil`.
package struct YAMLValue {
    private let node: YAMLNode
    /// As messages call it: `"retain"`.
    private let name: String
    private let reader: YAMLReader

    init(node: YAMLNode, name: String, reader: YAMLReader) {
        self.node = node
        self.name = name
        self.reader = reader
    }

    package var line: Int { node.line }
    package var column: Int { node.column }

    /// Adds a problem at this value.
    package func report(
        _ code: String, _ message: @autoclosure () -> String, severity: Diagnostic.Severity = .error,
        suggestion: @autoclosure () -> String? = nil
    ) {
        reader.report(line: line, column: column, severity: severity, code, message(), suggestion: suggestion())
    }

    /// Text. What YAML 1.1 reads as something else must be in quotes: `no`, `on`, `~`, `+12025550143`, `1_000`. `instead`
    /// is what to write where quotes alone would not make a good value of it.
    package func string(instead: @autoclosure () -> String? = nil) -> String? {
        guard case .scalar(let text, let isPlain) = node.content else { return wrongType("text") }
        if isPlain, let reading = PlainScalar(text).reading {
            report(
                "yaml-trap",
                text.isEmpty ? "\(name) has no value" : "YAML reads \(text.quoted) as \(reading), not as text",
                suggestion: instead() ?? (text.isEmpty ? "write the text, in quotes" : "write \(text.quoted) in quotes")
            )
            return nil
        }
        for scalar in text.unicodeScalars where scalar != "\n" {
            guard let refused = RefusedScalar(scalar) else { continue }
            report(
                refused.rawValue, "\(name) has an escape for U+\(scalar.hexadecimal)",
                suggestion: "delete the escape: it stands for \(refused.message)")
            return nil
        }
        return text
    }

    /// Text without any guess about quotes: for values whose own form leaves no doubt, as `30d` or a time.
    package func word() -> String? {
        guard case .scalar(let text, _) = node.content, !text.isEmpty else { return wrongType("a value") }
        return text
    }

    /// A decimal integer without quotes.
    package func integer(in range: ClosedRange<Int64> = .min ... .max) -> Int64? {
        guard case .scalar(let text, let isPlain) = node.content, isPlain else { return wrongType("an integer") }
        let plain = PlainScalar(text)
        guard plain.isDecimalInteger else {
            guard plain.isOddNumber else { return wrongType("an integer") }
            report(
                "yaml-trap", "YAML reads \(text.quoted) in its own way",
                suggestion: "write a decimal number: digits only, no leading zero")
            return nil
        }
        guard let value = Int64(text), range.contains(value) else {
            report("out-of-range", "\(name) must be \(Self.describe(range))")
            return nil
        }
        return value
    }

    /// `true` or `false` without quotes.
    package func bool() -> Bool? {
        guard case .scalar(let text, let isPlain) = node.content, isPlain else { return wrongType("true or false") }
        switch text {
        case "true": return true
        case "false": return false
        default:
            guard PlainScalar(text).isTruthWord else { return wrongType("true or false") }
            report("yaml-trap", "\(name) is written as \(text.quoted)", suggestion: "write true or false")
            return nil
        }
    }

    package func list() -> [YAMLValue]? {
        guard case .list(let values) = node.content else {
            return wrongType("a list", suggestion: inBrackets)
        }
        return values.map { YAMLValue(node: $0, name: "an entry of \(name)", reader: reader) }
    }

    package var isMap: Bool { if case .map = node.content { true } else { false } }

    /// A map with no keys but these.
    package func map(keys: [String]) -> YAMLMap? {
        guard case .map(let pairs) = node.content else { return wrongType("a map of keys") }
        return YAMLMap(
            pairs: pairs, line: node.line, column: node.column, name: name, allowed: keys, reader: reader)
    }

    private var inBrackets: String? {
        guard case .scalar(let text, let isPlain) = node.content else { return nil }
        let value = isPlain ? text.beginning(40) : text.quoted
        return text.isEmpty ? "write a list, in brackets" : "put it in brackets: [\(value)]"
    }

    private func wrongType<T>(_ wanted: String, suggestion: String? = nil) -> T? {
        report("wrong-type", "\(name) must be \(wanted), not \(kind)", suggestion: suggestion)
        return nil
    }

    private var kind: String {
        switch node.content {
        case .scalar("", isPlain: true): "nothing"
        case .scalar(let text, isPlain: true): PlainScalar(text).reading ?? "text"
        case .scalar: "text in quotes"
        case .list: "a list"
        case .map: "a map"
        }
    }

    private static func describe(_ range: ClosedRange<Int64>) -> String {
        range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
    }
}

extension YAMLValue {
    /// One of a closed list of words.
    package func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) -> T? where T.RawValue == String {
        let words = T.allCases.map(\.rawValue)
        guard let text = word(among: words, noun: "values") else { return nil }
        if let value = T(rawValue: text) { return value }
        report(
            "unknown-value", "\(name) has no value \(text.quoted)",
            suggestion: Suggestion.of(text, among: words, noun: "values"))
        return nil
    }

    /// Text that is one of a list of words; whether it is, the caller says.
    func word(among words: [String], noun: String) -> String? {
        string(instead: Suggestion.of("", among: words, noun: noun))
    }

    /// A phone line of the account, in quotes and in E.164 form.
    package func phoneLine() -> PhoneLine? {
        guard let text = string(instead: Self.lineInQuotes(scalar)) else { return nil }
        if let line = try? PhoneLine(text) { return line }
        report(
            "bad-line", "\(text.quoted) is not a phone number in E.164 form",
            suggestion: "write a plus sign and 7 to 15 digits: \"+12025550143\"")
        return nil
    }

    /// What YAML reads as a number may have lost its plus sign too.
    private static func lineInQuotes(_ text: String) -> String {
        if (try? PhoneLine(text)) != nil { return "write \(text.quoted) in quotes" }
        let number = "+" + text
        if (try? PhoneLine(number)) != nil { return "write \(number.quoted), in quotes and with the plus sign" }
        return "write a plus sign and 7 to 15 digits, in quotes: \"+12025550143\""
    }

    private var scalar: String { if case .scalar(let text, _) = node.content { text } else { "" } }

    /// `30d`, `6mo`: see `Period`.
    package func period() -> Period? {
        guard let text = word() else { return nil }
        switch Period.parse(text) {
        case .success(let period): return period
        case .failure(.unknownUnit(let unit)):
            report("unknown-unit", "unknown unit \(unit.quoted)", suggestion: Suggestion.period(unit))
        case .failure(.notPositive):
            report("bad-period", "\(name) must be longer than nothing, not \(text.quoted)")
        case .failure(.tooLong):
            report("bad-period", "\(name) is longer than 1,000 years")
        case .failure(.malformed):
            report(
                "bad-period", "\(text.quoted) is not a period",
                suggestion: "write a whole number and h, d, w, mo or y, without a space: 30d")
        }
        return nil
    }

    /// `50GB`: see `ByteCount`.
    package func byteCount() -> Int64? {
        guard let text = word() else { return nil }
        switch ByteCount.parse(text) {
        case .success(let bytes): return bytes
        case .failure(.unknownUnit(let unit)):
            report(
                "unknown-unit", "unknown unit \(unit.quoted)",
                suggestion: "units of size are B, kB, MB, GB and TB, powers of 1,000")
        case .failure(.tooLarge): report("bad-size", "\(text.quoted) is larger than anything")
        case .failure(.malformed):
            report(
                "bad-size", "\(text.quoted) is not a size",
                suggestion: "write a whole number and a unit, without a space: 10MB")
        }
        return nil
    }

    /// An instant in RFC 3339, with or without quotes; a bare date is its midnight UTC.
    package func timestamp() -> Timestamp? {
        guard let text = word() else { return nil }
        if let time = Timestamp(text) { return time }
        report("bad-time", "\(text.quoted) is not a time", suggestion: "write it as \"2026-01-31T00:00:00Z\"")
        return nil
    }
}
