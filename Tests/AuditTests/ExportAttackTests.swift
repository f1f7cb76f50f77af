import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// Section 7 of the format: attacks on an export, each by what finds it.
struct ExportAttackTests {
    private let sample: SampleLog

    init() throws { sample = try SampleLog() }

    private var forger: Forger { Forger(origin: sample.log.created.origin, rootKey: sample.rootKey) }

    @Test func theUntouchedLogVerifies() throws {
        let report = try sample.verify([.keyed, .held]) { $0.require = [.mac, .anchor] }
        #expect(report.exit == .done, "\(report.rendered)")
        #expect(report.operations == .init(intents: 3, outcomes: 3, open: 0, deleted: 2, absent: 0))
        #expect(report.anchored == 10)
    }

    @Test func anEditedFieldIsFoundByTheRootAndLocatedByTheMac() throws {
        let report = try sample.attack { replace("policy:retention-30d", "policy:retention-31d", in: &$0[5]) }
        #expect(report.exit == .failed)
        #expect(report.has(.root))
        let keyed = try sample.verify(.keyed)
        #expect(keyed.has(.mac, seq: 5))
        #expect(keyed.lastGood == -1 || keyed.lastGood == 4)
        #expect(
            keyed.lines.contains("FAIL\tseq=5\tmac\tcontent of record 5 differs from what was written"),
            "\(keyed.rendered)")
        #expect(try sample.verify(.held).has(.notAPrefix))
    }

    @Test func deletingTheFirstRecordIsFound() throws {
        let report = try sample.attack { $0.removeFirst() }
        #expect(report.exit == .failed)
        #expect(report.has(.seq, seq: 0))
        #expect(report.has(.origin))
    }

    @Test func deletingAMiddleRecordIsFound() throws {
        let report = try sample.attack { $0.remove(at: 6) }
        #expect(report.exit == .failed)
        #expect(report.has(.seq, seq: 6))
        #expect(report.lastGood == 5 || report.lastGood == -1)
    }

    @Test func reorderingIsFound() throws {
        let report = try sample.attack { $0.swapAt(5, 6) }
        #expect(report.exit == .failed)
        #expect(report.has(.seq, seq: 5))
    }

    @Test func aDuplicateIsFound() throws {
        let report = try sample.attack { $0.insert($0[5], at: 6) }
        #expect(report.exit == .failed)
        #expect(report.has(.seq, seq: 6))
        #expect(report.failures.filter { $0.code == .seq }.count == 1)
    }

    @Test func aDuplicateSeqIsFound() throws {
        let report = try sample.attack { replace("\"seq\":6,", "\"seq\":5,", in: &$0[6]) }
        #expect(report.exit == .failed)
        #expect(report.has(.seq, seq: 6))
    }

    @Test func strippedMacsAreFound() throws {
        let report = try sample.attack { lines in
            for index in lines.indices { lines[index] = Array(lines[index].dropLast(74)) + [0x7D] }
        }
        #expect(report.exit == .failed)
        #expect(report.has(.format, seq: 0))
    }

    @Test func carriageReturnsAreFound() throws {
        let report = try sample.attack { lines in for index in lines.indices { lines[index].append(13) } }
        #expect(report.exit == .failed)
        #expect(report.has(.format, seq: 0))
    }

    @Test(arguments: ["x", "\n", "{}\n", "\u{0}"])
    func trailingBytesAreFound(_ tail: String) throws {
        try (Data(contentsOf: sample.export) + Data(tail.utf8)).write(to: sample.export)
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.json, seq: 15) || report.has(.format, seq: 15))
    }

    @Test func aLastLineWithoutLFIsFound() throws {
        try Data(contentsOf: sample.export).dropLast().write(to: sample.export)
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.format, seq: 14))
    }

    @Test func anEmptyLogIsNotVerifiedAndShorterThanItsCheckpoint() throws {
        try Data().write(to: sample.export)
        let report = try sample.verify()
        #expect(report.has(.empty))
        #expect(report.exit == .failed)
        #expect(report.has(.shorterThanCheckpoint))
        try FileManager.default.removeItem(at: sample.export.deletingLastPathComponent().appending(path: "checkpoint"))
        #expect(try sample.verify().exit == .notVerified)
    }

    @Test func anyOneByteIsJudgedAndNeverUnreadable() throws {
        for byte in [UInt8(ascii: "x"), 0, 10, 0xFF] {
            try Data([byte]).write(to: sample.export)
            let report = try sample.verify()
            #expect(report.exit == .failed)
            #expect(report.has(.json, seq: 0))
        }
    }

    @Test func aFileThatIsNotThereIsUnreadable() throws {
        let error = #expect(throws: LetheError.self) { try sample.verify([], sample.log.folder.file("no.jsonl")) }
        #expect(error?.status == .unreadable)
    }

    @Test func aTruncatedTailIsShorterThanTheCheckpoint() throws {
        let report = try sample.attack { $0.removeLast() }
        #expect(report.exit == .failed)
        #expect(report.has(.shorterThanCheckpoint, seq: 14))
    }

    @Test func goingBackToAnOlderCheckpointIsFoundByAHeldOneOrByAge() throws {
        let newest = sample.export.deletingLastPathComponent().appending(path: "checkpoint")
        let heldNewest = sample.log.folder.file("newest.note")
        try FileManager.default.copyItem(at: newest, to: heldNewest)
        try FileManager.default.removeItem(at: newest)
        try FileManager.default.copyItem(at: sample.held, to: newest)
        let report = try sample.attack { $0.removeLast(5) }
        #expect(report.exit == .done, "nothing in public shows it: \(report.rendered)")
        let anchored = try sample.verify { $0.checkpoints = [heldNewest] }
        #expect(anchored.exit == .failed)
        #expect(anchored.has(.shorterThanCheckpoint, seq: 10))
        sample.log.clock.advance(86_400_000_000)
        let aged = try sample.verify { $0.notBefore = $0.now.adding(seconds: -86_400) }
        #expect(aged.exit == .notVerified)
        #expect(aged.has(.stale, seq: 9))
        #expect(try sample.verify { $0.notBefore = $0.now.adding(seconds: -2 * 86_400) }.exit == .done)
    }

    @Test func anUncoveredTailIsNotVerified() throws {
        try FileManager.default.removeItem(at: sample.export.deletingLastPathComponent().appending(path: "checkpoint"))
        let report = try sample.verify([.held, .keyed])
        #expect(report.exit == .notVerified)
        #expect(report.has(.tailNotCovered, seq: 10))
        #expect(report.lastGood == nil)
        let none = try sample.verify(.keyed)
        #expect(none.exit == .notVerified)
        #expect(none.has(.tailNotCovered, seq: 0))
    }

    @Test func aSpliceFromAnotherLogWithTheSameRootKeyIsFound() throws {
        let other = Forger(origin: "lethe.example.org/ffffffffffffffff", rootKey: sample.rootKey)
        let report = try sample.attack(.keyed) { lines in
            let previous = try #require(Hex.decode(try LogEntry(line: lines[9]).mac).flatMap { Digest32($0) })
            let entries = try lines[10...].map { line in
                let entry = try LogEntry(line: line)
                return (record: entry.record, time: entry.time, epoch: entry.epoch)
            }
            lines.replaceSubrange(10..., with: try other.lines(entries, from: 10, after: previous))
        }
        #expect(report.exit == .failed)
        #expect(report.has(.mac, seq: 10))
        #expect(try sample.verify().has(.root))
    }

    @Test func reSealingThePastWithTheCurrentKeyIsFoundByTheRootKeyAndByAHeldCheckpoint() throws {
        // Who owns the host now has the signing key and the key of epoch 2, and rewrites epoch 1 with it.
        let signing = try sample.log.location.directory.signingKey()
        let forged = try forger.rewrite(sample.lines(), keyEpoch: 2) { entries in
            entries[7].record = .deleteOutcome(.init(to: SampleLog.intent(0), .http(404), final: .alreadyAbsent))
        }
        try sample.write(forged)
        let checkpoint = try Forger.checkpoint(forged, origin: sample.log.created.origin, key: signing)
        try Data(checkpoint.note).write(to: sample.export.deletingLastPathComponent().appending(path: "checkpoint"))
        #expect(try sample.verify().exit == .done)
        let keyed = try sample.verify(.keyed)
        #expect(keyed.exit == .failed)
        #expect(keyed.has(.mac, seq: 0))
        #expect(try sample.verify(.held).has(.notAPrefix, seq: 0))
    }

    @Test func rewritingTheCurrentEpochIsFoundByAHeldCheckpointOnly() throws {
        let signing = try sample.log.location.directory.signingKey()
        let newest = sample.export.deletingLastPathComponent().appending(path: "checkpoint")
        let heldNewest = sample.log.folder.file("newest.note")
        try FileManager.default.copyItem(at: newest, to: heldNewest)
        let forged = try forger.rewrite(sample.lines()) { entries in
            entries[12].record = .itemClosed(
                run: SampleLog.run, attachment: SampleLog.attachments[2], outcome: .withheldShared, reason: nil)
        }
        try sample.write(forged)
        try Data(Forger.checkpoint(forged, origin: sample.log.created.origin, key: signing).note).write(to: newest)
        #expect(try sample.verify([.keyed, .held]).exit == .done)
        let report = try sample.verify(.keyed) { $0.checkpoints = [sample.held, heldNewest] }
        #expect(report.exit == .failed)
        #expect(report.has(.notAPrefix, seq: 10))
    }

    @Test func aReviewerWithTheRootKeyCannotFrameTheOperator() throws {
        let framed = try forger.rewrite(sample.lines()) { entries in
            entries[11].record = .deleteOutcome(
                .init(to: SampleLog.intent(1, attempt: 2), .http(500), final: .failedExhausted))
        }
        try sample.write(framed)
        let checkpoint = sample.export.deletingLastPathComponent().appending(path: "checkpoint")
        let body = String(decoding: try Data(contentsOf: checkpoint), as: UTF8.self).prefix { $0 != "\u{2014}" }
        try Data(body.dropLast().utf8).write(to: checkpoint)
        let report = try sample.verify(.keyed)
        #expect(report.exit == .notVerified)
        #expect(report.has(.signature))
        try FileManager.default.removeItem(at: checkpoint)
        #expect(try sample.verify(.keyed).exit == .notVerified)
    }
}
