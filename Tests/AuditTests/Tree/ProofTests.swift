import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit
@testable import Cryptography

struct ProofTests {
    private let sample: SampleLog
    private let log: AuditLog

    init() throws {
        sample = try SampleLog()
        log = try sample.log.open()
    }

    @Test(.enabled(if: Paths.vectors != nil, "the vectors are not beside the checkout"))
    func theGoldenProofIsReadWrittenAndProducedByteForByte() throws {
        let golden = try Golden()
        let bytes = try golden.bytes("outcome-6.tlog-proof")
        let proof = try InclusionProof(bytes)
        #expect(proof.bytes == bytes)
        guard case .good(let entry) = try proof.check(VerifierKey(golden.values.vkey)) else {
            Issue.record("the golden proof is refused")
            return
        }
        #expect(entry.seq == 6)
        let hasher = try TreeHasher()
        let tree = try MerkleTree(leaves: golden.lines().map { try hasher.leaf($0) }, hasher)
        for (index, expected) in golden.values.inclusion {
            let path = try tree.inclusionProof(index: #require(Int(index)), size: 15)
            #expect(path.map { Hex.encode($0.bytes) } == expected)
        }
    }

    @Test func theProofOfAnErasureNeedsTheKeyAlone() throws {
        let proof = try log.reader.inclusionProof(of: SampleLog.attachments[1])
        let again = try InclusionProof(proof.bytes)
        #expect(again == proof)
        guard case .good(let entry) = try again.check(sample.vkey) else {
            Issue.record("refused")
            return
        }
        #expect(entry.record.finalOutcome == .deletedAfterRetry)
        #expect(entry.seq == 11)
    }

    @Test func aForgedCutOrMixedProofIsBroken() throws {
        let maker = try LogProofs(log.reader)
        let proofs = try (0..<15).map { try maker.inclusion(of: $0) }
        let held = try Checkpoint(note: Array(Data(contentsOf: sample.held)))
        let key = sample.vkey
        for proof in proofs {
            let other = proofs[(Int(proof.index) + 1) % 15]
            let edited = proof.line.dropLast(1) + [UInt8(ascii: " ")]
            let variants = [
                InclusionProof(line: Array(edited), index: proof.index, path: proof.path, checkpoint: proof.checkpoint),
                InclusionProof(line: proof.line, index: other.index, path: proof.path, checkpoint: proof.checkpoint),
                InclusionProof(
                    line: proof.line, index: proof.index, path: proof.path.dropLast(), checkpoint: proof.checkpoint),
                InclusionProof(
                    line: proof.line, index: proof.index, path: proof.path + [Digest32()], checkpoint: proof.checkpoint),
                InclusionProof(line: other.line, index: proof.index, path: proof.path, checkpoint: proof.checkpoint),
                InclusionProof(line: proof.line, index: proof.index, path: other.path, checkpoint: proof.checkpoint),
                InclusionProof(line: proof.line, index: proof.index, path: proof.path, checkpoint: held),
            ]
            #expect(try proof.check(key).exit == .done)
            for (number, variant) in variants.enumerated() {
                // The paths of two neighbours differ at the leaf only; nothing else may pass.
                let verdict = try variant.check(key)
                #expect(verdict.exit == .failed, "variant \(number) of record \(proof.index): \(verdict)")
            }
        }
    }

    /// Signed by the log's own key, over records that do not stand where they say.
    @Test func aRecordThatIsNotWhereItSaysIsBroken() throws {
        var lines = try sample.lines()
        lines.swapAt(3, 4)
        let hasher = try TreeHasher()
        let tree = try MerkleTree(leaves: lines.map { try hasher.leaf($0) }, hasher)
        let checkpoint = try Forger.checkpoint(
            lines, origin: log.origin, key: sample.log.location.directory.signingKey())
        for index in 2..<6 {
            let proof = InclusionProof(
                line: lines[index], index: Int64(index),
                path: try tree.inclusionProof(index: index, size: lines.count), checkpoint: checkpoint)
            #expect(try proof.check(sample.vkey).exit == (index == 3 || index == 4 ? .failed : .done))
        }
    }

    @Test func anotherKeyIsToldFromAForgery() throws {
        let proof = try log.reader.inclusionProof(of: SampleLog.attachments[0])
        let key = try Ed25519.SigningKey.generate()
        #expect(try proof.checkpoint.verdict(sample.vkey.publicKey) == .valid)
        #expect(try proof.checkpoint.verdict(key.publicKey) == .otherKey)
        let sameName = try VerifierKey(name: sample.vkey.name, publicKey: key.publicKey)
        #expect(try proof.check(sameName).exit == .failed)
        let otherName = try VerifierKey(name: "other.example/0000000000000000", publicKey: key.publicKey)
        #expect(try proof.check(otherName).exit == .notVerified)
    }

    @Test func aConsistencyProofJoinsAnyTwoCheckpoints() throws {
        let notes = try sample.checkpoints()
        #expect(notes.map(\.size) == [2, 10, 15])
        for newer in notes {
            let proofs = try LogProofs(log.reader, at: newer)
            for older in notes where older.size <= newer.size {
                let proof = try proofs.consistency(since: older)
                #expect(try ConsistencyProof(proof.bytes) == proof)
                #expect(try proof.check(since: older, sample.vkey).exit == .done)
            }
        }
    }

    @Test func aForgedCutOrMixedConsistencyProofIsBroken() throws {
        let notes = try sample.checkpoints()
        let (older, newer) = (notes[1], notes[2])
        let good = try LogProofs(log.reader).consistency(since: older)
        #expect(good.path.count > 1)
        var swapped = good.path
        swapped.swapAt(0, 1)
        for path in [[], Array(good.path.dropLast()), good.path + [Digest32()], swapped] {
            let proof = ConsistencyProof(olderSize: 10, path: path, newer: newer)
            #expect(try proof.check(since: older, sample.vkey).exit == .failed)
        }
        // Another history of the same length, signed by the same key.
        var lines = try sample.lines()
        lines.swapAt(3, 4)
        let key = try sample.log.location.directory.signingKey()
        let forged = try Forger.checkpoint(Array(lines.prefix(10)), origin: log.origin, key: key)
        #expect(try good.check(since: forged, sample.vkey).exit == .failed)
        #expect(throws: LetheError.self) { try LogProofs(log.reader).consistency(since: forged) }
        let other = try VerifierKey(name: sample.vkey.name, publicKey: Ed25519.SigningKey.generate().publicKey)
        #expect(try good.check(since: older, other).exit == .failed)
        // The proof of one size says nothing of a checkpoint of another.
        #expect(try good.check(since: notes[0], sample.vkey).exit == .notVerified)
        let elsewhere = try VerifierKey(name: "other.example/0000000000000000", publicKey: sample.vkey.publicKey)
        #expect(try good.check(since: older, elsewhere).exit == .notVerified)
    }

    @Test func anAttachmentWithoutAnOutcomeHasNoProof() throws {
        let error = #expect(throws: LetheError.self) {
            try log.reader.inclusionProof(of: AttachmentID(value: 99))
        }
        #expect(error?.code == "no-outcome")
    }
}
