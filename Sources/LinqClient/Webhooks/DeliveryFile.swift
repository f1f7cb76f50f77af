package import Domain
import Foundation

/// Reads a file of bodies one after another in constant memory: one JSON body, one JSON array of bodies, or one body a
/// line (NDJSON). Bodies are told apart by structure alone; whether one is JSON is for its reader to say, so that a broken
/// line is one rejection and the rest goes on.
///
/// `[` first is an array. A first line that begins with `{`, is not closed, ends outside a string and is not followed by a
/// line beginning with `{` is the beginning of one body over several lines. Everything else is one body per line.
package struct DeliveryFile {
    package enum Piece: Sendable, Equatable {
        case delivery(RawDelivery)
        /// A body that is too large or has no end.
        case broken(line: Int, LetheError)
    }

    private enum Mode { case lines, whole, array, done }

    private let maximumBody: Int
    private var input: ByteStream
    private var mode: Mode?

    /// `read` gives at most as many bytes as asked for, and none at the end.
    package init(maximumBody: Int = 4 << 20, read: @escaping (Int) throws -> [UInt8]) {
        self.maximumBody = maximumBody
        input = ByteStream(read: read)
    }

    /// `-` is standard input. Throws `unreadable-file`.
    package init(path: String) throws(LetheError) {
        var handle = FileHandle.standardInput
        if path != "-" {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
                let opened = FileHandle(forReadingAtPath: path)
            else { throw Self.unreadable }
            handle = opened
        }
        let source = handle
        self.init { count in Array(try source.read(upToCount: count) ?? Data()) }
    }

    private static var unreadable: LetheError {
        LetheError(
            "unreadable-file", .unreadable, "a file of deliveries cannot be read",
            hint: "check its name and that you may read it")
    }

    /// `nil` at the end. Throws `unreadable-file` where reading fails.
    package mutating func next() throws(LetheError) -> Piece? {
        do {
            try skipSpace()
            if mode == nil { try detectMode() }
            switch mode {
            case .lines: return try nextLine()
            case .whole: return try nextWhole()
            case .array: return try nextElement()
            case .done, nil: return nil
            }
        } catch {
            throw Self.unreadable
        }
    }

    private mutating func skipSpace() throws {
        while let byte = try input.peek(0), byte.isJSONSpace { _ = try input.take(1) }
    }

    private mutating func detectMode() throws {
        if try input.peek(0) == 0xEF, try input.peek(1) == 0xBB, try input.peek(2) == 0xBF {
            _ = try input.take(3)  // a byte order mark is no part of any body
            try skipSpace()
        }
        switch try input.peek(0) {
        case UInt8(ascii: "["):
            _ = try input.take(1)
            try skipSpace()
            mode = .array
        case UInt8(ascii: "{"): mode = try isOneBodyOverLines() ? .whole : .lines
        default: mode = .lines
        }
    }

    private mutating func isOneBodyOverLines() throws -> Bool {
        guard let end = try input.offset(of: UInt8(ascii: "\n"), limit: maximumBody) else { return false }
        var balance = JSONBalance()
        for offset in 0..<end { balance.feed(try input.peek(offset) ?? 0) }
        guard balance.depth > 0, !balance.isInString else { return false }
        return try input.peek(end + 1) != UInt8(ascii: "{")
    }

    private mutating func nextLine() throws -> Piece? {
        guard try input.peek(0) != nil else { return nil }
        let line = input.line
        if let end = try input.offset(of: UInt8(ascii: "\n"), limit: maximumBody + 1) {
            return .delivery(RawDelivery(line: line, text: try input.take(end + 1)))
        }
        if try input.peek(maximumBody) == nil {
            return .delivery(RawDelivery(line: line, text: try input.take(maximumBody)))
        }
        while try input.peek(0) != nil {
            let end = try input.offset(of: UInt8(ascii: "\n"), limit: maximumBody)
            _ = try input.take(end ?? maximumBody)
            if end != nil { break }
        }
        return .broken(line: line, tooLarge)
    }

    private mutating func nextWhole() throws -> Piece? {
        mode = .done
        let line = input.line
        guard try input.peek(maximumBody) == nil else { return .broken(line: line, tooLarge) }
        return .delivery(RawDelivery(line: line, text: try input.take(maximumBody)))
    }

    /// From here to the comma or bracket of the array's own level. `[ ]` has no element; any other emptiness between
    /// commas is handed out as a body without bytes, for its reader to refuse.
    private mutating func nextElement() throws -> Piece? {
        let line = input.line
        var balance = JSONBalance()
        var body: [UInt8] = []
        var isFirst = true
        while let byte = try input.peek(0) {
            if balance.isAtTop, byte.endsElement {
                _ = try input.take(1)
                let isLast = byte == UInt8(ascii: "]")
                // What follows the array is read as one body per line, and so refused with its line.
                if isLast { mode = .lines }
                if isFirst, isLast {
                    try skipSpace()
                    return try nextLine()
                }
                if body.count > maximumBody { return .broken(line: line, tooLarge) }
                return .delivery(RawDelivery(line: line, text: body[...]))
            }
            isFirst = false
            let count = try input.run(from: 0) { byte in
                if balance.isAtTop, byte.endsElement { return false }
                balance.feed(byte)
                return true
            }
            let bytes = try input.take(count)
            body += bytes.prefix(maximumBody + 1 - body.count)
        }
        mode = .done
        return .broken(line: line, LetheError("invalid-json", .unreadable, "the array of deliveries does not end"))
    }

    private var tooLarge: LetheError {
        LetheError("too-large", .unreadable, "a body of more than \(maximumBody) bytes")
    }
}

extension UInt8 {
    /// A comma or closing bracket, which at the array's own level ends an element.
    fileprivate var endsElement: Bool { self == UInt8(ascii: ",") || self == UInt8(ascii: "]") }
}

extension RawDelivery {
    fileprivate init(line: Int, text: ArraySlice<UInt8>) {
        var end = text.endIndex
        while end > text.startIndex, text[end - 1].isJSONSpace { end -= 1 }
        self.init(line: line, body: Array(text[..<end]), terminator: Array(text[end...]))
    }
}
