import ArgumentParser
import Audit
import Domain
import Engine
import Foundation

struct AuditRebind: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebind",
        abstract: "Binds the keys to the place where the workspace is now.",
        discussion: """
            After a workspace, its keys or one of its databases was moved on purpose: the key directory names the paths that it is \
            for, and every command that needs the keys refuses others. On record; the partner stays. Only once the old place is \
            out of use: a log goes on in one place.

            Example: lethe audit rebind --as alex --reason "moved to the new volume" --root-key-file root.key
            """)

    @Option(name: .customLong("as"), help: ArgumentHelp("Who moved it.", valueName: "name")) var name: String
    @Option(help: "Why; it stays in the log.") var reason: String
    @OptionGroup var key: RollOverKey
    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        var wiring = try Wiring.open(global, console)
        let (name, reason) = (try OperatorText.actor(name), try OperatorText.reason(reason))
        var isMoved = false
        do throws(LetheError) {
            try wiring.binding.check()
        } catch {
            guard error.code == "keys-of-another-place" else { throw error }
            isMoved = true
        }
        if isMoved {
            wiring.isBound = false
            try await wiring.beginVersion2(key, console)
            try await wiring.work(vendor: false) { context in
                _ = try context.log.append([
                    .operatorAct(.init(act: .stateRestore, ref: "binding", by: name, reason: reason, how: .cli))
                ])
            }
            try wiring.binding.write()
        } else {
            // Keys that are bound to nothing yet are by now.
            _ = try wiring.followedLog()
        }
        let (keys, directory) = (wiring.keyDirectory.standardizedFileURL.path, wiring.workspace.directory.path)
        return Reply(
            isMoved
                ? "the keys in \(keys) are bound to the workspace in \(directory)"
                : "the keys in \(keys) are those of this workspace: nothing was recorded",
            json: ["keys": .string(keys), "workspace": .string(directory), "recorded": .bool(isMoved)])
    }
}
