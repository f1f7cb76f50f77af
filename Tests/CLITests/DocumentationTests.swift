import Foundation
import TestSupport
import Testing

/// Every ```console block of the README and of `docs/` is run, in order, in one empty folder a file.
@Suite struct DocumentationTests {
    static let documents: [String] = {
        let docs = Paths.package.appending(path: "docs")
        let files = FileManager.default.enumerator(atPath: docs.path)?.compactMap { $0 as? String } ?? []
        return ["README.md"] + files.filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
    }()

    @Test(arguments: documents)
    func everyConsoleBlockIsTrue(document: String) async throws {
        let markdown = try String(contentsOf: Paths.package.appending(path: document), encoding: .utf8)
        let folder = try TemporaryDirectory()
        let path = LetheProcess.binary.deletingLastPathComponent().path
        let shell = LetheProcess(
            in: folder.url,
            environment: [
                "PATH": path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
                "LETHE_CHECKOUT": Paths.package.path,
            ])
        for step in ConsoleBlock.all(in: markdown).flatMap(\.steps) {
            let result = try await shell.run(URL(filePath: "/bin/sh"), ["-c", step.command + " 2>&1"])
            let output = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let lines = output.last == "" ? output.dropLast() : output[...]
            #expect(
                ConsoleBlock.matches(Array(lines), step.expected),
                "\(document):\(step.line): `\(step.command)` printed:\n\(result.output)")
        }
    }

    @Test func theREADMEIsShortAndStartsWithACommand() throws {
        let lines = try String(contentsOf: Paths.package.appending(path: "README.md"), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 151)
        #expect(lines.prefix(15).contains { $0.contains("make demo") })
    }
}
