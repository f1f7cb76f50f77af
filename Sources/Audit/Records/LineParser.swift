import Domain

/// What is wrong with the bytes of a line.
enum LineFault: Error, Equatable {
    /// Not a JSON object at all.
    case json(String)
    /// JSON, but not in the one spelling a record has.
    case format(String)
    /// In the right spelling, but not what its type says.
    case schema(String)
}

/// Reads lines without keeping or allocating anything: fixed keys in their fixed order, canonical escapes, integers within
/// ±(2^53−1), lower-case hex. Every value is a span of the line.
struct LineParser {
    struct Span {
        var start = 0
        var end = 0
    }

    private(set) var seq: Int64 = 0
    private(set) var time: Int64 = 0
    private(set) var epoch: Int64 = 0
    private(set) var type = RecordType.config
    /// Hex digits.
    private(set) var previous = Span()
    private(set) var mac = Span()
    private(set) var count = 0
    /// The raw values of the type's fields, quotes included.
    private(set) var values: [Span] = Array(repeating: Span(), count: 8)

    private var lastShape = 0

    private struct Shape {
        let type: RecordType
        let name: [UInt8]
        let fields: [Field]
    }

    private static let allShapes = RecordType.allCases.map {
        Shape(type: $0, name: Array($0.rawValue.utf8), fields: $0.fields)
    }
    /// Shared: a parser is made for each line that is looked at alone.
    private let shapes = LineParser.allShapes

    /// `line` has no LF. Telling a line that is no JSON from one in another spelling takes time: `explaining: false` calls
    /// both `format`.
    mutating func parse(_ line: UnsafeBufferPointer<UInt8>, explaining: Bool = true) throws(LineFault) {
        guard line.count <= RecordEncoder.longestLine else {
            throw .format("the line is longer than 65535 bytes")
        }
        var scanner = LineScanner(line)
        do {
            try scan(&scanner)
        } catch {
            throw explaining ? scanner.explain(error) : error
        }
    }

    private mutating func scan(_ scanner: inout LineScanner) throws(LineFault) {
        try scanner.expect("{\"v\":")
        guard try scanner.integer() == 1 else { throw .schema("the version is not 1") }
        try scanner.expect(",\"seq\":")
        seq = try scanner.count()
        try scanner.expect(",\"t\":")
        time = try scanner.time()
        try scanner.expect(",\"ep\":")
        epoch = try scanner.count()
        try scanner.expect(",\"prev\":\"")
        previous = try scanner.hex(64)
        try scanner.expect("\",\"type\":")
        let shape = try shape(of: scanner.string(), in: scanner)
        type = shapes[shape].type
        count = shapes[shape].fields.count
        for index in 0..<count { try scanField(shapes[shape].fields[index], index, &scanner) }
        try scanner.expect(",\"mac\":\"")
        mac = try scanner.hex(64)
        try scanner.expect("\"}")
        guard scanner.isAtEnd else { throw .format("bytes follow the record") }
    }

    private mutating func scanField(_ field: Field, _ index: Int, _ scanner: inout LineScanner) throws(LineFault) {
        do {
            try scanner.expect(field.label)
        } catch {
            throw .format("`\(field.name)` is not where \(type.rawValue) has it")
        }
        let start = scanner.position
        if !(field.isNullable && scanner.skip("null")) { try scanner.value(field) }
        values[index] = Span(start: start, end: scanner.position)
    }

    private mutating func shape(of span: Span, in scanner: LineScanner) throws(LineFault) -> Int {
        let name = scanner.text(span)
        // Most records come in runs of one type.
        if shapes[lastShape].name.isSame(as: name) { return lastShape }
        guard let index = shapes.firstIndex(where: { $0.name.isSame(as: name) })
        else { throw .schema("the type is not known") }
        lastShape = index
        return index
    }
}
