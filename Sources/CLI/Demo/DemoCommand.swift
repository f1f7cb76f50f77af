import ArgumentParser
import Domain
import Foundation
import Simulator

struct DemoCommand: LetheCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows the whole story on a simulated account, in a minute.",
        discussion: """
            Nothing leaves this machine: a simulated vendor on loopback, signed webhooks, real policies, DELETEs over HTTP with \
            faults, one erasure request, the log verified, and a report at reports/demo.html. The workspace stays, to look around in.

            Example: lethe demo
            """)

    @Argument(help: ArgumentHelp("The workspace; an earlier demo there is replaced.", valueName: "dir"))
    var directory: String = "lethe-demo"

    @OptionGroup var global: GlobalOptions

    func perform(_ console: Console) async throws -> Reply {
        let current = URL(filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
        let workspace = Workspace(
            directory: URL(filePath: directory, directoryHint: .isDirectory, relativeTo: current).standardizedFileURL)
        try Self.makeRoom(workspace)
        let system = SystemClock()
        let account = SimulatedAccount(clock: SimulatedClock { system.now() })
        let server = try SimulatorServer(
            account, SimulatorConfiguration(faults: try DemoStory.faults.map { try FaultSpec($0) }, seed: 2026))
        let report = current.appending(path: "reports/demo.html")
        let story = DemoStory(workspace: workspace, account: account, report: report, console: console)
        return try await server.serve { url in try await story.tell(baseURL: url, shownAs: directory) }
    }

    private static let marker = ".lethe/demo"

    /// Takes away what an earlier demo made; anything else that is there stays and stops this one.
    private static func makeRoom(_ workspace: Workspace) throws {
        let files = FileManager.default
        let folder = workspace.directory
        var isFolder: ObjCBool = false
        if files.fileExists(atPath: folder.path, isDirectory: &isFolder), !isFolder.boolValue {
            throw LetheError("not-a-folder", .usage, "\(folder.path) is not a folder", hint: another)
        }
        if files.fileExists(atPath: folder.appending(path: marker).path) {
            try DemoFiles(workspace).refuseOthers()
            try? files.removeItem(at: folder)
        } else if let entries = try? files.contentsOfDirectory(atPath: folder.path), !entries.isEmpty {
            throw LetheError(
                "folder-in-use", .usage, "\(folder.lastPathComponent) exists and is no earlier demo", hint: another)
        }
        do {
            try files.createDirectory(at: folder.appending(path: ".lethe"), withIntermediateDirectories: true)
            try Data().write(to: folder.appending(path: marker))
        } catch {
            throw LetheError(
                "unwritable", .failed, "\(folder.path) cannot be written", hint: "check the folder and its permissions")
        }
    }

    static let another = "name another folder: lethe demo DIR"
}
