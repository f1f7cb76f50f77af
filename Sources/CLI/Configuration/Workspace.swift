import Domain
import Foundation

/// The folder with `lethe.yaml` and everything that Lethe keeps beside it.
struct Workspace: Sendable {
    let directory: URL

    var configuration: URL { directory.appending(path: "lethe.yaml") }
    var inventory: URL { directory.appending(path: "inventory.db") }
    var auditLog: URL { directory.appending(path: "audit.db") }
    var reports: URL { directory.appending(path: "reports") }
    /// While there is such a file nothing is deleted.
    var killFile: URL { directory.appending(path: "STOP") }

    /// A path of `lethe.yaml`, relative to the workspace unless it is absolute.
    func url(_ path: String) -> URL {
        path.hasPrefix("/") ? URL(filePath: path) : directory.appending(path: path)
    }

    /// `--workspace`, else `LETHE_WORKSPACE`, else the nearest folder upward from `current` with `lethe.yaml`.
    static func find(flag: String?, environment: [String: String], current: URL) throws(LetheError) -> Workspace {
        let named = flag.map { ("--workspace", $0) } ?? environment["LETHE_WORKSPACE"].map { ("LETHE_WORKSPACE", $0) }
        if let (origin, path) = named, !path.isEmpty {
            let workspace = Workspace(directory: URL(filePath: path, relativeTo: current).standardizedFileURL)
            guard FileManager.default.fileExists(atPath: workspace.configuration.path) else {
                throw LetheError(
                    "no-workspace", .configuration, "there is no lethe.yaml in \(path) (from \(origin))",
                    hint: "lethe init \(path) --partner ID")
            }
            return workspace
        }
        var folder = current.standardizedFileURL
        while true {
            let workspace = Workspace(directory: folder)
            if FileManager.default.fileExists(atPath: workspace.configuration.path) { return workspace }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            guard parent.path != folder.path, folder.path != "/" else { break }
            folder = parent
        }
        throw LetheError(
            "no-workspace", .configuration, "no lethe.yaml here or in any folder above",
            hint: "lethe init --partner ID, or name a workspace with --workspace DIR")
    }
}
