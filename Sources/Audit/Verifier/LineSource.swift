import Domain
import Foundation

/// The lines of an export, read in pieces of 256 KiB.
struct LineFile {
    private static let pieceSize = 1 << 18
    private let file: FileHandle
    let url: URL

    init(_ url: URL) throws(LetheError) {
        self.url = url
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory), !isDirectory.boolValue,
            let file = try? FileHandle(forReadingFrom: url)
        else {
            throw LetheError(
                "unreadable-log", .unreadable, "cannot open \(url.path)",
                hint: "check its name and that you may read it")
        }
        self.file = file
    }

    /// Calls `body` with each line without its LF; `isWhole` is false for a last line that has none, and for a line over
    /// the longest, of which only the beginning is handed over.
    func forEachLine(
        _ body: (_ line: UnsafeBufferPointer<UInt8>, _ isWhole: Bool) throws(LetheError) -> Void
    ) throws(LetheError) {
        var carry: [UInt8] = []
        while let piece = try nextPiece() {
            var rest = piece[...]
            while let end = Self.end(of: rest) {
                try handOver(&carry, rest[..<end], isWhole: true, body)
                rest = rest[(end + 1)...]
            }
            // One byte over the longest line is enough to tell that it is too long.
            carry.append(contentsOf: rest.prefix(max(0, RecordEncoder.longestLine + 1 - carry.count)))
        }
        if !carry.isEmpty { try handOver(&carry, [], isWhole: false, body) }
    }

    /// The first line, if it is a record.
    func firstEntry() throws(LetheError) -> LogEntry? {
        guard let piece = try nextPiece(), let end = Self.end(of: piece[...]) else { return nil }
        return try LogEntry(line: Array(piece[..<end]))
    }

    /// The index of the first LF.
    private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress, let found = memchr(base, 10, raw.count) else { return nil }
            return bytes.startIndex + (UnsafeRawPointer(found) - base)
        }
    }

    private func nextPiece() throws(LetheError) -> [UInt8]? {
        do {
            return try file.read(upToCount: Self.pieceSize).map(Array.init)
        } catch {
            throw LetheError("unreadable-log", .unreadable, "cannot read \(url.path)")
        }
    }

    private func handOver(
        _ carry: inout [UInt8], _ end: ArraySlice<UInt8>, isWhole: Bool,
        _ body: (UnsafeBufferPointer<UInt8>, Bool) throws(LetheError) -> Void
    ) throws(LetheError) {
        if carry.isEmpty {
            try end.withUnsafeBufferPointer { line throws(LetheError) in try body(line, isWhole) }
            return
        }
        carry.append(contentsOf: end.prefix(max(0, RecordEncoder.longestLine + 1 - carry.count)))
        try carry.withUnsafeBufferPointer { line throws(LetheError) in try body(line, isWhole) }
        carry.removeAll(keepingCapacity: true)
    }
}
