import Audit
import Domain
import Foundation

/// What a workspace lives from. Files and folders are told by what they are (device and number) and by the place that a name
/// leads to, not by how they are called: links, mounts and two spellings of one name lead to the same place.
struct OwnFiles {
    private static let databases = ["inventory.db", "audit.db"]
    private static let names =
        databases + ["run.lock", "log.lock", "lethe.yaml", WorkspaceDraft.name, "STOP"]
        + databases.flatMap { name in ["-wal", "-shm", "-journal"].map { name + $0 } }
    private let workspace: String
    private let files: Set<FileIdentity>
    private let folders: Set<FileIdentity>
    /// The same ones by place: one that is not there yet.
    private let places: Set<String>

    init(_ wiring: Wiring) {
        self.init(wiring.workspace, log: wiring.logLocation, policies: wiring.settings.policies)
    }

    /// Also of a workspace that is still to be made.
    init(_ workspace: Workspace, log: AuditLog.Location, policies: String) {
        let directory = workspace.directory
        self.workspace = RealPath.of(directory.path)
        files = Set(Self.names.compactMap { FileIdentity(directory.appending(path: $0).path) })
        let folders = [log.keys, workspace.url(policies), log.segments]
        self.folders = Set(folders.compactMap { FileIdentity($0.path) })
        places = Set(folders.map { RealPath.of($0.path) })
    }

    /// Throws `own-file`: for what the path leads to, and for a link that is itself in one of these folders.
    func refuse(_ path: String, shownAs name: String? = nil) throws(LetheError) {
        let url = URL(filePath: path)
        let itself = RealPath.of(url.deletingLastPathComponent().path) + "/" + url.lastPathComponent
        guard contain(RealPath.of(path)) || contain(itself) else { return }
        throw LetheError(
            "own-file", .usage, "\(name ?? path) is part of what this workspace keeps", hint: "name another file")
    }

    /// `place`: also of a file that is not there: `audit.db-journal` comes and goes, and a new policy would be in force.
    private func contain(_ place: String) -> Bool {
        if let file = FileIdentity(place), files.contains(file) { return true }
        let url = URL(filePath: place)
        var folder = url.deletingLastPathComponent()
        let name = url.lastPathComponent
        let isOwn = Self.names.contains(name) || Self.databases.contains { name.hasPrefix($0) }
        if isOwn, folder.standardizedFileURL.path == workspace { return true }
        while folder.path != "/" {
            if places.contains(folder.standardizedFileURL.path) { return true }
            if let identity = FileIdentity(folder.path), folders.contains(identity) { return true }
            folder = folder.deletingLastPathComponent()
        }
        return false
    }
}
