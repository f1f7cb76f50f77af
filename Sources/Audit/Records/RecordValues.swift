import Domain
import Foundation

/// The values of one parsed line, read one by one in the order of its type.
struct RecordValues {
    private let line: UnsafeBufferPointer<UInt8>
    private let spans: ArraySlice<LineParser.Span>

    init(_ line: UnsafeBufferPointer<UInt8>, _ parser: LineParser) {
        self.line = line
        spans = parser.values.prefix(parser.count)
    }

    func raw(_ index: Int) -> Slice<UnsafeBufferPointer<UInt8>> { line[spans[index].start..<spans[index].end] }

    func isNull(_ index: Int) -> Bool { raw(index).first == UInt8(ascii: "n") }

    /// The text of a string, its escapes resolved.
    func text(_ index: Int) -> String {
        let inner = raw(index).dropFirst().dropLast()
        guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
        let quoted = try? JSONSerialization.jsonObject(with: Data(raw(index)), options: .fragmentsAllowed)
        return quoted as? String ?? ""
    }

    func optionalText(_ index: Int) -> String? { isNull(index) ? nil : text(index) }

    func integer(_ index: Int) -> Int64 {
        let digits = raw(index)
        let value = digits.reduce(0) { $1 == UInt8(ascii: "-") ? $0 : $0 * 10 + Int64($1 &- UInt8(ascii: "0")) }
        return digits.first == UInt8(ascii: "-") ? -value : value
    }

    func count(_ index: Int) -> Int { Int(integer(index)) }

    func isTrue(_ index: Int) -> Bool { raw(index).first == UInt8(ascii: "t") }

    func time(_ index: Int) throws(LetheError) -> Timestamp {
        guard let time = Timestamp(text(index)) else { throw RecordValues.unknown }
        return time
    }

    func optionalTime(_ index: Int) throws(LetheError) -> Timestamp? { isNull(index) ? nil : try time(index) }

    func id<Kind>(_ index: Int) throws(LetheError) -> LetheID<Kind> { try LetheID(text(index)) }

    func attachment(_ index: Int) throws(LetheError) -> AttachmentID { try AttachmentID(text(index)) }

    func value<Value: RawRepresentable<String>>(_ index: Int) throws(LetheError) -> Value {
        guard let value = Value(rawValue: text(index)) else { throw RecordValues.unknown }
        return value
    }

    /// The strings of an array, or those of a nested object's values.
    func json(_ index: Int) -> Any? { try? JSONSerialization.jsonObject(with: Data(raw(index))) }

    static let unknown = LetheError(
        "unknown-record", .failed, "a record of the audit log has a value that this version does not know",
        hint: "read the log with the version of lethe that wrote it")
}

extension RecordValues {
    /// Of a `log.open`.
    var opening: AuditRecord.Opening {
        AuditRecord.Opening(
            origin: text(0), vkey: text(1), kid: text(2), previous: previousLog(3), tool: text(4))
    }

    private func previousLog(_ index: Int) -> AuditRecord.PreviousLog? {
        guard let object = json(index) as? [String: Any], let origin = object["origin"] as? String,
            let size = object["size"] as? Int, let root = object["root"] as? String,
            let mac = object["mac"] as? String, let lost = object["lost"] as? Int
        else { return nil }
        return AuditRecord.PreviousLog(
            origin: origin, size: Int64(size), root: root, mac: mac, lost: Int64(lost))
    }
}

extension RecordValues {
    /// The number that 32 hex digits spell, with or without the dashes of a UUID.
    func number(_ index: Int) -> UInt128 {
        var value: UInt128 = 0
        for byte in raw(index).dropFirst().dropLast() where byte != UInt8(ascii: "-") {
            value = value << 4 | UInt128(nibble(byte))
        }
        return value
    }
}
