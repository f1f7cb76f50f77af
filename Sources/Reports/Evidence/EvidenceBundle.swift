package import Audit
import Cryptography
package import Domain
import Foundation

/// A tar file that proves what was deleted to somebody who has neither Lethe nor the log: records, the signed checkpoints,
/// the hashes that lead from the one to the other, a report, and two programs that check it all.
///
///     VERIFY.md  verify.sh  verify.py  vkey  public-key.pem  report.html …
///     segments/<16 hex>/checkpoint            a signed note
///     segments/<16 hex>/records.jsonl         lines as they were written
///     segments/<16 hex>/proof                 hashes in hex, one a line
///     segments/<16 hex>/anchors/<size>.note   older checkpoints
///     MANIFEST  MANIFEST.sig                  SHA-256 of every other file, signed by the key of the log
///
/// It is written as it is made: memory does not grow with the records.
package final class EvidenceBundle {
    /// Takes the bytes of the tar file in their order.
    package typealias Sink = (UnsafeRawBufferPointer) throws(LetheError) -> Void

    /// A file that goes in as it is, such as the report.
    package struct Blob: Sendable {
        package let name: String
        package let bytes: [UInt8]

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// The records of one segment that go in; with them go those that chain it to its neighbours.
    package struct Part: Sendable {
        package let reader: LogReader
        package let selection: RecordSelection
        /// Whose signatures its checkpoints have.
        package let key: VerifierKey

        package init(_ reader: LogReader, _ selection: RecordSelection, key: VerifierKey) {
            self.reader = reader
            self.selection = selection
            self.key = key
        }
    }

    /// What is in it of one segment.
    package struct Summary: Sendable, Equatable {
        package let origin: String
        package let records: Int64
        package let checkpointSize: Int64
    }

    package struct Program: Sendable, Equatable {
        package let name: String
        /// SHA-256 in hex.
        package let digest: String
    }

    /// What was made, for whoever hands it out.
    package struct Made: Sendable, Equatable {
        package fileprivate(set) var segments: [Summary] = []
        /// What the reviewer must have: the key of the log, then those that signed older segments before a loss.
        package fileprivate(set) var keys: [VerifierKey] = []
        /// What checks it, whose digests the reviewer is told by another way.
        package fileprivate(set) var programs: [Program] = []
        /// Files in anchor folders that were left out, and why.
        package fileprivate(set) var strangeAnchors: [String] = []
    }

    private let vkey: VerifierKey
    private let anchors: Anchors
    private let archive: TarArchive
    /// As `sha256sum` writes them.
    private var sums: [String] = []
    private var made = Made()

    private init(_ log: AuditLog, _ archive: TarArchive) throws(LetheError) {
        vkey = try VerifierKey(log.vkey)
        anchors = log.location.anchors
        self.archive = archive
    }

    /// Oldest segment first, and none of the log is left out between two. Records that no checkpoint covers yet are refused: seal first.
    /// What `sink` got is a bundle only if nothing is thrown.
    package static func write(
        _ parts: [Part], blobs: [Blob], log: AuditLog, at now: Timestamp, to sink: @escaping Sink
    ) throws(LetheError) -> Made {
        let bundle = try EvidenceBundle(log, TarArchive(time: now, to: sink))
        try bundle.addInstructions(parts.map(\.key))
        for blob in blobs { try bundle.add(blob.name, blob.bytes) }
        for (index, part) in parts.enumerated() {
            let next = index + 1 < parts.count ? try parts[index + 1].reader.opening() : nil
            try bundle.add(part, end: next?.previous)
        }
        let (manifest, signature) = try log.sign(manifest: bundle.sums)
        try bundle.archive.add("MANIFEST", manifest)
        try bundle.archive.add("MANIFEST.sig", signature)
        try bundle.archive.finish()
        return bundle.made
    }

    /// Gives the SHA-256, in hex.
    @discardableResult
    private func add(_ name: String, _ bytes: [UInt8], mode: Int = 0o644) throws(LetheError) -> String {
        try archive.add(name, bytes, mode: mode)
        let digest = Hex.encode(Digest.sha256(bytes))
        sums.append("\(digest)  \(name)")
        return digest
    }

    private func addInstructions(_ keys: [VerifierKey]) throws(LetheError) {
        for key in [vkey] + keys where !made.keys.contains(where: { $0.publicKey == key.publicKey }) {
            made.keys.append(key)
        }
        try add("VERIFY.md", Asset.verifyInstructions)
        for (name, bytes) in [("verify.sh", Asset.verifyScript), ("verify.py", Asset.verifyProgram)] {
            made.programs.append(Program(name: name, digest: try add(name, bytes, mode: 0o755)))
        }
        try add("vkey", Array(made.keys.map { $0.text + "\n" }.joined().utf8))
        try add("public-key.pem", Array(pem(vkey).utf8))
    }

    /// SubjectPublicKeyInfo of RFC 8410.
    private func pem(_ vkey: VerifierKey) -> String {
        let prefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
        let body = Base64.encode(prefix + vkey.publicKey)
        return "-----BEGIN PUBLIC KEY-----\n\(body)\n-----END PUBLIC KEY-----\n"
    }

    /// `end`: what the next segment says of this one.
    private func add(_ part: Part, end: AuditRecord.PreviousLog?) throws(LetheError) {
        let selection = try part.reader.chained(part.selection, last: end.map { $0.size - 1 })
        let extract = try LogExtract(part.reader, selection, anchors: anchors, key: part.key, end: end)
        let checkpoint = extract.checkpoint
        let folder = "segments/\(checkpoint.origin.suffix(16))"
        try add("\(folder)/checkpoint", checkpoint.note)
        for anchor in extract.anchors { try add("\(folder)/anchors/\(anchor.size).note", anchor.note) }
        let hashes = try addRecords(extract, "\(folder)/records.jsonl")
        try add("\(folder)/proof", hashes.flatMap { Array(Hex.encode($0.bytes).utf8) + [10] })
        made.strangeAnchors += extract.strangeAnchors
        made.segments.append(
            Summary(
                origin: checkpoint.origin, records: selection.count, checkpointSize: checkpoint.size))
    }

    private func addRecords(_ extract: LogExtract, _ name: String) throws(LetheError) -> [Digest32] {
        let digest = try SHA256Stream()
        let lineFeed: [UInt8] = [10]
        try archive.begin(name, size: extract.selection.byteCount)
        let hashes = try extract.proof { line throws(LetheError) in
            try lineFeed.withUnsafeBufferPointer { lineFeed throws(LetheError) in
                for piece in [UnsafeRawBufferPointer(line), UnsafeRawBufferPointer(lineFeed)] {
                    try archive.append(piece)
                    try digest.update(piece)
                }
            }
        }
        try archive.end()
        sums.append("\(Hex.encode(try digest.finish().bytes))  \(name)")
        return hashes
    }
}
