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

    private mutating func integer(_ value: Int64) { bytes.append(contentsOf: String(value).utf8) }

    private mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        for unit in value.utf8 {
            if unit >= 0x20, unit < 0x7F, unit != UInt8(ascii: "\""), unit != UInt8(ascii: "\\") {
                bytes.append(unit)
            } else {
                return escapeRest(of: value)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The slow way, for a string with anything to escape: takes back what was written of it and writes it again.
    private mutating func escapeRest(of value: String) {
        while bytes.last != UInt8(ascii: "\"") { bytes.removeLast() }
        for unit in value.utf16 {
            switch unit {
            case UInt16(UInt8(ascii: "\"")), UInt16(UInt8(ascii: "\\")):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(unit))
            case 0x20..<0x7F: bytes.append(UInt8(unit))
            default:
                bytes.append(contentsOf: "\\u".utf8)
                bytes.append(contentsOf: Hex.encode([UInt8(unit >> 8), UInt8(unit & 255)]).utf8)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
