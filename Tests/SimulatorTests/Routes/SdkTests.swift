import Domain
import Foundation
import Simulator
import Synchronization
import TestSupport
import Testing

/// The vendor's own Python SDK against the simulator. It needs a Python with `linq-python[webhooks]` (checked with
/// 0.65.0), named by `LETHE_SDK_PYTHON`; without one the test is skipped.
@Suite struct SdkTests {
    static let python = ProcessInfo.processInfo.environment["LETHE_SDK_PYTHON"]

    @Test(.enabled(if: python != nil, "LETHE_SDK_PYTHON names no Python with linq-python"))
    func theVendorsSdkCreatesReadsAndDeletes() async throws {
        let python = try #require(Self.python)
        let world = try SimulatedWorld()
        let output = try await world.server.serve { baseURL in
            try await run(
                python,
                [
                    Paths.package.appending(path: "Tests/SimulatorTests/Routes/sdk_check.py").path, baseURL, "sim-key",
                    "+12025550143",
                ])
        }
        #expect(output.hasSuffix("ok\n"), "\(output)")
        #expect(world.account.counts().count(.deleted) == 3)
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        return try await withCheckedThrowingContinuation { continuation in
            let waiting = Mutex(continuation as CheckedContinuation<String, any Error>?)
            process.terminationHandler = { _ in
                let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                waiting.withLock { $0.take() }?.resume(returning: text)
            }
            do { try process.run() } catch { waiting.withLock { $0.take() }?.resume(throwing: error) }
        }
    }
}
