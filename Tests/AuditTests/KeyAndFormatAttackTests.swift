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
        #expect(report.exit == .failed)
        #expect(report.has(.signature))
    }

    @Test func aForgedSignatureIsFound() throws {
        let checkpoint = sample.export.deletingLastPathComponent().appending(path: "checkpoint")
        var text = String(decoding: try Data(contentsOf: checkpoint), as: UTF8.self)
        text.replace("\n15\n", with: "\n14\n")
        try Data(text.utf8).write(to: checkpoint)
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.signature))
        #expect(report.has(.root))
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
        #expect(report.exit == .failed)
        #expect(report.has(.origin, seq: 0))
        #expect(report.has(.signature))
        let unpinned = try sample.verify { $0.vkeys = [] }
        #expect(unpinned.exit == .notVerified)
    }

    @Test func aWrongRootKeyIsNoTampering() throws {
        let report = try sample.verify { $0.rootKeys = [try? RootKey.generate()].compactMap { $0 } }
        #expect(report.exit == .notVerified)
        #expect(report.has(.wrongKey))
        #expect(!report.has(.mac))
        #expect(!report.rendered.lowercased().contains("tamper"))
    }

    @Test func aChangedKidIsTamperingAndNoWrongKey() throws {
        let kid = sample.log.created.kid
        let report = try sample.attack(.keyed) { replace(kid, String(kid.reversed()), in: &$0[0]) }
        #expect(report.exit == .failed)
        #expect(report.has(.mac, seq: 0))
        #expect(!report.has(.wrongKey))
    }

    @Test func aSkippedEpochIsFound() throws {
        try sign(forger.rewrite(sample.lines()) { for index in 10..<15 { $0[index].epoch = 3 } })
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.epoch, seq: 10))
    }

    @Test func aRepeatedEpochIsFound() throws {
        try sign(forger.rewrite(sample.lines()) { for index in 10..<15 { $0[index].epoch = 1 } })
        #expect(try sample.verify().has(.epoch, seq: 10))
    }

    @Test func twoSealsInOneEpochAreFound() throws {
        try sign(forger.rewrite(sample.lines()) { $0.insert((.epochSeal(records: 8), $0[9].time, 1), at: 10) })
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.epoch, seq: 10))
    }

    @Test func aSealThatCountsWrongIsFound() throws {
        try sign(forger.rewrite(sample.lines()) { $0[14].record = .epochSeal(records: 4) })
        #expect(try sample.verify(.keyed).has(.epoch, seq: 14))
    }

    @Test func aClockThatGoesBackNeedsAClockStep() throws {
        let earlier = try LogEntry(line: sample.lines()[11]).time.adding(seconds: -60)
        try sign(forger.rewrite(sample.lines()) { $0[12].time = earlier })
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.clock, seq: 12))
        let from = try LogEntry(line: sample.lines()[11]).time
        try sign(
            forger.rewrite(sample.lines()) { entries in
                entries[12] = (.clockStep(from: from), earlier, 2)
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
        #expect(report.exit == .failed)
        #expect(report.has(.outcomeWithoutIntent, seq: 12))
    }

    @Test func openIntentsAreReported() throws {
        try sign(
            forger.rewrite(sample.lines()) { entries in
                entries[12].record = .deleteIntent(SampleLog.intent(2))
            })
        #expect(try sample.verify().operations.open == 1)
    }

    @Test func anUnknownTypeIsFound() throws {
        var lines = try sample.lines()
        replace("\"type\":\"run.end\"", "\"type\":\"run.over\"", in: &lines[13])
        try sign(lines)
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.schema, seq: 13))
    }

    /// Spellings that a lenient parser would take for the same record.
    static let tricks: [(String, String)] = [
        ("{\"v\":1,", "{\"v\":1,\"v\":1,"), ("\"items\":3", "\"items\":3,\"items\":3"),
        ("\"items\":3", "\"items\":3.0"),
        ("\"items\":3", "\"items\":3e0"), ("\"items\":3", "\"items\":03"), ("\"items\":3", "\"items\":-0"),
        ("\"items\":3", "\"items\":9007199254740992"), ("\"items\":3", "\"items\": 3"), ("\"items\":3", "\"Items\":3"),
        ("\"items\":3", "\"items\":3,\"x\":1"), ("\"retention\"", "\"\\u0072etention\""),
        ("\"kind\":\"retention\"", "\"kind\":\"ret\\/\""), ("\"plan\":\"", "\"plan\":\"A"), ("0707", "070A"),
        ("\"items\":3", "\"items\":18446744073709551619"),
    ]

    @Test(arguments: tricks)
    func parserTricksAreFound(_ trick: (String, String)) throws {
        var lines = try sample.lines()
        replace(trick.0, trick.1, in: &lines[2])
        try sign(lines)
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.format, seq: 2) || report.has(.json, seq: 2), "\(report.failures)")
    }

    @Test(arguments: ["\\u00E9", "\\u0022", "\\ud83d", "\\ude00\\ud83d", "\\n", "\u{E9}", "\u{7F}"])
    func otherEscapesAreFound(_ spelling: String) throws {
        var lines = try sample.lines()
        replace("\\u00e9", spelling, in: &lines[3])
        try sign(lines)
        let report = try sample.verify()
        #expect(report.exit == .failed)
        #expect(report.has(.format, seq: 3) || report.has(.json, seq: 3))
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
        #expect(report.exit == .failed)
        #expect(report.has(.format))
    }
}
