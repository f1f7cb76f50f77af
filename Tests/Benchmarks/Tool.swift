import Foundation

/// A program that a reference needs.
struct Tool {
    let path: String

    /// `nil` = this machine has none.
    static func find(_ name: String) -> Tool? {
        if name.contains("/") { return FileManager.default.isExecutableFile(atPath: name) ? Tool(path: name) : nil }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
            return Tool(path: "\(folder)/\(name)")
        }
        return nil
    }

    /// What it prints. Fails where it does not end well; its complaints go to the terminal.
    @discardableResult
    func run(_ arguments: [String], input: String = "", in folder: URL) throws -> String {
        let (source, target) = (folder.appending(path: "tool.in"), folder.appending(path: "tool.out"))
        try Data(input.utf8).write(to: source)
        try Data().write(to: target)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: source)
        process.standardOutput = try FileHandle(forWritingTo: target)
        try withSignals { try process.run() }
        process.waitUntilExit()
        let output = try String(contentsOf: target, encoding: .utf8)
        guard process.terminationStatus == 0 else {
            throw BenchFailure("\(path) ended with \(process.terminationStatus): \(output.suffix(400))")
        }
        return output
    }
}

/// A program inherits the signals that its starter's thread blocks, and threads of the runtime block them all: without its
/// alarm `openssl speed` never ends.
private func withSignals(_ start: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try start()
}

/// The `sqlite3` shell on one database.
struct SQLiteShell {
    let tool: Tool
    let database: URL
    let folder: URL

    init?(_ database: URL, folder: URL) {
        guard let tool = Tool.find("sqlite3") else { return nil }
        self.tool = tool
        self.database = database
        self.folder = folder
    }

    /// What every connection of Lethe's sets; the shell knows none of it by itself.
    static let pragmas = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -64000;\n"

    @discardableResult
    func run(_ script: String) throws -> String {
        try tool.run(["-bail", "-batch", database.path], input: script, in: folder)
    }

    /// Seconds of the statements of `script` alone, as the shell's own timer has them: without its start.
    func seconds(_ script: String) throws -> Double {
        let output = try run(".output /dev/null\n" + Self.pragmas + ".output stdout\n.timer on\n" + script)
        var sum = 0.0
        for line in output.split(separator: "\n") where line.hasPrefix("Run Time: real ") {
            sum += line.split(separator: " ").dropFirst(3).first.flatMap { Double($0) } ?? .nan
        }
        return sum
    }
}
