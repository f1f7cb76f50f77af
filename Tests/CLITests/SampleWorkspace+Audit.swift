import Foundation
import TestSupport
import Testing

/// What befalls the audit log of a workspace between two commands.
extension SampleWorkspace {
    func file(_ path: String) -> URL { directory.appending(path: path) }
    var rootKey: String { folder.file("root.key").path }

    /// The key directory.
    static let keys = ".lethe/keys"

    /// The 16 hex digits of the first segment, after which its files are named.
    var firstSegment: String { String(vkey.prefix { $0 != "+" }.suffix(16)) }

    /// Closes the segment and begins the next one under the same root key.
    func rollOver() async throws {
        let result = try await lethe("audit", "rollover", "--reason", "yearly", "--root-key-file", rootKey)
        try #require(result.status == 0, "\(result.everything)")
    }

    func placeHold() async throws {
        let result = try await lethe("hold", "place", "--all", "--as", "counsel", "--reason", "matter 7")
        try #require(result.status == 0, "\(result.everything)")
    }

    /// Names a folder beside the workspace as an anchor, and makes it.
    @discardableResult
    func anchor(_ names: String..., isThere: Bool = true) throws -> [URL] {
        let folders = names.map { folder.file($0) }
        try configure("anchors: []", "anchors: [\(folders.map(\.path).joined(separator: ", "))]")
        for folder in folders where isThere {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        return folders
    }

    /// Files and folders of the workspace as they were at some moment, as a backup has them.
    struct Backup {
        fileprivate let workspace: SampleWorkspace
        fileprivate let place: URL
        fileprivate let paths: [String]

        /// In the place of what is there now.
        func putBack() throws {
            for path in paths {
                for suffix in ["", "-wal", "-shm", "-journal"] {
                    try? FileManager.default.removeItem(at: workspace.file(path + suffix))
                }
                try FileManager.default.copyItem(at: place.appending(path: path), to: workspace.file(path))
            }
        }
    }

    func backup(_ paths: String...) throws -> Backup {
        let place = folder.file("backup-\(UUID().uuidString)")
        for path in paths {
            let target = place.appending(path: path)
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.copyItem(at: file(path), to: target)
        }
        return Backup(workspace: self, place: place, paths: paths)
    }

    /// Runs SQL in a database of the workspace with the system's own `sqlite3`.
    func sql(_ database: String, _ statements: String) throws {
        let script = folder.file("statements.sql")
        try statements.write(to: script, atomically: true, encoding: .utf8)
        let done = try Shell.run("sqlite3 -batch -bail '\(file(database).path)' < statements.sql", in: folder.url)
        try #require(done.status == 0, "\(done.text)")
    }

    /// Changes rows of the log as an attacker would: the triggers against slips are dropped and made again as they were.
    func tamper(_ statements: String, in database: String = "audit.db") throws {
        let query = "SELECT name || '|' || sql FROM sqlite_schema WHERE type = 'trigger'"
        let found = try Shell.run("sqlite3 '\(file(database).path)' \"\(query)\"", in: folder.url)
        let rows = found.text.split(separator: "\n").map { $0.split(separator: "|", maxSplits: 1).map(String.init) }
        try #require(rows.count == 4 && rows.allSatisfy { $0.count == 2 }, "\(found.text)")
        let (drops, makes) = (rows.map { "DROP TRIGGER \($0[0]);" }, rows.map { $0[1] + ";" })
        try sql(database, (drops + [statements + ";"] + makes).joined(separator: "\n"))
    }

    /// Verifies all segments with both keys.
    func verifySegments(_ more: String...) async throws -> LetheProcess.Result {
        try await lethe.run(
            LetheProcess.binary, ["audit", "verify", "--vkey", vkey, "--root-key-file", rootKey] + more)
    }
}

extension LetheProcess.Result {
    /// `code` and `seq` of each finding on stdout.
    var findings: [String] {
        output.split(separator: "\n").filter { $0.hasPrefix("FAIL\t") }
            .map { $0.split(separator: "\t")[1...2].joined(separator: " ") }
    }
}
