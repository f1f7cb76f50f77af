/// Writes one-line JSON objects whose bytes never vary: keys in the order given, no spaces, 0x20–0x7E only, everything
/// else as `\uXXXX` with lower-case hex. The one encoder of what is hashed or signed.
///
/// The bytes are written into one buffer that is grown once a field, because the audit log encodes on its hottest path.
package struct AsciiJSON: Sendable {
    private var buffer: [UInt8]
    private var count = 0
    private var needsComma = false

    package init(reserving capacity: Int = 512) {
        buffer = [UInt8](repeating: 0, count: capacity)
    }

    /// A copy of what was written.
    package var bytes: [UInt8] { Array(buffer[..<count]) }
    package var length: Int { count }

    package func withBytes<T, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> T
    ) throws(Failure) -> T {
        try buffer.withUnsafeBufferPointer { all throws(Failure) in
            try body(UnsafeBufferPointer(rebasing: all[..<count]))
        }
    }

    package mutating func removeAll() {
        count = 0
        needsComma = false
    }

    package mutating func begin() {
        write(1) { $0.put(UInt8(ascii: "{")) }
        needsComma = false
    }

    package mutating func end() {
        write(1) { $0.put(UInt8(ascii: "}")) }
        needsComma = true
    }

    package mutating func endLine() {
        end()
        write(1) { $0.put(UInt8(ascii: "\n")) }
        needsComma = false
    }

    /// Begins an object that is the value of `key`; close it with `end`.
    package mutating func begin(_ key: StaticString) {
        field(key, upTo: 1) { $0.put(UInt8(ascii: "{")) }
        needsComma = false
    }

    package mutating func field(_ key: StaticString, _ value: String?) {
        guard var value else { return field(key, upTo: 4) { $0.put("null") } }
        value.withUTF8 { text in
            // An escape has six characters for a UTF-16 unit, and no unit has less than one byte of UTF-8.
            field(key, upTo: 6 * text.count + 2) { $0.quoted(text) }
        }
    }

    /// A string that has nothing to escape.
    package mutating func field(_ key: StaticString, plain value: StaticString) {
        field(key, upTo: value.utf8CodeUnitCount + 2) { cursor in
            cursor.put(UInt8(ascii: "\""))
            cursor.put(value)
            cursor.put(UInt8(ascii: "\""))
        }
    }

    package mutating func field(_ key: StaticString, _ value: Int64?) {
        field(key, upTo: 20) { cursor in
            if let value { cursor.integer(value) } else { cursor.put("null") }
        }
    }

    package mutating func field(_ key: StaticString, _ value: Bool?) {
        field(key, upTo: 5) { $0.put(value.map { $0 ? "true" : "false" } ?? "null") }
    }

    package mutating func field(_ key: StaticString, _ values: [String]) {
        field(key, upTo: 1) { $0.put(UInt8(ascii: "[")) }
        for (index, value) in values.enumerated() {
            var value = value
            value.withUTF8 { text in
                write(6 * text.count + 3) { cursor in
                    if index > 0 { cursor.put(UInt8(ascii: ",")) }
                    cursor.quoted(text)
                }
            }
        }
        write(1) { $0.put(UInt8(ascii: "]")) }
    }

    /// `"key":` and then these bytes as they are.
    package mutating func field(_ key: StaticString, verbatim value: some Sequence<UInt8>) {
        let value = Array(value)
        field(key, upTo: value.count) { cursor in value.withUnsafeBufferPointer { cursor.put($0) } }
    }

    /// 32 hex digits.
    package mutating func field(_ key: StaticString, hex value: UInt128) {
        field(key, upTo: 34) { cursor in
            cursor.put(UInt8(ascii: "\""))
            cursor.hex(UInt64(truncatingIfNeeded: value >> 64), 16)
            cursor.hex(UInt64(truncatingIfNeeded: value), 16)
            cursor.put(UInt8(ascii: "\""))
        }
    }

    /// 8-4-4-4-12 hex digits.
    package mutating func field(_ key: StaticString, uuid value: UInt128) {
        let high = UInt64(truncatingIfNeeded: value >> 64)
        let low = UInt64(truncatingIfNeeded: value)
        field(key, upTo: 38) { cursor in
            cursor.put(UInt8(ascii: "\""))
            cursor.hex(high >> 32, 8)
            cursor.put(UInt8(ascii: "-"))
            cursor.hex(high >> 16, 4)
            cursor.put(UInt8(ascii: "-"))
            cursor.hex(high, 4)
            cursor.put(UInt8(ascii: "-"))
            cursor.hex(low >> 48, 4)
            cursor.put(UInt8(ascii: "-"))
            cursor.hex(low, 12)
            cursor.put(UInt8(ascii: "\""))
        }
    }

    /// Two hex digits a byte; the count is a multiple of 8.
    package mutating func field(_ key: StaticString, hexOf value: UnsafeRawBufferPointer) {
        field(key, upTo: value.count * 2 + 2) { cursor in
            cursor.put(UInt8(ascii: "\""))
            for offset in stride(from: 0, to: value.count, by: 8) {
                cursor.hex(UInt64(bigEndian: value.loadUnaligned(fromByteOffset: offset, as: UInt64.self)), 16)
            }
            cursor.put(UInt8(ascii: "\""))
        }
    }

    /// RFC 3339 in UTC, 27 characters: `Timestamp.description`.
    package mutating func field(_ key: StaticString, time value: Timestamp) {
        field(key, upTo: 29) { cursor in
            cursor.put(UInt8(ascii: "\""))
            cursor.time(value)
            cursor.put(UInt8(ascii: "\""))
        }
    }

    @inline(__always)
    private mutating func field(_ key: StaticString, upTo length: Int, _ body: (inout Cursor) -> Void) {
        let comma = needsComma
        needsComma = true
        write(key.utf8CodeUnitCount + 4 + length) { cursor in
            if comma { cursor.put(UInt8(ascii: ",")) }
            cursor.put(UInt8(ascii: "\""))
            cursor.put(key)
            cursor.put(UInt8(ascii: "\""))
            cursor.put(UInt8(ascii: ":"))
            body(&cursor)
        }
    }

    /// Makes room for `length` bytes and lets `body` write at most that.
    @inline(__always)
    private mutating func write(_ length: Int, _ body: (inout Cursor) -> Void) {
        if buffer.count - count < length {
            buffer.append(contentsOf: repeatElement(0, count: max(buffer.count, length)))
        }
        let start = count
        count = buffer.withUnsafeMutableBufferPointer { all in
            var cursor = Cursor(bytes: all, position: start)
            body(&cursor)
            return cursor.position
        }
    }
}

/// A place in the buffer, which has the room that was asked for.
private struct Cursor {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    var position: Int

    @inline(__always) mutating func put(_ byte: UInt8) {
        bytes[position] = byte
        position += 1
    }

    @inline(__always) mutating func put(_ text: StaticString) {
        put(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always) mutating func put(_ text: UnsafeBufferPointer<UInt8>) {
        guard let source = text.baseAddress, let target = bytes.baseAddress else { return }
        (target + position).update(from: source, count: text.count)
        position += text.count
    }

    mutating func quoted(_ text: UnsafeBufferPointer<UInt8>) {
        put(UInt8(ascii: "\""))
        // No early exit: so it is done many bytes at a time.
        var special: UInt8 = 0
        for byte in text {
            special |= byte &- 0x20 >= 0x5F ? 1 : 0
            special |= byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? 1 : 0
        }
        if special == 0 { put(text) } else { escaped(String(decoding: text, as: UTF8.self)) }
        put(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ value: String) {
        for unit in value.utf16 {
            switch unit {
            case UInt16(UInt8(ascii: "\"")), UInt16(UInt8(ascii: "\\")):
                put(UInt8(ascii: "\\"))
                put(UInt8(unit))
            case 0x20..<0x7F: put(UInt8(unit))
            default:
                put("\\u")
                hex(UInt64(unit), 4)
            }
        }
    }

    mutating func integer(_ value: Int64) {
        if 0 <= value, value < 10 { return put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
        if value < 0 { put(UInt8(ascii: "-")) }
        var width = 1
        var rest = value.magnitude / 10
        while rest > 0 {
            width += 1
            rest /= 10
        }
        digits(value.magnitude, width)
    }

    /// The lowest `width` decimal digits of `value`, zeros in front.
    mutating func digits(_ value: UInt64, _ width: Int) {
        var rest = value
        var index = position + width
        while index > position {
            index -= 1
            bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        position += width
    }

    /// The lowest `width` hex digits of `value`; 4, 8, 12 or 16.
    @inline(__always) mutating func hex(_ value: UInt64, _ width: Int) {
        var rest = width
        if rest % 8 == 4 {
            rest -= 4
            store(UInt32(truncatingIfNeeded: Self.hexDigits(UInt32(truncatingIfNeeded: value >> UInt64(rest * 4)))))
        }
        while rest > 0 {
            rest -= 8
            store(Self.hexDigits(UInt32(truncatingIfNeeded: value >> UInt64(rest * 4))))
        }
    }

    @inline(__always) private mutating func store(_ text: some FixedWidthInteger) {
        UnsafeMutableRawBufferPointer(bytes).storeBytes(of: text.bigEndian, toByteOffset: position, as: type(of: text))
        position += text.bitWidth / 8
    }

    /// Eight digits at once, the first one in the highest byte: a nibble is spread to each byte, and 39 more than "0" makes
    /// an "a" of what is over 9.
    private static func hexDigits(_ value: UInt32) -> UInt64 {
        var digits = UInt64(value)
        digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff
        digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff
        digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f
        let letters = ((digits &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
        return digits &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }

    mutating func time(_ value: Timestamp) {
        let (days, inDay) = floorDivide(value.microseconds, 86_400_000_000)
        let date = CivilDate(daysSince1970: days)
        let time = UInt64(inDay)
        let year = UInt64(min(max(date.year, 0), 9999))
        pair(year / 100)
        pair(year % 100)
        put(UInt8(ascii: "-"))
        pair(UInt64(date.month))
        put(UInt8(ascii: "-"))
        pair(UInt64(date.day))
        put(UInt8(ascii: "T"))
        let seconds = time / 1_000_000
        pair(seconds / 3600)
        put(UInt8(ascii: ":"))
        pair(seconds / 60 % 60)
        put(UInt8(ascii: ":"))
        pair(seconds % 60)
        put(UInt8(ascii: "."))
        let fraction = time % 1_000_000
        pair(fraction / 10_000)
        pair(fraction / 100 % 100)
        pair(fraction % 100)
        put(UInt8(ascii: "Z"))
    }

    /// Two decimal digits.
    @inline(__always) private mutating func pair(_ value: UInt64) {
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10))
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
    }
}
