/// What a text without quotes means to a YAML 1.1 or 1.2 reader (yaml.org/type): the traps of the language.
struct PlainScalar {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// What else than text it is read as; `nil` = text.
    var reading: String? {
        if text.isEmpty || ["~", "null", "Null", "NULL"].contains(text) { return "nothing" }
        if isTruthWord { return "true or false" }
        if isDecimalInteger || isOddNumber { return "a number" }
        return isDate ? "a date" : nil
    }

    /// `-1`, `0`, `1000`: what every reader agrees on.
    var isDecimalInteger: Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : Substring(text)
        return !digits.isEmpty && digits.utf8.allSatisfy(Self.isDigit)
            && (digits.utf8.count == 1 || digits.first != "0")
    }

    /// `true`, `yes`, `on`, `y` and their opposites in any of the spellings of YAML 1.1.
    var isTruthWord: Bool {
        let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "y", "n"]
        let lower = text.lowercased()
        return words.contains(lower) && (text == lower || text == lower.uppercased() || text == lower.capitalizedASCII)
    }

    /// A number in another form: sign, `_`, octal, hexadecimal, binary, base 60, fraction, exponent, infinity.
    var isOddNumber: Bool {
        guard !isDecimalInteger else { return false }
        var rest = text[...]
        if rest.hasPrefix("+") || rest.hasPrefix("-") { rest = rest.dropFirst() }
        if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(String(rest)) { return true }
        if let base = ["0x": 16, "0o": 8, "0b": 2][String(rest.prefix(2))] {
            let digits = rest.dropFirst(2)
            return !digits.isEmpty && digits.allSatisfy { $0 == "_" || ($0.hexDigitValue ?? 99) < base }
        }
        guard let first = rest.utf8.first, Self.isDigit(first) || (first == UInt8(ascii: ".") && rest.utf8.count > 1)
        else { return false }
        if rest.utf8.allSatisfy({ Self.isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ":") }) {
            return rest.utf8.last != UInt8(ascii: ":")
        }
        return isFloat(rest)
    }

    private func isFloat(_ text: Substring) -> Bool {
        let halves = text.split(omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard halves.count <= 2, let mantissa = halves.first else { return false }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let hasDigits = mantissa.utf8.contains(where: Self.isDigit)
        guard parts.count <= 2, hasDigits,
            parts.allSatisfy({ $0.utf8.allSatisfy { Self.isDigit($0) || $0 == UInt8(ascii: "_") } })
        else { return false }
        guard halves.count == 2 else { return parts.count == 2 }
        var exponent = halves[1]
        if exponent.hasPrefix("+") || exponent.hasPrefix("-") { exponent = exponent.dropFirst() }
        return !exponent.isEmpty && exponent.utf8.allSatisfy(Self.isDigit)
    }

    /// `2026-01-31` and longer: a timestamp of YAML 1.1.
    private var isDate: Bool {
        let parts = text.prefix { $0 != "T" && $0 != "t" && $0 != " " }.split(
            separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.utf8.count) == [4, 2, 2] && parts.allSatisfy { $0.utf8.allSatisfy(Self.isDigit) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

extension String {
    fileprivate var capitalizedASCII: String { prefix(1).uppercased() + dropFirst() }
}
