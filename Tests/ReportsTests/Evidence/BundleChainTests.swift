import Cryptography
import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Reports

/// Segments of a bundle against what the next one says of them: whoever has the keys of the log can sign another history of any.
struct BundleChainTests {
    private let bundle: UnpackedBundle
    private var sample: SampleSegments { bundle.sample }
    private var files: FileManager { .default }

    init() throws { bundle = try UnpackedBundle() }

    /// Puts the oldest segment of a bundle of `log` in the place of `segment`, and signs all anew.
    private func replace(_ segment: String, with log: AuditLog.Location) throws {
        let other = try UnpackedBundle(sample, log, in: "other")
        try files.removeItem(at: bundle.file(segment))
        try files.moveItem(at: other.file(other.places[0]), to: bundle.file(other.places[0]))
        try bundle.sign()
    }

    private func expectTampered(_ words: String, location: SourceLocation = #_sourceLocation) throws {
        for program in UnpackedBundle.programs {
            let verdict = try bundle.verify(program)
            #expect(verdict.status == 1, "\(verdict.text)", sourceLocation: location)
            #expect(verdict.result.contains(words), "\(program): \(verdict.text)", sourceLocation: location)
        }
    }

    /// The closed segment as it could have gone on instead: the same keys, the same origin, as many records.
    @Test func anotherHistoryOfASegmentIsFound() throws {
        let fork = try sample.fork()
        try sample.rollOver(fork, reason: "another end")
        try replace(bundle.places[0], with: fork)
        try expectTampered("of \(bundle.places[0]) is not the one that \(bundle.places[1]) names")
    }

    /// With the last record that the next segment names, and others between: the root is another.
    @Test func aHistoryWithTheSameLastRecordIsFound() throws {
        let folder = bundle.file(bundle.places[0])
        let lines = try Data(contentsOf: folder.appending(path: "records.jsonl")).split(separator: 10).map(Array.init)
        let hasher = try TreeHasher()
        let leaves = try lines.map { line in try line.withUnsafeBufferPointer { try hasher.leaf($0) } }
        // Records 0, 2, 3 and 6 are here; anything may stand for 1, and for 4 and 5.
        let (one, two) = (Digest32(), Digest32())
        let left = try hasher.node(hasher.node(leaves[0], one), hasher.node(leaves[1], leaves[2]))
        let root = try hasher.node(left, hasher.node(two, leaves[3]))
        let reader = try sample.readers()[0]
        let note = try Checkpoint(
            origin: reader.origin, size: 7, root: root, with: sample.location.directory.signingKey())
        try Data(note.note).write(to: folder.appending(path: "checkpoint"))
        let zeros = Hex.encode(one.bytes)
        try Data("\(zeros)\n\(zeros)\n".utf8).write(to: folder.appending(path: "proof"))
        try files.removeItem(at: folder.appending(path: "anchors"))
        try bundle.sign()
        try expectTampered("\(bundle.places[1]) names another history of \(bundle.places[0])")
    }

    /// A valid checkpoint of before its last records.
    @Test func aSegmentThatWasCutShortIsFound() throws {
        try replace(bundle.places[0], with: sample.fork())
        try expectTampered("of \(bundle.places[0]) is not the one that \(bundle.places[1]) names")
    }

    @Test func aSegmentThatIsLeftOutIsFoundUnlessItIsTheFirst() throws {
        try sample.rollOver(sample.location)
        let whole = try UnpackedBundle(sample, in: "whole")
        #expect(try whole.verify().result.hasPrefix("RESULT       VERIFIED (9 records of 3 segments, "))
        try files.moveItem(at: whole.file(whole.places[1]), to: sample.folder.file("aside"))
        try whole.sign()
        let hole = try whole.verify()
        #expect(hole.status == 1 && hole.result.contains("a segment is missing before segments/"), "\(hole.text)")
        try files.moveItem(at: sample.folder.file("aside"), to: whole.file(whole.places[1]))
        try files.removeItem(at: whole.file(whole.places[0]))
        try whole.sign()
        let middle = try whole.verify()
        #expect(middle.status == 0 && middle.result.hasSuffix("; what came before is not here)"), "\(middle.text)")
        let note = "NOTE  what \(whole.places[1]) goes on from is not here and not checked: 7 records of "
        #expect(middle.text.contains("\n" + note), "\(middle.text)")
    }

    enum Lie: String, CaseIterable {
        case origin, size, root, mac
    }

    /// A segment that names the one before it otherwise, signed by the log's key.
    @Test(arguments: Lie.allCases) func aFalseWordOfTheSegmentBeforeIsFound(lie: Lie) throws {
        let (reader, other) = (try sample.readers()[0], Hex.encode([UInt8](repeating: 7, count: 32)))
        let previous = try #require(try sample.readers()[1].opening().previous)
        let named = AuditRecord.PreviousLog(
            origin: lie == .origin ? "lethe.example.org/0000000000000001" : reader.origin,
            size: previous.size + (lie == .size ? 1 : 0), root: lie == .root ? other : previous.root,
            mac: lie == .mac ? other : previous.mac, lost: 0)
        let lying = try segment(after: named)
        try replace(bundle.places[1], with: lying)
        try expectTampered(lie == .origin ? "a segment is missing before" : bundle.places[0])
        // None is made over it, whose root is told from the records.
        guard lie != .mac else { return }
        #expect(throws: LetheError.self) {
            try UnpackedBundle.write(
                [reader, LogReader(lying.database)], log: AuditLog.open(lying, time: sample.clock),
                keys: [sample.vkey, sample.vkey], at: sample.clock.now(), to: sample.folder.file("none.tar"))
        }
    }

    @Test func recordsThatWereLostAreSaid() throws {
        let previous = try #require(try sample.readers()[1].opening().previous)
        let honest = AuditRecord.PreviousLog(
            origin: previous.origin, size: previous.size, root: previous.root, mac: previous.mac, lost: 5)
        try replace(bundle.places[1], with: segment(after: honest))
        let verdict = try bundle.verify()
        #expect(verdict.status == 0 && verdict.result.hasSuffix("; 5 records were lost)"), "\(verdict.text)")
        #expect(verdict.text.contains(" says that 5 records of \(previous.origin) were lost\n"), "\(verdict.text)")
    }

    private func segment(after previous: AuditRecord.PreviousLog) throws -> AuditLog.Location {
        let keys = sample.folder.file("lying.keys")
        let location = AuditLog.Location(database: sample.folder.file("lying.db"), keys: keys)
        let key = try sample.location.directory.signingKey()
        let seed = try SegmentSeed(
            name: "lethe.example.org", rootKey: RootKey.generate(), signingKey: key, tool: "lethe test")
        try seed.build(
            database: location.database, keys: location.directory, after: previous, nil, now: sample.clock.now())
        try DurableFile.write(key.pkcs8, to: location.directory.signFile)
        return location
    }

    /// After the loss of the keys, records that no checkpoint covers: the next segment names them.
    @Test func whatNoCheckpointCoversRestsOnTheNextSegment() throws {
        let fork = try sample.fork()
        try sample.append(7, to: fork, isSealed: false)
        try files.removeItem(at: fork.keys)
        try files.createDirectory(
            at: fork.keys, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let created = try sample.rollOver(fork)
        let other = try UnpackedBundle(sample, fork, in: "other", keys: [sample.vkey, VerifierKey(created.vkey)])
        let verdict = try other.verify(key: "\(sample.vkey.text) \(created.vkey)")
        #expect(verdict.status == 0, "\(verdict.text)")
        let words = "NOTE  no checkpoint covers the last 2 records of \(other.places[0]): \(other.places[1]) names them"
        #expect(verdict.text.contains("\n\(words)\n"), "\(verdict.text)")
    }
}
