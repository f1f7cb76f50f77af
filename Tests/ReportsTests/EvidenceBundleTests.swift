import Audit
import Cryptography
import Domain
import Foundation
import TestSupport
import Testing

@testable import Reports

/// The evidence bundle, unpacked and checked in a folder without Lethe.
struct EvidenceBundleTests {
    private let sample: SampleSegments
    private let folder: URL
    /// `segments/<16 hex>` of the closed segment and of the live one.
    private let places: [String]

    init() throws {
        sample = try SampleSegments()
        folder = sample.folder.file("reviewer")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let readers = try sample.readers()
        places = readers.map { "segments/\($0.origin.suffix(16))" }
        let bundle = try EvidenceBundle.make(
            readers.map { .init($0, seqs: [2, 3]) },
            blobs: [.init(name: "report.html", bytes: Array("<p>report</p>".utf8))], vkey: sample.vkey,
            anchors: sample.location.anchors, at: sample.clock.now())
        #expect(bundle.summaries.map(\.records) == [2, 2])
        try Data(bundle.bytes).write(to: folder.appending(path: "evidence.tar"))
        #expect(try Shell.run("tar -xf evidence.tar && rm evidence.tar", in: folder).status == 0)
    }

    private func verify(_ vkey: String? = nil) throws -> (status: Int32, text: String) {
        try Shell.run("sh verify.sh '\(vkey ?? sample.vkey.text)'", in: folder)
    }

    @Test func everythingIsThereAndChecksOut() throws {
        let output = try verify()
        #expect(output.status == 0, "\(output.text)")
        let sizes = try sample.readers().map { try $0.size() }
        let expected = zip(places, sizes).flatMap { place, size in
            ["OK    \(place)/checkpoint of size \(size)"]
                + [2, 3].map { "OK    \(place)/records/00000000\($0).json" }
        }
        let lines = output.text.split(separator: "\n").map(String.init)
        #expect(lines.filter { !$0.contains("/anchors/") }.sorted() == expected.sorted())
        #expect(lines.count { $0.hasSuffix("the log goes on from it") } == 3 + 3)
        for name in ["VERIFY.md", "report.html", "vkey", "\(places[0])/proofs/000000003.tlog-proof"] {
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: name).path), "\(name)")
        }
        let file = folder.appending(path: "\(places[1])/proofs/000000003.tlog-proof")
        #expect(try InclusionProof(Array(Data(contentsOf: file))).check(sample.vkey).exit == .done)
    }

    @Test func theCommandsOfTheInstructionsRun() throws {
        let text = try String(contentsOf: folder.appending(path: "VERIFY.md"), encoding: .utf8)
        var commands: [String] = []
        for block in text.components(separatedBy: "```sh\n").dropFirst() {
            commands.append(block.components(separatedBy: "```")[0])
        }
        #expect(commands.count == 3)
        for command in commands {
            let output = try Shell.run("set -e; " + command, in: folder)
            #expect(output.status == 0, "\(command)\(output.text)")
        }
    }

    /// One digit of one file, in the closed segment and in the live one.
    @Test(
        arguments: [0, 1],
        ["records/000000003.json", "proofs/000000003.path", "checkpoint", "anchors/2.path", "anchors/2.note"])
    func aChangedFileIsFound(_ segment: Int, _ name: String) throws {
        let file = folder.appending(path: "\(places[segment])/\(name)")
        var bytes = Array(try Data(contentsOf: file))
        // Of a checkpoint, a letter of its root.
        let index = name.hasSuffix("checkpoint") || name.hasSuffix("note") ? 42 : bytes.count / 2
        bytes[index] = bytes[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        try Data(bytes).write(to: file)
        let output = try verify()
        #expect(output.status == 1, "\(output.text)")
        #expect(output.text.contains("FAIL"))
    }

    @Test func recordsOfOneSegmentAreNotTakenForThoseOfAnother() throws {
        for name in ["records/000000003.json", "proofs/000000003.path"] {
            let other = try Data(contentsOf: folder.appending(path: "\(places[1])/\(name)"))
            try other.write(to: folder.appending(path: "\(places[0])/\(name)"))
        }
        #expect(try verify().status == 1)
    }

    @Test func anotherKeyOrNameIsNotAccepted() throws {
        let other = try VerifierKey(name: sample.vkey.name, publicKey: Ed25519.SigningKey.generate().publicKey)
        #expect(try verify(other.text).status == 1)
        let renamed = try VerifierKey(name: "other.example", publicKey: sample.vkey.publicKey)
        #expect(try verify(renamed.text).status == 1)
        let short = try VerifierKey(name: "lethe.example.org", publicKey: sample.vkey.publicKey)
        #expect(try verify(short.text).status == 0)
    }

    @Test func recordsThatAreNotSealedAreRefused() throws {
        let log = try AuditLog.open(sample.location, time: sample.clock)
        let seqs = try log.append([.vendorSample(checked: 1, present: 0)])
        let error = #expect(throws: LetheError.self) {
            _ = try EvidenceBundle.make(
                [.init(log.reader, seqs: seqs)], blobs: [], vkey: sample.vkey, anchors: Anchors([]),
                at: sample.clock.now())
        }
        #expect(error?.code == "not-sealed")
    }
}
