package import Domain
package import Foundation

/// Writes a segment out for a reviewer.
package struct LogExport: Sendable {
    package enum Format: Sendable {
        /// The lines as they are.
        case jsonl
        /// What `line` makes of each record (bytes without LF), in the file `name`.
        case events(name: String, line: @Sendable (_ entry: LogEntry, _ origin: String) -> [UInt8])
    }

    package struct Summary: Sendable, Equatable {
        package let origin: String
        package let records: Int64
        package let checkpointSize: Int64?
        package let anchors: Int
        /// `log.jsonl` is whole and can be verified; an extract cannot.
        package let isWhole: Bool
        package let files: [URL]
    }

    package let format: Format
    package let since: Timestamp?
    package let until: Timestamp?

    package init(format: Format = .jsonl, since: Timestamp? = nil, until: Timestamp? = nil) {
        self.format = format
        self.since = since
        self.until = until
    }

    /// `DIR/log.jsonl` (whole), else `DIR/extract.jsonl`, or the file of events; with it `DIR/checkpoint` and the notes that
    /// `anchors` hold of this log, as `DIR/anchors/<name>`. Whole files are written up to the newest checkpoint's size or
    /// further, so that a live log's export shows what is not sealed yet.
    package func write(_ reader: LogReader, to folder: URL, anchors: Anchors) throws(LetheError) -> Summary {
        try DurableFile.makeDirectory(folder, mode: 0o755)
        let checkpoint = try reader.checkpoint()
        var files = [folder.appending(path: fileName)]
        let records = try writeRecords(reader, to: files[0])
        if let checkpoint {
            files.append(folder.appending(path: "checkpoint"))
            try DurableFile.write(checkpoint.note, to: files[1], mode: 0o644)
        }
        let notes = anchors.notes(of: reader.origin)
        let anchorFolder = folder.appending(path: "anchors")
        try DurableFile.makeDirectory(anchorFolder, mode: 0o755)
        var written: [String: [[UInt8]]] = [:]
        for note in notes {
            let name = note.lastPathComponent
            guard let bytes = try DurableFile.read(note), written[name]?.contains(bytes) != true else { continue }
            written[name, default: []].append(bytes)
            // Anchors that disagree are what a reviewer must see: each has its place.
            let number = written[name]?.count ?? 1
            let place = number == 1 ? anchorFolder : anchorFolder.appending(path: String(number))
            try DurableFile.makeDirectory(place, mode: 0o755)
            try DurableFile.write(bytes, to: place.appending(path: name), mode: 0o644)
            files.append(place.appending(path: name))
        }
        return Summary(
            origin: reader.origin, records: records, checkpointSize: checkpoint?.size,
            anchors: written.values.map(\.count).reduce(0, +),
            isWhole: isWhole, files: files)
    }

    private var isWhole: Bool { fileName == "log.jsonl" }

    private var fileName: String {
        if case .events(let name, _) = format { return name }
        return since == nil && until == nil ? "log.jsonl" : "extract.jsonl"
    }

    private func writeRecords(_ reader: LogReader, to file: URL) throws(LetheError) -> Int64 {
        let output = try ExportFile(file)
        var parser = LineParser()
        var records: Int64 = 0
        if let seqs = try reader.store.seqs() {
            try reader.store.lines(seqs) { _, line in
                guard try isAskedFor(line, &parser) else { return }
                switch format {
                case .jsonl: try output.write(line)
                case .events(_, let made):
                    let event = made(try LogEntry.read(Array(line), &parser), reader.origin)
                    try event.withUnsafeBufferPointer { try output.write($0) }
                }
                records += 1
            }
        }
        try output.finish()
        return records
    }

    private func isAskedFor(_ line: UnsafeBufferPointer<UInt8>, _ parser: inout LineParser) throws -> Bool {
        guard since != nil || until != nil else { return true }
        // A line that cannot be read is for verify to judge, and is never left out.
        guard (try? parser.parse(line)) != nil else { return true }
        let time = Timestamp(microseconds: parser.time)
        if let since, time < since { return false }
        if let until, time >= until { return false }
        return true
    }
}

/// A file that is written line by line and put in place when it is whole.
final class ExportFile {
    private let url: URL
    private let temporary: URL
    private let file: FileHandle
    private var buffer: [UInt8] = []

    init(_ url: URL) throws(LetheError) {
        self.url = url
        temporary = url.appendingPathExtension("tmp")
        guard FileManager.default.createFile(atPath: temporary.path, contents: nil),
            let file = FileHandle(forWritingAtPath: temporary.path)
        else {
            throw LetheError(
                "export-failed", .failed, "cannot create \(url.path)", hint: "check the folder's permissions")
        }
        self.file = file
    }

    func write(_ line: UnsafeBufferPointer<UInt8>) throws(LetheError) {
        buffer.append(contentsOf: line)
        buffer.append(10)
        if buffer.count > 1 << 18 { try flush() }
    }

    func finish() throws(LetheError) {
        try flush()
        try? file.close()
        try DurableFile.move(temporary, to: url)
    }

    private func flush() throws(LetheError) {
        do {
            try file.write(contentsOf: Data(buffer))
            buffer.removeAll(keepingCapacity: true)
        } catch {
            throw LetheError("export-failed", .failed, "cannot write \(url.path)", hint: "free space on its disk")
        }
    }
}
