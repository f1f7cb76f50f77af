import Audit
import Cryptography
import Domain
import Foundation
import TestSupport
import Testing

@testable import Reports

/// The evidence bundle, unpacked and checked in a folder without Lethe, by the shell's program and by Python's.
struct EvidenceBundleTests {
    private let bundle: UnpackedBundle

    init() throws { bundle = try UnpackedBundle() }

    @Test(arguments: UnpackedBundle.programs) func everythingIsThereAndChecksOut(_ program: String) throws {
        let verdict = try bundle.verify(program)
        #expect(verdict.status == 0, "\(verdict.text)")
        #expect(verdict.result == "RESULT       VERIFIED (7 records of 2 segments, 6 older checkpoints)")
        let sizes = try bundle.sample.readers().map { try $0.size() }
        let (first, second) = (bundle.places[0], bundle.places[1])
        let expected = [
            "OK    \(first)/checkpoint of size \(sizes[0])",
            "OK    \(first)/records.jsonl: 4 records, seq 0, 2-3, 6",
            "OK    \(first) is as \(second) names it, with \(sizes[0]) records",
            "OK    \(second)/checkpoint of size \(sizes[1])",
            "OK    \(second)/records.jsonl: 3 records, seq 0, 2-3",
        ]
        let lines = verdict.text.split(separator: "\n").dropLast().map(String.init)
        #expect(lines.first == "OK    MANIFEST of \(try bundle.files().count - 2) files")
        #expect(lines.dropFirst().filter { !$0.contains("/anchors/") } == expected)
        #expect(lines.count { $0.hasSuffix("the log goes on from it") } == 3 + 3)
        #expect(bundle.made.segments.map(\.records) == [4, 3] && bundle.made.strangeAnchors.isEmpty)
    }

    /// The digests that travel by another way are of the programs that are in it.
    @Test func theProgramsAreThoseWhoseDigestsAreHandedOut() throws {
        let output = try Shell.run("openssl dgst -sha256 -r verify.sh verify.py", in: bundle.folder)
        let expected = bundle.made.programs.map { "\($0.digest) *\($0.name)\n" }.joined()
        #expect(bundle.made.programs.count == 2 && output.text == expected)
    }

    /// It may say what it likes; the command that VERIFY.md begins with does not ask it.
    @Test func aReplacedProgramHasAnotherDigest() throws {
        for (program, other) in [("verify.sh", "python3 -I verify.py"), ("verify.py", "sh verify.sh")] {
            let good = try Data(contentsOf: bundle.file(program))
            try Data("echo 'RESULT       VERIFIED'\n".utf8).write(to: bundle.file(program))
            let output = try Shell.run("openssl dgst -sha256 -r \(program)", in: bundle.folder)
            #expect(!bundle.made.programs.contains { output.text.hasPrefix($0.digest) })
            #expect(try bundle.verify(other).status == 1)
            try good.write(to: bundle.file(program))
        }
    }

    @Test func theCommandsOfTheInstructionsRun() throws {
        let text = try String(contentsOf: bundle.file("VERIFY.md"), encoding: .utf8)
        var commands: [String] = []
        for block in text.components(separatedBy: "```sh\n").dropFirst() {
            commands.append(block.components(separatedBy: "```")[0])
        }
        #expect(commands.count == 5)
        for command in commands {
            let output = try Shell.run("set -e; " + command, in: bundle.folder)
            #expect(output.status == 0, "\(command)\(output.text)")
        }
        let sums = try Shell.run(commands[4].components(separatedBy: "\n")[0], in: bundle.folder)
        #expect(sums.text.isEmpty, "\(sums.text)")
        #expect(try bundle.verify().status == 0, "nothing was left behind")
    }

    @Test func aChangedOrMissingFileIsFoundWhicheverItIs() throws {
        for name in try bundle.files() {
            // A program that was changed says whatever it likes: the other one finds it.
            let program = name == "verify.sh" ? "python3 -I verify.py" : "sh verify.sh"
            let file = bundle.file(name)
            let good = try Data(contentsOf: file)
            var bytes = Array(good)
            bytes[bytes.count / 2] ^= 1
            try Data(bytes).write(to: file)
            #expect(try bundle.verify(program).status == 1, "\(name)")
            try FileManager.default.removeItem(at: file)
            #expect(try bundle.verify(program).status == 1, "\(name)")
            try good.write(to: file)
        }
        #expect(try bundle.verify().status == 0)
    }

    /// With the manifest made anew by somebody who can sign, what the log says still counts.
    @Test(arguments: ["records.jsonl", "proof", "checkpoint", "anchors/2.note"])
    func aManifestOfAnotherStoryDoesNotHelp(_ name: String) throws {
        for place in bundle.places {
            let file = bundle.file("\(place)/\(name)")
            let good = try Data(contentsOf: file)
            var bytes = Array(good)
            // Of a checkpoint, a letter of its root.
            let index = name.hasSuffix("checkpoint") || name.hasSuffix("note") ? 42 : bytes.count / 2
            bytes[index] = bytes[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            try Data(bytes).write(to: file)
            try bundle.sign()
            let verdict = try bundle.verify()
            #expect(verdict.status == 1, "\(verdict.text)")
            #expect(verdict.text.contains("OK    MANIFEST") && verdict.text.contains("\nFAIL  "), "\(verdict.text)")
            try good.write(to: file)
        }
    }

    @Test func recordsOfOneSegmentAreNotTakenForThoseOfAnother() throws {
        for name in ["records.jsonl", "proof"] {
            let other = try Data(contentsOf: bundle.file("\(bundle.places[1])/\(name)"))
            try other.write(to: bundle.file("\(bundle.places[0])/\(name)"))
        }
        try bundle.sign()
        #expect(try bundle.verify().status == 1)
    }

    @Test func anotherKeyOrNameIsNotAccepted() throws {
        let vkey = bundle.sample.vkey
        let other = try VerifierKey(name: vkey.name, publicKey: Ed25519.SigningKey.generate().publicKey)
        #expect(try bundle.verify(key: other.text).status == 3)
        let renamed = try VerifierKey(name: "other.example", publicKey: vkey.publicKey)
        #expect(try bundle.verify(key: renamed.text).status == 1)
        let short = try VerifierKey(name: "lethe.example.org", publicKey: vkey.publicKey)
        #expect(try bundle.verify(key: short.text).status == 0)
    }

    @Test func theSameRecordsMakeTheSameBytes() throws {
        let again = bundle.sample.folder.file("again.tar")
        try UnpackedBundle.write(
            bundle.sample.readers(), log: AuditLog.open(bundle.log, time: bundle.sample.clock),
            keys: [bundle.sample.vkey, bundle.sample.vkey], at: bundle.sample.clock.now(), to: again)
        let names = try Shell.run("tar -tf again.tar | sort | uniq -d", in: bundle.sample.folder.url)
        #expect(names.status == 0 && names.text.isEmpty, "no name is there twice")
        let first = try Data(contentsOf: bundle.sample.folder.file("reviewer.tar"))
        // The time of the archive is all that differs.
        #expect(try Data(contentsOf: again).count == first.count)
    }
}
