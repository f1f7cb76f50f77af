import Domain
import Foundation
import Simulator

/// What a demo and the commands in its workspace make. The rest of its folder is somebody's.
struct DemoFiles {
    private let workspace: Workspace

    init(_ workspace: Workspace) {
        self.workspace = workspace
    }

    private static let names: Set<String> = {
        let ends = ["", "-wal", "-shm", "-journal"]
        let databases = ["inventory.db", "audit.db"].flatMap { name in ends.map { name + $0 } }
        let others = ["lethe.yaml", WorkspaceDraft.name, "run.lock", "root.key", "webhooks.ndjson", "headers.ndjson"]
        return Set(databases + others + ["policies", ".lethe", ".lethe/demo", ".lethe/keys", "audit", "reports"])
            .union(ReadyPolicies.all.map { "policies/" + $0.name })
    }()

    /// Whole folders of their workspace: keys, closed segments, reports.
    private static let folders = [".lethe/keys/", "audit/", "reports/lethe-report-"]

    /// Throws `folder-in-use` for the first that is none of these, and for a workspace of another account.
    func refuseOthers() throws(LetheError) {
        let paths = FileManager.default.enumerator(atPath: workspace.directory.path)?.compactMap { $0 as? String } ?? []
        let other = paths.sorted().first { path in
            let isInside = Self.folders.contains(where: path.hasPrefix) && !path.hasSuffix("lethe.yaml")
            return !Self.names.contains(path) && !isInside
        }
        let text = (try? String(contentsOf: workspace.configuration, encoding: .utf8)) ?? SimulatedPartner.first.id
        guard other != nil || !text.contains(SimulatedPartner.first.id) else { return }
        throw LetheError(
            "folder-in-use", .usage,
            "\(workspace.directory.lastPathComponent) holds what no demo made: \(other ?? "a workspace of another account")",
            hint: "move it elsewhere, or " + DemoCommand.another)
    }
}
