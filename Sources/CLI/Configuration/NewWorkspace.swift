import Audit
import Domain
import Engine
import Foundation
import Inventory
import Rules

/// Makes a workspace whole or not at all: what was begun is taken away again when something fails, and by the next `init`
/// where the process died.
struct NewWorkspace {
    let workspace: Workspace
    let partner: String
    let keys: String
    let auditName: String
    /// What `policies/` begins with: file name and text.
    var policies: [(name: String, text: String)] = [("retention.yaml", WorkspaceTemplate.policies)]
    var configuration: String?

    var location: AuditLog.Location { location(keys: keys) }

    private func location(keys: String) -> AuditLog.Location {
        AuditLog.Location(database: workspace.auditLog, keys: workspace.url(keys))
    }

    /// `handOver` takes the root key to where it is kept; when it throws there is no workspace.
    func create(clock: any TimeSource, handOver: (RootKey) throws -> Void) throws -> AuditLog.Created {
        try refuseBadNames()
        try makeFolder()
        // Nothing is written, not even the draft, where a workspace is.
        if !WorkspaceDraft.exists(in: workspace) { try refuseWhatIsThere() }
        let draft = try WorkspaceDraft(workspace)
        do {
            if let keys = try keysOfWhatWasLeft(draft) { takeAway(keys: keys) }
            try refuseWhatIsThere()
        } catch {
            draft.discard()
            throw error
        }
        do {
            try draft.write(
                configuration
                    ?? WorkspaceTemplate.configuration(partner: partner, keys: keys, auditName: auditName))
            let made = try make(clock)
            try handOver(made.rootKey)
            try draft.publish()
            return made
        } catch {
            takeAway(keys: keys)
            draft.discard()
            throw error
        }
    }

    private func make(_ clock: any TimeSource) throws -> AuditLog.Created {
        let made = try AuditLog.create(location, name: auditName, tool: "lethe \(Lethe.version)", time: clock)
        let lookup = try LookupKeys.create(at: location.keys.appending(path: "lookup.key"))
        let inventory = try InventoryStore.create(at: workspace.inventory, keys: lookup)
        try CatchUp(inventory: inventory, log: try AuditLog.open(location, time: clock)).noteFollowed()
        try inventory.bind(partner: partner)
        try KeyBinding(location, inventory: workspace.inventory, partner: partner).write()
        try writePolicies()
        return made
    }

    /// The key directory of an `init` that died here; `nil` = it made nothing.
    private func keysOfWhatWasLeft(_ draft: WorkspaceDraft) throws -> String? {
        let text = try draft.text()
        guard !text.isEmpty, !FileManager.default.fileExists(atPath: workspace.configuration.path) else { return nil }
        let reader = YAMLReader(StrictYAML.read(text, file: WorkspaceDraft.name))
        let keys = reader.root(keys: Settings.keys)?.map("audit", keys: Settings.auditKeys)?["keys"]?.string()
        guard let keys else {
            throw LetheError(
                "bad-draft", .configuration, "\(WorkspaceDraft.name) is not what lethe init writes",
                hint: "remove it, then: lethe init")
        }
        return keys
    }

    /// What this makes, file by file: nothing else goes, whatever lies beside it.
    private func takeAway(keys: String) {
        let location = location(keys: keys)
        for end in ["", ".new"] { unlink(location.keys.appending(path: "lookup.key" + end).path) }
        for end in ["", "-wal", "-shm", "-journal"] { unlink(workspace.inventory.path + end) }
        AuditLog.takeAway(location)
    }

    private func makeFolder() throws(LetheError) {
        let path = workspace.directory.path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
            guard isFolder.boolValue else {
                throw LetheError("not-a-folder", .usage, "\(path) is not a folder", hint: "name another folder")
            }
            return
        }
        do {
            try FileManager.default.createDirectory(at: workspace.directory, withIntermediateDirectories: true)
        } catch {
            throw Self.unwritable(path)
        }
    }

    private func refuseWhatIsThere() throws(LetheError) {
        for (url, what) in [
            (workspace.configuration, "a workspace"), (workspace.auditLog, "an audit log"),
            (workspace.inventory, "an inventory"), (workspace.url(keys), "a key directory"),
        ] where FileManager.default.fileExists(atPath: url.path) {
            let isWorkspace = FileManager.default.fileExists(atPath: workspace.configuration.path)
            throw LetheError(
                "workspace-exists", .usage, "there is \(what) already: \(url.path)",
                hint: isWorkspace
                    ? "choose another folder, or use the workspace that is there"
                    : "choose another folder" + (workspace.isHeadless ? "; or " + Workspace.writeAnew : " for the keys")
            )
        }
    }

    private func refuseBadNames() throws(LetheError) {
        guard (1...128).contains(partner.utf8.count), !partner.contains("\""), !partner.contains("\\"),
            partner.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw LetheError("invalid-partner", .usage, "--partner must have 1 to 128 visible characters")
        }
        do {
            try AuditLog.checkName(auditName)
        } catch {
            throw LetheError(error.code, .usage, error.message, hint: error.hint)
        }
    }

    private func writePolicies() throws(LetheError) {
        let folder = workspace.url("policies")
        // With nothing but the beginning of a file in it, it is what an `init` that was cut short left.
        let there = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        guard there?.allSatisfy({ $0.hasPrefix(".") }) ?? !FileManager.default.fileExists(atPath: folder.path) else {
            return
        }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for policy in policies {
                try Data(policy.text.utf8).write(to: folder.appending(path: policy.name), options: .atomic)
            }
        } catch {
            throw Self.unwritable(folder.path)
        }
    }

    private static func unwritable(_ path: String) -> LetheError {
        LetheError("unwritable", .failed, "\(path) cannot be written", hint: "check the folder and its permissions")
    }
}
