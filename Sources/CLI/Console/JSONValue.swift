import Domain
import Engine
import Foundation

/// The JSON of answers: keys sorted, nulls written, integers as integers, RFC 3339 times, slashes as they are.
enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(_ value: (some CustomStringConvertible)?) {
        self = value.map { .string($0.description) } ?? .null
    }

    init(_ value: Int?) {
        self = value.map { .integer(Int64($0)) } ?? .null
    }

    init(_ value: Int64?) {
        self = value.map { .integer($0) } ?? .null
    }

    init(_ error: LetheError) {
        var members: [String: JSONValue] = [
            "code": .string(error.code), "message": .string(error.message), "hint": JSONValue(error.hint),
        ]
        // Texts and numbers: the encoder has nothing to refuse.
        if !error.problems.isEmpty { members["diagnostics"] = try? JSONValue(encoding: error.problems) }
        self = ["error": .object(members)]
    }

    /// Values of the rooms that know how to encode themselves; their keys become snake_case.
    init(encoding value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        self = try JSONDecoder().decode(JSONValue.self, from: encoder.encode(value))
    }

    /// Indented by two spaces, without a final newline.
    var text: String {
        var text = ""
        write(into: &text, indent: "")
        return text
    }

    subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
    init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(nilLiteral: ()) { self = .null }
}

extension JSONValue {
    private func write(into text: inout String, indent: String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.write(value, into: &text)
        case .array(let elements):
            Self.write(elements.map { (nil, $0) }, "[", "]", into: &text, indent: indent)
        case .object(let members):
            let sorted = members.sorted { $0.key < $1.key }
            Self.write(sorted.map { ($0.key, $0.value) }, "{", "}", into: &text, indent: indent)
        }
    }

    private static func write(
        _ members: [(key: String?, value: JSONValue)], _ open: String, _ close: String, into text: inout String,
        indent: String
    ) {
        text += open
        let inner = indent + "  "
        for (index, member) in members.enumerated() {
            text += (index == 0 ? "\n" : ",\n") + inner
            if let key = member.key {
                write(key, into: &text)
                text += ": "
            }
            member.value.write(into: &text, indent: inner)
        }
        text += (members.isEmpty ? "" : "\n" + indent) + close
    }

    private static func write(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case "\r": text += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                text += "\\u00" + Hex.encode([UInt8(scalar.value)])
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }
}
