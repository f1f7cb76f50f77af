import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// Section 7 of the format: keys, epochs, the clock and the parser.
struct KeyAndFormatAttackTests {
    private let sample: SampleLog

    init() throws { sample = try SampleLog() }

    private var forger: Forger { Forger(origin: sample.log.created.origin, rootKey: sample.rootKey) }

    /// Writes `lines` with a checkpoint signed by the real key: all that is left to find is in the lines.
    private func sign(_ lines: [[UInt8]], with key: Ed25519.SigningKey? = nil) throws {
        try sample.write(lines)
        let signing = try key ?? sample.log.location.directory.signingKey()
        let checkpoint = try Forger.checkpoint(lines, origin: sample.log.created.origin, key: signing)
        try Data(checkpoint.note).write(to: sample.export.deletingLastPathComponent().appending(path: "checkpoint"))
    }

    @Test func anotherSigningKeyIsFound() throws {
        try sign(sample.lines(), with: Ed25519.SigningKey.generate())
        let report = try sample.verify()
        report.shows(.signature, seq: nil, exit: .failed)
    }

    @Test func aForgedSignatureIsFound() throws {
        let checkpoint = sample.export.deletingLastPathComponent().appending(path: "checkpoint")
        var text = String(decoding: try Data(contentsOf: checkpoint), as: UTF8.self)
        text.replace("\n15\n", with: "\n14\n")
        try Data(text.utf8).write(to: checkpoint)
        let report = try sample.verify()
        report.shows(.signature, seq: nil, exit: .failed)
        report.shows(.root, seq: 0, exit: .failed)
        report.shows(.tailNotCovered, seq: 14, exit: .failed)
    }

    @Test func aVkeySwappedInLogOpenIsFound() throws {
        let other = try Ed25519.SigningKey.generate()
        let vkey = try VerifierKey(name: sample.log.created.origin, publicKey: other.publicKey).text
        let forged = try forger.rewrite(sample.lines()) { entries in
            guard case .logOpen(let opening) = entries[0].record else { return }
            entries[0].record = .logOpen(
                .init(origin: opening.origin, vkey: vkey, kid: opening.kid, previous: nil, tool: opening.tool))
        }
        try sign(forged, with: other)
        let report = try sample.verify()
        report.shows(.origin, seq: 0, exit: .failed)
        report.shows(.signature, seq: nil, exit: .failed)
        let unpinned = try sample.verify { $0.vkeys = [] }
        #expect(unpinned.exit == .notVerified)
    }

    @Test func aWrongRootKeyIsNoTampering() throws {
        let report = try sample.verify { $0.rootKeys = [try? RootKey.generate()].compactMap { $0 } }
        report.shows(.wrongKey, seq: nil, exit: .notVerified)
        #expect(!report.has(.mac))
        #expect(!report.rendered.lowercased().contains("tamper"))
    }

    /// What the vkey alone cannot show: the signing key in the hands of somebody with a root key of his own.
    @Test func aLogRewrittenUnderAnotherRootKeyIsNeverVerified() throws {
        let own = try RootKey.generate()
        let kid = try own.kid()
        try sign(
            Forger(origin: sample.log.created.origin, rootKey: own).rewrite(sample.lines()) { entries in
                guard case .logOpen(let opening) = entries[0].record else { return }
                entries[0].record = .logOpen(
                    .init(origin: opening.origin, vkey: opening.vkey, kid: kid, previous: nil, tool: opening.tool))
            })
        #expect(try sample.verify().exit == .done)
        let report = try sample.verify(.keyed)
        report.shows(.wrongKey, seq: nil, exit: .notVerified)
        #expect(!report.rendered.contains("VERIFIED (keyed"), "\(report.rendered)")
        try sample.verify(.held).shows(.notAPrefix, seq: 0, exit: .failed)
        #expect(try sample.verify { $0.require = [.mac] }.exit == .notVerified)
    }

    @Test func aChangedKidIsTamperingAndNoWrongKey() throws {
        let kid = sample.log.created.kid
        let report = try sample.attack(.keyed) { replace(kid, String(kid.reversed()), in: &$0[0]) }
        report.shows(.mac, seq: 0, exit: .failed)
        #expect(!report.has(.wrongKey))
    }

    @Test func aSkippedEpochIsFound() throws {
        try sign(forger.rewrite(sample.lines()) { for index in 10..<15 { $0[index].epoch = 3 } })
        let report = try sample.verify()
        report.shows(.epoch, seq: 10, exit: .failed)
    }

    @Test func aRepeatedEpochIsFound() throws {
        try sign(forger.rewrite(sample.lines()) { for index in 10..<15 { $0[index].epoch = 1 } })
        try sample.verify().shows(.epoch, seq: 10, exit: .failed)
    }

    @Test func twoSealsInOneEpochAreFound() throws {
        try sign(forger.rewrite(sample.lines()) { $0.insert((.epochSeal(.init(records: 8)), $0[9].time, 1), at: 10) })
        let report = try sample.verify()
        report.shows(.epoch, seq: 10, exit: .failed)
    }

    @Test func aSealThatCountsWrongIsFound() throws {
        try sign(forger.rewrite(sample.lines()) { $0[14].record = .epochSeal(.init(records: 4)) })
        try sample.verify().shows(.epoch, seq: 14, exit: .failed)
        try sample.verify(.keyed).shows(.epoch, seq: 14, exit: .failed)
    }

    @Test func aClockThatGoesBackNeedsAClockStep() throws {
        let earlier = try LogEntry(line: sample.lines()[11]).time.adding(seconds: -60)
        try sign(forger.rewrite(sample.lines()) { $0[12].time = earlier })
        let report = try sample.verify()
        report.shows(.clock, seq: 12, exit: .failed)
        let from = try LogEntry(line: sample.lines()[11]).time
        try sign(
            forger.rewrite(sample.lines()) { entries in
                entries[12] = (.clockStep(.init(from: from)), earlier, 2)
                entries[13].record = SampleLog.end([.deleted, .deletedAfterRetry, .notAttempted])
                for index in 13..<15 { entries[index].time = earlier }
            })
        #expect(try sample.verify(.keyed).exit == .done)
    }

    @Test func anOutcomeWithoutAnIntentIsFound() throws {
        let stray = SampleLog.intent(2)
        try sign(
            forger.rewrite(sample.lines()) {
                $0[12].record = .deleteOutcome(.init(to: stray, .http(204), final: .deleted))
            })
        let report = try sample.verify()
        report.shows(.outcomeWithoutIntent, seq: 12, exit: .failed)
    }

    @Test func openIntentsAreReported() throws {
        try sign(
            forger.rewrite(sample.lines()) { entries in
                entries[12].record = .deleteIntent(SampleLog.intent(2))
                entries[13].record = SampleLog.end([.deleted, .deletedAfterRetry, .notAttempted])
            })
        let report = try sample.verify(.keyed)
        #expect(report.exit == .done && report.failures.isEmpty, "a report and no finding: \(report.rendered)")
        #expect(report.operations.open == 1)
        #expect(report.lines.contains { $0.hasPrefix("operations") && $0.contains(" 1 open;") }, "\(report.rendered)")
    }

    @Test func anUnknownTypeIsFound() throws {
        var lines = try sample.lines()
        replace("\"type\":\"run.end\"", "\"type\":\"run.over\"", in: &lines[13])
        try sign(lines)
        let report = try sample.verify()
        report.shows(.schema, seq: 13, exit: .failed)
    }

    /// Spellings that a lenient parser would take for the same record; one of them is not even JSON.
    static let tricks: [(String, String, Finding.Code)] = [
        ("{\"v\":1,", "{\"v\":1,\"v\":1,", .format), ("\"items\":3", "\"items\":3,\"items\":3", .format),
        ("\"items\":3", "\"items\":3.0", .format), ("\"items\":3", "\"items\":3e0", .format),
        ("\"items\":3", "\"items\":03", .json), ("\"items\":3", "\"items\":-0", .format),
        ("\"items\":3", "\"items\":-3", .schema), ("\"items\":3", "\"items\":9007199254740992", .format),
        ("\"items\":3", "\"items\":18446744073709551619", .format), ("\"items\":3", "\"items\": 3", .format),
        ("\"items\":3", "\"Items\":3", .format), ("\"items\":3", "\"items\":3,\"x\":1", .format),
        ("\"items\":3", "\"items\":\"3\"", .schema), ("\"retention\"", "\"\\u0072etention\"", .format),
        ("\"kind\":\"retention\"", "\"kind\":\"ret\\/\"", .format), ("\"plan\":\"", "\"plan\":\"A", .format),
        ("0707", "070A", .format), ("\"t\":\"2026", "\"t\":\"0000", .format), ("-02T", "-32T", .format),
    ]

    @Test(arguments: tricks)
    func parserTricksAreFound(_ trick: (old: String, new: String, code: Finding.Code)) throws {
        var lines = try sample.lines()
        replace(trick.old, trick.new, in: &lines[2])
        try #require(try lines[2] != sample.lines()[2])
        try sign(lines)
        try sample.verify().shows(trick.code, seq: 2, exit: .failed)
    }

    @Test(
        arguments: [
            ("\\u00E9", .format), ("\\u0022", .format), ("\\ud83d", .json), ("\\ude00\\ud83d", .json), ("\\n", .format),
            ("\u{E9}", .format), ("\u{7F}", .format), ("\\u0065\\u0301", .format),
        ] as [(String, Finding.Code)])
    func otherEscapesAreFound(_ spelling: String, _ code: Finding.Code) throws {
        var lines = try sample.lines()
        replace("\\u00e9", spelling, in: &lines[3])
        try sign(lines)
        try sample.verify().shows(code, seq: 3, exit: .failed)
    }

    @Test func base64InAnotherSpellingIsFound() throws {
        let checkpoint = sample.export.deletingLastPathComponent().appending(path: "checkpoint")
        let text = String(decoding: try Data(contentsOf: checkpoint), as: UTF8.self)
        // The last digit before the padding carries bits that are not used.
        let root = try #require(text.split(separator: "\n").dropFirst(2).first.map(String.init))
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let last = root[root.index(root.endIndex, offsetBy: -2)]
        let next = alphabet[try #require(alphabet.firstIndex(of: last)) + 1]
        try Data(text.replacing(root, with: root.dropLast(2) + "\(next)=").utf8).write(to: checkpoint)
        let report = try sample.verify()
        report.shows(.format, seq: nil, exit: .failed)
    }

    /// Two names that look the same, or are equal to a library that compares characters, are never the same key.
    @Test(arguments: [
        "lethe.example.\u{212A}/x", "l\u{E9}the/x", "le\u{301}the/x", "lethe example/x", "lethe\u{A0}/x", "", "a+b",
    ])
    func aPinnedKeyHasAPlainNameInBothVerifiers(_ name: String) throws {
        let key = [1] + sample.vkey.publicKey
        let id = Digest.sha256(Array(name.utf8) + [10] + key).prefix(4)
        let vkey = "\(name)+\(Hex.encode(id))+\(Data(key).base64EncodedString())"
        let error = #expect(throws: LetheError.self) { try VerifierKey(vkey) }
        #expect(error?.status == .usage)
        let second = try Shell.run(
            "python3 '\(SecondVerifier.script.path)' '\(sample.export.path)' --vkey '\(vkey)'",
            in: sample.log.folder.url)
        #expect(second.status == 64, "\(second.text)")
    }

    /// Signed by whoever has the signing key, with another root key's `kid`: the macs show that the record was changed.
    @Test func aKidThatWasReplacedUnderGoodMacsIsTampering() throws {
        let other = String(sample.log.created.kid.reversed())
        try sign(
            forger.rewrite(sample.lines()) { entries in
                guard case .logOpen(let opening) = entries[0].record else { return }
                entries[0].record = .logOpen(
                    .init(origin: opening.origin, vkey: opening.vkey, kid: other, previous: nil, tool: opening.tool))
            })
        let report = try sample.verify(.keyed)
        report.shows(.mac, seq: 0, exit: .failed)
        #expect(!report.has(.wrongKey))
    }
}
