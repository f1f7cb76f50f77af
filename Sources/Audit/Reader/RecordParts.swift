package import Domain
import Foundation

/// Records about attachments, to be read again part by part: all of one attachment are in one part, in the order in which they
/// came, and a part fits into memory however long the log is.
///
/// The lines lie in one file without a name, in pieces of 16 KiB that each belong to a part.
package final class RecordParts {
    /// Records that a part holds on average, and the most parts that there are.
    private static let usual: Int64 = 12_500
    private static let most: Int64 = 1024
    private static let pieceSize = 1 << 14

    private let file: FileHandle
    private var open: [[UInt8]]
    private var pieces: [[(offset: UInt64, length: Int)]]
    private var end: UInt64 = 0

    /// For about as many records.
    package init(of records: Int64) throws(LetheError) {
        let count = Int(min(max(1, records / Self.usual), Self.most))
        open = Array(repeating: [], count: count)
        pieces = Array(repeating: [], count: count)
        var path = Array(FileManager.default.temporaryDirectory.appending(path: "lethe.XXXXXX").path.utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw Self.failed }
        unlink(path)
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// A record about no attachment is left out.
    fileprivate func add(_ line: UnsafeBufferPointer<UInt8>) throws(LetheError) {
        guard let attachment = Self.attachment(in: line) else { return }
        let part = Int(attachment.spread % UInt64(open.count))
        if open[part].count + line.count >= Self.pieceSize { try flush(part) }
        open[part] += line
        open[part].append(10)
    }

    /// Its name and value stand in no other place of a line: in a string the quotes have a backslash.
    private static func attachment(in line: UnsafeBufferPointer<UInt8>) -> AttachmentID? {
        guard let begin = line.end(of: "\"att\":\"") else { return nil }
        return try? AttachmentID(String(decoding: line[begin..<min(begin + 36, line.count)], as: UTF8.self))
    }

    private func flush(_ part: Int) throws(LetheError) {
        guard !open[part].isEmpty else { return }
        do {
            try file.write(contentsOf: open[part])
        } catch {
            throw Self.failed
        }
        pieces[part].append((end, open[part].count))
        end += UInt64(open[part].count)
        open[part].removeAll(keepingCapacity: true)
    }

    /// Calls `body` with each part, which reads its records with what it is given.
    package func forEachPart(
        _ body: (_ read: ((LogEntry) -> Void) throws(LetheError) -> Void) throws(LetheError) -> Void
    ) throws(LetheError) {
        for part in open.indices {
            let lines = try bytes(of: part)
            try body { handle throws(LetheError) in
                var parser = LineParser()
                var start = lines.startIndex
                while let end = lines[start...].firstIndex(of: 10) {
                    handle(try LogEntry.read(Array(lines[start..<end]), &parser))
                    start = end + 1
                }
            }
        }
    }

    private func bytes(of part: Int) throws(LetheError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces[part].map(\.length).reduce(open[part].count, +))
        do {
            for piece in pieces[part] {
                try file.seek(toOffset: piece.offset)
                guard let read = try file.read(upToCount: piece.length), read.count == piece.length else {
                    throw Self.failed
                }
                bytes += read
            }
        } catch {
            throw Self.failed
        }
        return bytes + open[part]
    }

    private static let failed = LetheError(
        "no-scratch", .failed, "a temporary file cannot be written or read back",
        hint: "make room in \(FileManager.default.temporaryDirectory.path), or set TMPDIR")
}

extension LogReader {
    /// The first `count` records, oldest first. All about attachments go into `parts`; `body` gets the others, and of those about
    /// attachments what tells more than how one item ended: intents for a request, and look-ups.
    package func sort(
        first count: Int64, into parts: RecordParts, _ body: (LogEntry) throws(LetheError) -> Void
    ) throws(LetheError) {
        guard count > 0 else { return }
        var parser = LineParser()
        try store.lines(0...count - 1) { _, line in
            try parser.read(line)
            try parts.add(line)
            let isOfItem =
                switch parser.type {
                case .deleteOutcome, .itemClosed: true
                case .deleteIntent: line.end(of: "\"rule\":\"erasure:") == nil
                default: false
                }
            if !isOfItem { try body(LogEntry.read(Array(line), &parser)) }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Behind the first place of `text`, which is ASCII.
    fileprivate func end(of text: StaticString) -> Int? {
        let length = text.utf8CodeUnitCount
        guard let start = baseAddress, length > 0 else { return nil }
        var place = 0
        while place + length <= count,
            let found = memchr(start + place, Int32(text.utf8Start[0]), count - place - length + 1)
        {
            place = UnsafeRawPointer(found) - UnsafeRawPointer(start)
            if memcmp(start + place, text.utf8Start, length) == 0 { return place + length }
            place += 1
        }
        return nil
    }
}

extension AttachmentID {
    /// Ids of version 7 begin with the time, those of version 4 at random: the halves together are even in either.
    fileprivate var spread: UInt64 {
        let mixed = UInt64(truncatingIfNeeded: value) ^ UInt64(truncatingIfNeeded: value >> 64)
        return (mixed &* 0x9e37_79b9_7f4a_7c15) >> 20
    }
}
