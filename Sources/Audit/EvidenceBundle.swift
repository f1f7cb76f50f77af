import Cryptography
package import Domain
package import Foundation

/// A tar file that proves what was deleted to somebody who has neither Lethe nor the log: records, the checkpoint, a proof
/// a record, a report, and `VERIFY.md` with commands that need only openssl, sha256sum and a shell.
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

    package struct Summary: Sendable, Equatable {
        package let origin: String
        package let records: Int
        package let checkpointSize: Int64
    }

    private let reader: LogReader
    private let anchors: Anchors

    package init(_ reader: LogReader, anchors: Anchors = Anchors([])) {
        self.reader = reader
        self.anchors = anchors
    }

    /// The seqs of the records about any of `attachments`, and of those whose time is in `times`; never both empty.
    package func seqs(of attachments: Set<AttachmentID>, times: Range<Timestamp>?) throws(LetheError) -> [Int64] {
        guard let all = try reader.store.seqs() else { return [] }
        var seqs: [Int64] = []
        var parser = LineParser()
        try reader.store.lines(all) { seq, line in
            let entry = try LogEntry.read(Array(line), &parser)
            let isNamed = entry.record.attachment.map { attachments.contains($0) } ?? false
            if isNamed || times?.contains(entry.time) == true { seqs.append(seq) }
        }
        return seqs
    }

    /// Writes the bundle to `file`. Records that no checkpoint covers yet are refused: seal first.
    package func write(
        seqs: [Int64], blobs: [Blob], to file: URL, at now: Timestamp
    ) throws(LetheError) -> Summary {
        let proofs = try reader.inclusionProofs(of: seqs)
        guard let checkpoint = try reader.checkpoint() else {
            throw LetheError("not-sealed", .failed, "there is no checkpoint yet", hint: "lethe audit seal")
        }
        let opening = try reader.opening()
        let vkey = try VerifierKey(opening.vkey)
        var archive = TarArchive(time: now)
        try archive.add("VERIFY.md", Array(BundleInstructions.text(origin: reader.origin, vkey: vkey).utf8))
        try archive.add("verify.sh", Array(BundleInstructions.script.utf8), mode: 0o755)
        try archive.add("vkey", Array((vkey.text + "\n").utf8))
        try archive.add("public-key.pem", Array(BundleInstructions.pem(vkey).utf8))
        try addCheckpoint(checkpoint, vkey, to: &archive)
        for proof in proofs { try add(proof, to: &archive) }
        for note in anchors.notes(of: reader.origin) {
            guard let bytes = try DurableFile.read(note) else { continue }
            try archive.add("anchors/\(note.lastPathComponent)", bytes)
        }
        for blob in blobs { try archive.add(blob.name, blob.bytes) }
        try DurableFile.write(archive.finished(), to: file, mode: 0o644)
        return Summary(origin: reader.origin, records: proofs.count, checkpointSize: checkpoint.size)
    }

    /// The note, and its signed text and signature apart, as openssl takes them.
    private func addCheckpoint(
        _ checkpoint: Checkpoint, _ vkey: VerifierKey, to archive: inout TarArchive
    ) throws(LetheError) {
        let note = try SignedNote(checkpoint.note)
        guard let signature = note.signatures.first(where: { $0.keyID == vkey.keyID }) else {
            throw LetheError("malformed-checkpoint", .failed, "the checkpoint is not signed by the key of the log")
        }
        try archive.add("checkpoint", checkpoint.note)
        try archive.add("checkpoint.text", Array(note.text.utf8))
        try archive.add("checkpoint.sig", signature.bytes)
    }

    /// The line, its C2SP proof, and the same proof as hex for the shell.
    private func add(_ proof: InclusionProof, to archive: inout TarArchive) throws(LetheError) {
        let number = String(proof.index)
        let name = String(repeating: "0", count: max(0, 9 - number.utf8.count)) + number
        try archive.add("records/\(name).json", proof.line)
        try archive.add("proofs/\(name).tlog-proof", proof.bytes)
        var path = "\(proof.index) \(proof.checkpoint.size) \(Hex.encode(proof.checkpoint.root.bytes))\n"
        for hash in proof.path { path += Hex.encode(hash.bytes) + "\n" }
        try archive.add("proofs/\(name).path", Array(path.utf8))
    }
}
