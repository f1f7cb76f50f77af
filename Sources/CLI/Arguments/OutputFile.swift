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
        let target = Self.followed(path)
        guard !OwnFiles(wiring).contain(target), !OwnFiles(wiring).contain(URL(filePath: path).standardizedFileURL.path)
        else { throw Self.own(path) }
    }

    /// A folder to be written into, by the same rule.
    static func folder(_ path: String, _ wiring: Wiring) throws(LetheError) -> URL {
        let own = OwnFiles(wiring)
        let places = ["log.jsonl", "segments/0"].map { URL(filePath: path).appending(path: $0) }
        for place in places where own.contain(followed(place.path)) || own.contain(place.standardizedFileURL.path) {
            throw Self.own(path)
        }
        return URL(filePath: path)
    }

    private static func own(_ path: String) -> LetheError {
        LetheError(
            "own-file", .usage, "\(path) is part of what this workspace keeps", hint: "name another file")
    }

    /// Whole or not at all; what is no regular file (a pipe, a device) is written to and never replaced.
    func write(_ data: Data) throws(LetheError) {
        var status = stat()
        let exists = stat(path, &status) == 0
        do {
            if exists, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFDIR {
                try pour(data)
            } else {
                let file = URL(filePath: Self.followed(path))
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

    /// Where a link leads, also one to a file that is not there yet.
    private static func followed(_ path: String) -> String {
        var path = URL(filePath: path).path
        for _ in 0..<40 {
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
            let folder = URL(filePath: path).deletingLastPathComponent()
            path = target.hasPrefix("/") ? target : folder.appending(path: target).path
        }
        return path
    }
}

/// What a workspace lives from. Files and folders are told by what they are (device and number), not by how they are called:
/// links, mounts and two spellings of one name lead to the same place.
private struct OwnFiles {
    private struct Identity: Hashable {
        let device: UInt64
        let number: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    private static let names = ["inventory.db", "audit.db", "run.lock", "log.lock", "lethe.yaml"]
    private let workspace: Identity?
    private let files: Set<Identity>
    private let folders: Set<Identity>
    /// The same ones by name: one that is not there yet.
    private let paths: Set<String>

    init(_ wiring: Wiring) {
        let directory = wiring.workspace.directory
        workspace = Identity(directory.path)
        let databases = ["inventory.db", "audit.db"].flatMap { name in ["-wal", "-shm", "-journal"].map { name + $0 } }
        files = Set((Self.names + databases).compactMap { Identity(directory.appending(path: $0).path) })
        let folders = [
            wiring.keyDirectory, wiring.workspace.url(wiring.settings.policies), wiring.logLocation.segments,
        ]
        self.folders = Set(folders.compactMap { Identity($0.path) })
        paths = Set(folders.map(\.standardizedFileURL.path))
    }

    /// Also a file that is not there: `audit.db-journal` comes and goes, and a new policy would be in force.
    func contain(_ path: String) -> Bool {
        if let file = Identity(path), files.contains(file) { return true }
        let url = URL(filePath: path)
        var folder = url.deletingLastPathComponent()
        let isDatabase = ["inventory.db", "audit.db"].contains { url.lastPathComponent.hasPrefix($0) }
        if isDatabase || Self.names.contains(url.lastPathComponent), Identity(folder.path) == workspace { return true }
        while true {
            if paths.contains(folder.standardizedFileURL.path) { return true }
            if let identity = Identity(folder.path), folders.contains(identity) { return true }
            // The folder above, and not the one that is named before it: a link leads elsewhere.
            let parent = folder.resolvingSymlinksInPath().deletingLastPathComponent()
            guard parent.path != folder.path, folder.path != "/" else { return false }
            folder = parent
        }
    }
}

/// `write` is a method above.
private func posixWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(file, bytes, count) }
