import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit

@Suite("verification of the golden log", .enabled(if: Paths.vectors != nil, "the vectors are not beside the checkout"))
struct GoldenVerifyTests {
    private let golden: Golden
    private let folder: TemporaryDirectory

    init() throws {
        golden = try Golden()
        folder = try TemporaryDirectory()
        let fileManager = FileManager.default
        try fileManager.copyItem(at: golden.folder.appending(path: "log.jsonl"), to: folder.file("log.jsonl"))
        try fileManager.copyItem(at: golden.folder.appending(path: "checkpoint.15"), to: folder.file("checkpoint"))
    }

    private var now: Timestamp { Timestamp(seconds: 1_767_400_000) }

    @Test func theBlockIsExactlyTheOneOfTheFormat() throws {
        let options = LogVerifier.Options(
            vkeys: [try VerifierKey(golden.values.vkey)], rootKeys: [try golden.rootKey()],
            checkpoints: [golden.folder.appending(path: "checkpoint.8")], now: now)
        let report = try LogVerifier(options).verify(folder.file("log.jsonl"))
        #expect(
            report.rendered == """
                log          lethe.example.org/3f9a1c5e7b2d4680   key bcfa6eac pinned by --vkey
                records      15   seq 0-14   2026-01-02T03:04:05Z to 03:04:19Z
                structure    OK   15/15 lines, seq and prev unbroken
                checkpoint   OK   size 15, signature and root match, covers all records
                mac          OK   15/15, epochs 0-1
                anchors      OK   1 of 1 held checkpoints is a prefix (newest size 8)
                ledger       OK   plans, outcomes, holds and requests add up
                operations   3 intents, 3 outcomes, 0 open; 2 deleted, 0 absent
                RESULT       VERIFIED (keyed, anchored to size 8; records 8-14 rest on this host's keys)

                """)
        #expect(report.exit == .done)
    }

    @Test func theSecondVerifierVerifiesItToo() throws {
        let (log, held) = (folder.file("log.jsonl"), golden.folder.appending(path: "checkpoint.8"))
        let (vkey, rootKey) = try (VerifierKey(golden.values.vkey), golden.rootKey())
        let options = LogVerifier.Options(vkeys: [vkey], rootKeys: [rootKey], checkpoints: [held], now: now)
        let answer = try SecondVerifier.judge(
            [.init(log: log, vkey: vkey, rootKey: rootKey, checkpoints: [held])], in: folder.url)
        #expect(answer.first?.exit == 0 && answer.first?.failures == [])
        #expect(try answer.first?.agrees(with: LogVerifier(options).verify(log)) == true)
    }

    @Test func withoutAPinnedKeyNothingIsVerified() throws {
        let report = try LogVerifier(.init(now: now)).verify(folder.file("log.jsonl"))
        #expect(report.exit == .notVerified)
        #expect(report.hint != nil)
    }

    @Test func withoutRootKeyAndHeldCheckpointsItSaysWhatWasNotChecked() throws {
        let report = try LogVerifier(.init(vkeys: [VerifierKey(golden.values.vkey)], now: now))
            .verify(folder.file("log.jsonl"))
        #expect(report.exit == .done)
        #expect(report.lines.contains("mac          NOT CHECKED   no root key given (--root-key-file)"))
        #expect(report.lines.contains("anchors      NOT CHECKED   no held checkpoint given (--checkpoint)"))
        #expect(
            report.lines.last
                == "RESULT       VERIFIED (not keyed, not anchored; records 0-14 rest on this host's keys)")
    }
}
