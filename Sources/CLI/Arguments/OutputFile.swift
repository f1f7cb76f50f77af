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

    /// Whole or not at all; what is no regular file (a pipe, a device) is written to and never replaced.
    func write(_ data: Data) throws(LetheError) {
        var status = stat()
        let exists = stat(path, &status) == 0
        do {
            if exists, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR {
                try pour(data)
            } else {
                let file = URL(filePath: OwnFiles.followed(path))
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try data.write(to: file, options: .atomic)
            }
        } catch {
            throw LetheError(
                "unwritable", .failed, "\(path) cannot be written", hint: "check the folder and its permissions")
        }
    }

    private func pour(_ data: Data) throws {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw POSIXError(.EIO) }
        defer { close(file) }
        var rest = [UInt8](data)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { posixWrite(file, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw POSIXError(.EIO) }
            rest = rest.dropFirst(max(count, 0))
        }
    }
}

/// `write` is a method above.
private func posixWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
