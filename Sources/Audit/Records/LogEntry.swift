package import Domain

/// One record as it stands in the log: everything shown of it comes from `line`.
package struct LogEntry: Sendable, Equatable {
    package let seq: Int64
    package let time: Timestamp
    package let epoch: Int64
    /// The whole line without its LF.
    package let line: [UInt8]
    package let record: AuditRecord
    /// 64 hex.
    package let previous: String
    package let mac: String

    /// Strict: any other spelling of the record is refused.
    package init(line: [UInt8]) throws(LetheError) {
        var parser = LineParser()
        self = try LogEntry.read(line, &parser)
    }

    static func read(_ line: [UInt8], _ parser: inout LineParser) throws(LetheError) -> LogEntry {
        try line.withUnsafeBufferPointer { bytes throws(LetheError) in
            try parser.read(bytes)
            return LogEntry(
                seq: parser.seq, time: Timestamp(microseconds: parser.time), epoch: parser.epoch, line: line,
                record: try parser.shape.read(RecordValues(bytes, parser).all),
                previous: parser.previous.text(in: bytes),
                mac: parser.mac.text(in: bytes))
        }
    }

    private init(
        seq: Int64, time: Timestamp, epoch: Int64, line: [UInt8], record: AuditRecord, previous: String, mac: String
    ) {
        self.seq = seq
        self.time = time
        self.epoch = epoch
        self.line = line
        self.record = record
        self.previous = previous
        self.mac = mac
    }
}

extension LineParser {
    /// Parses a line that is taken to be good.
    mutating func read(_ line: UnsafeBufferPointer<UInt8>) throws(LetheError) {
        do throws(LineFault) {
            try parse(line)
        } catch {
            throw LetheError(
                "malformed-record", .failed, "a line of the audit log is malformed: \(error.message)",
                hint: "lethe audit verify")
        }
    }
}

extension LineFault {
    var message: String {
        switch self {
        case .json(let message), .format(let message), .schema(let message): message
        }
    }
}

extension LineParser.Span {
    func text(in line: UnsafeBufferPointer<UInt8>) -> String { String(decoding: line[start..<end], as: UTF8.self) }
}
