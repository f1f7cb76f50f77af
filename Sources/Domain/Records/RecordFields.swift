import Foundation

/// Goes through the fields of a record in their fixed order: to write them, to read them, or to learn their names.
package protocol RecordFields<Record> {
    associatedtype Record
    associatedtype Failure: Error

    /// Of the line, 1 or 2: a field that came with v2 is in no line of v1.
    var version: Int { get }

    /// The next field. `get` is asked by what writes; what reads returns what the line says. `kind`: where the format judges
    /// another thing than the type of the value says.
    mutating func field<Value: RecordValue>(
        _ name: StaticString, _ kind: @autoclosure () -> FieldKind?, _ get: (Record) -> Value
    ) throws(Failure) -> Value
}

extension RecordFields {
    @inline(__always)
    mutating func field<Value: RecordValue>(
        _ name: StaticString, _ get: (Record) -> Value
    ) throws(Failure) -> Value {
        try field(name, nil, get)
    }

    /// By which way a person did it, from v2 on; what says nothing came by the command line.
    mutating func how(_ get: (Record) -> AuditRecord.Approval?) throws(Failure) -> AuditRecord.Approval? {
        version < 2 ? nil : try field("how") { get($0) ?? .cli }
    }
}

/// An object of named values. Its initialiser is the one description of it: schema, encoder and decoder all run it.
package protocol RecordObject: Sendable, Equatable {
    init<Fields: RecordFields<Self>>(_ fields: inout Fields) throws(Fields.Failure)
}

/// What the lines of one type say.
package protocol RecordPayload: RecordObject {
    static var type: RecordType { get }
}

extension RecordObject {
    static func fields(_ version: Int = 1) -> [Field] {
        var names = FieldNames<Self>(version: version)
        _ = Self(&names)
        return names.fields
    }

    func write(to json: inout AsciiJSON, _ version: Int = 1) {
        withUnsafePointer(to: self) { record in
            withUnsafeMutablePointer(to: &json) { json in
                var writer = FieldWriter(record: record, json: json, version: version)
                _ = Self(&writer)
            }
        }
    }

    /// `values`: as many as there are fields, in their order.
    package init(_ values: [LineValue], _ version: Int = 1) throws(LetheError) {
        var reader = FieldReader<Self>(values: values, version: version)
        try self.init(&reader)
    }
}

/// One field of a record type: the table of `docs/audit-log.md`, section 2. A class, so that reading a line copies a
/// reference and not a name, a list and a label.
package final class Field: Sendable {
    package let name: StaticString
    package let kind: FieldKind
    package let isNullable: Bool
    /// `,"name":`, as it stands in the line.
    package let label: [UInt8]

    init(_ name: StaticString, _ kind: FieldKind, isNullable: Bool = false) {
        self.name = name
        self.kind = kind
        self.isNullable = isNullable
        label = Array(",\"\(name)\":".utf8)
    }
}

/// What verifiers hold a value against. Where a value comes from a closed list of `docs/audit-log.md` it is checked against the
/// list; `by` and `reason` are checked for their kind only.
package enum FieldKind: Sendable {
    case text
    /// A fixed number of lower-case hex digits.
    case hex(Int)
    case uuid
    /// 27 characters, as every `t`.
    case time
    /// An integer that is not negative.
    case count
    case boolean
    case oneOf(ClosedList)
    /// `drill`, or `policy:` or `erasure:` and more.
    case rule
    /// An array of 64 hex digits each.
    case pseudonyms
    case object([Field])
}

/// The values a field may have where the format closes the list.
package struct ClosedList: Sendable {
    private let values: [[UInt8]]

    init(_ values: [String]) {
        self.values = values.map { Array($0.utf8) }
    }

    package var first: String { values.first.map { String(decoding: $0, as: UTF8.self) } ?? "" }

    package func contains(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        values.contains { $0.isSame(as: text) }
    }
}

extension [UInt8] {
    package func isSame(as text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == text.count, let base = text.baseAddress else { return count == text.count }
        return memcmp(self, base, count) == 0
    }
}

/// Learns the names.
private struct FieldNames<Record>: RecordFields {
    let version: Int
    var fields: [Field] = []

    mutating func field<Value: RecordValue>(
        _ name: StaticString, _ kind: @autoclosure () -> FieldKind?, _ get: (Record) -> Value
    ) -> Value {
        fields.append(Field(name, kind() ?? Value.kind, isNullable: Value.isNullable))
        return Value.any
    }
}

private struct FieldWriter<Record>: RecordFields {
    let record: UnsafePointer<Record>
    let json: UnsafeMutablePointer<AsciiJSON>
    let version: Int

    @inline(__always)
    mutating func field<Value: RecordValue>(
        _ name: StaticString, _ kind: @autoclosure () -> FieldKind?, _ get: (Record) -> Value
    ) -> Value {
        let value = get(record.pointee)
        value.write(name, to: &json.pointee)
        return value
    }
}

private struct FieldReader<Record>: RecordFields {
    let values: [LineValue]
    let version: Int
    var next = 0

    mutating func field<Value: RecordValue>(
        _ name: StaticString, _ kind: @autoclosure () -> FieldKind?, _ get: (Record) -> Value
    ) throws(LetheError) -> Value {
        defer { next += 1 }
        return try Value(values[next])
    }
}
