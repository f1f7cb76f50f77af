import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

/// The evidence bundle, unpacked and checked in a folder without Lethe.
struct BundleTests {
    private let sample: SampleLog
    private let folder: URL

    init() throws {
        sample = try SampleLog()
        folder = sample.log.folder.file("reviewer")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let log = try sample.log.open()
        let bundle = EvidenceBundle(log.reader, anchors: sample.log.location.anchors)
        let seqs = try bundle.seqs(of: [SampleLog.attachments[0], SampleLog.attachments[1]], times: nil)
        let summary = try bundle.write(
            seqs: seqs, blobs: [.init(name: "report.html", bytes: Array("<p>report</p>".utf8))],
            to: folder.appending(path: "evidence.tar"), at: sample.log.clock.now())
        #expect(summary.records == 6)
        #expect(try Shell.run("tar -xf evidence.tar && rm evidence.tar", in: folder).status == 0)
    }

    private func verify(_ vkey: String? = nil) throws -> (status: Int32, text: String) {
        try Shell.run("sh verify.sh '\(vkey ?? sample.vkey.text)'", in: folder)
    }

    @Test func everythingIsThereAndChecksOut() throws {
        let output = try verify()
        #expect(output.status == 0, "\(output.text)")
        #expect(output.text.split(separator: "\n").count == 7)
        #expect(output.text.hasPrefix("OK    checkpoint of size 15\n"))
        for name in ["VERIFY.md", "report.html", "vkey", "records/000000011.json", "proofs/000000011.tlog-proof"] {
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: name).path), "\(name)")
        }
        let proof = try InclusionProof(Array(Data(contentsOf: folder.appending(path: "proofs/000000011.tlog-proof"))))
        #expect(try proof.check(sample.vkey).exit == .done)
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

    @Test(arguments: ["records/000000005.json", "proofs/000000005.path", "checkpoint"])
    func aChangedFileIsFound(_ name: String) throws {
        let file = folder.appending(path: name)
        var bytes = Array(try Data(contentsOf: file))
        // Of the checkpoint, a digit of its root.
        let index = name == "checkpoint" ? 42 : bytes.count / 2
        bytes[index] = bytes[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        try Data(bytes).write(to: file)
        let output = try verify()
        #expect(output.status == 1)
        #expect(output.text.contains("FAIL"))
    }

    @Test func anotherKeyIsNotAccepted() throws {
        let other = try VerifierKey(
            name: sample.vkey.name, publicKey: Ed25519.SigningKey.generate().publicKey)
        #expect(try verify(other.text).status == 1)
    }

    @Test func recordsThatAreNotSealedAreRefused() throws {
        let log = try sample.log.open()
        let seqs = try log.append([.vendorSample(checked: 1, present: 0)])
        let error = #expect(throws: LetheError.self) {
            try EvidenceBundle(log.reader).write(
                seqs: seqs, blobs: [], to: folder.appending(path: "x.tar"), at: sample.log.clock.now())
        }
        #expect(error?.code == "not-sealed")
    }
}
