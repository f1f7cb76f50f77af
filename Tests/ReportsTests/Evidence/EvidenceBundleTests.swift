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
            blobs: [.init(name: "report.html", bytes: Array("<p>report</p>".utf8))],
            log: AuditLog.open(sample.location, time: sample.clock), at: sample.clock.now())
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
        #expect(lines.first?.hasPrefix("OK    MANIFEST of ") == true)
        #expect(lines.dropFirst().filter { !$0.contains("/anchors/") }.sorted() == expected.sorted())
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

    private func allFiles() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder.appending(path: name).path, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    @Test func aChangedOrMissingFileIsFoundWhicheverItIs() throws {
        let names = try allFiles()
        #expect(names.count > 30)
        // The script is what checks: changed, it says whatever it likes.
        for name in names where name != "verify.sh" {
            let file = folder.appending(path: name)
            let good = try Data(contentsOf: file)
            var bytes = Array(good)
            if !bytes.isEmpty { bytes[bytes.count / 2] ^= 1 } else { bytes = [10] }
            try Data(bytes).write(to: file)
            #expect(try verify().status == 1, "\(name)")
            try FileManager.default.removeItem(at: file)
            #expect(try verify().status == 1, "\(name)")
            try good.write(to: file)
        }
        #expect(try verify().status == 0)
    }

    /// With the manifest made anew by somebody who can sign, what the log says still counts.
    @Test(arguments: [
        "records/000000003.json", "proofs/000000003.path", "checkpoint", "anchors/2.path", "anchors/2.note",
    ])
    func aManifestOfAnotherStoryDoesNotHelp(_ name: String) throws {
        let log = try AuditLog.open(sample.location, time: sample.clock)
        for place in places {
            let file = folder.appending(path: "\(place)/\(name)")
            let good = try Data(contentsOf: file)
            var bytes = Array(good)
            // Of a checkpoint, a letter of its root.
            let index = name.hasSuffix("checkpoint") || name.hasSuffix("note") ? 42 : bytes.count / 2
            bytes[index] = bytes[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            try Data(bytes).write(to: file)
            try sign(log)
            let output = try verify()
            #expect(output.status == 1, "\(output.text)")
            #expect(output.text.contains("OK    MANIFEST") && output.text.contains("\nFAIL  "), "\(output.text)")
            try good.write(to: file)
        }
    }

    private func sign(_ log: AuditLog) throws {
        let sums = try allFiles().filter { !$0.hasPrefix("MANIFEST") }.map { name in
            let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
            return "\(Hex.encode(Digest.sha256(bytes)))  \(name)"
        }
        let (text, signature) = try log.sign(manifest: sums)
        try Data(text).write(to: folder.appending(path: "MANIFEST"))
        try Data(signature).write(to: folder.appending(path: "MANIFEST.sig"))
    }

    @Test func aFileThatWasAddedIsFound() throws {
        for name in ["\(places[0])/records/000000001.json", "segments/0000000000000000/checkpoint"] {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("{}".utf8).write(to: file)
            let output = try verify()
            #expect(output.status == 1 && output.text.contains("FAIL  there is a file"), "\(output.text)")
            let added = name.hasSuffix(".json") ? file : file.deletingLastPathComponent()
            try FileManager.default.removeItem(at: added)
        }
        // The archive itself may lie where it was unpacked.
        try Data().write(to: folder.appending(path: "evidence.tar"))
        #expect(try verify().status == 0)
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
                [.init(log.reader, seqs: seqs)], blobs: [], log: log, at: sample.clock.now())
        }
        #expect(error?.code == "not-sealed")
    }
}
