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
    package func add(_ entry: LogEntry) throws(LetheError) {
        guard let attachment = entry.record.attachment else { return }
        let part = Int(attachment.spread % UInt64(open.count))
        if open[part].count + entry.line.count >= Self.pieceSize { try flush(part) }
        open[part] += entry.line
        open[part].append(10)
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

extension AttachmentID {
    /// Ids of version 7 begin with the time, those of version 4 at random: the halves together are even in either.
    fileprivate var spread: UInt64 {
        let mixed = UInt64(truncatingIfNeeded: value) ^ UInt64(truncatingIfNeeded: value >> 64)
        return (mixed &* 0x9e37_79b9_7f4a_7c15) >> 20
    }
}
