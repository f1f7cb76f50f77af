import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

@Suite("the golden log", .enabled(if: Paths.vectors != nil, "the vectors are not beside the checkout"))
struct GoldenTests {
    @Test func keysFollowFromTheRootKey() throws {
        let golden = try Golden()
        #expect(try golden.rootKey().kid() == golden.values.kid)
        let first = try EpochKey(root: golden.rootKey(), origin: golden.values.origin)
        #expect(Hex.encode(first.bytes) == golden.values.epochKeys[0])
        #expect(try Hex.encode(first.next().bytes) == golden.values.epochKeys[1])
    }

    @Test func everyLineIsReadAndWrittenBackByteForByte() throws {
        let golden = try Golden()
        var key = try EpochKey(root: golden.rootKey(), origin: golden.values.origin)
        var previous = Digest32()
        var encoder = RecordEncoder()
        for (line, expected) in zip(try golden.lines(), golden.values.records) {
            let entry = try LogEntry(line: line)
            if entry.epoch > key.epoch { key = try key.next() }
            previous = try encoder.encode(
                entry.record, seq: entry.seq, time: entry.time, epoch: entry.epoch, previous: previous,
                with: key.authenticator())
            #expect(encoder.line == line)
            #expect(Hex.encode(previous.bytes) == expected.mac)
            #expect(try Hex.encode(TreeHasher().leaf(line).bytes) == expected.leaf)
        }
    }

    @Test func theWriterProducesLogAndCheckpointsFromKeysAndClock() throws {
        let golden = try Golden()
        let folder = try TemporaryDirectory()
        let keys = KeyDirectory(url: folder.file("keys"))
        let anchors = folder.file("anchors")
        try DurableFile.makeDirectory(keys.url, mode: 0o700)
        try DurableFile.makeDirectory(anchors, mode: 0o700)
        let origin = golden.values.origin
        try keys.write(KeyDirectory.State(origin: origin, key: EpochKey(root: golden.rootKey(), origin: origin)))
        let location = AuditLog.Location(database: folder.file("audit.db"), keys: keys.url, anchors: [anchors])
        let store = try LogStore.create(location.database)
        let writer = try SegmentWriter(
            location, store, origin: origin, signingKey: golden.signingKey(), lock: FileLock(keys.lockFile),
            version: 1)
        for line in try golden.lines() {
            let entry = try LogEntry(line: line)
            if case .epochSeal = entry.record {
                _ = try writer.seal(now: entry.time)
            } else {
                _ = try writer.append([entry.record], now: entry.time)
            }
        }
        let lines = try (0..<15).map { try store.line(Int64($0)) }
        #expect(try lines == golden.lines())
        #expect(try Data(contentsOf: keys.headFile) == Data(golden.bytes("checkpoint.15")))
        for size in [8, 15] {
            let anchor = anchors.appending(path: "3f9a1c5e7b2d4680.\(size).note")
            #expect(try Data(contentsOf: anchor) == Data(golden.bytes("checkpoint.\(size)")))
        }
    }
}
