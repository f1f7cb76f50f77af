import Cryptography
import Domain
package import Foundation
import GRDB

/// Measures the log against the bare cost of what it is made of. Called by the bench executable; nothing else uses it.
package struct AuditBenchmark: Sendable {
    /// One measured figure and what it is held against.
    package struct Figure: Sendable, Encodable {
        package let name: String
        /// A second, or seconds where the name says so.
        package let value: Double
        package let baseline: Double
        /// `value / baseline`.
        package var ratio: Double { value / baseline }
    }

    package let folder: URL
    /// A monotonic clock, in seconds.
    package let seconds: @Sendable () -> Double

    package init(folder: URL, seconds: @escaping @Sendable () -> Double) {
        self.folder = folder
        self.seconds = seconds
    }

    private func elapsed(_ body: () throws -> Void) rethrows -> Double {
        let start = seconds()
        try body()
        return seconds() - start
    }

    private static func record(_ number: Int) -> AuditRecord {
        let attachment = AttachmentID(value: UInt128(number) &* 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        let operation = OperationID(value: UInt128(number / 2))
        if number.isMultiple(of: 2) {
            return .deleteIntent(
                .init(
                    run: RunID(value: 1), operation: operation, attempt: 1, attachment: attachment,
                    rule: "policy:retention-30d"))
        }
        return .deleteOutcome(
            .init(
                operation: operation, attempt: 1,
                attachment: AttachmentID(value: UInt128(number - 1) &* 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
                answer: .deleted, http: 204, trace: "0000000000000000000000000000abc0", final: .deleted))
    }

    /// Records encoded, chained and authenticated a second on one core, and the bare HMACs a second of messages as long
    /// as the records (`recordBytes`); `openssl speed -hmac sha256 -bytes N` gives a baseline from outside.
    package func encoding(records: Int = 500_000) throws -> (figure: Figure, recordBytes: Int) {
        let root = try RootKey.generate()
        let mac = try EpochKey(root: root, origin: "bench/0000000000000000").authenticator()
        var encoder = RecordEncoder()
        var previous = Digest32()
        let all = (0..<1000).map(Self.record)
        var bytes = 0
        let time = try elapsed {
            for number in 0..<records {
                previous = try encoder.encode(
                    all[number % 1000], seq: Int64(number),
                    time: Timestamp(microseconds: 1_767_323_045_000_000 + Int64(number)),
                    epoch: 0, previous: previous, with: mac)
                bytes += encoder.length
            }
        }
        let message = [UInt8](repeating: 0x61, count: bytes / records)
        let bare = try elapsed {
            for _ in 0..<records { _ = try message.withUnsafeBytes { try mac.authenticate($0) } }
        }
        let figure = Figure(
            name: "records encoded, chained and authenticated", value: Double(records) / time,
            baseline: Double(records) / bare)
        return (figure, message.count)
    }

    /// Durable appends a second at so many a commit, beside inserts of the same bytes into a plain table with the same
    /// pragmas.
    package func appending(perCommit: Int, commits: Int) throws -> Figure {
        let place = folder.appending(path: "append-\(perCommit)")
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let clock = BenchmarkClock(seconds: seconds)
        let location = AuditLog.Location(
            database: place.appending(path: "audit.db"), keys: place.appending(path: "keys"))
        _ = try AuditLog.create(location, name: "bench", tool: "bench", time: clock)
        let log = try AuditLog.open(location, time: clock)
        let lines = try log.reader.store.line(0) ?? []
        let plain = try LogStore.create(place.appending(path: "plain.db"))
        let line = [UInt8](lines.prefix(420)) + [UInt8](repeating: 0x20, count: max(0, 420 - lines.count))
        var value = 0.0
        var baseline = 0.0
        // Side by side in slices, so that a slow moment of the disk is felt by both.
        for slice in 0..<10 {
            value += try elapsed {
                for commit in 0..<commits / 10 {
                    let first = (slice * commits / 10 + commit) * perCommit
                    _ = try log.append((first..<first + perCommit).map(Self.record))
                }
            }
            baseline += try elapsed {
                for commit in 0..<commits / 10 {
                    let first = (slice * (commits / 10) + commit) * perCommit
                    try plain.run("bench") { db in
                        try db.inTransaction(.immediate) {
                            for number in first..<first + perCommit {
                                try line.withUnsafeBufferPointer { try LogStore.insert($0, seq: Int64(number), db) }
                            }
                            return .commit
                        }
                    }
                }
            }
        }
        let count = Double(commits / 10 * 10 * perCommit)
        return Figure(name: "durable appends, \(perCommit) a commit", value: count / value, baseline: count / baseline)
    }

    /// Seconds to verify an export of `records` records with the root key, and seconds to hash the same lines twice (mac
    /// and leaf) in one loop.
    package func verifying(records: Int = 1_000_000) throws -> Figure {
        let place = folder.appending(path: "verify")
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let origin = "bench/0000000000000000"
        let root = try RootKey.generate()
        let signing = try Ed25519.SigningKey.generate()
        let vkey = try VerifierKey(name: origin, publicKey: signing.publicKey)
        let log = place.appending(path: "log.jsonl")
        let checkpoint = try writeLog(log, records, root, vkey, signing)
        try DurableFile.write(checkpoint.note, to: place.appending(path: "checkpoint"))
        let bare = try bareHashing(log, root, origin)
        let options = LogVerifier.Options(vkey: vkey, rootKey: root, now: Timestamp(seconds: 1_767_400_000))
        var report: VerificationReport?
        let time = try elapsed { report = try LogVerifier(options).verify(log) }
        guard report?.result == .verified else {
            throw LetheError(
                "bench-failed", .failed, "the log of the benchmark is not verified: \(report?.rendered ?? "")")
        }
        return Figure(name: "seconds to verify \(records) records", value: time, baseline: bare)
    }

    private func writeLog(
        _ log: URL, _ records: Int, _ root: RootKey, _ vkey: VerifierKey, _ signing: Ed25519.SigningKey
    ) throws -> Checkpoint {
        let output = try ExportFile(log)
        let hasher = try TreeHasher()
        var key = try EpochKey(root: root, origin: vkey.name)
        var mac = try key.authenticator()
        var encoder = RecordEncoder()
        var range = CompactRange()
        var previous = Digest32()
        var start = 0
        let opening = AuditRecord.Opening(
            origin: vkey.name, vkey: vkey.text, kid: try root.kid(), previous: nil, tool: "bench")
        var operations = 0
        for number in 0..<records {
            let isSeal = number == records - 1 || number - start == 9_999
            let isPlain = number > 0 && !isSeal
            let record =
                isPlain ? Self.record(operations) : isSeal ? .epochSeal(records: number - start + 1) : .logOpen(opening)
            operations += isPlain ? 1 : 0
            previous = try encoder.encode(
                record, seq: Int64(number), time: Timestamp(microseconds: 1_767_323_045_000_000 + Int64(number)),
                epoch: key.epoch, previous: previous, with: mac)
            try encoder.withLine { line in
                try output.write(line)
                try range.append(leaf: hasher.leaf(line), hasher)
            }
            if isSeal {
                key = try key.next()
                mac = try key.authenticator()
                start = number + 1
            }
        }
        try output.finish()
        return try Checkpoint(origin: vkey.name, size: range.size, root: range.root(hasher), with: signing)
    }

    /// In blocks, so that memory stays as flat as the verifier's.
    private func bareHashing(_ log: URL, _ root: RootKey, _ origin: String) throws -> Double {
        let mac = try EpochKey(root: root, origin: origin).authenticator()
        let hasher = try SHA256Hasher()
        var block: [UInt8] = []
        var ends: [Int] = []
        var time = 0.0
        func hashBlock() throws(LetheError) {
            let began = seconds()
            try block.withUnsafeBufferPointer { block throws(LetheError) in
                let bytes = UnsafeRawBufferPointer(block)
                var start = 0
                for end in ends {
                    let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                    let sealed = UnsafeRawBufferPointer(rebasing: line.prefix(line.count - RecordEncoder.sealBytes))
                    _ = try mac.authenticate(sealed)
                    _ = try hasher.hash(prefix: 0, line)
                    start = end
                }
            }
            time += seconds() - began
            block.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
        }
        try LineFile(log).forEachLine { (line, _) throws(LetheError) in
            block.append(contentsOf: line)
            ends.append(block.count)
            if ends.count == 1000 { try hashBlock() }
        }
        try hashBlock()
        return time
    }
}

/// Time as the stopwatch has it.
private struct BenchmarkClock: TimeSource {
    let seconds: @Sendable () -> Double

    func now() -> Timestamp { Timestamp(microseconds: 1_767_323_045_000_000 + Int64(seconds() * 1_000_000)) }
    func sleep(microseconds: Int64) async {}
}
