import Domain

/// A shape of records as lines are read by it. A class, so that whoever holds it holds one reference.
final class LineShape: Sendable {
    let record: RecordShape
    let type: RecordType
    let fields: [Field]
    private let name: [UInt8]
    /// By key: where the field is among those of the type, -1 for one that it has not got.
    private let places: [Int]

    static let all = RecordShape.all.map(LineShape.init)
    static let mostFields = all.reduce(0) { max($0, $1.fields.count) }

    private init(_ record: RecordShape) {
        self.record = record
        (type, fields) = (record.type, record.fields)
        name = Array(record.type.rawValue.utf8)
        places = FieldKey.allCases.map { key in
            record.fields.firstIndex { "\($0.name)" == "\(key)" } ?? -1
        }
    }

    func isOf(_ version: Int, named name: UnsafeBufferPointer<UInt8>) -> Bool {
        record.version == version && self.name.isSame(as: name)
    }

    func place(of key: FieldKey) -> Int? {
        let place = places[key.rawValue]
        return place < 0 ? nil : place
    }
}

/// The fields that the verifier asks for, as they are called in the line.
enum FieldKey: Int, CaseIterable {
    case absent, act, archive, att, bad, checked, `class`, deleted, digest, failed, final, from, grade, hold, host,
        http,
        items
    case kid, kind, n, ok, op, open, other, outcome, plan, present, ref, req, rule, run, state, `try`, withheld
}
