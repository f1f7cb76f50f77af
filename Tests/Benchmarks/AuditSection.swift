import Audit
import Cryptography
import Domain
import Foundation

/// The audit log beside the bare cost of what it is made of.
struct AuditSection {
    let folder: URL
    let sizes: Sizes

    func run(_ table: Table) throws {
        try encoding(table)
        try appending(table)
        try verifying(table)
    }

    /// One of a run's: intents and outcomes in turn.
    private static func record(_ number: Int) -> AuditRecord {
        let attachment = AttachmentID(value: UInt128(number / 2) &* 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        let intent = AuditRecord.Intent(
            run: RunID(value: 1), operation: OperationID(value: UInt128(number / 2)), attempt: 1,
            attachment: attachment, rule: "policy:retention-30d")
        guard !number.isMultiple(of: 2) else { return .deleteIntent(intent) }
        let answer = VendorAnswer(.http(status: 204, code: nil), trace: "0000000000000000000000000000abc0")
        return .deleteOutcome(.init(to: intent, answer, final: .deleted))
    }
}

// MARK: - Records in memory

extension AuditSection {
    private func encoding(_ table: Table) throws {
        let records = max(1000, sizes.records / 2)
        let all = (0..<1000).map(Self.record)
        let mac = try EpochKey(root: RootKey.generate(), origin: "bench/0000000000000000").authenticator()
        var bytes = 0
        let (ours, bare) = try inTurns(
            sizes.runs,
            {
                var encoder = RecordEncoder()
                var previous = Digest32()
                bytes = 0
                return try ProcessorTime.seconds {
                    for number in 0..<records {
                        let time = Timestamp(microseconds: 1_767_323_045_000_000 + Int64(number))
                        previous = try encoder.encode(
                            all[number % 1000], seq: Int64(number), time: time, epoch: 0, previous: previous, with: mac)
                        bytes += encoder.length
                    }
                }
            },
            {
                let message = [UInt8](repeating: 0x61, count: bytes / records)
                return try ProcessorTime.seconds {
                    for _ in 0..<records { _ = try message.withUnsafeBytes { try mac.authenticate($0) } }
                }
            })
        let size = bytes / records
        let what = "records of \(size) B encoded, chained and MACed"
        let rate = ours.rate(of: records)
        table.add(what, .perSecond, rate, ("OpenSSL", bare.rate(of: records)), .atLeast(0.4))
        guard let speed = try openSSLSpeed(size) else { return table.skip("\(what): openssl speed", "no openssl") }
        table.add(what, .perSecond, rate, ("speed", speed), .atLeast(0.4))
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
}

// MARK: - Records on the disk

extension AuditSection {
    /// Durable appends beside inserts of as many bytes into a plain table with the same pragmas, in slices of 30 commits.
    private func appending(_ table: Table) throws {
        for perCommit in [1, 64, 256] {
            let place = try fresh("append-\(perCommit)")
            let log = try makeLog(place).log
            let plain = try PlainTable(place.appending(path: "plain.db"))
            var (first, row) = (0, 0)
            let (ours, theirs) = try inTurns(
                sizes.runs * 5,
                {
                    let commits = (0..<30).map { commit in
                        (0..<perCommit).map { Self.record(first + commit * perCommit + $0) }
                    }
                    first += 30 * perCommit
                    let start = ContinuousClock.now
                    for records in commits { _ = try log.append(records) }
                    return start.secondsUntilNow
                },
                {
                    let line = [UInt8](repeating: 0x61, count: 410)
                    let start = ContinuousClock.now
                    for _ in 0..<30 {
                        try plain.insert(line, count: perCommit, from: row)
                        row += perCommit
                    }
                    return start.secondsUntilNow
                })
            table.add(
                "durable appends, \(perCommit) a commit", .perSecond, ours.rate(of: 30 * perCommit),
                ("INSERT", theirs.rate(of: 30 * perCommit)), .atLeast(0.8))
        }
    }

    private func fresh(_ name: String) throws -> URL {
        let place = folder.appending(path: name)
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        return place
    }

    private func makeLog(_ place: URL) throws -> (log: AuditLog, created: AuditLog.Created) {
        let location = AuditLog.Location(
            database: place.appending(path: "audit.db"), keys: place.appending(path: "keys"))
        let created = try AuditLog.create(location, name: "bench", tool: "bench", time: BenchClock())
        return (try AuditLog.open(location, time: BenchClock()), created)
    }
}

// MARK: - Verification

extension AuditSection {
    private func verifying(_ table: Table) throws {
        let place = try fresh("verify")
        let (log, created) = try makeLog(place)
        let batch = 1000
        let (digest, plan) = (String(repeating: "0", count: 64), PlanID(value: 1))
        _ = try log.append([
            .planCreated(.init(plan: plan, kind: .retention, digest: digest, items: sizes.records / 2, policy: digest)),
            .planApproved(.init(plan: plan, digest: digest, by: "bench", how: .cli)),
            .runStart(.init(run: RunID(value: 1), plan: plan, digest: digest, policy: digest)),
        ])
        for first in stride(from: 0, to: sizes.records, by: batch) {
            _ = try log.append((first..<min(first + batch, sizes.records)).map(Self.record))
        }
        try log.sealIfNeeded()
        let export = place.appending(path: "export")
        _ = try LogExport().write(log.reader, to: export, anchors: Anchors([]))
        var values: [Double] = []
        var bare: [Double] = []
        var peak: [Double] = []
        for _ in 0..<min(3, sizes.runs) {
            let answer = try Child.ask(
                [
                    "verify", export.path, created.vkey,
                    created.rootKey.hex.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
                ], in: folder)
            values.append(answer.seconds)
            bare.append(answer.reference ?? .nan)
            peak.append(answer.peakMegabytes)
        }
        table.add(
            "verify \(grouped(sizes.records)) records with the root key", .seconds, Samples(values),
            ("hashed twice", Samples(bare)), .atMost(3))
        table.add("most memory while verifying", .megabytes, Samples(peak), nil, .atMost(64))
    }

    /// Verifies the export with the root key, and hashes the same lines twice (MAC and leaf) in one loop.
    static func child(_ arguments: [String]) throws -> Child.Answer {
        let log = URL(filePath: arguments[1]).appending(path: "log.jsonl")
        let (vkey, root) = (
            try VerifierKey(arguments[2]), try RootKey(text: SecretBytes(copying: Array(arguments[3].utf8)))
        )
        let bare = try bareHashing(log, EpochKey(root: root, origin: vkey.name).authenticator())
        let verifier = LogVerifier(.init(vkeys: [vkey], rootKeys: [root], now: BenchClock().now()))
        var report: VerificationReport?
        let seconds = try ProcessorTime.seconds { report = try verifier.verify(log) }
        guard let report, report.result == .verified else {
            throw BenchFailure("the log of the benchmark is not verified: \(report?.rendered ?? "")")
        }
        return Child.Answer(seconds: seconds, reference: bare, count: Int(report.records))
    }

    /// Seconds, without the reading; in pieces, so that memory stays as flat as the verifier's.
    private static func bareHashing(_ log: URL, _ mac: HMACSHA256) throws -> Double {
        let hasher = try SHA256Hasher()
        let file = try FileHandle(forReadingFrom: log)
        var rest: [UInt8] = []
        var time = 0.0
        while let piece = try file.read(upToCount: 1 << 18), !piece.isEmpty {
            rest += piece
            let lines = rest.split(separator: 10, omittingEmptySubsequences: false)
            time += try ProcessorTime.seconds {
                for line in lines.dropLast() {
                    try line.withUnsafeBytes { bytes in
                        _ = try mac.authenticate(UnsafeRawBufferPointer(rebasing: bytes.dropLast(74)))
                        _ = try hasher.hash(prefix: 0, bytes)
                    }
                }
            }
            rest = Array(lines.last ?? [])
        }
        return time
    }
}
