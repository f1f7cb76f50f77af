package import Foundation

/// The real binary in a subprocess.
package struct LetheProcess: Sendable {
    package struct Result: Sendable {
        package let status: Int32
        package let output: String
        package let errors: String

        /// stdout as JSON; `nil` when it is not exactly one JSON value.
        package var json: [String: any Sendable]? {
            (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: any Sendable]
        }
    }

    /// Where the working directory is, and where `lethe` finds its workspace.
    package var directory: URL
    package var environment: [String: String]

    package init(in directory: URL, environment: [String: String] = [:]) {
        self.directory = directory
        self.environment = environment
    }

    /// Beside the test bundle, where the build puts every product.
    package static var binary: URL {
        URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "lethe")
    }

    /// Runs `lethe` to its end.
    package func callAsFunction(_ arguments: String..., input: String = "") async throws -> Result {
        try await run(Self.binary, arguments, input: Data(input.utf8))
    }

    package func run(_ executable: URL, _ arguments: [String], input: Data = Data()) async throws -> Result {
        let running = try start(executable, arguments: arguments, input: input)
        return try await running.result()
    }

    /// Starts without waiting; the caller ends it by `terminate` or waits by `result`.
    package func start(_ executable: URL = Self.binary, arguments: [String], input: Data = Data()) throws -> Running {
        let scratch = try TemporaryDirectory()
        let files = ["in", "out", "err"].map { scratch.file($0) }
        try input.write(to: files[0])
        for file in files.dropFirst() { try Data().write(to: file) }
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = Self.inherited.merging(environment) { _, own in own }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        return Running(process: process, scratch: scratch, files: files)
    }

    /// Nothing of the caller's account reaches the binary under test.
    private static var inherited: [String: String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LINQ_") && !$0.key.hasPrefix("LETHE_") }
    }

    package final class Running: @unchecked Sendable {
        package let process: Process
        private let scratch: TemporaryDirectory
        private let files: [URL]

        init(process: Process, scratch: TemporaryDirectory, files: [URL]) {
            self.process = process
            self.scratch = scratch
            self.files = files
        }

        package var output: String { (try? String(contentsOf: files[1], encoding: .utf8)) ?? "" }

        /// The first line of stdout, once it is there; `nil` after `seconds`.
        package func firstLine(within seconds: Double = 20) async -> String? {
            for _ in 0..<Int(seconds * 50) {
                if let line = output.split(separator: "\n", omittingEmptySubsequences: false).first,
                    output.contains("\n")
                {
                    return String(line)
                }
                try? await Task.sleep(for: .milliseconds(20))
            }
            return nil
        }

        package func result() async throws -> Result {
            while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
            process.waitUntilExit()
            let errors = try String(contentsOf: files[2], encoding: .utf8)
            return Result(status: process.terminationStatus, output: output, errors: errors)
        }
    }
}
