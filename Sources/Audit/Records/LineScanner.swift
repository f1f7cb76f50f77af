import Domain
import Foundation

/// A cursor over the bytes of one line.
struct LineScanner {
    private let line: UnsafeBufferPointer<UInt8>
    private(set) var position = 0

    init(_ line: UnsafeBufferPointer<UInt8>) {
        self.line = line
    }

    var isAtEnd: Bool { position == line.count }

    /// The bytes between the quotes of a string's span.
    func text(_ span: LineParser.Span) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: line[span.start + 1..<span.end - 1])
    }

    mutating func skip(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        guard line.count - position >= length, let base = line.baseAddress,
            memcmp(base + position, text.utf8Start, length) == 0
        else { return false }
        position += length
        return true
    }

    mutating func expect(_ text: StaticString) throws(LineFault) {
        guard skip(text) else { throw .format("expected \(text)") }
    }

    mutating func expect(_ label: [UInt8]) throws(LineFault) {
        guard line.count - position >= label.count, let base = line.baseAddress,
            memcmp(base + position, label, label.count) == 0
        else { throw .format("an unexpected key") }
        position += label.count
    }

    /// Within ±(2^53−1), without a plus sign, leading zeros, a fraction or an exponent.
    mutating func integer() throws(LineFault) -> Int64 {
        let isNegative = skip("-")
        let start = position
        var value: Int64 = 0
        while position < line.count, case let digit = line[position] &- UInt8(ascii: "0"), digit < 10 {
            guard position - start < 16 else { throw .format("an integer is out of range") }
            value = value * 10 + Int64(digit)
            position += 1
        }
        let width = position - start
        guard width > 0 else { throw not("an integer") }
        guard value < 1 << 53, width == 1 || line[start] != UInt8(ascii: "0"), !(isNegative && value == 0) else {
            throw .format("an integer is out of range or has leading zeros")
        }
        return isNegative ? -value : value
    }

    /// Another kind of value stands here, or nothing that a value can begin with.
    private func not(_ kind: String) -> LineFault {
        let isValue = position < line.count && "\"tfn[{-0123456789".utf8.contains(line[position])
        return isValue ? .schema("a value is not \(kind)") : .format("expected \(kind)")
    }

    mutating func count() throws(LineFault) -> Int64 {
        let value = try integer()
        guard value >= 0 else { throw .schema("a count is negative") }
        return value
    }

    /// A fixed number of lower-case hex digits.
    mutating func hex(_ digits: Int) throws(LineFault) -> LineParser.Span {
        let start = position
        guard line.count - position >= digits else { throw .format("a value is cut short") }
        for index in position..<position + digits where !isLowerHex(line[index]) {
            throw .format("a value is not lower-case hex of its length")
        }
        position += digits
        return LineParser.Span(start: start, end: position)
    }

    private func isLowerHex(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 6
    }

    /// A quoted string in canonical escapes; the span has its quotes.
    mutating func string() throws(LineFault) -> LineParser.Span {
        let start = position
        guard skip("\"") else { throw not("a string") }
        while position < line.count {
            let byte = line[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return LineParser.Span(start: start, end: position) }
            guard byte >= 0x20, byte < 0x7F else { throw .format("a byte is not printable ASCII") }
            if byte == UInt8(ascii: "\\") { try escape() }
        }
        throw .format("a string has no end")
    }

    /// After a backslash: `"`, `\`, or `uXXXX` for what has no plain form; surrogates come in pairs.
    private mutating func escape() throws(LineFault) {
        if skip("\"") || skip("\\") { return }
        let unit = try codeUnit()
        guard !(0x20..<0x7F).contains(unit), !(0xDC00..<0xE000).contains(unit) else {
            throw .format("an escape is not canonical")
        }
        guard (0xD800..<0xDC00).contains(unit) else { return }
        guard skip("\\"), case let low = try codeUnit(), (0xDC00..<0xE000).contains(low) else {
            throw .format("an escape is half a surrogate pair")
        }
    }

    private mutating func codeUnit() throws(LineFault) -> UInt16 {
        guard skip("u"), let digits = try? hex(4) else { throw .format("an escape is not canonical") }
        return line[digits.start..<digits.end].reduce(0) { $0 << 4 | UInt16(Hex.value($1) ?? 0) }
    }

    /// Microseconds since 1970 of the 27 characters every time has.
    mutating func time() throws(LineFault) -> Int64 {
        let span = try string()
        let text = text(span)
        func number(_ start: Int, _ width: Int) -> Int64? {
            var value: Int64 = 0
            for index in start..<start + width {
                let digit = text[index] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        guard text.count == 27, text[4] == 0x2D, text[7] == 0x2D, text[10] == 0x54, text[13] == 0x3A, text[16] == 0x3A,
            text[19] == 0x2E, text[26] == 0x5A, let year = number(0, 4), year > 0, let month = number(5, 2),
            let day = number(8, 2), let date = CivilDate(year: year, month: month, day: day),
            let hour = number(11, 2), hour < 24, let minute = number(14, 2), minute < 60,
            let second = number(17, 2), second < 60, let fraction = number(20, 6)
        else { throw .format("a time is not of the form 2026-01-02T03:04:05.000006Z") }
        return ((date.daysSince1970 * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction
    }
}

extension LineScanner {
    /// Reads the value of `field` and holds it against its kind.
    mutating func value(_ field: Field) throws(LineFault) {
        switch field.kind {
        case .text: _ = try string()
        case .count: _ = try count()
        case .time: _ = try time()
        case .boolean: guard skip("true") || skip("false") else { throw wrong(field) }
        case .hex(let digits):
            guard skip("\"") else { throw wrong(field) }
            _ = try hex(digits)
            guard skip("\"") else { throw wrong(field) }
        case .uuid:
            guard skip("\"") else { throw wrong(field) }
            _ = try hex(8)
            for width in [4, 4, 4, 12] {
                try expect("-")
                _ = try hex(width)
            }
            guard skip("\"") else { throw wrong(field) }
        case .oneOf(let list): guard list.contains(text(try string())) else { throw wrong(field) }
        case .rule: guard isRule(text(try string())) else { throw wrong(field) }
        case .pseudonyms: try pseudonyms(field)
        case .object(let fields): try object(fields)
        }
    }

    private func wrong(_ field: Field) -> LineFault { .schema("`\(field.name)` has a value that it cannot have") }

    private func isRule(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.elementsEqual("drill".utf8)
            || ["policy:", "erasure:"].contains { text.count > $0.utf8.count && text.starts(with: $0.utf8) }
    }

    private mutating func pseudonyms(_ field: Field) throws(LineFault) {
        guard skip("[") else { throw wrong(field) }
        if skip("]") { return }
        repeat {
            guard skip("\"") else { throw wrong(field) }
            _ = try hex(64)
            guard skip("\"") else { throw wrong(field) }
        } while skip(",")
        guard skip("]") else { throw wrong(field) }
    }

    private mutating func object(_ fields: [Field]) throws(LineFault) {
        try expect("{")
        for (index, field) in fields.enumerated() {
            try expect(index == 0 ? Array(field.label.dropFirst()) : field.label)
            try value(field)
        }
        try expect("}")
    }

    /// Tells a line that is no JSON object from one in a wrong spelling; only failed lines come here.
    func explain(_ fault: LineFault) -> LineFault {
        let object = try? JSONSerialization.jsonObject(with: Data(line))
        return object is [String: Any] ? fault : .json("the line is not a JSON object")
    }
}
