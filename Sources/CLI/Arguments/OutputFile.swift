import Audit
import Domain
import Foundation

/// A file that the command line names to be written. Made before the work begins, so that nothing is done for an answer that
/// has no place.
struct OutputFile {
    let path: String

    /// Throws `own-file` for the state of the workspace: a report in place of `inventory.db` would be the end of every hold.
    init(_ path: String, _ wiring: Wiring) throws(LetheError) {
        self.path = path
        try OwnFiles(wiring).refuse(path)
    }

    /// A folder to be written into, by the same rule.
    static func folder(_ path: String, _ wiring: Wiring) throws(LetheError) -> URL {
        let own = OwnFiles(wiring)
        for inside in ["log.jsonl", "segments/0"] {
            try own.refuse(URL(filePath: path).appending(path: inside).path, shownAs: path)
        }
        return URL(filePath: path)
    }

    /// What is written: `--format`, else what the file's name ends in, else the first of `known`. An ending that is none of these is
    /// refused: whoever writes `x.pdf` gets no HTML under that name.
    static func format(
        _ format: String?, for path: String?, of known: [String]
    ) throws(LetheError) -> String {
        if let format {
            guard !known.contains(format) else { return format }
            throw LetheError("invalid-value", .usage, "--format must be one of: \(known.joined(separator: ", "))")
        }
        let ending = path.map { URL(filePath: $0).pathExtension.lowercased() } ?? ""
        guard !ending.isEmpty else { return known.first ?? "" }
        guard !known.contains(ending) else { return ending }
        throw LetheError(
            "unknown-ending", .usage, "nothing is written as .\(ending); known are: \(known.joined(separator: ", "))",
            hint: "name the file x.\(known.first ?? ""), or say what it is to be with --format")
    }

    /// Whole or not at all; what is no regular file (a pipe, a device) is written to and never replaced.
    func write(_ data: Data) throws(LetheError) {
        try stream { write throws(LetheError) in
            try [UInt8](data).withUnsafeBufferPointer { bytes throws(LetheError) in
                try write(UnsafeRawBufferPointer(bytes))
            }
        }
    }

    /// The same of what comes piece by piece: `body` gets what writes a piece. Nothing is in the file's place if it throws.
    func stream<Value>(
        _ body: (@escaping (UnsafeRawBufferPointer) throws(LetheError) -> Void) throws(LetheError) -> Value
    ) throws(LetheError) -> Value {
        var status = stat()
        let exists = stat(path, &status) == 0
        if exists, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR {
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw unwritable }
            defer { close(descriptor) }
            return try body { bytes throws(LetheError) in try pour(bytes, descriptor) }
        }
        let file = RealPath.followed(path)
        try? FileManager.default.createDirectory(
            at: URL(filePath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
        var template = Array("\(file).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else { throw unwritable }
        defer { unlink(temporary) }
        let value: Value
        do {
            defer { close(descriptor) }
            // As any other program would have made it, or as it was.
            let mask = umask(0)
            umask(mask)
            _ = fchmod(descriptor, exists ? status.st_mode & 0o777 : 0o666 & ~mask)
            value = try body { bytes throws(LetheError) in try pour(bytes, descriptor) }
        }
        guard rename(temporary, file) == 0 else { throw unwritable }
        return value
    }

    private var unwritable: LetheError {
        LetheError("unwritable", .failed, "\(path) cannot be written", hint: "check the folder and its permissions")
    }

    private func pour(_ bytes: UnsafeRawBufferPointer, _ file: Int32) throws(LetheError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = posixWrite(file, UnsafeRawBufferPointer(rebasing: rest))
            guard count > 0 || errno == EINTR else { throw unwritable }
            rest = rest.dropFirst(max(count, 0))
        }
    }
}

/// `write` is a method above.
private func posixWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(file, bytes.baseAddress, bytes.count)
}
