import ArgumentParser
import Audit
import Domain
import Foundation

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
        let workspace = Workspace(directory: URL(filePath: directory, directoryHint: .isDirectory).standardizedFileURL)
        guard partner != "YOUR_PARTNER_ID" else {
            throw LetheError(
                "invalid-partner", .usage, "YOUR_PARTNER_ID stands for the partner id of your account",
                hint: "it stands in every webhook as partner_id")
        }
        let new = NewWorkspace(workspace: workspace, partner: partner, keys: keys, auditName: auditName)
        try RootKeyOutput.check(rootKeyOut, OwnFiles(workspace, log: new.location, policies: "policies"))
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
