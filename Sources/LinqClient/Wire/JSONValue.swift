import Domain

/// A place in a `JSONDocument`. Reading is tolerant: what is absent, `null` or of another type is `nil`.
struct JSONValue: Sendable {
    private let document: JSONDocument
    private let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    private var node: JSONDocument.Node { document.nodes[index] }

    var isObject: Bool { node.kind == .object }

    /// The member of this name, unless it is absent or `null`, or this is no object.
    subscript(name: StaticString) -> JSONValue? {
        guard node.kind == .object else { return nil }
        var child = index + 1
        while child < Int(node.next) {
            if hasName(document.nodes[child], name) {
                let value = JSONValue(document: document, index: child + 1)
                return value.node.kind == .null ? nil : value
            }
            child = Int(document.nodes[child + 1].next)
        }
        return nil
    }

    private func hasName(_ key: JSONDocument.Node, _ name: StaticString) -> Bool {
        if key.isEscaped { return text(key) == "\(name)" }
        let start = Int(key.start)
        guard Int(key.end) - start == name.utf8CodeUnitCount else { return false }
        return (0..<name.utf8CodeUnitCount).allSatisfy { document.bytes[start + $0] == name.utf8Start[$0] }
    }

    /// The elements of an array.
    var elements: [JSONValue]? {
        guard node.kind == .array else { return nil }
        var found: [JSONValue] = []
        var child = index + 1
        while child < Int(node.next) {
            found.append(JSONValue(document: document, index: child))
            child = Int(document.nodes[child].next)
        }
        return found
    }

    /// Names and values of an object, `null` included.
    var members: [(name: String, value: JSONValue)]? {
        guard node.kind == .object else { return nil }
        var found: [(name: String, value: JSONValue)] = []
        var child = index + 1
        while child < Int(node.next) {
            found.append((text(document.nodes[child]), JSONValue(document: document, index: child + 1)))
            child = Int(document.nodes[child + 1].next)
        }
        return found
    }

    var string: String? { node.kind == .string ? text(node) : nil }

    var bool: Bool? {
        node.kind == .bool ? document.bytes[Int(node.start)] == UInt8(ascii: "t") : nil
    }

    /// A number without fraction and exponent that fits.
    var integer: Int64? { node.kind == .number ? Int64(text(node)) : nil }

    var timestamp: Timestamp? { string.flatMap { Timestamp($0) } }

    private func text(_ node: JSONDocument.Node) -> String {
        let raw = document.bytes[Int(node.start)..<Int(node.end)]
        return node.isEscaped ? JSONDocument.unescape(raw) : String(decoding: raw, as: UTF8.self)
    }
}

extension JSONDocument {
    /// The reader has checked the form; a lone surrogate becomes U+FFFD.
    static func unescape(_ raw: ArraySlice<UInt8>) -> String {
        var units: [UInt16] = []
        var text = ""
        func flush() {
            text += String(decoding: units, as: UTF16.self)
            units.removeAll()
        }
        var rest = raw
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
                flush()
                let plain = rest.prefix { $0 != UInt8(ascii: "\\") }
                text += String(decoding: [byte] + plain, as: UTF8.self)
                rest = rest.dropFirst(plain.count)
                continue
            }
            switch escaped {
            case UInt8(ascii: "u"):
                units.append(rest.prefix(4).reduce(0) { $0 << 4 | UInt16(Hex.value($1 | 0x20) ?? 0) })
                rest = rest.dropFirst(4)
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            default: units.append(UInt16(escaped))
            }
        }
        flush()
        return text
    }
}
