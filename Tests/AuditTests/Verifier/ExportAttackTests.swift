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

    @Test func withoutAPinnedKeyNothingIsVerified() throws {
        let report = try sample.verify([.keyed, .held]) { $0.vkeys = [] }
        #expect(report.exit == .notVerified, "\(report.rendered)")
        #expect(report.hint != nil && report.lines.last?.contains("no key is pinned") == true)
    }

    @Test func anEditedFieldIsFoundByTheRootAndLocatedByTheMac() throws {
        let report = try sample.attack { replace("policy:retention-30d", "policy:retention-31d", in: &$0[5]) }
        report.shows(.root, seq: 0, exit: .failed)
        let keyed = try sample.verify(.keyed)
        keyed.shows(.mac, seq: 5, exit: .failed)
        #expect(keyed.lastGood == -1, "all that the checkpoint was signed over is in doubt")
        #expect(
            keyed.lines.contains("FAIL\tseq=5\tmac\tcontent of record 5 differs from what was written"),
            "\(keyed.rendered)")
        try sample.verify(.held).shows(.notAPrefix, seq: 0, exit: .failed)
    }

    @Test func whatAHeldCheckpointCoversIsGoodWhenALaterRecordWasEdited() throws {
        let report = try sample.attack([.keyed, .held]) { replace("\"deleted\":2", "\"deleted\":3", in: &$0[13]) }
        report.shows(.mac, seq: 13, exit: .failed)
        report.shows(.root, seq: 10, exit: .failed)
        #expect(report.lastGood == 9 && report.anchored == 10)
    }

    @Test func aRecordThatDoesNotFollowFromTheOneBeforeItIsFound() throws {
        let mac = try LogEntry(line: sample.lines()[6]).mac
        let report = try sample.attack { replace(mac, String(mac.reversed()), in: &$0[7]) }
        report.shows(.link, seq: 7, exit: .failed)
    }

    @Test func deletingTheFirstRecordIsFound() throws {
        let report = try sample.attack { $0.removeFirst() }
        report.shows(.seq, seq: 0, exit: .failed)
        report.shows(.origin, seq: 1, exit: .failed)
        report.shows(.shorterThanCheckpoint, seq: 14, exit: .failed)
    }

    @Test func deletingAMiddleRecordIsFound() throws {
        let report = try sample.attack { $0.remove(at: 6) }
        report.shows(.seq, seq: 6, exit: .failed)
        #expect(report.lastGood == 5)
    }

    @Test func reorderingIsFound() throws {
        let report = try sample.attack { $0.swapAt(5, 6) }
        report.shows(.seq, seq: 5, exit: .failed)
    }

    @Test func aDuplicateIsFound() throws {
        let report = try sample.attack { $0.insert($0[5], at: 6) }
        report.shows(.seq, seq: 6, exit: .failed)
        #expect(report.failures.filter { $0.code == .seq }.count == 1)
    }

    @Test func aDuplicateSeqIsFound() throws {
        let report = try sample.attack { replace("\"seq\":6,", "\"seq\":5,", in: &$0[6]) }
        report.shows(.seq, seq: 6, exit: .failed)
    }

    @Test func strippedMacsAreFound() throws {
        let report = try sample.attack { lines in
            for index in lines.indices { lines[index] = Array(lines[index].dropLast(74)) + [0x7D] }
        }
        report.shows(.format, seq: 0, exit: .failed)
    }

    @Test func carriageReturnsAreFound() throws {
        let report = try sample.attack { lines in for index in lines.indices { lines[index].append(13) } }
        report.shows(.format, seq: 0, exit: .failed)
    }

    @Test(arguments: [("x", .json), ("\n", .json), ("{}\n", .format), ("\u{0}", .json)] as [(String, Finding.Code)])
    func trailingBytesAreFound(_ tail: String, _ code: Finding.Code) throws {
        try (Data(contentsOf: sample.export) + Data(tail.utf8)).write(to: sample.export)
        let report = try sample.verify()
        report.shows(code, seq: 15, exit: .failed)
        if !tail.hasSuffix("\n") { report.shows(.format, seq: 15, exit: .failed) }
    }

    @Test func aLastLineWithoutLFIsFound() throws {
        try Data(contentsOf: sample.export).dropLast().write(to: sample.export)
        let report = try sample.verify()
        report.shows(.format, seq: 14, exit: .failed)
    }

    @Test func anEmptyLogIsNotVerifiedAndShorterThanItsCheckpoint() throws {
        try Data().write(to: sample.export)
        let report = try sample.verify()
        report.shows(.empty, seq: nil, exit: .failed)
        report.shows(.shorterThanCheckpoint, seq: 0, exit: .failed)
        try FileManager.default.removeItem(at: sample.export.deletingLastPathComponent().appending(path: "checkpoint"))
        try sample.verify().shows(.empty, seq: nil, exit: .notVerified)
    }

    @Test func anyOneByteIsJudgedAndNeverUnreadable() throws {
        for byte in [UInt8(ascii: "x"), 0, 10, 0xFF] {
            try Data([byte]).write(to: sample.export)
            let report = try sample.verify()
            report.shows(.json, seq: 0, exit: .failed)
        }
    }

    @Test func aFileThatIsNotThereIsUnreadable() throws {
        let error = #expect(throws: LetheError.self) { try sample.verify([], sample.log.folder.file("no.jsonl")) }
        #expect(error?.status == .unreadable)
    }

    @Test func aTruncatedTailIsShorterThanTheCheckpoint() throws {
        let report = try sample.attack { $0.removeLast() }
        report.shows(.shorterThanCheckpoint, seq: 14, exit: .failed)
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
        anchored.shows(.shorterThanCheckpoint, seq: 10, exit: .failed)
        sample.log.clock.advance(86_400_000_000)
        let aged = try sample.verify { $0.notBefore = $0.now.adding(seconds: -86_400) }
        aged.shows(.stale, seq: 9, exit: .notVerified)
        #expect(try sample.verify { $0.notBefore = $0.now.adding(seconds: -2 * 86_400) }.exit == .done)
    }

    @Test func anUncoveredTailIsNotVerified() throws {
        try FileManager.default.removeItem(at: sample.export.deletingLastPathComponent().appending(path: "checkpoint"))
        let report = try sample.verify([.held, .keyed])
        report.shows(.tailNotCovered, seq: 10, exit: .notVerified)
        #expect(report.lastGood == nil)
        let none = try sample.verify(.keyed)
        none.shows(.tailNotCovered, seq: 0, exit: .notVerified)
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
        report.shows(.mac, seq: 10, exit: .failed)
        try sample.verify().shows(.root, seq: 0, exit: .failed)
        try sample.verify(.held).shows(.root, seq: 10, exit: .failed)
    }

    @Test func reSealingThePastWithTheCurrentKeyIsFoundByTheRootKeyAndByAHeldCheckpoint() throws {
        // Who owns the host now has the signing key and the key of epoch 2, and rewrites epoch 1 with it.
        let signing = try sample.log.location.directory.signingKey()
        let forged = try forger.rewrite(sample.lines(), keyEpoch: 2) { entries in
            entries[7].record = .deleteOutcome(
                .init(to: SampleLog.intent(0), .http(404, code: 2003), final: .alreadyAbsent))
            entries[13].record = SampleLog.end([.alreadyAbsent, .deletedAfterRetry, .withheldHold])
        }
        try sample.write(forged)
        let checkpoint = try Forger.checkpoint(forged, origin: sample.log.created.origin, key: signing)
        try Data(checkpoint.note).write(to: sample.export.deletingLastPathComponent().appending(path: "checkpoint"))
        #expect(try sample.verify().exit == .done)
        let keyed = try sample.verify(.keyed)
        keyed.shows(.mac, seq: 0, exit: .failed)
        try sample.verify(.held).shows(.notAPrefix, seq: 0, exit: .failed)
    }

    @Test func rewritingTheCurrentEpochIsFoundByAHeldCheckpointOnly() throws {
        let signing = try sample.log.location.directory.signingKey()
        let newest = sample.export.deletingLastPathComponent().appending(path: "checkpoint")
        let heldNewest = sample.log.folder.file("newest.note")
        try FileManager.default.copyItem(at: newest, to: heldNewest)
        let forged = try forger.rewrite(sample.lines()) { entries in
            entries[12].record = .itemClosed(
                .init(
                    run: SampleLog.run, attachment: SampleLog.attachments[2], outcome: .withheldShared, reason: nil))
        }
        try sample.write(forged)
        try Data(Forger.checkpoint(forged, origin: sample.log.created.origin, key: signing).note).write(to: newest)
        #expect(try sample.verify([.keyed, .held]).exit == .done)
        let report = try sample.verify(.keyed) { $0.checkpoints = [sample.held, heldNewest] }
        report.shows(.notAPrefix, seq: 10, exit: .failed)
    }

    @Test func aReviewerWithTheRootKeyCannotFrameTheOperator() throws {
        let framed = try forger.rewrite(sample.lines()) { entries in
            entries[11].record = .deleteOutcome(
                .init(to: SampleLog.intent(1, attempt: 2), .http(500), final: .failedExhausted))
            entries[13].record = SampleLog.end([.deleted, .failedExhausted, .withheldHold])
        }
        try sample.write(framed)
        let checkpoint = sample.export.deletingLastPathComponent().appending(path: "checkpoint")
        let body = String(decoding: try Data(contentsOf: checkpoint), as: UTF8.self).prefix { $0 != "\u{2014}" }
        try Data(body.dropLast().utf8).write(to: checkpoint)
        let report = try sample.verify(.keyed)
        report.shows(.signature, seq: nil, exit: .notVerified)
        try FileManager.default.removeItem(at: checkpoint)
        try sample.verify(.keyed).shows(.tailNotCovered, seq: 0, exit: .notVerified)
    }
}
