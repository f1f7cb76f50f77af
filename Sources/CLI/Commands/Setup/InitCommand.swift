import ArgumentParser
import Audit
import Domain
import Engine
import Foundation
import Inventory

struct InitCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes a workspace: configuration, policies, keys, both databases.",
        discussion: """
            The root key of the audit log is shown once, or written to --root-key-out: keep it in a vault, off this host. \
            The vkey goes to whoever checks your logs.

            Example: lethe init /var/lib/lethe --partner 34296a83-d4a8-442a-a7f8-c874e6b9197d --root-key-out root.key
            """)

    @Argument(help: ArgumentHelp("The folder; created if it is missing.", valueName: "dir"))
    var directory: String = "."

    @Option(help: ArgumentHelp("The partner id of your account, as it stands in every webhook.", valueName: "id"))
    var partner: String

    @Option(help: ArgumentHelp("Where the keys go, best on another volume.", valueName: "dir"))
    var keys: String = ".lethe/keys"

    @Option(help: ArgumentHelp("The name in front of every log's origin.", valueName: "name"))
    var auditName: String = "lethe.local"

    @Option(help: ArgumentHelp("Writes the root key there, for you alone, instead of showing it.", valueName: "file"))
    var rootKeyOut: String?

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        try RootKeyOutput.check(rootKeyOut)
        let workspace = Workspace(directory: URL(filePath: directory, directoryHint: .isDirectory).standardizedFileURL)
        let new = NewWorkspace(workspace: workspace, partner: partner, keys: keys, auditName: auditName)
        let made = try new.create(clock: SystemClock()) { try RootKeyOutput.hand($0, to: rootKeyOut, console) }
        let text = """
            Made a workspace in \(workspace.directory.path).
            origin  \(made.origin)
            vkey    \(made.vkey)
            Give the vkey to whoever checks your logs. Next: write policies/, export LINQ_API_V3_API_KEY, `lethe doctor`.
            """
        return Reply(
            text,
            json: [
                "workspace": .string(workspace.directory.path), "partner": .string(partner),
                "origin": .string(made.origin), "vkey": .string(made.vkey), "kid": .string(made.kid),
            ])
    }
}

/// Makes a workspace whole or not at all: what was begun is taken away again when something fails.
struct NewWorkspace {
    let workspace: Workspace
    let partner: String
    let keys: String
    let auditName: String
    /// What `policies/` begins with: file name and text.
    var policies: [(name: String, text: String)] = [("retention.yaml", WorkspaceTemplate.policies)]
    var configuration: String?

    /// `handOver` takes the root key to where it is kept; when it throws there is no workspace.
    func create(clock: any TimeSource, handOver: (RootKey) throws -> Void) throws -> AuditLog.Created {
        try refuseWhatIsThere()
        var begun: [URL] = []
        do {
            try FileManager.default.createDirectory(at: workspace.directory, withIntermediateDirectories: true)
            let location = AuditLog.Location(database: workspace.auditLog, keys: workspace.url(keys))
            begun = [location.keys, workspace.auditLog]
            let made = try AuditLog.create(location, name: auditName, tool: "lethe \(Lethe.version)", time: clock)
            let lookup = try LookupKeys.create(at: location.keys.appending(path: "lookup.key"))
            begun += ["", "-wal", "-shm"].map { URL(filePath: workspace.inventory.path + $0) }
            let inventory = try InventoryStore.create(at: workspace.inventory, keys: lookup)
            let log = try AuditLog.open(location, time: clock)
            try CatchUp(inventory: inventory, log: log).noteFollowed()
            try inventory.bind(partner: partner)
            try writePolicies()
            try handOver(made.rootKey)
            // Last, since a folder is a workspace from here on.
            let text =
                configuration
                ?? WorkspaceTemplate.configuration(partner: partner, keys: keys, auditName: auditName)
            try Data(text.utf8).write(to: workspace.configuration, options: .atomic)
            return made
        } catch {
            for url in begun { try? FileManager.default.removeItem(at: url) }
            throw error
        }
    }

    private func refuseWhatIsThere() throws {
        for (url, what) in [
            (workspace.configuration, "a workspace"), (workspace.auditLog, "an audit log"),
            (workspace.inventory, "an inventory"), (workspace.url(keys), "a key directory"),
        ] where FileManager.default.fileExists(atPath: url.path) {
            throw LetheError(
                "workspace-exists", .usage, "there is \(what) already: \(url.path)",
                hint: "choose another folder, or use the workspace that is there")
        }
        guard (1...128).contains(partner.utf8.count), !partner.contains("\""), !partner.contains("\\"),
            partner.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw LetheError("invalid-partner", .usage, "--partner must have 1 to 128 visible characters")
        }
    }

    private func writePolicies() throws {
        let folder = workspace.url("policies")
        guard !FileManager.default.fileExists(atPath: folder.path) else { return }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for policy in policies {
            try Data(policy.text.utf8).write(to: folder.appending(path: policy.name), options: .atomic)
        }
    }
}
