import Audit
import Cryptography
import Domain
import Foundation
import TestSupport
import Testing

@testable import Reports

/// A bundle of both segments of `SampleSegments`, unpacked in a folder without Lethe.
struct UnpackedBundle {
    let sample: SampleSegments
    let log: AuditLog.Location
    let folder: URL
    /// `segments/<16 hex>` of the closed segment and of the live one.
    let places: [String]
    let made: EvidenceBundle.Made

    /// What both programs say of it.
    struct Verdict {
        let status: Int32
        let text: String

        var result: String { text.split(separator: "\n").last.map(String.init) ?? "" }
    }

    static let programs = ["sh verify.sh", "python3 -I verify.py"]

    init() throws { try self.init(SampleSegments()) }

    /// Of `log`, signed by `keys`, a segment each; else of the sample's own log. Of each segment records 2 and 3.
    init(
        _ sample: SampleSegments, _ log: AuditLog.Location? = nil, in name: String = "reviewer",
        keys: [VerifierKey] = []
    ) throws {
        self.sample = sample
        self.log = log ?? sample.location
        folder = sample.folder.file(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let readers = try sample.readers(log)
        places = readers.map { "segments/\($0.origin.suffix(16))" }
        made = try Self.write(
            readers, log: AuditLog.open(self.log, time: sample.clock),
            keys: keys.isEmpty ? readers.map { _ in sample.vkey } : keys, at: sample.clock.now(),
            to: sample.folder.file("\(name).tar"))
        #expect(try Shell.run("tar -xf ../\(name).tar", in: folder).status == 0)
    }

    @discardableResult
    static func write(
        _ readers: [LogReader], log: AuditLog, keys: [VerifierKey], at now: Timestamp, to file: URL
    ) throws -> EvidenceBundle.Made {
        var bytes: [UInt8] = []
        let made = try EvidenceBundle.write(
            zip(readers, keys).map { .init($0, try $0.select { [2, 3].contains($0.seq) }, key: $1) },
            blobs: [.init(name: "report.html", bytes: Array("<p>report</p>".utf8))], log: log, at: now
        ) { bytes += $0 }
        try Data(bytes).write(to: file)
        return made
    }

    /// Runs one of the programs; both where none is named, and they must agree.
    func verify(
        _ program: String? = nil, key: String? = nil, location: SourceLocation = #_sourceLocation
    ) throws -> Verdict {
        let programs = program.map { [$0] } ?? Self.programs
        let answers = programs.indices.map { sample.folder.file("answer-\($0)") }
        // Side by side as a pipe without anything in it, each with its status in a line of its own. The shell's `wait`
        // would never end here: what starts it blocks SIGCHLD.
        let command = zip(programs, answers).map { program, answer in
            "{ \(program) '\(key ?? sample.vkey.text)'; echo $?; } > '\(answer.path)' 2>&1"
        }
        _ = try Shell.run(command.joined(separator: " | "), in: folder)
        let verdicts = try answers.map { answer in
            let lines = try String(contentsOf: answer, encoding: .utf8).split(separator: "\n")
            return Verdict(
                status: lines.last.flatMap { Int32($0) } ?? -1, text: lines.dropLast().joined(separator: "\n"))
        }
        let said = verdicts.map(\.text).joined(separator: "\n")
        for verdict in verdicts {
            #expect(verdict.status == verdicts[0].status, "\(said)", sourceLocation: location)
            #expect(verdict.result.hasPrefix("RESULT       "), "\(said)", sourceLocation: location)
        }
        return verdicts[0]
    }

    func file(_ name: String) -> URL { folder.appending(path: name) }

    /// Names of all files, sorted.
    func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: file(name).path, isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    /// Makes the manifest anew, as the holder of the key can.
    func sign() throws {
        let sums = try files().filter { !$0.hasPrefix("MANIFEST") }.map { name in
            "\(Hex.encode(Digest.sha256(Array(try Data(contentsOf: file(name))))))  \(name)"
        }
        let (text, signature) = try AuditLog.open(log, time: sample.clock).sign(manifest: sums)
        try Data(text).write(to: file("MANIFEST"))
        try Data(signature).write(to: file("MANIFEST.sig"))
    }
}
