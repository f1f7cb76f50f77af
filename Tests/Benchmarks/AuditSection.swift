import Audit
import Domain
import Foundation

/// The audit log beside the bare cost of what it is made of: `AuditBenchmark` has both sides in one process.
struct AuditSection {
    let folder: URL
    let sizes: Sizes

    private static func benchmark(_ folder: URL) -> AuditBenchmark {
        let start = ContinuousClock.now
        return AuditBenchmark(folder: folder) { start.secondsUntilNow }
    }

    func run(_ table: Table) throws {
        try encoding(table)
        try appending(table)
        try verifying(table)
    }

    private func encoding(_ table: Table) throws {
        let benchmark = AuditBenchmark(folder: folder) { ProcessorTime.seconds }
        let records = max(1000, sizes.records / 2)
        var values: [Double] = []
        var bare: [Double] = []
        var bytes = 0
        for run in -1..<sizes.runs {
            let measured = try benchmark.encoding(records: records)
            bytes = measured.recordBytes
            guard run >= 0 else { continue }
            values.append(measured.figure.value)
            bare.append(measured.figure.baseline)
        }
        let what = "records of \(bytes) B encoded, chained and MACed"
        table.add(what, .perSecond, Samples(values), ("OpenSSL", Samples(bare)), .atLeast(0.4))
        guard let speed = try openSSLSpeed(bytes) else { return table.skip("\(what): openssl speed", "no openssl") }
        table.add(what, .perSecond, Samples(values), ("speed", speed), .atLeast(0.4))
    }

    /// HMACs of messages of this size a second, as OpenSSL's own benchmark has them.
    private func openSSLSpeed(_ bytes: Int) throws -> Samples? {
        guard let openssl = Tool.find("openssl") else { return nil }
        return Samples(
            try (0..<3).compactMap { _ in
                let output = try openssl.run(
                    ["speed", "-seconds", "1", "-bytes", String(bytes), "-hmac", "sha256"], in: folder)
                let line = output.split(separator: "\n").last { $0.hasPrefix("hmac(sha256)") }
                let rate = line?.split(separator: " ").last?.dropLast()
                return rate.flatMap { Double($0) }.map { $0 * 1000 / Double(bytes) }
            })
    }

    private func appending(_ table: Table) throws {
        for perCommit in [1, 64, 256] {
            var values: [Double] = []
            var plain: [Double] = []
            for _ in 0..<sizes.runs {
                let figure = try Self.benchmark(folder).appending(
                    perCommit: perCommit, commits: 300)
                values.append(figure.value)
                plain.append(figure.baseline)
            }
            table.add(
                "durable appends, \(perCommit) a commit", .perSecond, Samples(values), ("INSERT", Samples(plain)),
                .atLeast(0.8))
        }
    }

    private func verifying(_ table: Table) throws {
        var values: [Double] = []
        var bare: [Double] = []
        var peak: [Double] = []
        for _ in 0..<min(3, sizes.runs) {
            let answer = try Child.ask(["verify", folder.path, String(sizes.records)], in: folder)
            values.append(answer.seconds)
            bare.append(answer.reference ?? .nan)
            peak.append(answer.peakMegabytes)
        }
        table.add(
            "verify \(grouped(sizes.records)) records with the root key", .seconds, Samples(values),
            ("hashed twice", Samples(bare)), .atMost(3))
        table.add("most memory while verifying", .megabytes, Samples(peak), nil, .atMost(64))
    }

    static func child(_ arguments: [String]) throws -> Child.Answer {
        let records = Int(arguments[2]) ?? 0
        let figure = try benchmark(URL(filePath: arguments[1])).verifying(records: records)
        return Child.Answer(seconds: figure.value, reference: figure.baseline, count: records)
    }
}
