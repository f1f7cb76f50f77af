import Domain

/// The values of the line that a parser has just read.
struct RecordValues {
    private let line: UnsafeBufferPointer<UInt8>
    private let shape: LineShape
    private let spans: [LineParser.Span]

    init(_ line: UnsafeBufferPointer<UInt8>, _ parser: LineParser) {
        self.line = line
        shape = parser.lineShape
        spans = parser.values
    }

    var type: RecordType { shape.type }

    /// One that the type has not got is empty.
    subscript(_ key: FieldKey) -> LineValue {
        shape.place(of: key).map(value) ?? LineValue(UnsafeBufferPointer(rebasing: line[..<0]))
    }

    var all: [LineValue] { shape.fields.indices.map(value) }

    private func value(_ index: Int) -> LineValue {
        LineValue(UnsafeBufferPointer(rebasing: line[spans[index].start..<spans[index].end]))
    }
}
