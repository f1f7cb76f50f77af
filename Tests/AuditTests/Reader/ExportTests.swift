import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

struct ExportTests {
    private let sample: SampleLog
    private let log: AuditLog
    private var folder: URL { sample.log.folder.file("out") }

    init() throws {
        sample = try SampleLog()
        log = try sample.log.open()
    }

    private func lines(_ name: String) throws -> [[UInt8]] {
        try Data(contentsOf: folder.appending(path: name)).split(separator: 10).map(Array.init)
    }

    @Test func anExportIsTheLinesTheCheckpointAndTheAnchors() throws {
        let summary = try LogExport().write(log.reader, to: folder, anchors: sample.log.location.anchors)
        #expect(summary.isWhole)
        #expect(summary.records == 15)
        #expect(summary.anchors == 3)
        let entries = try log.entries(after: -1, limit: 99)
        #expect(try lines("log.jsonl") == entries.map(\.line))
        let anchors = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "anchors").path)
        #expect(anchors.count == 3)
        let report = try sample.verify([.keyed, .held], folder.appending(path: "log.jsonl"))
        #expect(report.exit == .done)
    }

    @Test func anExtractIsWhatLiesBetween() throws {
        let entries = try log.entries(after: -1, limit: 99)
        for (since, until) in [(3, 7), (0, 1), (14, 15)] {
            let export = LogExport(since: entries[since].time, until: entries[until - 1].time.adding(microseconds: 1))
            let summary = try export.write(log.reader, to: folder, anchors: Anchors([]))
            #expect(!summary.isWhole)
            #expect(try lines("extract.jsonl") == entries[since..<until].map(\.line))
        }
    }

    @Test func eventsAreMadeOfEachRecord() throws {
        let format = LogExport.Format.events(name: "events.jsonl") { entry, origin in
            Array("\(origin)#\(entry.seq)".utf8)
        }
        _ = try LogExport(format: format).write(log.reader, to: folder, anchors: Anchors([]))
        #expect(
            try lines("events.jsonl").map { String(decoding: $0, as: UTF8.self) }
                == (0..<15).map { "\(log.origin)#\($0)" })
    }

    @Test func theRecordsOfAnAttachmentAreFound() throws {
        let records = try log.reader.records(of: SampleLog.attachments[1])
        #expect(records.map(\.seq) == [6, 8, 10, 11])
        #expect(try log.reader.records(of: AttachmentID(value: 5)).isEmpty)
    }

    @Test func pagesOfEntriesFollowEachOther() throws {
        var seqs: [Int64] = []
        var after: Int64 = -1
        while let last = try log.entries(after: after, limit: 4).last {
            seqs += try log.entries(after: after, limit: 4).map(\.seq)
            after = last.seq
        }
        #expect(seqs == Array(0..<15))
        #expect(try log.entries(after: .max, limit: 4).isEmpty)
    }

    /// The check without Lethe that the documents give.
    @Test func aMacIsCheckedByOpenSSLAlone() throws {
        _ = try LogExport().write(log.reader, to: folder, anchors: Anchors([]))
        var key = try EpochKey(root: sample.rootKey, origin: log.origin)
        for seq in [0, 6, 14] {
            let entry = try #require(try log.reader.entry(Int64(seq)))
            while key.epoch < entry.epoch { key = try key.next() }
            let macKey = try HMACSHA256.authenticate(Array("lethe-audit/v1 mac\n".utf8), key: key.bytes)
            let output = try Shell.run(
                "sed -n \(seq + 1)p log.jsonl | tr -d '\\n' | head -c -74 "
                    + "| openssl dgst -sha256 -mac HMAC -macopt hexkey:\(Hex.encode(macKey))", in: folder)
            #expect(output.status == 0)
            #expect(output.text.hasSuffix("\(entry.mac)\n"), "\(output.text)")
        }
    }
}
