import Domain
import Foundation

/// The values of the line that a parser has just read.
struct RecordValues {
    private let line: UnsafeBufferPointer<UInt8>
    private let fields: [Field]
    private let spans: [LineParser.Span]

    init(_ line: UnsafeBufferPointer<UInt8>, _ parser: LineParser) {
        self.line = line
        fields = parser.fields
        spans = parser.values
    }

    /// A type has few fields. One that it has not got is empty.
    subscript(_ name: StaticString) -> LineValue {
        for index in fields.indices where fields[index].isNamed(name) { return value(index) }
        return LineValue(UnsafeBufferPointer(rebasing: line[..<0]))
    }

    var all: [LineValue] { fields.indices.map(value) }

    private func value(_ index: Int) -> LineValue {
        LineValue(UnsafeBufferPointer(rebasing: line[spans[index].start..<spans[index].end]))
    }
}

extension Field {
    fileprivate func isNamed(_ other: StaticString) -> Bool {
        let length = name.utf8CodeUnitCount
        return length == other.utf8CodeUnitCount && memcmp(name.utf8Start, other.utf8Start, length) == 0
    }
}
