import Foundation
import TestSupport
import Testing

/// Whoever reads the memory of a process that has sealed an epoch finds no key of it: it was wiped, not only freed.
@Suite struct KeyMemoryTests {
    /// Whether this machine lets a process read the memory of its child at all.
    private static let isReadable: Bool = {
        let sleeper = Process()
        sleeper.executableURL = URL(filePath: "/bin/sleep")
        sleeper.arguments = ["10"]
        guard (try? sleeper.run()) != nil else { return false }
        defer { sleeper.terminate() }
        let memory = open("/proc/\(sleeper.processIdentifier)/mem", O_RDONLY)
        if memory >= 0 { close(memory) }
        return memory >= 0
    }()

    /// Commands whose answer nobody reads: they wait in `write`, their work done. A rollover has the root key, the key of the closed segment
    /// and two of the new one.
    @Test(
        .enabled(if: isReadable, "not possible here: this system lets nobody read /proc/PID/mem of a child"),
        arguments: [["audit", "seal"], ["audit", "rollover", "--reason", "yearly", "--root-key-file"]])
    func noKeyOfASealedEpochIsInMemory(_ command: [String]) async throws {
        let workspace = try await SampleWorkspace()
        try await workspace.placeHold()
        let state = workspace.file(SampleWorkspace.keys + "/mac.state")
        let before = try key(in: state)
        let pipe = try fullPipe()
        let process = Process()
        process.executableURL = LetheProcess.binary
        process.arguments = command + (command.count > 2 ? [workspace.rootKey] : []) + ["--json"]
        process.environment = ["LETHE_WORKSPACE": workspace.directory.path]
        process.standardOutput = pipe.fileHandleForWriting
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { kill(process.processIdentifier, SIGKILL) }
        for _ in 0..<1000 where process.isRunning && !isWriting(process) {
            try await Task.sleep(for: .milliseconds(20))
        }
        try #require(isWriting(process) && process.isRunning)
        let now = try key(in: state)
        try #require(now != before)
        let memory = try memory(of: process.processIdentifier)
        // What is there to be found is found: the log's name, of which the rest of the test says nothing.
        let name = try origin(in: state)
        #expect(memory.range(of: Data(name.utf8)) != nil, "the memory was not read")
        let root = try String(contentsOfFile: workspace.rootKey, encoding: .utf8).trimmingCharacters(in: .newlines)
        let first = try derive("lethe-audit/v1 epoch\n\(name)\n", from: root)
        var gone = [
            "sealed": before, "after it": try derive("lethe-audit/v1 next\n", from: before), "root": root,
            "first": first,
        ]
        gone = gone.filter { $0.value != now }
        try #require(try command.count == 2 || derive("lethe-audit/v1 next\n", from: first) == now)
        for (which, key) in gone {
            #expect(memory.range(of: Data(key.utf8)) == nil, "the key \(which), in hexadecimal")
            #expect(memory.range(of: try #require(bytes(key))) == nil, "the key \(which), as 32 bytes")
        }
    }

    /// HMAC-SHA256, by the system's own openssl.
    private func derive(_ label: String, from key: String) throws -> String {
        let folder = try TemporaryDirectory()
        try label.write(to: folder.file("label"), atomically: true, encoding: .utf8)
        let made = try Shell.run("openssl dgst -sha256 -mac HMAC -macopt hexkey:\(key) < label", in: folder.url)
        try #require(made.status == 0, "\(made.text)")
        return String(made.text.trimmingCharacters(in: .newlines).suffix(64))
    }

    private func origin(in state: URL) throws -> String {
        let text = try String(contentsOf: state, encoding: .utf8)
        return text.components(separatedBy: "\"")[3]
    }

    private func key(in state: URL) throws -> String {
        let text = try String(contentsOf: state, encoding: .utf8)
        return String(text.components(separatedBy: "\"key\":\"").last?.prefix(64) ?? "")
    }

    private func bytes(_ hex: String) -> Data? {
        let digits = hex.compactMap(\.hexDigitValue)
        guard digits.count == 64 else { return nil }
        return Data(stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }

    private func fullPipe() throws -> Pipe {
        let pipe = Pipe()
        let file = pipe.fileHandleForWriting.fileDescriptor
        let flags = fcntl(file, F_GETFL)
        _ = fcntl(file, F_SETFL, flags | O_NONBLOCK)
        let zeros = [UInt8](repeating: 0, count: 4096)
        while write(file, zeros, zeros.count) > 0 {}
        try #require(fcntl(file, F_SETFL, flags) == 0)
        return pipe
    }

    /// One of its threads is in `write` on stdout.
    private func isWriting(_ process: Process) -> Bool {
        let threads = "/proc/\(process.processIdentifier)/task"
        return (try? FileManager.default.contentsOfDirectory(atPath: threads))?.contains {
            ((try? String(contentsOfFile: "\(threads)/\($0)/syscall", encoding: .utf8)) ?? "").hasPrefix(
                Self.writeToStdout)
        } ?? false
    }

    #if arch(arm64)
        private static let writeToStdout = "64 0x1 "
    #else
        private static let writeToStdout = "1 0x1 "
    #endif

    /// Everything that the process could have written to, stopped meanwhile.
    private func memory(of process: pid_t) throws -> Data {
        try #require(kill(process, SIGSTOP) == 0)
        let maps = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
        let file = open("/proc/\(process)/mem", O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        var all = Data()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        for line in maps.split(separator: "\n") {
            let fields = line.split(separator: " ")
            let ends = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard fields[1].hasPrefix("rw"), ends.count == 2 else { continue }
            var place = ends[0]
            while place < ends[1] {
                let count = pread(file, &piece, min(piece.count, Int(ends[1] - place)), off_t(place))
                guard count > 0 else { break }
                all.append(contentsOf: piece[..<count])
                place += UInt64(count)
            }
        }
        return all
    }
}
