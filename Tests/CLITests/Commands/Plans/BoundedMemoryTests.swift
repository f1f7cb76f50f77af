import Foundation
import TestSupport
import Testing

/// Evidence may be of any size: what is too long is a finding, and is never held in memory whole.
@Suite struct BoundedMemoryTests {
    private static let large = 64 << 20

    enum Bulk: String, CaseIterable { case checkpoint, held, line, lastLine, row, firstRow, noteRow }

    /// Runs the binary and answers its status, its findings and the most memory it ever held, in bytes.
    private func verify(_ workspace: SampleWorkspace, _ arguments: [String]) throws -> (
        status: Int32, text: String, peak: Int
    ) {
        let script = """
            import resource, subprocess, sys
            done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            print(done.returncode, peak)
            print(done.stdout + done.stderr)
            """
        try script.write(to: workspace.folder.file("peak.py"), atomically: true, encoding: .utf8)
        let command = ["python3", "peak.py", LetheProcess.binary.path, "audit", "verify", "--vkey", workspace.vkey]
        let output = try Shell.run(
            (command + arguments).map { "'\($0)'" }.joined(separator: " "), in: workspace.folder.url)
        let numbers = output.text.prefix { $0 != "\n" }.split(separator: " ").compactMap { Int($0) }
        try #require(output.status == 0 && numbers.count == 2, "\(output.text)")
        return (Int32(numbers[0]), output.text, numbers[1])
    }

    @Test(arguments: Bulk.allCases)
    func sixtyFourMegabytesAreAFindingAndNoExplosion(_ bulk: Bulk) async throws {
        let workspace = try await SampleWorkspace()
        let export = workspace.folder.file("export")
        _ = try await workspace.lethe("audit", "export", "-o", export.path)
        let log = export.appending(path: "log.jsonl")
        var arguments = ["--log", log.path]
        let bytes = Data(repeating: UInt8(ascii: "x"), count: Self.large)
        func change(_ statement: String) throws {
            try workspace.tamper(statement)
            arguments = ["--log", workspace.file("audit.db").path]
        }
        let expected: String
        switch bulk {
        case .checkpoint:
            try (bytes + [10]).write(to: export.appending(path: "checkpoint"))
            expected = "FAIL\tseq=-\tformat\t"
        case .held:
            try (bytes + [10]).write(to: workspace.folder.file("held.note"))
            arguments += ["--checkpoint", workspace.folder.file("held.note").path]
            expected = "FAIL\tseq=-\tformat\t"
        case .line:
            let lines = try Data(contentsOf: log)
            try (bytes + [10] + lines).write(to: log)
            expected = "FAIL\tseq=0\tformat\t"
        case .lastLine:
            let lines = try Data(contentsOf: log)
            try (lines + bytes).write(to: log)
            expected = "FAIL\tseq=2\tformat\t"
        case .row:
            try change("INSERT INTO entry VALUES (2, zeroblob(\(Self.large)))")
            expected = "FAIL\tseq=2\tformat\t"
        case .firstRow:
            try change("UPDATE entry SET line = zeroblob(\(Self.large)) WHERE seq = 0")
            expected = "FAIL\tseq=0\tformat\t"
        case .noteRow:
            try change("UPDATE checkpoint SET note = zeroblob(\(Self.large))")
            expected = "FAIL\tseq=-\tformat\t"
        }
        let result = try verify(workspace, arguments)
        #expect(result.status == 1 && result.text.contains(expected), "\(result.text.prefix(2000))")
        #expect(result.peak < 120 << 20, "\(result.peak >> 20) MB")
    }
}
