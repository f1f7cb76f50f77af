/// Writes one-line JSON objects whose bytes never vary: keys in the order given, no spaces, 0x20–0x7E only, everything
/// else as `\uXXXX` with lower-case hex. The one encoder of what is hashed or signed.
package struct AsciiJSON: Sendable {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(reserving capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    package mutating func begin() {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    package mutating func end() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    package mutating func endLine() {
        end()
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// Begins an object that is the value of `key`; close it with `end`.
    package mutating func begin(_ key: StaticString) {
        name(key)
        begin()
    }

    package mutating func field(_ key: StaticString, _ value: String?) {
        name(key)
        if let value { string(value) } else { null() }
    }

    package mutating func field(_ key: StaticString, _ value: Int64?) {
        name(key)
        if let value { integer(value) } else { null() }
    }

    package mutating func field(_ key: StaticString, _ value: Bool?) {
        name(key)
        if let value { bytes.append(contentsOf: value ? "true".utf8 : "false".utf8) } else { null() }
    }

    package mutating func field(_ key: StaticString, _ values: [String]) {
        name(key)
        bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            string(value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// `"key":` and then these bytes as they are.
    package mutating func field(_ key: StaticString, verbatim value: some Sequence<UInt8>) {
        name(key)
        bytes.append(contentsOf: value)
    }

    private mutating func name(_ key: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func null() { bytes.append(contentsOf: "null".utf8) }

    private mutating func integer(_ value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let magnitude = value.magnitude
        var width = 1
        var rest = magnitude / 10
        while rest > 0 {
            width += 1
            rest /= 10
        }
        digits(magnitude, width)
    }

    private mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        var value = value
        let isPlain = value.withUTF8 { text in
            let isPlain = text.allSatisfy { $0 &- 0x20 < 0x5F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if isPlain { bytes.append(contentsOf: text) }
            return isPlain
        }
        if !isPlain { escape(value) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ value: String) {
        for unit in value.utf16 {
            switch unit {
            case UInt16(UInt8(ascii: "\"")), UInt16(UInt8(ascii: "\\")):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(unit))
            case 0x20..<0x7F: bytes.append(UInt8(unit))
            default:
                bytes.append(contentsOf: "\\u".utf8)
                hex(UInt64(unit), 4)
            }
        }
    }
}

extension AsciiJSON {
    /// 32 hex digits.
    package mutating func field(_ key: StaticString, hex value: UInt128) {
        name(key)
        bytes.append(UInt8(ascii: "\""))
        hex(UInt64(truncatingIfNeeded: value >> 64), 16)
        hex(UInt64(truncatingIfNeeded: value), 16)
        bytes.append(UInt8(ascii: "\""))
    }

    /// 8-4-4-4-12 hex digits.
    package mutating func field(_ key: StaticString, uuid value: UInt128) {
        let high = UInt64(truncatingIfNeeded: value >> 64)
        let low = UInt64(truncatingIfNeeded: value)
        name(key)
        bytes.append(UInt8(ascii: "\""))
        hex(high >> 32, 8)
        bytes.append(UInt8(ascii: "-"))
        hex(high >> 16, 4)
        bytes.append(UInt8(ascii: "-"))
        hex(high, 4)
        bytes.append(UInt8(ascii: "-"))
        hex(low >> 48, 4)
        bytes.append(UInt8(ascii: "-"))
        hex(low, 12)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Two hex digits a byte.
    package mutating func field(_ key: StaticString, hexOf value: UnsafeRawBufferPointer) {
        name(key)
        bytes.append(UInt8(ascii: "\""))
        for byte in value { hex(UInt64(byte), 2) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// RFC 3339 in UTC, 27 characters: `Timestamp.description`.
    package mutating func field(_ key: StaticString, time value: Timestamp) {
        let (days, inDay) = floorDivide(value.microseconds, 86_400_000_000)
        let date = CivilDate(daysSince1970: days)
        let time = UInt64(inDay)
        name(key)
        bytes.append(UInt8(ascii: "\""))
        digits(UInt64(min(max(date.year, 0), 9999)), 4)
        bytes.append(UInt8(ascii: "-"))
        digits(UInt64(date.month), 2)
        bytes.append(UInt8(ascii: "-"))
        digits(UInt64(date.day), 2)
        bytes.append(UInt8(ascii: "T"))
        digits(time / 3_600_000_000, 2)
        bytes.append(UInt8(ascii: ":"))
        digits(time / 60_000_000 % 60, 2)
        bytes.append(UInt8(ascii: ":"))
        digits(time / 1_000_000 % 60, 2)
        bytes.append(UInt8(ascii: "."))
        digits(time % 1_000_000, 6)
        bytes.append(UInt8(ascii: "Z"))
        bytes.append(UInt8(ascii: "\""))
    }

    /// The lowest `width` hex digits of `value`.
    private mutating func hex(_ value: UInt64, _ width: Int) {
        var shift = width * 4
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }

    /// The lowest `width` decimal digits of `value`, zeros in front.
    private mutating func digits(_ value: UInt64, _ width: Int) {
        let start = bytes.count
        var rest = value
        for _ in 0..<width { bytes.append(UInt8(ascii: "0")) }
        for index in stride(from: start + width - 1, through: start, by: -1) where rest > 0 {
            bytes[index] += UInt8(rest % 10)
            rest /= 10
        }
    }
}
