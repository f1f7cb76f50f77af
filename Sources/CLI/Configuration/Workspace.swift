import Domain
import Foundation

/// The folder with `lethe.yaml` and everything that Lethe keeps beside it.
struct Workspace: Sendable {
    let directory: URL

    var configuration: URL { directory.appending(path: "lethe.yaml") }
    /// When `lethe.yaml` was last written to.
    var configured: Timestamp? {
        let date = try? FileManager.default.attributesOfItem(atPath: configuration.path)[.modificationDate] as? Date
        return date.map { Timestamp(microseconds: Int64($0.timeIntervalSince1970 * 1_000_000)) }
    }

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
                try workspace.refuseHeadless(shownAs: path)
                throw LetheError(
                    "no-workspace", .configuration, "there is no lethe.yaml in \(path) (from \(origin))",
                    hint: "lethe init \(path) --partner ID")
            }
            return workspace
        }
        var folder = current.standardizedFileURL
        var headless: Workspace?
        while true {
            let workspace = Workspace(directory: folder)
            if headless == nil, workspace.isHeadless { headless = workspace }
            if FileManager.default.fileExists(atPath: workspace.configuration.path) { return workspace }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            guard parent.path != folder.path, folder.path != "/" else { break }
            folder = parent
        }
        try headless?.refuseHeadless(shownAs: headless?.directory.path ?? "")
        throw LetheError(
            "no-workspace", .configuration, "no lethe.yaml here or in any folder above",
            hint: "lethe init --partner ID, or name a workspace with --workspace DIR")
    }
}

/// Databases without the configuration that says whose they are and where their keys lie.
extension Workspace {
    private var databases: [String] {
        [inventory, auditLog].filter { FileManager.default.fileExists(atPath: $0.path) }.map(\.lastPathComponent)
    }

    /// `lethe.yaml` is lost, or an `init` was cut short.
    var isHeadless: Bool {
        !FileManager.default.fileExists(atPath: configuration.path) && (!databases.isEmpty || isCutShort)
    }

    private var isCutShort: Bool { WorkspaceDraft.exists(in: self) }

    /// Tiers, limits and approvals that are not written again would be those of a new workspace.
    static let writeAnew =
        "put lethe.yaml back, or write it anew with all that it said: "
        + "version: 1, partner_id and audit: {keys: DIR} at least, and tiers, limits and approval"

    /// `lethe init` would be the wrong advice: it refuses what is there, and must.
    fileprivate func refuseHeadless(shownAs path: String) throws(LetheError) {
        guard isHeadless else { return }
        guard !isCutShort else {
            throw LetheError(
                "no-workspace", .configuration, "lethe init was cut short in \(path): there is no workspace yet",
                hint: "lethe init \(path) --partner ID, which begins anew")
        }
        throw LetheError(
            "no-workspace", .configuration,
            "\(path) has \(databases.joined(separator: " and ")), but its lethe.yaml is gone", hint: Self.writeAnew)
    }
}
