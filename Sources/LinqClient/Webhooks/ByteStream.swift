/// Bytes read in chunks, with as much look-ahead as is asked for and no more kept than that.
struct ByteStream {
    private static let chunk = 256 << 10

    private let read: (Int) throws -> [UInt8]
    private var bytes: [UInt8] = []
    private var start = 0
    private var isAtEnd = false
    /// The line that the next byte is on; the first is 1.
    private(set) var line = 1

    /// `read` gives at most as many bytes as asked for, and none at the end.
    init(read: @escaping (Int) throws -> [UInt8]) {
        self.read = read
    }

    /// The byte that many places ahead; `nil` behind the end.
    mutating func peek(_ offset: Int) throws -> UInt8? {
        while start + offset >= bytes.count {
            guard try fill() else { return nil }
        }
        return bytes[start + offset]
    }

    /// The offset of the first such byte at or after `from`; `nil` where there is none before `limit` or the end.
    mutating func offset(of byte: UInt8, from: Int = 0, limit: Int) throws -> Int? {
        var searched = from
        while true {
            let end = min(bytes.count, start + limit)
            if start + searched < end, let found = bytes[(start + searched)..<end].firstIndex(of: byte) {
                return found - start
            }
            searched = max(searched, end - start)
            guard searched < limit, try fill() else { return nil }
        }
    }

    /// How many bytes from `from` on, among those already read, `isWanted` holds for; at least the next chunk is there.
    mutating func run(from: Int, _ isWanted: (UInt8) -> Bool) throws -> Int {
        guard try peek(from) != nil else { return 0 }
        return bytes[(start + from)...].prefix(while: isWanted).count
    }

    /// Takes `count` bytes, or what is left.
    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        if count > 0 { _ = try peek(count - 1) }
        let taken = bytes[start..<min(start + count, bytes.count)]
        start = taken.endIndex
        for byte in taken where byte == UInt8(ascii: "\n") { line += 1 }
        return taken
    }

    private mutating func fill() throws -> Bool {
        guard !isAtEnd else { return false }
        let more = try read(Self.chunk)
        isAtEnd = more.isEmpty
        if start > 0 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        bytes += more
        return !isAtEnd
    }
}

extension UInt8 {
    /// White space in JSON.
    var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}

/// Follows how deep a JSON text is nested, and nothing else of it.
struct JSONBalance {
    private(set) var depth = 0
    private(set) var isInString = false
    private var isEscaped = false

    /// Outside of every bracket and string.
    var isAtTop: Bool { depth == 0 && !isInString }

    mutating func feed(_ byte: UInt8) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth = max(0, depth - 1)
        default: break
        }
    }
}
