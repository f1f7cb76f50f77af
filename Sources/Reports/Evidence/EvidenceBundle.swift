package import Audit
import Cryptography
package import Domain
import Foundation

/// A tar file that proves what was deleted to somebody who has neither Lethe nor the log: records, the signed checkpoints,
/// a proof a record, a report, and `VERIFY.md` with commands that need only openssl, sha256sum and a shell.
///
///     MANIFEST  MANIFEST.sig       SHA-256 of every other file, signed by the key of the log
///     VERIFY.md  verify.sh  vkey  public-key.pem  report.html …
///     segments/<16 hex>/checkpoint  checkpoint.text  checkpoint.sig
///     segments/<16 hex>/records/<seq>.json
///     segments/<16 hex>/proofs/<seq>.tlog-proof  <seq>.path
///     segments/<16 hex>/anchors/<size>.note  <size>.path
///
/// A `.path` is the shell's form of a proof: one hash a line in hex; of a record, its index first.
package struct EvidenceBundle: Sendable {
    /// A file that goes in as it is, such as the report.
    package struct Blob: Sendable {
        package let name: String
        package let bytes: [UInt8]

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// The records of one segment that go in.
    package struct Part: Sendable {
        package let reader: LogReader
        package let seqs: [Int64]

        package init(_ reader: LogReader, seqs: [Int64]) {
            self.reader = reader
            self.seqs = seqs
        }
    }

    /// What is in it of one segment.
    package struct Summary: Sendable, Equatable {
        package let origin: String
        package let records: Int
        package let checkpointSize: Int64
    }

    private let vkey: VerifierKey
    private let anchors: Anchors
    private var archive: TarArchive
    /// As `sha256sum` writes them.
    private var sums: [String] = []
    private var summaries: [Summary] = []

    /// Oldest segment first. Records that no checkpoint covers yet are refused: seal first.
    package static func make(
        _ parts: [Part], blobs: [Blob], log: AuditLog, at now: Timestamp
    ) throws(LetheError) -> (bytes: [UInt8], summaries: [Summary]) {
        var bundle = EvidenceBundle(
            vkey: try VerifierKey(log.vkey), anchors: log.location.anchors, archive: TarArchive(time: now))
        try bundle.addInstructions()
        for part in parts { try bundle.add(part) }
        for blob in blobs { try bundle.add(blob.name, blob.bytes) }
        let (manifest, signature) = try log.sign(manifest: bundle.sums)
        try bundle.archive.add("MANIFEST", manifest)
        try bundle.archive.add("MANIFEST.sig", signature)
        return (bundle.archive.finished(), bundle.summaries)
    }

    private mutating func add(_ name: String, _ bytes: [UInt8], mode: Int = 0o644) throws(LetheError) {
        try archive.add(name, bytes, mode: mode)
        sums.append("\(Hex.encode(Digest.sha256(bytes)))  \(name)")
    }

    private mutating func addInstructions() throws(LetheError) {
        try add("VERIFY.md", Asset.verifyInstructions)
        try add("verify.sh", Asset.verifyScript, mode: 0o755)
        try add("vkey", Array((vkey.text + "\n").utf8))
        try add("public-key.pem", Array(pem(vkey).utf8))
    }

    /// SubjectPublicKeyInfo of RFC 8410.
    private func pem(_ vkey: VerifierKey) -> String {
        let prefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
        let body = Base64.encode(prefix + vkey.publicKey)
        return "-----BEGIN PUBLIC KEY-----\n\(body)\n-----END PUBLIC KEY-----\n"
    }

    private mutating func add(_ part: Part) throws(LetheError) {
        let proofs = try LogProofs(part.reader)
        let checkpoint = proofs.checkpoint
        let folder = "segments/\(checkpoint.origin.suffix(16))"
        try add(checkpoint, to: folder)
        for seq in part.seqs { try add(proofs.inclusion(of: seq), to: folder) }
        for (_, anchor) in anchors.checkpoints(of: checkpoint.origin)
        where anchor.size > 0 && anchor.size <= checkpoint.size {
            let path = try proofs.consistency(since: anchor).path
            try add("\(folder)/anchors/\(anchor.size).note", anchor.note)
            try add("\(folder)/anchors/\(anchor.size).path", Self.lines(path))
        }
        summaries.append(
            Summary(origin: checkpoint.origin, records: part.seqs.count, checkpointSize: checkpoint.size))
    }

    /// The note, and its signed text and signature apart, as openssl takes them.
    private mutating func add(_ checkpoint: Checkpoint, to folder: String) throws(LetheError) {
        guard let (text, signature) = try checkpoint.signedParts(by: vkey) else {
            throw LetheError(
                "malformed-checkpoint", .failed,
                "the checkpoint of \(checkpoint.origin) is not signed by the key of the log",
                hint: "lethe audit verify")
        }
        try add("\(folder)/checkpoint", checkpoint.note)
        try add("\(folder)/checkpoint.text", text)
        try add("\(folder)/checkpoint.sig", signature)
    }

    /// The line, its C2SP proof, and the same proof for the shell.
    private mutating func add(_ proof: InclusionProof, to folder: String) throws(LetheError) {
        let number = String(proof.index)
        let name = String(repeating: "0", count: max(0, 9 - number.utf8.count)) + number
        try add("\(folder)/records/\(name).json", proof.line)
        try add("\(folder)/proofs/\(name).tlog-proof", proof.bytes)
        try add("\(folder)/proofs/\(name).path", Array("\(number)\n".utf8) + Self.lines(proof.path))
    }

    private static func lines(_ path: [Digest32]) -> [UInt8] {
        path.flatMap { Array(Hex.encode($0.bytes).utf8) + [10] }
    }
}
