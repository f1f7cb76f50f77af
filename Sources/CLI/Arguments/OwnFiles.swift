import Audit
import Domain
import Foundation

/// What a workspace lives from. Files and folders are told by what they are (device and number) and by the place that a name
/// leads to, not by how they are called: links, mounts and two spellings of one name lead to the same place.
struct OwnFiles {
    private struct Identity: Hashable {
        let device: UInt64
        let number: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    private static let databases = ["inventory.db", "audit.db"]
    private static let names =
        databases + ["run.lock", "log.lock", "lethe.yaml", WorkspaceDraft.name, "STOP"]
        + databases.flatMap { name in ["-wal", "-shm", "-journal"].map { name + $0 } }
    private let workspace: String
    private let files: Set<Identity>
    private let folders: Set<Identity>
    /// The same ones by place: one that is not there yet.
    private let places: Set<String>

    init(_ wiring: Wiring) {
        self.init(wiring.workspace, log: wiring.logLocation, policies: wiring.settings.policies)
    }

    /// Also of a workspace that is still to be made.
    init(_ workspace: Workspace, log: AuditLog.Location, policies: String) {
        let directory = workspace.directory
        self.workspace = Self.place(directory.path)
        files = Set(Self.names.compactMap { Identity(directory.appending(path: $0).path) })
        let folders = [log.keys, workspace.url(policies), log.segments]
        self.folders = Set(folders.compactMap { Identity($0.path) })
        places = Set(folders.map { Self.place($0.path) })
    }

    /// Throws `own-file`: for what the path leads to, and for a link that is itself in one of these folders.
    func refuse(_ path: String, shownAs name: String? = nil) throws(LetheError) {
        let url = URL(filePath: path)
        let itself = Self.place(url.deletingLastPathComponent().path) + "/" + url.lastPathComponent
        guard contain(Self.place(path)) || contain(itself) else { return }
        throw LetheError(
            "own-file", .usage, "\(name ?? path) is part of what this workspace keeps", hint: "name another file")
    }

    /// `place`: also of a file that is not there: `audit.db-journal` comes and goes, and a new policy would be in force.
    private func contain(_ place: String) -> Bool {
        if let file = Identity(place), files.contains(file) { return true }
        let url = URL(filePath: place)
        var folder = url.deletingLastPathComponent()
        let name = url.lastPathComponent
        let isOwn = Self.names.contains(name) || Self.databases.contains { name.hasPrefix($0) }
        if isOwn, folder.standardizedFileURL.path == workspace { return true }
        while folder.path != "/" {
            if places.contains(folder.standardizedFileURL.path) { return true }
            if let identity = Identity(folder.path), folders.contains(identity) { return true }
            folder = folder.deletingLastPathComponent()
        }
        return false
    }

    /// Where a path leads, every link followed, also where its end is not there yet.
    private static func place(_ path: String) -> String {
        var url = URL(filePath: path).standardizedFileURL
        var missing: [String] = []
        while url.path != "/" {
            // A link to a folder that is not there yet.
            url = URL(filePath: followed(url.path)).standardizedFileURL
            if let real = realpath(url.path, nil) {
                defer { free(real) }
                return ([String(cString: real)] + missing.reversed()).joined(separator: "/")
            }
            missing.append(url.lastPathComponent)
            url = url.deletingLastPathComponent()
        }
        return "/" + missing.reversed().joined(separator: "/")
    }

    /// Where a link leads, also one to a file that is not there yet.
    static func followed(_ path: String) -> String {
        var path = URL(filePath: path).path
        for _ in 0..<40 {
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
            let folder = URL(filePath: path).deletingLastPathComponent()
            path = target.hasPrefix("/") ? target : folder.appending(path: target).path
        }
        return path
    }
}
