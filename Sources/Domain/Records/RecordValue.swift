import Foundation

/// A value that a field of a record can have.
package protocol RecordValue {
    /// What its spelling is judged by.
    static var kind: FieldKind { get }
    /// The value may be `null`; the key is always there.
    static var isNullable: Bool { get }
    /// Stands in where only the names of the fields are asked for.
    static var any: Self { get }
    func write(_ key: StaticString, to json: inout AsciiJSON)
    /// `value` was judged: it has the spelling of its kind.
    init(_ value: LineValue) throws(LetheError)
}

/// The bytes of one value of a judged line, quotes included.
package struct LineValue {
    package let bytes: UnsafeBufferPointer<UInt8>

    package init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    package var isNull: Bool { bytes.first == UInt8(ascii: "n") }
    package var isTrue: Bool { bytes.first == UInt8(ascii: "t") }

    /// A string as it stands there, escapes and all.
    package var inner: Slice<UnsafeBufferPointer<UInt8>> { bytes.dropFirst().dropLast() }

    /// A string, its escapes resolved.
    package var text: String {
        guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
        return json as? String ?? ""
    }

    package var optionalText: String? { isNull ? nil : text }

    package var integer: Int64 {
        let value = bytes.reduce(0) { $1 == UInt8(ascii: "-") ? $0 : $0 * 10 + Int64($1 &- UInt8(ascii: "0")) }
        return bytes.first == UInt8(ascii: "-") ? -value : value
    }

    /// What 32 hex digits spell, with or without the dashes of a UUID.
    package var number: UInt128 {
        var value: UInt128 = 0
        for byte in inner where byte != UInt8(ascii: "-") { value = value << 4 | UInt128(Hex.nibble(byte)) }
        return value
    }

    fileprivate var json: Any? { try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) }

    /// The values of an object that has these fields and no object or array within.
    fileprivate func members(_ fields: [Field]) -> [LineValue] {
        var rest = bytes[...]
        return fields.map { field in
            // The label begins with a comma, where the first one has the brace.
            let value = rest.dropFirst(field.label.count)
            var isQuoted = false
            var isEscaped = false
            let end = value.firstIndex { byte in
                defer { isEscaped = byte == UInt8(ascii: "\\") && !isEscaped }
                if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
                return !isQuoted && (byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}"))
            }
            rest = value[(end ?? value.endIndex)...]
            return LineValue(UnsafeBufferPointer(rebasing: value[..<rest.startIndex]))
        }
    }

    static let unknown = LetheError(
        "unknown-record", .failed, "a record of the audit log has a value that this version does not know",
        hint: "read the log with the version of lethe that wrote it")
}

extension RecordValue {
    package static var isNullable: Bool { false }
}

extension Optional: RecordValue where Wrapped: RecordValue {
    package static var kind: FieldKind { Wrapped.kind }
    package static var isNullable: Bool { true }
    package static var any: Wrapped? { nil }
    package func write(_ key: StaticString, to json: inout AsciiJSON) {
        if let self { self.write(key, to: &json) } else { json.field(key, nil as String?) }
    }
    package init(_ value: LineValue) throws(LetheError) { self = value.isNull ? nil : try Wrapped(value) }
}

// MARK: - Plain values

extension String: RecordValue {
    package static var kind: FieldKind { .text }
    package static var any: String { "" }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, self) }
    package init(_ value: LineValue) { self = value.text }
}

extension Int: RecordValue {
    package static var kind: FieldKind { .count }
    package static var any: Int { 0 }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, Int64(self)) }
    package init(_ value: LineValue) { self = Int(value.integer) }
}

extension Int64: RecordValue {
    package static var kind: FieldKind { .count }
    package static var any: Int64 { 0 }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, self) }
    package init(_ value: LineValue) { self = value.integer }
}

extension Bool: RecordValue {
    package static var kind: FieldKind { .boolean }
    package static var any: Bool { false }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, self) }
    package init(_ value: LineValue) { self = value.isTrue }
}

extension Timestamp: RecordValue {
    package static var kind: FieldKind { .time }
    package static var any: Timestamp { Timestamp(microseconds: 0) }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, time: self) }
    package init(_ value: LineValue) throws(LetheError) {
        guard let time = Timestamp(value.text) else { throw LineValue.unknown }
        self = time
    }
}

// MARK: - Ids and pseudonyms

extension LetheID: RecordValue {
    package static var kind: FieldKind { .hex(32) }
    package static var any: Self { Self(value: 0) }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, hex: value) }
    /// Of holds and requests the format judges no more than that they are strings.
    package init(_ value: LineValue) throws(LetheError) { try self.init(value.text) }
}

extension VendorID: RecordValue {
    package static var kind: FieldKind { .uuid }
    package static var any: Self { Self(value: 0) }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, uuid: value) }
    package init(_ value: LineValue) { self.init(value: value.number) }
}

extension SubjectPseudonym: RecordValue {
    package static var kind: FieldKind { .hex(64) }
    package static var any: Self { Self(first: 0) }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, hex) }
    package init(_ value: LineValue) throws(LetheError) { try self.init(hex: value.text) }

    private init(first: UInt8) { bytes = [first] + [UInt8](repeating: 0, count: 31) }
}

extension [SubjectPseudonym]: RecordValue {
    package static var kind: FieldKind { .pseudonyms }
    package static var any: Self { [] }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, map(\.hex)) }
    package init(_ value: LineValue) throws(LetheError) {
        self = []
        for hex in value.json as? [String] ?? [] { append(try SubjectPseudonym(hex: hex)) }
    }
}

extension LegalHold.Scope: RecordValue {
    package static var kind: FieldKind { .text }
    package static var any: Self { .all }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, description) }
    package init(_ value: LineValue) throws(LetheError) { try self.init(value.text) }
}

// MARK: - Words of closed lists

/// An enumeration whose raw values are what the line says.
package protocol RecordWord: RecordValue, RawRepresentable<String>, CaseIterable {}

extension RecordWord {
    package static var kind: FieldKind { .oneOf(ClosedList(allCases.map(\.rawValue))) }
    package static var any: Self { allCases[allCases.startIndex] }
    package func write(_ key: StaticString, to json: inout AsciiJSON) { json.field(key, rawValue) }
    package init(_ value: LineValue) throws(LetheError) {
        guard let word = Self(rawValue: value.text) else { throw LineValue.unknown }
        self = word
    }
}

extension Plan.Kind: RecordWord {}
extension AnswerClass: RecordWord {}
extension Outcome: RecordWord {}
extension EvidenceGrade: RecordWord {}
extension TransportFailure: RecordWord {}
extension ErasureRequest.State: RecordWord {}
extension ErasureRequest.Jurisdiction: RecordWord {}
extension ErasureRequest.Scope: RecordWord {}

// MARK: - Objects within a record

extension RecordValue where Self: RecordObject {
    package static var kind: FieldKind { .object(fields()) }
    package func write(_ key: StaticString, to json: inout AsciiJSON) {
        json.begin(key)
        write(to: &json)
        json.end()
    }
    package init(_ value: LineValue) throws(LetheError) { try self.init(value.members(Self.fields())) }
}
