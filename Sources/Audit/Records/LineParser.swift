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

    /// What the line says of itself: 1 or 2.
    private(set) var version = 1
    private(set) var seq: Int64 = 0
    private(set) var time: Int64 = 0
    private(set) var epoch: Int64 = 0
    /// Hex digits.
    private(set) var previous = Span()
    private(set) var mac = Span()
    /// The raw values of the type's fields, quotes included; there is room for those of every type.
    private(set) var values: [Span] = Array(repeating: Span(), count: LineShape.mostFields)
    private(set) var lineShape = LineShape.all[0]
    private var lastShape = LineShape.all[0]

    var shape: RecordShape { lineShape.record }
    var type: RecordType { lineShape.type }

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
        let stated = try scanner.integer()
        guard stated == 1 || stated == 2 else { throw .schema("the version is neither 1 nor 2") }
        version = Int(stated)
        try scanner.expect(",\"seq\":")
        seq = try scanner.count()
        try scanner.expect(",\"t\":")
        time = try scanner.time()
        try scanner.expect(",\"ep\":")
        epoch = try scanner.count()
        try scanner.expect(",\"prev\":\"")
        previous = try scanner.hex(64)
        try scanner.expect("\",\"type\":")
        try takeShape(named: scanner.text(scanner.string()))
        for (index, field) in lineShape.fields.enumerated() { try scanField(field, index, &scanner) }
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

    private mutating func takeShape(named name: UnsafeBufferPointer<UInt8>) throws(LineFault) {
        // Most records come in runs of one type, or two types take turns.
        if lineShape.isOf(version, named: name) { return }
        if !lastShape.isOf(version, named: name) {
            guard let found = LineShape.all.first(where: { $0.isOf(version, named: name) })
            else { throw .schema("the type is not known in version \(version)") }
            lastShape = found
        }
        swap(&lineShape, &lastShape)
    }
}
