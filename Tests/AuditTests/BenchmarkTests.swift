import Foundation
import TestSupport
import Testing

@testable import Audit

/// The benchmark runs; with `LETHE_BENCH_RECORDS` it measures at that size and prints.
struct BenchmarkTests {
    @Test func theBenchmarkRuns() throws {
        let records = ProcessInfo.processInfo.environment["LETHE_BENCH_RECORDS"].flatMap(Int.init) ?? 200
        let folder = try TemporaryDirectory()
        let benchmark = AuditBenchmark(folder: folder.url) { ProcessInfo.processInfo.systemUptime }
        let (encoding, bytes) = try benchmark.encoding(records: records)
        var figures = [encoding, try benchmark.verifying(records: records)]
        for perCommit in [1, 64, 256] {
            figures.append(try benchmark.appending(perCommit: perCommit, commits: records > 1000 ? 300 : 10))
        }
        for figure in figures {
            #expect(figure.value > 0 && figure.baseline > 0)
            print(
                "bench: \(figure.name): \(figure.value), baseline \(figure.baseline), ratio \(figure.ratio) (\(bytes) B)"
            )
        }
    }
}
