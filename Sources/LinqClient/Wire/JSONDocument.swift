package import Domain

/// One JSON text (RFC 8259), read once into a flat list of nodes that point into its bytes: no string is made until one
/// is asked for, so a delivery costs little more than one pass over it.
///
/// Strict in form, for what is read here is signed and leads to deletions: invalid UTF-8, a second root, a name given
/// twice in one object, more than `maximumDepth` levels or more bytes than the caller allows are refused. What names and
/// values are there is for the caller to be tolerant about.
final class JSONDocument: Sendable {
    /// Deeper nesting than any vendor's answer has.
    static let maximumDepth = 64

    enum Kind: UInt8 { case null, bool, number, string, array, object }

    struct Node {
        let kind: Kind
        /// A string with a backslash in it.
        var isEscaped = false
        /// The value's bytes, without a string's quotes.
        let start: Int32
        var end: Int32 = 0
        /// The index after the last node inside this one. In an object, names and values alternate.
        var next: Int32 = 0
    }

    let bytes: [UInt8]
    let nodes: [Node]

    /// Throws `invalid-json`, which names the byte and never the content.
    init(_ bytes: [UInt8], maximumSize: Int = 4 << 20) throws(LetheError) {
        guard bytes.count <= min(maximumSize, 1 << 30) else {
            throw LetheError("too-large", .unreadable, "more than \(maximumSize) bytes of JSON")
        }
        let result = bytes.withUnsafeBufferPointer { JSONReader.read($0) }
        switch result {
        case .success(let nodes):
            self.bytes = bytes
            self.nodes = nodes
        case .failure(let fault):
            throw LetheError("invalid-json", .unreadable, "not JSON: \(fault.reason) at byte \(fault.offset)")
        }
    }

    var root: JSONValue { JSONValue(document: self, index: 0) }
}

/// Refuses what another reader may read otherwise, before it is given to a lenient one: throws `invalid-json` or `too-large`,
/// as `JSONDocument`.
package func refuseAmbiguousJSON(_ bytes: [UInt8]) throws(LetheError) {
    _ = try JSONDocument(bytes, maximumSize: 1 << 30)
}

/// What is wrong with a JSON text, and where.
struct JSONFault: Error {
    let reason: String
    let offset: Int
}

/// A recursive descent over the bytes; the recursion is bounded by `JSONDocument.maximumDepth`.
private struct JSONReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var nodes: [JSONDocument.Node] = []

    static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Result<[JSONDocument.Node], JSONFault> {
        var reader = JSONReader(bytes: bytes)
        reader.nodes.reserveCapacity(bytes.count / 16 + 4)
        do throws(JSONFault) {
            try reader.value(depth: 0)
            reader.skipSpace()
            guard reader.position == bytes.count else { throw reader.fault("something follows the value") }
            return .success(reader.nodes)
        } catch {
            return .failure(error)
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private func fault(_ reason: String) -> JSONFault { JSONFault(reason: reason, offset: position) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func open(_ kind: JSONDocument.Kind) -> Int {
        nodes.append(JSONDocument.Node(kind: kind, start: Int32(position)))
        return nodes.count - 1
    }

    private mutating func close(_ index: Int) {
        nodes[index].end = Int32(position)
        nodes[index].next = Int32(nodes.count)
    }

    private mutating func value(depth: Int) throws(JSONFault) {
        skipSpace()
        guard depth <= JSONDocument.maximumDepth else { throw fault("nested too deeply") }
        switch current {
        case nil: throw fault("it ends too early")
        case UInt8(ascii: "{"): try object(depth: depth)
        case UInt8(ascii: "["): try array(depth: depth)
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"): try literal("true", .bool)
        case UInt8(ascii: "f"): try literal("false", .bool)
        case UInt8(ascii: "n"): try literal("null", .null)
        default: try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONFault) {
        let index = open(.object)
        position += 1
        skipSpace()
        if !skip(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                guard current == UInt8(ascii: "\"") else { throw fault("a name is missing") }
                try string()
                skipSpace()
                guard skip(UInt8(ascii: ":")) else { throw fault("a colon is missing") }
                try value(depth: depth + 1)
                skipSpace()
            } while skip(UInt8(ascii: ","))
            guard skip(UInt8(ascii: "}")) else { throw fault("a comma or the end of the object is missing") }
        }
        close(index)
        guard !hasRepeatedName(index) else { throw fault("a name is given twice in the object that ends") }
    }

    private mutating func array(depth: Int) throws(JSONFault) {
        let index = open(.array)
        position += 1
        skipSpace()
        if !skip(UInt8(ascii: "]")) {
            repeat {
                try value(depth: depth + 1)
                skipSpace()
            } while skip(UInt8(ascii: ","))
            guard skip(UInt8(ascii: "]")) else { throw fault("a comma or the end of the array is missing") }
        }
        close(index)
    }

    private mutating func literal(_ text: StaticString, _ kind: JSONDocument.Kind) throws(JSONFault) {
        let index = open(kind)
        for offset in 0..<text.utf8CodeUnitCount {
            guard skip(text.utf8Start[offset]) else { throw fault("an unknown word") }
        }
        close(index)
    }

    private mutating func number() throws(JSONFault) {
        let index = open(.number)
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) { try digits() }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            try digits()
        }
        close(index)
    }

    private mutating func digits() throws(JSONFault) {
        let start = position
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw fault("not a value") }
    }

    private mutating func string() throws(JSONFault) {
        position += 1
        let index = open(.string)
        let start = position
        var isASCII = true
        while true {
            while position < bytes.count, Self.isPlain(bytes[position]) { position += 1 }
            guard let byte = current else { throw fault("a string does not end") }
            switch byte {
            case UInt8(ascii: "\""):
                guard isASCII || isUTF8(start..<position) else { throw fault("a string that is not UTF-8 ends") }
                close(index)
                position += 1
                return
            case UInt8(ascii: "\\"):
                nodes[index].isEscaped = true
                position += 1
                try escape()
            case 0..<0x20: throw fault("a control character in a string")
            default:
                isASCII = false
                position += 1
            }
        }
    }

    /// ASCII that needs no look of its own in a string.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func escape() throws(JSONFault) {
        switch current {
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard let byte = current, Unicode.Scalar(byte).properties.isASCIIHexDigit else {
                    throw fault("a broken escape in a string")
                }
                position += 1
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        default: throw fault("a broken escape in a string")
        }
    }

    private func isUTF8(_ range: Range<Int>) -> Bool {
        String(validating: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self) != nil
    }

    /// Names are what their escapes spell: another reader would take `"\u0069d"` for `"id"`.
    private func hasRepeatedName(_ object: Int) -> Bool {
        var count = 0
        var child = object + 1
        while child < Int(nodes[object].next) {
            guard count < 32, !nodes[child].isEscaped else { return hasRepeatedNameAmongMany(object) }
            var earlier = object + 1
            while earlier < child {
                if isSame(nodes[earlier], nodes[child]) { return true }
                earlier = Int(nodes[earlier + 1].next)
            }
            count += 1
            child = Int(nodes[child + 1].next)
        }
        return false
    }

    private func isSame(_ left: JSONDocument.Node, _ right: JSONDocument.Node) -> Bool {
        let length = left.end - left.start
        guard right.end - right.start == length else { return false }
        return (0..<length).allSatisfy { bytes[Int(left.start + $0)] == bytes[Int(right.start + $0)] }
    }

    private func hasRepeatedNameAmongMany(_ object: Int) -> Bool {
        var seen: Set<[UInt8]> = []
        var child = object + 1
        while child < Int(nodes[object].next) {
            guard seen.insert(name(nodes[child])).inserted else { return true }
            child = Int(nodes[child + 1].next)
        }
        return false
    }

    /// In UTF-8: texts that Unicode calls equivalent are different names.
    private func name(_ node: JSONDocument.Node) -> [UInt8] {
        let raw = Array(bytes[Int(node.start)..<Int(node.end)])
        return node.isEscaped ? Array(JSONDocument.unescape(raw[...]).utf8) : raw
    }
}
