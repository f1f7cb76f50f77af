import Foundation
import TestSupport
import Testing

/// The units of `docs/operations.md` are what systemd takes, checked by systemd itself where there is one.
@Suite struct OperationsTests {
    static let analyzer = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// File name and text of each unit: the name stands in backticks right before the block.
    static func units() throws -> [(name: String, text: String)] {
        let markdown = try String(contentsOf: Paths.package.appending(path: "docs/operations.md"), encoding: .utf8)
        var units: [(name: String, text: String)] = []
        var named: String?
        var block: [String]?
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("`/etc/systemd/system/"), let name = line.split(separator: "`").first {
                named = URL(filePath: String(name)).lastPathComponent
            } else if line == "```ini" {
                block = []
            } else if line == "```", let finished = block, let name = named {
                units.append((name, finished.joined(separator: "\n") + "\n"))
                block = nil
            } else {
                block?.append(line)
            }
        }
        return units
    }

    @Test func theDocumentHoldsAServiceAndItsTimer() throws {
        #expect(try Self.units().map(\.name) == ["lethe-run.service", "lethe-run.timer"])
    }

    @Test(.enabled(if: analyzer != nil, "no systemd-analyze on this machine"))
    func systemdAcceptsTheUnits() async throws {
        let folder = try TemporaryDirectory()
        for unit in try Self.units() {
            let text = unit.text.replacing("/usr/local/bin/lethe", with: LetheProcess.binary.path)
                .replacing("User=lethe", with: "User=daemon")
            try text.write(to: folder.file(unit.name), atomically: true, encoding: .utf8)
        }
        let files = try Self.units().map { folder.file($0.name).path }
        let shell = LetheProcess(in: folder.url)
        let result = try await shell.run(
            URL(filePath: Self.analyzer ?? ""), ["verify", "--man=no", "--recursive-errors=no"] + files)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(!result.errors.contains("lethe-run"), "\(result.errors)")
    }
}
